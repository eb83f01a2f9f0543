"""What a recording says of a microphone: how loud, how noisy, too loud, or nothing at all."""

from dataclasses import dataclass

import numpy as np

from assistant.ports import RATE, Samples

FULL_SCALE = 32_768
NOTHING = -120.0
"""dBFS of digital silence."""
CLIPPED_FROM = 32_700
"""A converter that is driven too hard stays at its limit, or just below it."""
CLIPPED_SHARE = 0.0005
"""Of all samples, from which on words are distorted: one in two thousand."""
HARDLY_ANYTHING = -80.0
"""dBFS of the peak: three steps of 16 bits. The noise of any open microphone is above that."""
QUIET_SPEECH = -42.0
"""dBFS (RMS) of speech below which it is called soft: a judgement, not a measurement."""
LOUD_SPEECH = -12.0
"""dBFS (RMS) of speech above which its peaks, 12 to 15 dB higher, reach the limit."""
NOISY = -45.0
"""dBFS (RMS) of a room in which soft speech drowns."""
_BLOCK = RATE // 50
_QUIETEST = 20
"""Percent of the blocks that count as the room alone: nobody speaks without a break."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Of a stretch of sound; all in dBFS, the share of 1."""

    peak: float
    noise: float
    """RMS of its quietest fifth."""
    clipped: float
    """Share of the samples that are at the limit."""
    steady: bool
    """Every sample is the same: no sound comes at all."""

    @property
    def clips(self) -> bool:
        """It is too loud for the converter."""
        return self.clipped > CLIPPED_SHARE


def levels(sound: Samples) -> Levels:
    """Measure a stretch of sound at `RATE`."""
    if not len(sound):
        return Levels(NOTHING, NOTHING, 0.0, steady=True)
    size = np.abs(sound.astype(np.int32))
    blocks = sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    quiet = np.percentile([rms(block) for block in blocks], _QUIETEST) if len(blocks) else NOTHING
    return Levels(
        peak=decibels(int(size.max()) / FULL_SCALE),
        noise=float(quiet),
        clipped=float(np.mean(size >= CLIPPED_FROM)),
        steady=bool((sound == sound[0]).all()),
    )


def rms(sound: Samples) -> float:
    """Return the level of a stretch of sound, dBFS."""
    if not len(sound):
        return NOTHING
    return decibels(float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) / FULL_SCALE)


def decibels(ratio: float) -> float:
    """Return a ratio of amplitudes in dB, and no less than `NOTHING`."""
    return max(NOTHING, 20 * float(np.log10(ratio))) if ratio > 0 else NOTHING
