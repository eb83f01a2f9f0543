import asyncio
import itertools

import numpy as np
import pytest

from assistant.errors import BackendTimeout
from assistant.languages.pack import load
from assistant.listening.completeness import NEVER_ENDS, combine, consult, cue
from assistant.ports import Samples
from assistant.testing.virtual_time import run

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
        "42",
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
    ],
)
def test_beginnings(text: str) -> None:
    assert cue(text, EN) < INCOMPLETE


def test_a_full_stop_says_nothing() -> None:
    assert cue("set a timer", EN) == cue("set a timer.", EN)


def test_without_judges_the_words_decide() -> None:
    assert combine(0.7, ()) == 0.7


def test_judges_who_agree_are_believed() -> None:
    assert combine(0.7, (0.95, 0.9)) > 0.8
    assert combine(0.7, (0.05, 0.1)) < INCOMPLETE


def test_a_sure_judge_outweighs_a_doubtful_one() -> None:
    assert combine(0.7, (0.98, 0.4)) > COMPLETE
    assert combine(0.7, (0.02, 0.6)) < INCOMPLETE


def test_nobody_is_believed_without_limit() -> None:
    assert combine(0.7, (0.0, 0.9, 0.9)) == combine(0.7, (0.02, 0.9, 0.9))


def test_words_with_which_nothing_ends_cannot_be_outvoted() -> None:
    assert combine(NEVER_ENDS, (1.0, 1.0, 1.0)) == NEVER_ENDS


def test_combining_is_monotone_and_bounded() -> None:
    grid = [0.0, 0.1, 0.5, 0.9, 1.0]
    for words, first, second in itertools.product(grid, grid, grid):
        low = combine(words, (first, second))
        assert 0 <= low <= 1
        assert combine(words, (second, first)) == pytest.approx(low)
        assert combine(words, (min(1.0, first + 0.1), second)) >= low


class Judge:
    def __init__(self, answer: float, seconds: float = 0.0, *, fails: bool = False) -> None:
        self.answer, self.seconds, self.fails = answer, seconds, fails
        self.asked: list[tuple[str, int]] = []

    async def finished(self, words: str, sound: Samples) -> float:
        self.asked.append((words, len(sound)))
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise BackendTimeout("judge", "gave no answer")
        return self.answer


def test_judges_are_asked_at_once_and_not_waited_for_too_long() -> None:
    judges = [Judge(0.1, 0.2), Judge(0.2, 0.3), Judge(0.3, 9.0), Judge(0.4, fails=True)]

    async def main() -> None:
        now = asyncio.get_running_loop().time
        answers = await consult(judges, "hello", np.zeros(7, np.int16), 0.25)
        assert answers == (0.1,)
        assert now() == pytest.approx(0.25)

    run(main())
    assert [judge.asked for judge in judges] == [[("hello", 7)]] * 4
