"""The newest sound, by its place in the stream: for pre-roll, and for what judges want to hear."""

import numpy as np

from assistant.ports import Samples


class Ring:
    """Keeps at least the newest `capacity` samples; positions count samples from the first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._buffer: Samples = np.zeros(2 * capacity, np.int16)
        self._used = 0
        self.end = 0
        """Position after the newest sample."""

    @property
    def start(self) -> int:
        """Position of the oldest sample that is still here."""
        return self.end - self._used

    def write(self, samples: Samples) -> None:
        """Take more sound, at most `capacity` samples at once."""
        count = len(samples)
        if self._used + count > len(self._buffer):
            kept = self._capacity - count
            self._buffer[:kept] = self._buffer[self._used - kept : self._used]
            self._used = kept
        self._buffer[self._used : self._used + count] = samples
        self._used += count
        self.end += count

    def view(self, start: int, end: int) -> Samples:
        """Return the sound between two positions, as far as it is here; valid until `write`."""
        first = self.start
        return self._buffer[max(start - first, 0) : max(end - first, 0)]
