"""Learns how a room sounds, and subtracts what it makes of our speech.

A frequency-domain Kalman filter in partitions (Enzner and Vary, 2006,
doi:10.1016/j.sigpro.2005.09.013; partitions: Kuech, Mabande and Enzner, 2014,
doi:10.1109/ICASSP.2014.6853806). It subtracts and does nothing else, so that whoever speaks at the
same time is left as they are; and it needs to be told of nobody: the filter knows how sure it is
of itself, and what it cannot explain makes it learn more slowly.
"""

import numpy as np
from numpy.typing import NDArray

from assistant.ports import FRAME, EchoCanceller, Samples

PARTS = 24
"""Of 10 ms each: so long it hears a room."""
_BINS = FRAME + 1
_STAYS = 0.9999
"""Of the room, from frame to frame: people move."""
_UNSURE = 0.05 * 0.85 ** np.arange(PARTS)[:, None]
"""Variance of what is not known yet: a room begins loud and fades. Ten times as much makes soft
echoes louder at first, a tenth learns loud ones slowly."""
_SMOOTH = 0.9
"""Of the power of what the filter does not explain."""
_FULL_SCALE = 32_768.0
_BLEND = 0.7
"""Of the power of sound, from frame to frame: 30 ms."""
_SURVIVES = 0.1
"""So much of the power is left by suppressing, at least, where somebody speaks over us."""
_FAINT = 1_000.0
"""Power of what is worth it: -60 dB."""
_PROVES = 0.99
"""Of the power while only we speak, from frame to frame: a second."""
_PROOF = 4.0
"""The filter knows the room if it takes 15 dB of our echo away, alone."""
_SOUNDS = 300
"""Peak of what is played from which on it counts."""
_LINGERS = 15 * FRAME
"""Words have soft ends."""

Floats = NDArray[np.float32]


class Linear:
    """The filter of one microphone and one speaker."""

    def __init__(self) -> None:
        self._far: Floats = np.zeros(FRAME, np.float32)
        self._spectra = np.zeros((PARTS, _BINS), np.complex64)
        self._room = np.zeros((PARTS, _BINS), np.complex64)
        self._variance = np.repeat(_UNSURE, _BINS, axis=1).astype(np.float32)
        self._others: Floats = np.full(_BINS, 1e-2, np.float32)
        self._turn = 0

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side without what the room makes of the far side."""
        left = np.empty_like(near)
        for first in range(0, len(near), FRAME):
            part = slice(first, first + FRAME)
            error = self._step(near[part].astype(np.float32) / _FULL_SCALE, far[part])
            left[part] = np.clip(np.rint(error * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        return left

    def _step(self, near: Floats, far: Samples) -> Floats:
        both = np.concatenate((self._far, far.astype(np.float32) / _FULL_SCALE))
        self._far = both[FRAME:]
        self._spectra[1:] = self._spectra[:-1].copy()
        self._spectra[0] = np.fft.rfft(both)
        echo = np.fft.irfft((self._spectra * self._room).sum(axis=0))[FRAME:]
        error: Floats = (near - echo).astype(np.float32)
        self._learn(error)
        return error

    def _learn(self, error: Floats) -> None:
        """Move towards what explains the error, by as much as the filter is unsure."""
        spectra = self._spectra
        missed = np.fft.rfft(np.concatenate((np.zeros(FRAME, np.float32), error)))
        power = np.square(spectra.real) + np.square(spectra.imag)
        unsure = 0.5 * (power * self._variance).sum(axis=0)
        heard = np.square(np.abs(missed)).astype(np.float32)
        self._others = _SMOOTH * self._others + np.float32(1 - _SMOOTH) * heard
        step = self._variance / (unsure + self._others + 1e-10)
        self._room += step * np.conj(spectra) * missed
        self._constrain()
        kept = _STAYS**2 * (1 - 0.5 * step * power) * self._variance
        moved = np.square(np.abs(self._room))
        self._variance = (kept + (1 - _STAYS**2) * moved).astype(np.float32)

    def _constrain(self) -> None:
        """Take out of a partition what is of the circle: one a frame, in turn, is enough."""
        part = self._turn % PARTS
        self._turn += 1
        response = np.fft.irfft(self._room[part])
        response[FRAME:] = 0
        self._room[part] = np.fft.rfft(response)


class Subtracting:
    """An `EchoCanceller`: others suppress the echo; under somebody's words it is subtracted.

    Who speaks over us survives the suppressing, weakened; what is left of our echo does not. So
    where something survives, what is heard is the sound that was not suppressed, if the filter has
    proved while only we spoke that it knows the room. Else it is as if there were none.
    """

    def __init__(self, suppress: EchoCanceller, judge: EchoCanceller) -> None:
        """`suppress` is given what was heard; `judge`, what was subtracted."""
        self._linear, self._plain, self._second = Linear(), suppress, judge
        self._weight = 0.0
        """Of the sound that is not suppressed."""
        self._before, self._after = _Power(_BLEND), _Power(_BLEND)
        self._kept = _Power(_BLEND)
        self._heard, self._left = _Power(_PROVES), _Power(_PROVES)
        self._open = 0

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side without the far side."""
        subtracted = self._linear.process(near, far)
        suppressed = self._second.process(subtracted, far)
        plain = self._plain.process(near, far)
        before, after = self._before.add(subtracted), self._after.add(suppressed)
        kept = self._kept.add(plain)
        survives = after > max(_FAINT, _SURVIVES * before) and kept > _FAINT
        if kept < _FAINT and np.abs(far).max(initial=0) > _SOUNDS:
            self._heard.add(near)
            self._left.add(subtracted)
        proved = self._heard.mean > _PROOF * self._left.mean
        self._open = _LINGERS if survives and proved else max(0, self._open - len(near))
        weight = 1.0 if self._open else 0.0
        if weight == self._weight:
            return subtracted if self._open else plain
        slope = np.linspace(self._weight, weight, len(near), dtype=np.float32)
        self._weight = weight
        mixed = slope * subtracted + (1 - slope) * plain
        return np.rint(mixed).astype(np.int16)


class _Power:
    """A mean square over the newest sound."""

    def __init__(self, stays: float) -> None:
        self.mean = 0.0
        self._stays = stays

    def add(self, sound: Samples) -> float:
        """Take a frame; return the mean."""
        wide = sound.astype(np.float32)
        power = float(wide @ wide) / len(wide)
        self.mean = self._stays * self.mean + (1 - self._stays) * power
        return self.mean
