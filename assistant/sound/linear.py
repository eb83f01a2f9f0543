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
_SURVIVES = 300.0
"""Power, at least, of what is left by suppressing where somebody speaks over us: -65 dB."""
_MORE = 3.0
"""So much more power is left, at least, where somebody speaks over us."""
_FAINT = 1_000.0
"""Power of what is worth it: -60 dB."""
_PROVES = 0.99
"""Of the power while only we speak, from frame to frame: a second."""
_PROOF = 4.0
"""The filter knows the room if it takes 6 dB of what is heard away, alone."""
_HOLDS = 0.9
"""Of the power while somebody speaks over us, from frame to frame: 100 ms."""
_EXPLAINS = 0.2
"""So much of the echo that is expected must be there, at least. Those of others' words that are
like it by chance make it vary."""
_DROWNS = 2.0
"""Where what is heard is so much louder than our echo, chance may hide the echo."""
_RECENT = 100
"""Frames: what knew the room a second ago is believed when it says that sound was lost."""
_RELEARNS = 200 * FRAME
"""So long at most nothing is heard then: the others learn anew, too, and let our echo through."""
_SURE = 10
"""Frames after which a room is known again."""
_LEARNS = 500
"""Frames that make a room known well."""
_SELDOM = 4
"""After that it is learned from one frame in so many: people move slowly."""
_SOUNDS = 300
"""Peak of what is played from which on it counts."""
_LINGERS = 30 * FRAME
"""Words have soft ends, and soft middles."""

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
            self.expected += _power((heard - error) * _FULL_SCALE) * FRAME / len(near)
            left[part] = np.clip(np.rint(error * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        return left

    def follow(self, far: Samples) -> None:
        """Take a far side whose near side nobody wants: a tenth of the work."""
        for first in range(0, len(far), FRAME):
            self._play(_scaled(far[first : first + FRAME]))

    def _step(self, near: Floats, far: Floats, *, learn: bool) -> Floats:
        spectra, power = self._play(far)
        echo = np.multiply(spectra, self._room, out=self._scratch).sum(axis=0)
        error = near - _sound(echo)[FRAME:]
        if learn:
            self._learn(error, spectra, power)
        return error

    def _play(self, far: Floats) -> tuple[Spectra, Floats]:
        """Return the spectra of what was played, the newest first, and their power."""
        heard = _spectrum(np.concatenate((self._far, far)))
        self._far = far
        return self._spectra.add(heard), self._power.add(_square(heard))

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
    """An `EchoCanceller`: another suppresses the echo; under somebody's words it is subtracted.

    Who speaks over us survives the suppressing, weakened; what is left of our echo does not. And
    where only we speak, the filter leaves a share of the echo that it expects, which is known. So
    where something survives and much more is left, what is heard is the sound that was not
    suppressed, if the filter has proved while only we spoke that it knows the room. Else it is as
    if there were none.
    """

    def __init__(self, suppress: EchoCanceller) -> None:
        self._linear, self._suppress = Linear(), suppress
        self._worth = _Worth()
        self._kept = _Power(_BLEND)
        self._open = self._deaf = 0
        """Samples for which the subtracted sound is heard still; for which nothing is."""
        self._weight = 0.0
        """Of the sound that is not suppressed."""
        self._since = 0
        """Frames since the filter has learned."""

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side without the far side."""
        suppressed = self._suppress.process(near, far)
        self._kept.add(_power(suppressed))
        survives = self._kept.mean > _SURVIVES
        self._since += 1
        learn = self._worth.learnt < _LEARNS or self._since >= _SELDOM
        if not (learn or survives or self._open):
            self._linear.follow(far)
            return suppressed
        subtracted = self._linear.process(near, far, learn=learn)
        self._worth.see(_power(near), self._linear.expected, _power(subtracted))
        if learn:
            if self._kept.mean < _FAINT and np.abs(far).max(initial=0) > _SOUNDS:
                self._worth.prove(self._since)
            self._since = 0
        if not self._worth.explains:
            self._open = 0
        elif survives and self._worth.more:
            self._open = _LINGERS
        else:
            self._open = max(0, self._open - len(near))
        if self._worth.lost:
            self._worth.forget()
            self._deaf = _RELEARNS
        self._deaf = 0 if self._worth.learnt > _SURE else max(0, self._deaf - len(near))
        if self._deaf and survives:
            self._weight = 0.0
            return np.zeros_like(near)
        return self._mixed(subtracted, suppressed)

    def _mixed(self, subtracted: Samples, suppressed: Samples) -> Samples:
        """Return one of them; where it changes which, the one fades into the other."""
        weight = 1.0 if self._open else 0.0
        if weight == self._weight:
            return subtracted if self._open else suppressed
        slope = np.linspace(self._weight, weight, len(subtracted), dtype=np.float32)
        self._weight = weight
        mixed = slope * subtracted + (1 - slope) * suppressed
        return np.rint(mixed).astype(np.int16)


class _Worth:
    """A filter's worth, by the power of what is heard, of the echo expected, of the rest."""

    def __init__(self) -> None:
        self.learnt = 0
        """Frames from which it has learned since it is proved; 0: it is not."""
        self._recent = 0
        self._newest = (0.0, 0.0, 0.0)
        self._expected, self._left = _Power(_BLEND), _Power(_BLEND)
        self._loud, self._explained, self._promised = (_Power(_HOLDS) for _ in range(3))
        self._alone = (_Power(_PROVES), _Power(_PROVES), _Power(_PROVES))
        """The three, where only we speak."""

    def see(self, heard: float, expected: float, left: float) -> None:
        """Take a frame."""
        self._newest = heard, expected, left
        self._recent = _RECENT if self.learnt else max(0, self._recent - 1)
        self._expected.add(expected)
        self._left.add(left)
        self._explained.add((heard + expected - left) / 2)
        self._promised.add(expected)
        self._loud.add(heard)

    def prove(self, frames: int) -> None:
        """Take it for one of so many frames in which only we spoke, and from which was learned."""
        for mean, power in zip(self._alone, self._newest, strict=True):
            mean.add(power, frames)
        heard, _, left = (mean.mean for mean in self._alone)
        self.learnt = self.learnt + 1 if heard > _PROOF * left else 0

    def forget(self) -> None:
        """Be proved anew."""
        self.learnt = self._recent = 0
        for mean in self._alone:
            mean.mean = 0.0

    @property
    def explains(self) -> bool:
        """The echo that is expected is there, whoever speaks over it.

        Not where the room has changed, or sound was lost: then its power is added, not taken.
        """
        return self._explained.mean >= _EXPLAINS * self._promised.mean

    @property
    def lost(self) -> bool:
        """It knew the room, nobody is louder than our echo, and the echo is not there."""
        alone = self._loud.mean < _DROWNS * self._promised.mean
        return self._recent > 0 and alone and not self.explains

    @property
    def more(self) -> bool:
        """It knows the room, and more is left than it leaves of our echo: somebody speaks."""
        _, expected, left = (mean.mean for mean in self._alone)
        ours = self._expected.mean * left / max(expected, _FAINT)
        return self.learnt > 0 and self._left.mean > max(_FAINT, _MORE * ours)


class _Power:
    """A mean over the newest sound."""

    def __init__(self, stays: float) -> None:
        self.mean = 0.0
        self._stays = stays

    def add(self, power: float, frames: int = 1) -> None:
        """Take a frame's; `frames`: for how many it stands."""
        stays = self._stays**frames
        self.mean = stays * self.mean + (1 - stays) * power


def _power(sound: Samples | Floats) -> float:
    """Return the mean square."""
    wide = sound.astype(np.float32, copy=False)
    return float(wide @ wide) / len(wide)
