"""The whole echo path on a real sound server: the microphone hears the speaker."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from assistant.backends import device_sounddevice as sound
from assistant.backends import echo_webrtc, vad_silero
from assistant.ports import RATE, Audio, EchoReport, Frame, Samples, Track
from assistant.testing.http_mind import HttpMind
from tests.real import virtual_audio
from tests.real.daemon import (
    EARS,
    PATIENCE,
    assistant,
    environment,
    espeak,
    have_models,
    in_terminal,
    model_server,
    piper,
)
from tests.real.virtual_audio import VirtualAudio

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        importlib.util.find_spec("livekit") is None,
        reason="needs LiveKit's library: pip install livekit",
    ),
]

ROOM = sound.Config(microphone="microphone", speaker="speaker")
STORY = (
    "Once upon a time there was a small house at the edge of the forest, and in it lived an old "
    "woman with seven cats. Every morning she walked down to the river, because the water was "
    "cold and clear there. One day she found a letter under a stone. It said that her brother "
    "would come home before the winter, and that he would bring a horse, two goats and a clock. "
)
SETTLES = 11.0
"""Seconds after which it is known well when a card's samples are heard."""
ORDER = "Please stop talking now, and tell me what time it is."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VirtualAudio]:
    with virtual_audio.virtual_audio(tmp_path) as audio:
        yield audio


class Tape:
    """A card with its echo cancelled, and what it has said and measured."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.reports: list[EchoReport] = []

    async def run(self, act: Callable[[sound.SoundCard], Awaitable[None]]) -> None:
        async with (
            asyncio.timeout(90),
            sound.open(ROOM) as card,
            echo_webrtc.open(echo_webrtc.Config()) as make,
            asyncio.TaskGroup() as scope,
        ):
            card.cancel_echo(make)
            card.watch(lambda: self._note(card))
            recording = scope.create_task(self._record(card))
            await act(card)
            await asyncio.sleep(0.3)
            recording.cancel()

    def _note(self, card: sound.SoundCard) -> None:
        assert card.info.echo is not None
        assert card.info.full_duplex is (card.info.echo.state in {"none", "cancelled"})
        self.reports.append(card.info.echo)

    async def _record(self, card: sound.SoundCard) -> None:
        async with aclosing(card.frames()) as stream:
            async for frame in stream:
                self.frames.append(frame)

    def heard(self) -> Samples:
        """Return all that came after the echo was called cancelled."""
        return np.concatenate([frame.near for frame in self.frames if frame.echo_cancelled])


async def say(card: sound.SoundCard, text: str = STORY) -> None:
    _, end = await card.write(Track.SPEECH, Audio(await asyncio.to_thread(piper, text), RATE))
    assert await card.reached(Track.SPEECH, end)


WINDOW_MS = 32
HOLD_MS = 120
"""So much speech over an answer holds it."""


def voiced(heard: Samples) -> list[bool]:
    """Tell which windows of 32 ms the detector of speech takes for speech."""

    async def detect() -> list[bool]:
        async with vad_silero.open(vad_silero.Config()) as make:
            detector = make()
            size = detector.window
            starts = range(0, len(heard) - size, size)
            return [detector.probability(heard[at : at + size]) > 0.5 for at in starts]

    return asyncio.run(detect())


@pytest.mark.slow
@pytest.mark.parametrize(("latency_ms", "percent"), [(20, 50), (200, 65)])
def test_it_does_not_hear_itself(server: VirtualAudio, latency_ms: int, percent: int) -> None:
    have_models()
    tape = Tape()

    async def act(card: sound.SoundCard) -> None:
        await asyncio.sleep(SETTLES)
        await say(card)

    with server.fed_back(latency_ms, percent):
        asyncio.run(tape.run(act))
    assert tape.reports[-1].state == "cancelled"
    assert (tape.reports[-1].attenuation or 0) >= 30
    heard = tape.heard()
    assert len(heard) > 5 * RATE
    windows = voiced(heard)
    assert sum(windows) <= len(windows) / 100
    longest = max(len(row) for row in "".join(".x"[speech] for speech in windows).split("."))
    assert longest * WINDOW_MS < HOLD_MS, "it would have interrupted itself"


@pytest.mark.slow
def test_who_speaks_over_it_is_heard(server: VirtualAudio) -> None:
    have_models()
    tape, order = Tape(), espeak(ORDER)

    async def act(card: sound.SoundCard) -> None:
        async with asyncio.TaskGroup() as scope:
            scope.create_task(say(card))
            await asyncio.sleep(8.0)
            player = server.say(order, RATE)
            await asyncio.to_thread(player.wait, 20)

    with server.fed_back(40, 65):
        asyncio.run(tape.run(act))
    assert tape.reports[-1].state == "cancelled"
    seconds = len(order) / RATE
    assert sum(voiced(tape.heard())) * WINDOW_MS / 1000 == pytest.approx(seconds, rel=0.4)


@pytest.mark.slow
def test_headphones_are_found_by_measuring(server: VirtualAudio) -> None:
    have_models()
    tape = Tape()
    hiss = (np.random.default_rng(3).standard_normal(40 * RATE) * 30).astype(np.int16)
    player = server.say(hiss, RATE)
    try:
        asyncio.run(tape.run(say))
    finally:
        player.kill()
        player.wait(5)
    assert tape.reports[-1] == EchoReport("none")
    assert not any(frame.echo_cancelled for frame in tape.frames)


@pytest.mark.slow
def test_the_daemon_tells_its_own_story_to_the_end_and_can_be_interrupted(tmp_path: Path) -> None:
    have_models()
    peer = HttpMind(text=STORY)
    with (
        virtual_audio.virtual_audio(tmp_path / "audio") as audio,
        audio.fed_back(60, 65),
        model_server(peer) as mind,
    ):
        env = environment(tmp_path, **audio.client)
        with in_terminal("run", *EARS, *mind, env=env, columns=100) as terminal:
            terminal.until("listening")
            Event().wait(SETTLES)

            def ask() -> object:
                return terminal.control("ask", text="Tell me a story.", speak=True)["outcome"]

            def echo() -> dict[str, object]:
                told = terminal.control("status")["echo"]
                assert isinstance(told, dict)
                return told

            assert echo()["state"] == "unmeasured"
            assert ask() == "answered", "deaf while it speaks: nothing is known yet"
            assert echo()["state"] == "cancelled"
            assert echo()["attenuation"] >= 30  # type: ignore[operator]
            assert ask() == "answered", "it does not interrupt itself"
            assert "dB lower" in assistant("status", env=env).stdout
            outcomes: list[object] = []
            asking = Thread(target=lambda: outcomes.append(ask()))
            asking.start()
            while terminal.control("status")["activity"] != "speaking":
                Event().wait(0.05)
            Event().wait(2.0)
            audio.say(espeak(ORDER), RATE).wait(20)
            asking.join(PATIENCE)
            assert outcomes == ["interrupted"]
            terminal.control("quit")
