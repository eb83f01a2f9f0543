import pytest

from assistant.backends.stt_whisper.guard import (
    Doubt,
    Evidence,
    Segment,
    collapsed,
    count,
    doubt,
    first_copy,
    nobody_spoke,
    within,
)


def heard(
    seconds: float = 2.0, logprob: float = -0.3, no_speech: float = 0.05, *, capped: bool = False
) -> Evidence:
    return Evidence(seconds, logprob, no_speech, capped=capped)


def test_a_segment_that_begins_in_the_padding_is_dropped() -> None:
    said = Segment(0.0, 1.5, "Turn on the lamp.")
    again = Segment(7.0, 10.0, "Turn on the lamp.")
    assert within([said, again], 1.6) == [said]


def test_a_first_segment_is_kept_wherever_it_ends() -> None:
    said = Segment(0.0, 7.0, "Turn on the lamp.")
    assert within([said], 1.6) == [said]


@pytest.mark.parametrize(
    ("text", "rate", "kept"),
    [
        ("What time is it? What time is It?", 5.0, "What time is it?"),
        ("10 of clubs. 10 of clubs. 10", 6.0, "10 of clubs."),
        ("What time is it? What time is it?", 2.5, "What time is it? What time is it?"),
        ("five five", 5.0, "five five"),
        ("no no no no", 5.0, "no no no no"),
        ("one two one three", 9.0, "one two one three"),
        ("", 9.0, ""),
    ],
)
def test_only_a_whole_that_is_repeated_too_fast_is_cut(text: str, rate: float, kept: str) -> None:
    assert first_copy(text, rate) == kept


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("5 5 5 5 5 5 5", "5"),
        ("say I am, I am, I am, I am gone", "say I am, gone"),
        ("no no wait", "no no wait"),
        ("", ""),
    ],
)
def test_what_is_said_three_times_in_a_row_collapses(text: str, short: str) -> None:
    assert collapsed(text) == short


@pytest.mark.parametrize(
    ("text", "evidence", "why"),
    [
        ("turn on the lamp", heard(), None),
        ("turn on the lamp", heard(capped=True), Doubt.CAPPED),
        ("turn on the lamp and the other lamp too", heard(1.0), Doubt.FAST),
        ("turn on the lamp", heard(0.5), None),
        ("turn on the lamp", heard(logprob=-1.2), Doubt.UNLIKELY),
        ("", heard(), Doubt.EMPTY),
        ("", heard(no_speech=0.9), None),
        ("I'm sorry.", heard(logprob=-1.4, no_speech=0.8), Doubt.NOBODY),
    ],
)
def test_doubts(text: str, evidence: Evidence, why: Doubt | None) -> None:
    assert doubt(text, evidence, "en") is why


def test_words_of_a_language_without_spaces_are_counted_by_characters() -> None:
    assert count("今天天气怎么样?", "zh") == 3
    assert doubt("今天天气怎么样今天天气怎么样", heard(1.0), "zh") is Doubt.FAST
    assert doubt("今天天气怎么样", heard(1.0), "zh") is None


def test_no_speech_and_log_probability_are_judged_together() -> None:
    assert not nobody_spoke("turn on the lamp", heard(logprob=-0.8, no_speech=0.45))
    assert nobody_spoke("turn on the lamp", heard(logprob=-1.5, no_speech=0.6))
    assert nobody_spoke("Thanks for watching!", heard(logprob=-0.21, no_speech=1.0))


def test_a_phrase_that_comes_from_silence_counts_only_with_other_evidence() -> None:
    assert not nobody_spoke("Thank you.", heard(no_speech=0.05))
    assert nobody_spoke("Thank you.", heard(no_speech=0.4))
    assert not nobody_spoke("Thank you for the lamp.", heard(no_speech=0.4))
