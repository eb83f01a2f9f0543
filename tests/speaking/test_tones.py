"""The tones are soft and short, and no detector takes them for a voice."""

import asyncio

import numpy as np
import pytest
import soxr

from assistant.backends import vad_silero
from assistant.core.commands import Tone
from assistant.ports import RATE, Samples, VoiceDetector
from assistant.speaking.tones import tone

CLICK = 0.06
"""Of full scale, from one sample to the next; the highest note moves by 0.04."""


def test_every_tone_is_short_soft_and_does_not_click() -> None:
    for kind in Tone:
        sound = tone(kind)
        samples = sound.samples.astype(float) / 32768
        assert 0.05 <= sound.seconds <= 0.25
        assert 0.05 <= np.abs(samples).max() <= 0.1001
        assert abs(samples[0]) < 0.001
        assert abs(samples[-1]) < 0.001
        assert np.abs(np.diff(samples)).max() < CLICK


def test_tones_can_be_told_apart() -> None:
    assert len({tone(kind).samples.tobytes() for kind in Tone}) == len(Tone)


def silero() -> VoiceDetector:
    async def make() -> VoiceDetector:
        async with vad_silero.open(vad_silero.Config()) as maker:
            return maker()

    return asyncio.run(make())


def heard(kind: Tone, decibels: float, noise: float, *, echo: bool, at: int) -> Samples:
    """Return what a microphone hears of a tone: at a level, over noise, with a room's echo."""
    random = np.random.default_rng(at)
    played = tone(kind)
    sound = soxr.resample(played.samples.astype(float), played.rate, RATE) * 10 ** (decibels / 20)
    if echo:
        late = np.arange(RATE // 2) / RATE
        room = random.normal(0, 1, len(late)) * np.exp(-late / 0.06)
        room[0] = 4.0
        sound = np.convolve(sound, room / np.sqrt((room**2).sum()))
    near = random.normal(0, noise, 2 * RATE)
    near[RATE // 2 + at : RATE // 2 + at + len(sound)] += sound
    clipped: Samples = near.clip(-32768, 32767).astype(np.int16)
    return clipped


@pytest.mark.parametrize("kind", Tone)
def test_no_tone_is_heard_as_speech(kind: Tone) -> None:
    detector, most = silero(), 0.0
    for decibels in (0, -10, -20, -30):
        for noise, echo, at in (
            (10, False, 0),
            (10, True, 200),
            (100, False, 400),
            (100, True, 77),
        ):
            near = heard(kind, decibels, noise, echo=echo, at=at)
            detector.reset()
            windows = near[: len(near) // detector.window * detector.window]
            for window in windows.reshape(-1, detector.window):
                most = max(most, detector.probability(window))
    assert most < 0.35, "the least that goes on as speech"
