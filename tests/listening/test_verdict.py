from dataclasses import replace

import pytest

from assistant.core.events import Kind
from assistant.languages.pack import load
from assistant.listening.completeness import NEVER_ENDS, PLAIN
from assistant.listening.verdict import is_clear, is_ours, judge
from assistant.ports import Transcript

EN = load("en")


def kind(text: str, *, expecting: bool = False) -> Kind:
    return judge(text, EN, digest_key=b"k", expecting=expecting).kind


@pytest.mark.parametrize(
    ("expected", "texts"),
    [
        (Kind.NOTHING, ["", " ", "...", "…", "?", "Um...", "uh, um"]),
        (Kind.BACKCHANNEL, ["Mm-hmm.", "mhm", "Uh-huh.", "Hmm?", "Oh, wow!", "Um, right.", "Ah."]),
        (
            Kind.ASSENT,
            ["Yes.", "Okay!", "Yeah, yeah.", "No", "Oh, okay.", "Yes, please.", "um yes"],
        ),
        (Kind.STOP, ["Stop.", "stop!", "Stop, stop, stop.", "Okay, stop.", "Please be quiet."]),
        (
            Kind.STOP,
            ["No, stop it, please.", "Never mind.", "Uh, that's enough now", "Hey, stop."],
        ),
        (Kind.CANCEL, ["Cancel that.", "cancel", "Stop, cancel that.", "No, please cancel it."]),
        (
            Kind.WORDS,
            ["Stop the timer.", "Don't stop.", "Never mind the weather, sing.", "Stopped"],
        ),
        (
            Kind.WORDS,
            ["Cancel my alarm.", "No, the other one.", "Okay, what time is it?", "Please."],
        ),
        (Kind.WORDS, ["Right turn", "Yes, tomorrow", "um, hello", "東京"]),
    ],
)
def test_kinds(expected: Kind, texts: list[str]) -> None:
    assert {text: kind(text) for text in texts} == dict.fromkeys(texts, expected)


def test_the_kind_does_not_depend_on_expecting() -> None:
    for text in ("yes", "okay stop", "mm-hmm", "tomorrow", ""):
        assert kind(text) is kind(text, expecting=True)


def test_an_answer_that_we_expect_is_complete() -> None:
    expected = judge("Yes.", EN, digest_key=b"k", expecting=True)
    assert expected.complete > 0.9
    assert judge("Okay.", EN, digest_key=b"k", expecting=False).complete < expected.complete


def test_hesitating_is_not_finishing() -> None:
    verdict = judge("Um...", EN, digest_key=b"k", expecting=False)
    assert verdict.kind is Kind.NOTHING
    assert verdict.complete < 0.1
    assert verdict.digest == ""


def test_an_order_to_stop_is_complete_at_once() -> None:
    assert judge("Stop", EN, digest_key=b"k", expecting=False).complete > 0.9


def digest(text: str, key: bytes = b"k") -> str:
    return judge(text, EN, digest_key=key, expecting=False).digest


def test_equal_words_have_equal_digests() -> None:
    assert digest("What's the time?") == digest("um, what\u2019s THE time") != ""
    assert digest("What is the time?") != digest("What's the time?")
    assert digest("a b") != digest("ab")


def test_a_digest_cannot_be_guessed_without_its_key() -> None:
    assert digest("yes", b"one") != digest("yes", b"two")


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("What time is it?", True),
        ("Tell me a joke.", True),
        ('He said "stop the music."', True),
        ("Tell me a joke", False),
        ("Tell me a joke...", False),
        ("Book a table for.", False),
        ("The.", False),
        ("Stop.", False),
        ("Mm-hmm.", False),
    ],
)
def test_a_draft_wants_a_sentence(text: str, *, ends: bool) -> None:
    assert judge(text, EN, digest_key=b"k", expecting=False).ends_sentence is ends


@pytest.mark.parametrize(
    ("text", "logprob", "no_speech", "clear"),
    [
        ("2.", -0.95, 0.38, False),
        ("2.", -0.8, 0.38, False),
        ("Hello?", -0.72, 0.25, True),
        ("Right on.", -0.8, 0.38, True),
        ("3-4.", -1.11, 0.48, False),
        ("Lights off.", -0.82, 0.38, True),
        ("Lights off.", -1.2, 0.1, True),
        ("Turn the lights off.", -1.2, 0.5, True),
    ],
)
def test_a_word_or_two_that_may_be_none_are_not_clear(
    text: str, logprob: float, no_speech: float, *, clear: bool
) -> None:
    assert is_clear(Transcript(text, logprob=logprob, no_speech=no_speech)) == clear


def test_what_is_not_clear_is_answered_only_if_we_have_asked() -> None:
    def kind(text: str, *, expecting: bool = False) -> Kind:
        return judge(text, EN, digest_key=b"k", expecting=expecting, clear=False).kind

    assert kind("2.") is Kind.NOTHING
    assert kind("2.", expecting=True) is Kind.WORDS
    assert kind("Stop.") is Kind.STOP
    assert kind("Yes.") is Kind.ASSENT
    assert kind("Mm-hmm.") is Kind.BACKCHANNEL


def test_over_our_own_speech_four_words_may_be_none() -> None:
    heard = Transcript("and then them all.", logprob=-1.09, no_speech=0.36)
    assert is_clear(heard)
    assert not is_clear(heard, over_us=True)
    assert is_clear(replace(heard, logprob=-0.8), over_us=True)


def test_just_behind_other_words_two_are_meant() -> None:
    heard = Transcript("Ask not.", logprob=-1.09, no_speech=0.36)
    assert not is_clear(heard)
    assert is_clear(heard, goes_on=True)
    assert is_clear(heard, goes_on=True, over_us=True)
    assert not is_clear(replace(heard, text="Ask."), goes_on=True)


@pytest.mark.parametrize("text", ["1, 2.", "One zero zero", "90210.", "Oh one."])
def test_a_number_is_dictated_in_pieces_unless_we_have_asked(text: str) -> None:
    def complete(text: str, *, expecting: bool) -> float:
        return judge(text, EN, digest_key=b"k", expecting=expecting).complete

    assert complete(text, expecting=False) == NEVER_ENDS
    assert complete(text, expecting=True) == PLAIN
    assert complete(f"{text.strip('.')} please", expecting=False) == PLAIN


SAID = (
    "Every morning she walked down to the river, because the water was cold and clear there. "
    "One day she found a letter"
)


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("found a letter", True),
        ("One day she found", True),
        ("cold and clear there, one day", True),
        ("day she fond a letter", True),
        ("Letter.", True),
        ("What did the letter say?", False),
        ("Which river?", False),
        ("Please stop talking now", False),
        ("", False),
    ],
)
def test_what_we_said_ourselves_is_known(text: str, *, ours: bool) -> None:
    assert is_ours(text, SAID) is ours


def test_what_we_said_long_ago_is_not_ours_any_more() -> None:
    assert is_ours("found a letter", SAID)
    assert not is_ours("found a letter", SAID + " and so it went on" * 6)
