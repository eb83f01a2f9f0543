"""Sound while Whisper keeps all cores busy: nothing that is played is lost on the way."""

import asyncio
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pytest

from assistant import cores
from assistant.backends import device_sounddevice as sound
from assistant.backends import stt_whisper
from assistant.ports import RATE, Audio, Recogniser, Samples, Track
from tests.real import virtual_audio
from tests.real.daemon import have_models, piper

pytestmark = [pytest.mark.real, pytest.mark.slow]

SECONDS = 30
EDGE_S = 0.5
"""At both ends of what is played, silence is none of its gaps."""
BLOCK_S = 0.005
WORDS = "Good morning. Please tell me how many legs a spider has, and how many a beetle."
HUM: Samples = (8_000 * np.sin(2 * np.pi * 200 * np.arange(SECONDS * RATE) / RATE)).astype(
    np.int16
)
"""Five milliseconds of it are a whole wave."""


async def _busy(ears: Recogniser, heard: Samples, over: asyncio.Event) -> int:
    """Decode without a pause; return how often."""
    count = 0
    while not over.is_set():
        await ears.recognise(heard, stream=1, final=True)
        count += 1
    return count


async def _play(heard: Samples) -> tuple[int, int, float]:
    """Play the hum; return underruns and the like, decodes, and how many cores were used."""
    devices = sound.Config(microphone="microphone", speaker="speaker")
    config = stt_whisper.Config.model_validate(
        {"model": "tiny.en", "device": "cpu", "threads": len(cores.ALL)}
    )
    over = asyncio.Event()
    async with (
        asyncio.timeout(4 * SECONDS),
        stt_whisper.open(config) as ears,
        sound.open(devices) as card,
        asyncio.TaskGroup() as tasks,
    ):
        decoding = tasks.create_task(_busy(ears, heard, over))
        await asyncio.sleep(1.0)
        before, began, used = card.xruns, perf_counter(), process_time()
        end = 0.0
        for first in range(0, len(HUM), RATE):
            _, end = await card.write(Track.SPEECH, Audio(HUM[first : first + RATE], RATE))
        assert await card.reached(Track.SPEECH, end)
        busy = (process_time() - used) / (perf_counter() - began)
        lost = card.xruns - before
        over.set()
    return lost, decoding.result(), busy


def test_nothing_is_lost_while_whisper_has_all_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_models()
    monkeypatch.setattr("assistant.backends.stt_whisper.SENSES", cores.ALL)
    heard = piper(WORDS)
    with virtual_audio.virtual_audio(tmp_path) as audio, audio.listen() as recorded:
        lost, decodes, busy = asyncio.run(_play(heard))
    (played,) = recorded
    loud = np.flatnonzero(np.abs(played) > 1_000)
    edge = round(EDGE_S * virtual_audio.RATE)
    inner = played[loud[0] + edge : loud[-1] - edge]
    size = round(BLOCK_S * virtual_audio.RATE)
    blocks = np.abs(inner[: len(inner) // size * size].reshape(-1, size)).max(axis=1)
    silent = int(np.count_nonzero(blocks < 1_000))
    told = (
        f"{SECONDS} s beside {decodes} decodes on {busy:.1f} cores: {lost} lost, {silent} silent"
    )
    print(told)  # noqa: T201
    assert decodes > SECONDS / 2
    assert len(inner) / virtual_audio.RATE == pytest.approx(SECONDS - 2 * EDGE_S, abs=0.1)
    assert (lost, silent) == (0, 0)
