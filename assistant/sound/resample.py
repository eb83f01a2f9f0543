"""Changing the rate of sound that does not stop.

Two ways, because their costs differ. `Run` (soxr) is for sound that is there in bulk: it is the
best and the cheapest, but gives its output in bursts, 10 to 40 ms behind its input. `Live` is a
plain polyphase filter that is half a filter, 1.25 ms, behind: for the microphone, where each
millisecond is waited for by a person.
"""

from math import gcd

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Sound in units of int16, as float32, so that what is not changed stays exact."""

_ZERO_CROSSINGS = 20
"""Of the sinc on each side: flat to 7 kHz, 60 dB down at 9 kHz, 1.25 ms behind."""
_KAISER_BETA = 6.0
"""About 63 dB of stop-band: below the noise of a room and of most microphones."""
_EDGE = 0.95
"""Where the filter is 6 dB down, as a part of half the lower rate."""
_MOST_PHASES = 1024
"""Odd rates share phases; the error of the nearest one is below -60 dB."""


class Run:
    """An unbroken run of sound from one rate to another, of exactly the length it should have."""

    def __init__(self, source: int, target: int) -> None:
        self.source = source
        self._target = target
        self._stream = soxr.ResampleStream(source, target, 1, dtype="float32", quality="HQ")
        self._fed = 0
        self._given = 0

    @property
    def length(self) -> int:
        """Samples that all which was fed amounts to, at the target's rate."""
        return round(self._fed * self._target / self.source)

    def feed(self, sound: Floats) -> Floats:
        """Take sound; return what is ready, which is less."""
        self._fed += len(sound)
        ready: Floats = self._stream.resample_chunk(sound)
        self._given += len(ready)
        return ready

    def finish(self) -> Floats:
        """Return the rest."""
        rest = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
        wanted = self.length - self._given
        exact = np.zeros(max(0, wanted), np.float32)
        exact[: len(rest)] = rest[:wanted]
        return exact


class Live:
    """A stream of sound brought to another rate at once; output sample 0 is input sample 0."""

    def __init__(self, source: int, target: int) -> None:
        common = gcd(source, target)
        self._up, self._down = target // common, source // common
        self._phases = min(self._up, _MOST_PHASES)
        self._half = int(np.ceil(_ZERO_CROSSINGS * max(1.0, source / target)))
        self._bank = _bank(self._phases, self._half, min(1.0, target / source))
        self._kept = np.zeros(self._half, np.float32)
        self._first = -self._half
        """Index of the first kept sample in the input."""
        self._made = 0

    @property
    def same(self) -> bool:
        """There is nothing to change."""
        return self._up == self._down

    def feed(self, sound: Floats) -> Floats:
        """Take any number of samples; return all that can be known by now."""
        if self.same:
            return sound
        kept = np.concatenate((self._kept, sound))
        known = self._first + len(kept) - self._half
        """The first input sample whose filter would reach beyond what is kept."""
        end = max(self._made, -(-known * self._up // self._down))
        made = self._filter(kept, end)
        self._made = end
        drop = end * self._down // self._up - self._half + 1 - self._first
        self._kept, self._first = kept[drop:], self._first + drop
        return made

    def _filter(self, kept: Floats, end: int) -> Floats:
        """Return the samples that have not been made, up to `end`."""
        if not kept.any():
            return np.zeros(end - self._made, np.float32)
        before = self._first + self._half - 1
        made: Floats
        if self._up == 1:
            start = self._made * self._down - before
            windows = sliding_window_view(kept, 2 * self._half)[start :: self._down]
            made = windows[: end - self._made] @ self._bank[0]
        else:
            places = np.arange(self._made, end, dtype=np.int64) * self._down
            starts = places // self._up - before
            phases = (places % self._up) * self._phases // self._up
            taps = kept[starts[:, None] + np.arange(2 * self._half)]
            made = np.einsum("ij,ij->i", taps, self._bank[phases])
        return made


def _bank(phases: int, half: int, cutoff: float) -> Floats:
    """Filters of `2 * half` taps, one for each place between two input samples."""
    taps = np.arange(-half + 1, half + 1)
    at = taps[None, :] - np.arange(phases)[:, None] / phases
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (at / half) ** 2, 0, 1)))
    bank = np.sinc(at * cutoff * _EDGE) * window
    bank /= bank.sum(axis=1, keepdims=True)
    return bank.astype(np.float32)
