"""What every voice must keep: the real ones and the scripted one."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.models import store
from assistant.ports import Spoken, Synthesizer
from assistant.testing.voice import ScriptedSynthesizer

Open = Callable[[], AbstractAsyncContextManager[Synthesizer]]
TEXT = "The quick brown fox jumps over the lazy dog."


@asynccontextmanager
async def scripted() -> AsyncIterator[Synthesizer]:
    yield ScriptedSynthesizer(delay=0.0)


def piper() -> AbstractAsyncContextManager[Synthesizer]:
    try:
        store.ensure("piper-en_US-joe-medium")
    except ModelError as error:
        pytest.skip(f"needs a voice: {error}")
    from assistant.backends import tts_piper  # noqa: PLC0415 - heavy

    return tts_piper.open(tts_piper.Config())


def espeak() -> AbstractAsyncContextManager[Synthesizer]:
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs espeak-ng: sudo apt install espeak-ng")
    from assistant.backends import tts_espeak  # noqa: PLC0415 - only if chosen

    return tts_espeak.open(tts_espeak.Config())


VOICES = pytest.mark.parametrize(
    "opened",
    [
        scripted,
        pytest.param(piper, marks=pytest.mark.real),
        pytest.param(espeak, marks=pytest.mark.real),
    ],
)


def check(opened: Open, test: Callable[[Synthesizer], Awaitable[None]]) -> None:
    context = opened()

    async def main() -> None:
        async with asyncio.timeout(60), context as voice:
            await test(voice)

    asyncio.run(main())


async def said(voice: Synthesizer, text: str) -> list[Spoken]:
    return [spoken async for spoken in voice.synthesize(text)]


@VOICES
def test_it_says_who_it_is_and_speaks_at_its_rate(opened: Open) -> None:
    async def test(voice: Synthesizer) -> None:
        info = voice.info
        assert info.name
        assert info.language
        assert 1 <= info.words_per_call <= 12
        pieces = await said(voice, TEXT)
        assert pieces
        for piece in pieces:
            assert piece.audio.rate == info.rate
            assert piece.audio.samples.dtype == np.int16
            assert piece.audio.samples.ndim == 1
        assert 1.5 <= sum(piece.audio.seconds for piece in pieces) <= 6.0

    check(opened, test)


@VOICES
def test_marks_are_words_in_order_inside_of_the_sound(opened: Open) -> None:
    async def test(voice: Synthesizer) -> None:
        text = f"Well, I say: {TEXT} Twenty-five of them, - and more! Is it so?"
        starts = [n for n in range(len(text)) if n == 0 or text[n - 1] == " "]
        offsets: list[int] = []
        for piece in await said(voice, text):
            times = [at for _, at in piece.marks]
            assert times == sorted(times)
            assert all(0.0 <= at <= piece.audio.seconds for at in times)
            offsets += [offset for offset, _ in piece.marks]
        assert offsets == sorted(offsets)
        assert all(
            offset in starts or text[offset : offset + 1] in {"", " "} for offset in offsets
        )

    check(opened, test)


@VOICES
def test_nothing_to_say_is_no_sound_or_a_little_silence(opened: Open) -> None:
    async def test(voice: Synthesizer) -> None:
        for text in ("", " ", "...", "-"):
            pieces = await said(voice, text)
            assert sum(piece.audio.seconds for piece in pieces) <= 1.0

    check(opened, test)


@VOICES
def test_closing_early_leaves_it_usable(opened: Open) -> None:
    async def test(voice: Synthesizer) -> None:
        for _ in range(3):
            source = voice.synthesize(f"{TEXT} {TEXT} {TEXT}")
            async with aclosing(source):  # type: ignore[type-var]  # generators, all of them
                await anext(source)
        assert await said(voice, TEXT)

    check(opened, test)


@VOICES
def test_cancelling_leaves_it_usable_and_two_may_speak_at_once(opened: Open) -> None:
    async def test(voice: Synthesizer) -> None:
        async with asyncio.TaskGroup() as scope:
            tasks = [scope.create_task(said(voice, f"{TEXT} {TEXT}")) for _ in range(2)]
            other = scope.create_task(said(voice, TEXT))
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
        assert all(task.cancelled() for task in tasks)
        assert other.result()

    check(opened, test)
