"""Plays a chirp and listens for it: how late and how loud the speaker comes back."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from assistant.backends import device_sounddevice as sound
from assistant.care.levels import decibels, levels, rms
from assistant.errors import BackendTimeout
from assistant.ports import RATE, Audio, Samples, Track

DEADLINE = 15.0
"""Seconds for all of it, opening and closing included."""
BEFORE, LONG, AFTER = 1.0, 0.7, 0.8
"""Seconds of the room alone, of the chirp, and in which an echo may come."""
LATEST = 0.7
"""Seconds; a Bluetooth loudspeaker is 0.3 s late."""
LOWEST, HIGHEST = 300.0, 3500.0
"""Hz: what every small loudspeaker can play and every microphone can hear."""
LEVEL = 10 ** (-12 / 20)
FADE = 0.02
ALIKE = 0.15
"""Correlation from which on it is the chirp: of noise, the best of all places has 0.06."""
_OUT_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Echo:
    """What came back of the chirp."""

    delay_ms: float | None
    """From the speaker to the microphone, as the sound card counts; `None`: it was not heard."""
    level: float | None
    """Its loudness at the microphone against what was played, dB."""
    noise: float
    """The room before it, dBFS."""
    clips: bool
    """It was too loud for the microphone."""


def chirp(rate: int = _OUT_RATE) -> Audio:
    """Return a tone that rises from the lowest to the highest pitch."""
    at = np.arange(round(LONG * rate)) / rate
    phase = 2 * np.pi * (LOWEST * at + (HIGHEST - LOWEST) / (2 * LONG) * at**2)
    edge = np.clip(np.minimum(at, LONG - at) / FADE, 0.0, 1.0)
    wave = np.sin(phase) * np.sin(edge * np.pi / 2) ** 2 * LEVEL
    return Audio((wave * 32_767).astype(np.int16), rate)


async def measure(config: sound.Config) -> Echo:
    """Play it through the speaker that is configured. Raises `BackendError`."""
    try:
        async with asyncio.timeout(DEADLINE):
            near, far = await _both(config)
    except TimeoutError:
        raise BackendTimeout(
            "sound",
            f"the speaker has not played a chirp in {DEADLINE:g} s; see `assistant doctor`",
        ) from None
    return compare(near, far)


async def _both(config: sound.Config) -> tuple[Samples, Samples]:
    """Return what the microphone heard, and beside it what the speaker played."""
    near: list[Samples] = []
    far: list[Samples] = []
    heard, played = 0.0, False
    async with (
        sound.open(config.model_copy(update={"duplex": "full", "wait": False})) as card,
        aclosing(card.frames()) as frames,
    ):
        async for frame in frames:
            near.append(frame.near)
            far.append(frame.far)
            heard += len(frame.near) / RATE
            if not played and heard >= BEFORE:
                played = True
                await card.write(Track.TONE, chirp())
            if heard >= BEFORE + LONG + AFTER + LATEST:
                break
    return np.concatenate(near), np.concatenate(far)


def compare(near: Samples, far: Samples) -> Echo:
    """Find what was played in what was heard; both at `RATE`, beside each other."""
    loud = np.flatnonzero(np.abs(far.astype(np.int32)) > 0)
    if not len(loud):
        raise BackendTimeout("sound", "the speaker did not play the chirp; see `assistant doctor`")
    first, last = int(loud[0]), int(loud[-1]) + 1
    noise = rms(near[max(0, first - RATE // 2) : first])
    template = far[first:last].astype(np.float64)
    window = near[first : last + round(LATEST * RATE)].astype(np.float64)
    size = 1 << (len(window) + len(template)).bit_length()
    product = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(template, size)))
    lags = np.abs(product[: max(1, len(window) - len(template))])
    lag = int(np.argmax(lags))
    part = window[lag : lag + len(template)]
    energy, played = float(part @ part), float(template @ template)
    clips = levels(part.astype(np.int16)).clips
    if energy <= 0 or lags[lag] / np.sqrt(energy * played) < ALIKE:
        return Echo(None, None, noise, clips=clips)
    return Echo(1000 * lag / RATE, decibels(np.sqrt(energy / played)), noise, clips=clips)
