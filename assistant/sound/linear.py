"""Learns how a room sounds, and subtracts what it makes of our speech.

A frequency-domain Kalman filter in partitions (Enzner and Vary, 2006,
doi:10.1016/j.sigpro.2005.09.013; partitions: Kuech, Mabande and Enzner, 2014,
doi:10.1109/ICASSP.2014.6853806). It subtracts and does nothing else, so that whoever speaks at the
same time is left as they are; and it needs to be told of nobody: the filter knows how sure it is
of itself, and what it cannot explain makes it learn more slowly.
"""

from typing import Any

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
_FULL_SCALE = np.float32(32_768.0)
_LEAST = 1e-10
_SOME = 4
"""The variance grows with the room by so little that a part of its rows, in turn, is enough."""
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
Spectra = NDArray[np.complex64]

_NOTHING: Floats = np.zeros(FRAME, np.float32)


class Linear:
    """The filter of one microphone and one speaker."""

    def __init__(self) -> None:
        self._far: Floats = np.zeros(FRAME, np.float32)
        self._spectra, self._power = _Newest(np.complex64), _Newest(np.float32)
        self._room = np.zeros((PARTS, _BINS), np.complex64)
        self._variance = np.repeat(_UNSURE, _BINS, axis=1).astype(np.float32)
        self._others: Floats = np.full(_BINS, 1e-2, np.float32)
        self._turn = 0
        self._scratch = np.empty_like(self._room)

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side without what the room makes of the far side."""
        left = np.empty_like(near)
        for first in range(0, len(near), FRAME):
            part = slice(first, first + FRAME)
            error = self._step(_scaled(near[part]), _scaled(far[part])) * _FULL_SCALE
            left[part] = np.clip(np.rint(error), -_FULL_SCALE, _FULL_SCALE - 1)
        return left

    def _step(self, near: Floats, far: Floats) -> Floats:
        heard = _spectrum(np.concatenate((self._far, far)))
        self._far = far
        spectra, power = self._spectra.add(heard), self._power.add(_square(heard))
        echo = np.multiply(spectra, self._room, out=self._scratch).sum(axis=0)
        error = near - _sound(echo)[FRAME:]
        self._learn(error, spectra, power)
        return error

    def _learn(self, error: Floats, spectra: Spectra, power: Floats) -> None:
        """Move towards what explains the error, by as much as the filter is unsure."""
        missed = _spectrum(np.concatenate((_NOTHING, error)))
        unsure = power * self._variance
        self._others *= _SMOOTH
        self._others += (1 - _SMOOTH) * _square(missed)
        step = 1 / (0.5 * unsure.sum(axis=0) + self._others + _LEAST)
        moves = np.multiply(spectra, np.conj(missed) * step, out=self._scratch)
        np.conjugate(moves, out=moves)
        moves *= self._variance
        self._room += moves
        self._turn += 1
        if self._turn % 2:
            self._constrain(self._turn // 2 % PARTS)
        unsure *= -0.5 * _STAYS**2 * step
        unsure += _STAYS**2
        self._variance *= unsure
        some = slice(self._turn % _SOME, None, _SOME)
        self._variance[some] += _SOME * (1 - _STAYS**2) * _square(self._room[some])

    def _constrain(self, part: int) -> None:
        """Take out of a partition what is of the circle: one in two frames, in turn, is enough."""
        response = _sound(self._room[part])
        response[FRAME:] = 0
        self._room[part] = _spectrum(response)


class _Newest:
    """What came in the newest frames, the newest first: kept twice, so that nothing is moved."""

    def __init__(self, kind: type) -> None:
        self._rows: NDArray[Any] = np.zeros((2 * PARTS, _BINS), kind)
        self._first = 0

    def add(self, row: NDArray[Any]) -> NDArray[Any]:
        """Take a row; return all."""
        first = self._first = (self._first or PARTS) - 1
        self._rows[first] = self._rows[first + PARTS] = row
        return self._rows[first : first + PARTS]


def _scaled(sound: Samples) -> Floats:
    return np.divide(sound, _FULL_SCALE, dtype=np.float32)


def _spectrum(sound: Floats) -> Spectra:
    return np.fft.rfft(sound).astype(np.complex64, copy=False)


def _sound(spectrum: Spectra) -> Floats:
    return np.fft.irfft(spectrum).astype(np.float32, copy=False)


def _square(spectrum: Spectra) -> Floats:
    """Return the power in each bin."""
    power: Floats = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    return power


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
