"""When did a sample pass the converter? Sound cards answer with jitter, and drift apart.

A card's callback leaves stamps without waiting for anybody; another thread reads them and keeps
a smooth line through them. Two such lines put microphone and speaker on one time.
"""

import numpy as np

from assistant.ports import FRAME, RATE, Samples

_STAMPS = 64
_SETTLING = 10
"""A card that has just been started fills its buffers in a hurry: the newest stamp is taken."""
_FIRST = 20
"""Stamps that are averaged then; later each moves the line by `_WEIGHT` of its error."""
_WEIGHT = 0.02
"""At 100 stamps a second: half a second to follow; the drift of cheap crystals stays < 0.1 ms."""
_AVERAGED = 3_000
"""Stamps, half a minute, of the calm line. Those of a microphone of PulseAudio creep by 9 ms in
20 s, leap back, and the line with them; a canceller would never know where it is. A drift of cheap
crystals makes this one 3 ms late, but that does not move."""
_STEADY = 1_000
"""Stamps after which it does not move by much any more."""
_BREAK_SECONDS = 0.03
"""An error that no jitter explains: samples were lost."""
_BREAKS = 5
"""So many in a row, and the line begins anew."""


class Stamps:
    """A ring of (samples so far, time of the next): one thread writes, one reads."""

    def __init__(self) -> None:
        self._rows = np.zeros((_STAMPS, 2))
        self._written = 0
        self._read = 0

    def put(self, position: int, at: float) -> None:
        """Leave a stamp; never waits."""
        row = self._rows[self._written % _STAMPS]
        row[0], row[1] = position, at
        self._written += 1

    def take(self) -> list[tuple[float, float]]:
        """Return the stamps that are new."""
        end = self._written
        first = max(self._read, end - _STAMPS + 1)
        self._read = end
        return [
            (float(self._rows[i % _STAMPS, 0]), float(self._rows[i % _STAMPS, 1]))
            for i in range(first, end)
        ]


class Line:
    """Sample n passed the converter at `start + n / rate`, as well as can be known."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.start = 0.0
        """Time of sample 0, in seconds."""
        self.calm = 0.0
        """The same, as the mean of many stamps: it may be wrong by some ms, but hardly moves."""
        self.breaks = 0
        """Times that the line began anew."""
        self._seen = 0
        self._wild = 0

    @property
    def known(self) -> bool:
        """There has been a stamp."""
        return self._seen > 0

    @property
    def steady(self) -> bool:
        """The calm line is the mean of many stamps."""
        return self._seen > _STEADY

    def restart(self) -> None:
        """The card says that samples were lost: take the mean of what comes now."""
        self._seen = min(self._seen, _SETTLING)

    def shift(self, seconds: float) -> None:
        """The clock of the stamps has been set."""
        self.start += seconds
        self.calm += seconds

    def follow(self, stamps: Stamps) -> None:
        """Take the new stamps into account."""
        for position, at in stamps.take():
            self._follow(at - position / self.rate)

    def time(self, position: float) -> float:
        """Return when a sample passed."""
        return self.start + position / self.rate

    def position(self, at: float) -> float:
        """Return which sample passes at a time."""
        return (at - self.start) * self.rate

    def _follow(self, start: float) -> None:
        error = start - self.start
        if self._seen > _SETTLING and abs(error) > _BREAK_SECONDS:
            self._wild += 1
            if self._wild < _BREAKS:
                return
            self._seen = 0
            self.breaks += 1
        self._wild = 0
        self._seen += 1
        settled = self._seen - _SETTLING
        weight = 1.0 if settled <= 0 else max(_WEIGHT, 1 / settled if settled <= _FIRST else 0)
        self.start += error * weight
        self.calm += (start - self.calm) / min(max(1, settled), _AVERAGED)


class Played:
    """The newest seconds of what was played, at `RATE`, to be looked up by time."""

    _KEPT = 2 * RATE

    def __init__(self) -> None:
        self._sound = np.zeros(self._KEPT, np.int16)
        self._end = 0
        self._next: int | None = None

    def copy(self) -> "Played":
        """Return the same sound, for somebody who looks elsewhere."""
        other = Played()
        other._sound[:], other._end = self._sound, self._end
        return other

    def add(self, sound: Samples) -> None:
        """Take what comes next."""
        sound = sound[-self._KEPT :]
        at = self._end % self._KEPT
        first = min(len(sound), self._KEPT - at)
        self._sound[at : at + first] = sound[:first]
        self._sound[: len(sound) - first] = sound[first:]
        self._end += len(sound)

    def look_up(self, wanted: float, count: int = FRAME, slack: int = 1) -> Samples:
        """Return `count` samples, the first of them as near as can be to `wanted`.

        Calls one after the other give sound without a seam. It stays where it is while that is
        not off by more than `slack`, follows `wanted` by one sample a call, and leaps if it is
        far away.
        """
        goal = round(wanted)
        start = goal if self._next is None else self._next
        if abs(goal - start) > FRAME + slack:
            start = goal
        elif abs(wanted - start) > slack:
            start += 1 if goal > start else -1
        self._next = start + count
        out = np.zeros(count, np.int16)
        first = max(start, 0, self._end - self._KEPT)
        last = min(start + count, self._end)
        if first < last:
            at = first % self._KEPT
            unbroken = min(last - first, self._KEPT - at)
            found = out[first - start : last - start]
            found[:unbroken] = self._sound[at : at + unbroken]
            found[unbroken:] = self._sound[: len(found) - unbroken]
        return out
