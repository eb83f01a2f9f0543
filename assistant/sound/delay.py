"""How much later is a sound heard than it was played.

GCC-PHAT (Knapp and Carter, 1976, doi:10.1109/TASSP.1976.1162830): in the cross-correlation every
frequency counts the same, so that a voice, which is like itself at each of its periods, has one
peak: where it really is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.ports import RATE

Floats = NDArray[np.float32]
Spectrum = NDArray[np.complex64]

SEGMENT = 8192
"""Samples that are heard, half a second; what was played is needed for twice as long."""
_SIZE = 2 * SEGMENT
_BAND = slice(150 * _SIZE // RATE, 4_000 * _SIZE // RATE)
"""Where speech is, and cheap loudspeakers are."""
_BINS = _BAND.stop - _BAND.start
_STEP = RATE // (2 * 4_000)
"""Above the band there is nothing, so every second lag is enough."""
_KEEPS = 0.7
"""So much of the average is what came before: a memory of two seconds."""
_HUSH = 1e-3
"""Frequencies that are so much weaker than the usual one count less: they hold rounding errors."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Where one sound is found in another."""

    lag: int
    """By so many samples it is later."""
    clear: float
    """Height of the peak over the spread of everything else; chance makes up to 5."""
    share: float
    """Height of the peak, 0 to 1: 1 is a copy that is only late."""


class Delay:
    """Compares what was played with what is heard, a segment after the other."""

    def __init__(self) -> None:
        self._average: Spectrum = np.zeros(_BINS, np.complex64)
        self._far: Spectrum = np.zeros(_BINS, np.complex64)

    def add(self, far: Floats, near: Floats) -> Peak:
        """Take a segment of what was heard, and two of what was played until its end.

        Returns the peak over the last seconds, whose lag is below a segment.
        """
        self._far = np.fft.rfft(far)[_BAND].astype(np.complex64, copy=False)
        self._average = _KEEPS * self._average + (1 - _KEEPS) * self._whitened(near)
        return _peak(self._average)

    def share(self, sound: Floats, near: int, far: int) -> float:
        """Return how much another sound is like the newest of what was played, 0 to 1.

        `near`, `far`: between which lags.
        """
        shape = _correlation(self._whitened(sound))[near // _STEP : far // _STEP + 1]
        return _share(float(np.abs(shape).max(initial=0.0)))

    def _whitened(self, near: Floats) -> Spectrum:
        late = np.zeros(_SIZE, np.float32)
        late[SEGMENT:] = near
        cross = np.fft.rfft(late)[_BAND] * np.conj(self._far)
        size = np.abs(cross)
        white: Spectrum = (cross / (size + _HUSH * size.mean() + 1e-9)).astype(
            np.complex64, copy=False
        )
        return white


def _peak(cross: Spectrum) -> Peak:
    shape = np.abs(_correlation(cross))
    lag = int(np.argmax(shape)) * _STEP
    spread = float(np.sqrt(np.mean(np.square(shape)))) or 1.0
    top = float(shape[lag // _STEP])
    return Peak(lag, top / spread, _share(top))


def _share(height: float) -> float:
    """Return the height of a peak over that of a copy that is only late."""
    return height * _SIZE / (2 * _STEP * _BINS)


def _correlation(cross: Spectrum) -> Floats:
    """Return the correlation at every `_STEP`th of the lags from 0 to a segment."""
    whole = np.zeros(_SIZE // (2 * _STEP) + 1, np.complex64)
    whole[_BAND] = cross
    return np.fft.irfft(whole)[: SEGMENT // _STEP].astype(np.float32, copy=False)
