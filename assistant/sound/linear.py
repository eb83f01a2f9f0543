"""Learns how a room sounds, subtracts what it makes of our speech, and finds it when it leaps.

A frequency-domain Kalman filter in partitions (Enzner and Vary, 2006,
doi:10.1016/j.sigpro.2005.09.013; partitions: Kuech, Mabande and Enzner, 2014,
doi:10.1109/ICASSP.2014.6853806). It subtracts and does nothing else, so that whoever speaks at the
same time is left as they are; and it needs to be told of nobody: the filter knows how sure it is
of itself, and what it cannot explain makes it learn more slowly.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from assistant.ports import FRAME, Samples

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
RECALLS = 12
"""Frames in which the echo is looked for."""
_LATER, _EARLIER = 4 * FRAME, 2 * FRAME
"""It is found if it comes so many samples later than expected, or earlier."""
_LIKE = 0.8
"""So much like the echo expected, at another time, is our echo and not somebody's words."""
_CLEARLY = 0.1
"""So much more than at the time expected, too: a voice is like itself at each of its periods."""
_AS_LOUD = 0.6
"""And as loud as expected, by such a factor at most: a short sound is like many."""
_AUDIBLE = 1e-6
"""Power of what is worth it: -60 dB."""
_WHOLE = 0.8
"""Of the room, so much must be left when its echo is moved."""

Floats = NDArray[np.float32]
Spectra = NDArray[np.complex64]

_NOTHING: Floats = np.zeros(FRAME, np.float32)


class Linear:
    """The filter of one microphone and one speaker."""

    def __init__(self) -> None:
        self._far = [np.zeros(FRAME, np.float32)]
        """What was played: the newest frame whose spectrum is known, and those that came since."""
        self._spectra = _Newest()
        self._room = np.zeros((PARTS, _BINS), np.complex64)
        self._variance = np.repeat(_UNSURE, _BINS, axis=1).astype(np.float32)
        self._others: Floats = np.full(_BINS, 1e-2, np.float32)
        self._turn = 0
        self._scratch = np.empty_like(self._room)
        self.expected: float = 0.0
        """Mean square of what was subtracted from the newest sound."""

    def process(self, near: Samples, far: Samples, *, learn: bool = True) -> Samples:
        """Return the near side without what the room makes of the far side."""
        left = np.empty_like(near)
        self.expected = 0.0
        for first in range(0, len(near), FRAME):
            part = slice(first, first + FRAME)
            heard = _scaled(near[part])
            error = self._step(heard, _scaled(far[part]), learn=learn)
            self.expected += power((heard - error) * _FULL_SCALE) * FRAME / len(near)
            left[part] = np.clip(np.rint(error * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        return left

    def late(self, heard: Iterable[Samples]) -> int:
        """Return by how many samples our echo comes later than expected; below 0: earlier.

        `heard`: the newest `RECALLS` frames. 0, too, if it cannot be told.
        """
        near = _scaled(np.concatenate(tuple(heard))[_LATER:-_EARLIER])
        loud = float(near @ near)
        if loud < _AUDIBLE * len(near):
            return 0
        echo = self._recall()
        sums = np.concatenate(([0.0], np.cumsum(np.square(echo, dtype=np.float64))))
        powers = sums[len(near) :] - sums[: -len(near)] + _LEAST
        fits = np.correlate(echo, near)
        like = fits / np.sqrt(powers * loud)
        best = int(np.argmax(like))
        as_loud = _AS_LOUD < fits[best] / powers[best] < 1 / _AS_LOUD
        clear = like[best] > max(_LIKE, like[_LATER] + _CLEARLY)
        return _LATER - best if clear and as_loud else 0

    def shift(self, samples: int) -> bool:
        """Expect the echo so much later, below 0 earlier, in the same room.

        Returns False, and expects it where it was, if it would come too late, or too early.
        """
        room = np.fft.irfft(self._room)[:, :FRAME].astype(np.float32, copy=False).ravel()
        moved = np.zeros_like(room)
        if samples > 0:
            moved[samples:] = room[:-samples]
        else:
            moved[: len(room) + samples] = room[-samples:]
        if moved @ moved < _WHOLE * (room @ room):
            return False
        parts = moved.reshape(PARTS, FRAME)
        self._room = _spectrum(np.hstack((parts, np.zeros_like(parts))))
        return True

    def follow(self, far: Samples) -> None:
        """Take a far side whose near side nobody wants: the work is left for when one does."""
        for first in range(0, len(far), FRAME):
            self._far.append(_scaled(far[first : first + FRAME]))
        del self._far[: -PARTS - RECALLS]  # older ones are not kept

    def _recall(self) -> Floats:
        """Return the echo expected in the newest frames."""
        spectra = self._spectra.newest(RECALLS + PARTS - 1)
        sounds = [
            np.multiply(spectra[age : age + PARTS], self._room, out=self._scratch).sum(axis=0)
            for age in reversed(range(RECALLS))
        ]
        return np.fft.irfft(sounds)[:, FRAME:].astype(np.float32, copy=False).ravel()

    def _step(self, near: Floats, far: Floats, *, learn: bool) -> Floats:
        spectra = self._play(far)
        echo = np.multiply(spectra, self._room, out=self._scratch).sum(axis=0)
        error = near - _sound(echo)[FRAME:]
        if learn:
            self._learn(error, spectra)
        return error

    def _play(self, far: Floats) -> Spectra:
        """Return the spectra of what was played, the newest first."""
        played = np.stack((*self._far, far))
        self._far = [far]
        self._spectra.add(_spectrum(np.hstack((played[:-1], played[1:]))))
        return self._spectra.newest(PARTS)

    def _learn(self, error: Floats, spectra: Spectra) -> None:
        """Move towards what explains the error, by as much as the filter is unsure."""
        missed = _spectrum(np.concatenate((_NOTHING, error)))
        unsure = _square(spectra) * self._variance
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

    _KEPT = PARTS + RECALLS

    def __init__(self) -> None:
        self._rows: Spectra = np.zeros((2 * self._KEPT, _BINS), np.complex64)
        self._first = 0

    def add(self, rows: Spectra) -> None:
        """Take rows, the newest last."""
        for row in rows:
            first = self._first = (self._first or self._KEPT) - 1
            self._rows[first] = self._rows[first + self._KEPT] = row

    def newest(self, count: int) -> Spectra:
        """Return so many."""
        return self._rows[self._first : self._first + count]


def _scaled(sound: Samples) -> Floats:
    return np.divide(sound, _FULL_SCALE, dtype=np.float32)


def _spectrum(sound: Floats) -> Spectra:
    return np.fft.rfft(sound).astype(np.complex64, copy=False)


def _sound(spectrum: Spectra) -> Floats:
    return np.fft.irfft(spectrum).astype(np.float32, copy=False)


def _square(spectrum: Spectra) -> Floats:
    """Return the power in each bin."""
    square: Floats = np.square(spectrum.real)
    square += np.square(spectrum.imag)
    return square


def power(sound: Samples | Floats) -> float:
    """Return the mean square."""
    wide = sound.astype(np.float32, copy=False)
    return float(wide @ wide) / len(wide)
