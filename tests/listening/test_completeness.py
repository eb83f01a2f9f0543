import itertools
import math

import pytest

from assistant.config.sections import PRESETS
from assistant.languages.pack import load
from assistant.listening.completeness import (
    DOUBT,
    HARDLY_ENDS,
    NEVER_ENDS,
    PLAIN,
    QUESTION,
    UNDECIDED,
    Evidence,
    combine,
    cue,
    log_odds,
)

EN = load("en")
COMPLETE = 0.6  # the core's own thresholds
INCOMPLETE = 0.3


@pytest.mark.parametrize(
    "text",
    [
        "What time is it?",
        "What is it for?",
        "Who are you talking to?",
        "turn on the lights in the living room",
        "set a timer for five minutes",
        "turn it off",
        "what's the weather like",
        "Can you do that",
        "good morning",
        "It is on.",
        "no the other one",
        "tell me what it is",
        'did he say "what is it for?"',
    ],
)
def test_whole_messages(text: str) -> None:
    assert cue(text, EN) >= COMPLETE


@pytest.mark.parametrize(
    "text",
    [
        "turn on the",
        "Turn on the.",
        "What is the?",
        "set a timer for",
        "book a table for.",
        "I want to",
        "milk and",
        "milk and...",
        "add milk, eggs,",
        "well, I think…",
        "call my",
        "what is the, um",
        "I'm",
        "I\u2019m.",
        "Can you",
        "Can you?",
        "Set",
        "the weather in Ber-",
        "so I went \u2014",
        "42",
    ],
)
def test_beginnings(text: str) -> None:
    assert cue(text, EN) < INCOMPLETE


def test_a_full_stop_says_nothing() -> None:
    assert cue("set a timer", EN) == cue("set a timer.", EN)


CUES = (NEVER_ENDS, HARDLY_ENDS, PLAIN, QUESTION)
HEARD = [(True, True), (True, False), (False, True)]


def evidence(
    cue: float = PLAIN,
    sound: float | None = None,
    words: float | None = None,
    *,
    closed: bool = True,
    hesitated: bool = False,
) -> Evidence:
    return Evidence(cue, closed, hesitated, sound, words)


@pytest.mark.parametrize("cue", CUES)
@pytest.mark.parametrize("closed", [True, False])
def test_without_judges_the_words_decide(cue: float, *, closed: bool) -> None:
    assert combine(evidence(cue, closed=closed)) == cue


def test_judges_who_agree_decide() -> None:
    for judged in (evidence(sound=0.97, words=0.3), evidence(sound=0.97), evidence(words=0.3)):
        assert combine(judged) > COMPLETE
    for judged in (
        evidence(sound=0.02, words=0.01),
        evidence(sound=0.02, closed=False),
        evidence(words=0.01),
    ):
        assert combine(judged) < INCOMPLETE


def test_judges_who_differ_leave_it_open() -> None:
    assert INCOMPLETE < combine(evidence(sound=0.01, words=0.3)) < COMPLETE
    assert INCOMPLETE < combine(evidence(sound=0.97, words=0.02)) < COMPLETE


def test_a_question_is_never_a_mere_beginning() -> None:
    doubtful = evidence(cue("What's the weather like?", EN), sound=0.01, words=0.01)
    assert combine(doubtful) == UNDECIDED
    beginning = evidence(cue("What's the weather", EN), sound=0.01, words=0.01)
    assert combine(beginning) < INCOMPLETE


def test_a_missing_full_stop_and_an_earlier_hesitation_count() -> None:
    assert combine(evidence(sound=0.9, words=0.2)) > COMPLETE
    assert combine(evidence(sound=0.9, words=0.2, hesitated=True)) < COMPLETE
    assert combine(evidence(sound=0.9, words=0.2, closed=False)) < COMPLETE


@pytest.mark.parametrize(("sound", "words"), HEARD)
def test_nobody_is_believed_without_limit(*, sound: bool, words: bool) -> None:
    def said(probability: float) -> float:
        by_sound, by_words = (probability if heard else None for heard in (sound, words))
        return combine(evidence(sound=by_sound, words=by_words))

    assert said(0.0) == said(0.001) > 0
    assert said(1.0) == said(0.999) < 1


@pytest.mark.parametrize("hesitated", [True, False])
def test_words_with_which_nothing_ends_cannot_be_outvoted(*, hesitated: bool) -> None:
    for sound, words in ((1.0, 1.0), (1.0, None), (None, 1.0)):
        assert combine(evidence(NEVER_ENDS, sound, words, hesitated=hesitated)) <= NEVER_ENDS


@pytest.mark.parametrize(("sound", "words"), HEARD)
def test_more_that_speaks_for_an_end_never_makes_it_less_likely(
    *, sound: bool, words: bool
) -> None:
    grid = (0.0, 0.02, 0.1, 0.3, 0.6, 0.9, 1.0)
    heard = [
        (by_sound if sound else None, by_words if words else None)
        for by_sound in grid
        for by_words in grid
    ]
    for least, closed, (by_sound, by_words) in itertools.product(CUES, (False, True), heard):
        here = combine(evidence(least, by_sound, by_words, closed=closed))
        assert 0 < here < 1
        assert here >= combine(evidence(least, by_sound, by_words, closed=False))
        assert here >= combine(evidence(least, by_sound, by_words, closed=closed, hesitated=True))
        for more in grid:
            if by_sound is not None and more >= by_sound:
                assert combine(evidence(least, more, by_words, closed=closed)) >= here
            if by_words is not None and more >= by_words:
                assert combine(evidence(least, by_sound, more, closed=closed)) >= here
        for better in CUES:
            if better >= least:
                assert combine(evidence(better, by_sound, by_words, closed=closed)) >= here


def test_while_a_judge_thinks_nobody_is_complete_nor_incomplete() -> None:
    for patience in PRESETS.values():
        assert patience.incomplete_below <= UNDECIDED < patience.complete_above


def test_log_odds_are_even_and_bounded() -> None:
    assert log_odds(0.5) == 0
    assert log_odds(0.9) == pytest.approx(-log_odds(0.1)) == pytest.approx(math.log(9))
    assert log_odds(0.0) == log_odds(DOUBT) == pytest.approx(-log_odds(1.0))
