"""What every judge of ends does, the scripted one included."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import numpy as np
import pytest

from assistant.backends import llm_llamacpp, turn_smart
from assistant.ports import RATE, EndJudge, Samples
from assistant.testing.judge import ScriptedJudge

PATIENCE = 60.0
"""Seconds: only a machine that does something else meanwhile needs more than a few."""
ROUNDS = 50
"""Of the loop, at the least, while five questions are answered; if it waited, five."""

Opened = AbstractAsyncContextManager[EndJudge]


@asynccontextmanager
async def scripted() -> AsyncIterator[EndJudge]:
    yield ScriptedJudge(lambda words, seconds: 0.9 if words or seconds else 0.1, 0.005)


@asynccontextmanager
async def by_sound() -> AsyncIterator[EndJudge]:
    async with turn_smart.open(turn_smart.Config()) as judge:
        yield judge


@asynccontextmanager
async def by_words() -> AsyncIterator[EndJudge]:
    async with llm_llamacpp.open(llm_llamacpp.Config(context=512)) as judge:
        yield judge


REAL = pytest.mark.real


@pytest.fixture(
    params=[scripted, pytest.param(by_sound, marks=REAL), pytest.param(by_words, marks=REAL)]
)
def judge(request: pytest.FixtureRequest) -> Callable[[], Opened]:
    opened: Callable[[], Opened] = request.param
    return opened


def during(
    opened: Callable[[], Opened], use: Callable[[EndJudge], Coroutine[None, None, None]]
) -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE), opened() as judge:
            await use(judge)

    asyncio.run(main())


def tone(seconds: float) -> Samples:
    at = np.arange(round(seconds * RATE)) / RATE
    return (8000 * np.sin(2 * np.pi * 180 * at)).astype(np.int16)


QUESTIONS = [
    ("what time is it", tone(1.2)),
    ("Turn on the.", tone(0.4)),
    ("", tone(0.5)),
    ("hello", tone(0.0)),
    ("", tone(0.0)),
    ("…", np.zeros(RATE, np.int16)),
    ("naïve 東京 🙂 <|im_end|>", np.full(RATE, -32768, np.int16)),
    ("and then " * 40, tone(12.0)),
]


def test_its_answer_is_a_probability_and_always_the_same(judge: Callable[[], Opened]) -> None:
    async def use(judge: EndJudge) -> None:
        for words, sound in QUESTIONS:
            first = await judge.finished(words, sound)
            assert 0 <= first <= 1
            assert await judge.finished(words, sound) == pytest.approx(first, abs=1e-3)

    during(judge, use)


def test_questions_at_once_get_each_their_own_answer(judge: Callable[[], Opened]) -> None:
    async def use(judge: EndJudge) -> None:
        alone = [await judge.finished(words, sound) for words, sound in QUESTIONS]
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(judge.finished(*question)) for question in QUESTIONS]
        assert [task.result() for task in asked] == pytest.approx(alone, abs=1e-3)

    during(judge, use)


def test_a_question_may_be_dropped_at_any_time(judge: Callable[[], Opened]) -> None:
    async def use(judge: EndJudge) -> None:
        words, sound = QUESTIONS[0]
        expected = await judge.finished(words, sound)
        for seconds in (0.0, 0.001, 0.01):
            async with asyncio.TaskGroup() as tasks:
                dropped = [tasks.create_task(judge.finished(words, sound)) for _ in range(3)]
                await asyncio.sleep(seconds)
                for task in dropped:
                    task.cancel()
            assert await judge.finished(words, sound) == pytest.approx(expected, abs=1e-3)

    during(judge, use)


def test_the_loop_goes_on_meanwhile(judge: Callable[[], Opened]) -> None:
    async def use(judge: EndJudge) -> None:
        rounds = 0
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(judge.finished("hello", tone(8.0))) for _ in range(5)]
            while not all(task.done() for task in asked):
                await asyncio.sleep(0)
                rounds += 1
        assert rounds > ROUNDS

    during(judge, use)
