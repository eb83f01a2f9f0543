"""Adds the tracks up for the sound card, and knows which of it has been heard.

The card's thread pulls blocks and tells how far they have left the speaker; the event loop
writes, holds, flushes. Both do so under one lock, which is held for microseconds.
"""

import threading
from collections import deque

import numpy as np

from assistant.ports import Audio, Samples, Track
from assistant.sound.track import TrackQueue

_LOUDEST = 32_767.0


class _Channel:
    """A track, and its sound between mixer and speaker."""

    def __init__(self, rate: int) -> None:
        self.queue = TrackQueue(rate)
        self.heard = 0
        self.under_way: deque[tuple[int, int, int]] = deque()
        """Position in the sum, sample of the track, how many."""

    def reach(self, position: int) -> None:
        while self.under_way and self.under_way[0][0] < position:
            at, start, count = self.under_way[0]
            self.heard = max(self.heard, start + min(count, position - at))
            if position < at + count:
                return
            self.under_way.popleft()


class Mixer:
    """Tracks in, one mono signal at `rate` out; positions are samples since the start."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.lock = threading.RLock()
        self.position = 0
        """Samples that have been pulled."""
        self.volume = 1.0
        """The sum is played at this factor."""
        self._channels = {track: _Channel(rate) for track in Track}

    @property
    def active(self) -> bool:
        """Something will sound in the next block, or is on its way to the speaker."""
        with self.lock:
            return any(c.under_way or c.queue.active for c in self._channels.values())

    def pull(self, count: int) -> Samples:
        """Return the next samples of the sum; silence where nothing waits."""
        with self.lock:
            at, self.position = self.position, self.position + count
            sounding = [c for c in self._channels.values() if c.queue.pending]
            if not sounding:
                return np.zeros(count, np.int16)
            total = np.zeros(count, np.float32)
            for channel in sounding:
                start = channel.queue.pulled
                if mixed := channel.queue.mix(total):
                    channel.under_way.append((at, start, mixed))
        if self.volume != 1.0:
            total *= self.volume
        np.clip(np.rint(total, out=total), -_LOUDEST - 1, _LOUDEST, out=total)
        return total.astype(np.int16)

    def reach(self, position: int) -> None:
        """Learn that the sum has left the speaker up to this position."""
        with self.lock:
            for channel in self._channels.values():
                channel.reach(position)

    def write(self, track: Track, audio: Audio) -> tuple[float, float]:
        """Queue sound; return where it will be on its track, in seconds."""
        with self.lock:
            start, end = self._channels[track].queue.write(audio)
        return start / self.rate, end / self.rate

    def end(self, track: Track) -> float:
        """Return where the track's queue ends, in seconds."""
        return self._channels[track].queue.end / self.rate

    def queued(self, track: Track) -> float:
        """Return how many seconds wait to be pulled."""
        with self.lock:
            queue = self._channels[track].queue
            return (queue.end - queue.pulled) / self.rate

    def heard(self, track: Track) -> float:
        """Return how many seconds of the track have left the speaker."""
        return self._channels[track].heard / self.rate

    def gain(self, track: Track, factor: float) -> None:
        """Change a track's loudness."""
        with self.lock:
            self._channels[track].queue.gain(factor)

    def hold(self, track: Track, *, on: bool) -> None:
        """Pause a track, or let it go on."""
        with self.lock:
            self._channels[track].queue.hold(on=on)

    def flush(self, track: Track) -> float:
        """Drop what a track has queued; return where it ends now, in seconds."""
        with self.lock:
            return self._channels[track].queue.flush() / self.rate
