import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from assistant.backends import stt_whisper
from assistant.ports import RATE, Recogniser, Transcriber
from assistant.testing import tiny_whisper
from assistant.testing.recogniser import ScriptedRecogniser, sound

Opened = AbstractAsyncContextManager[Recogniser]
TEXT = "What time is it?"
WORDS = [("What", 0.0, 0.4), ("time", 0.4, 0.8), ("is", 0.8, 1.0), ("it?", 1.0, 1.4)]


@asynccontextmanager
async def scripted() -> AsyncIterator[Recogniser]:
    yield ScriptedRecogniser(WORDS, seconds=0.01)


@pytest.fixture(params=["whisper", "scripted"])
def ears(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Opened]:
    """Return how to open ears that hear `TEXT` in 1.5 s of sound."""
    if request.param == "scripted":
        return scripted
    model = tiny_whisper.write(tmp_path / "tiny", [0.0, f" {TEXT}", 1.4])
    config = stt_whisper.Config(model=str(model), device="cpu", threads=1)
    return lambda: stt_whisper.open(config)


def test_it_is_a_recogniser_and_no_transcriber(ears: Callable[[], Opened]) -> None:
    async def check() -> None:
        async with ears() as opened:
            assert isinstance(opened, Recogniser)
            assert not isinstance(opened, Transcriber)
            assert opened.name

    asyncio.run(check())


@pytest.mark.parametrize("final", [True, False])
def test_it_understands_text_words_and_how_much_it_took(
    ears: Callable[[], Opened], *, final: bool
) -> None:
    async def check() -> None:
        async with ears() as opened:
            heard = await opened.recognise(sound(0, 1.5), stream=1, final=final)
        assert heard.text == TEXT
        assert heard.covers == round(1.5 * RATE)
        assert " ".join(word.text for word in heard.words) == TEXT
        times = [moment for word in heard.words for moment in (word.start, word.end)]
        assert times == sorted(times)
        assert 0.0 <= times[0] <= times[-1] <= 1.5
        assert 0.0 <= heard.no_speech <= 1.0
        assert heard.logprob <= 0.0
        assert not heard.doubtful

    asyncio.run(check())


def test_no_sound_is_no_words(ears: Callable[[], Opened]) -> None:
    async def check() -> None:
        async with ears() as opened:
            heard = await opened.recognise(np.zeros(0, np.int16), stream=1, final=True)
        assert (heard.text, heard.covers, heard.words) == ("", 0, ())

    asyncio.run(check())


def test_streams_at_the_same_time_all_get_their_answer(ears: Callable[[], Opened]) -> None:
    async def check() -> None:
        async with ears() as opened, asyncio.TaskGroup() as tasks:
            asked = [
                tasks.create_task(
                    opened.recognise(sound(0, 1.5), stream=number % 3, final=number % 2 == 0)
                )
                for number in range(9)
            ]
        assert {one.result().text for one in asked} == {TEXT}

    asyncio.run(check())


def test_a_call_that_is_cancelled_does_not_hold_up_the_next(ears: Callable[[], Opened]) -> None:
    async def check() -> None:
        async with ears() as opened:
            async with asyncio.TaskGroup() as tasks:
                dropped = tasks.create_task(opened.recognise(sound(0, 1.5), stream=1, final=False))
                await asyncio.sleep(0)
                dropped.cancel()
            async with asyncio.timeout(5):
                heard = await opened.recognise(sound(0, 1.5), stream=1, final=True)
        assert dropped.cancelled()
        assert heard.text == TEXT

    asyncio.run(check())
