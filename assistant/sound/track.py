"""What waits to be played on one track, at the rate of the mixer.

Loudness changes on slopes: a step in a wave is a click.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from assistant.ports import Audio
from assistant.sound.resample import Floats, Run

FADE_SECONDS = 0.006
"""From full loudness to nothing: too short to be heard as a fade, too long to click."""


class Slope:
    """A factor that moves towards its target by so much a sample and no faster."""

    def __init__(self, step: float) -> None:
        self.level = 1.0
        self.target = 1.0
        self._step = step

    @property
    def moving(self) -> bool:
        """The target is not reached yet."""
        return self.level != self.target

    @property
    def left(self) -> int:
        """Samples until the target is reached."""
        return int(np.ceil(abs(self.target - self.level) / self._step))

    def jump(self) -> None:
        """Be at the target: nothing sounds that could click."""
        self.level = self.target

    def apply(self, sound: Floats) -> None:
        """Multiply the sound in place and move on."""
        if self.moving:
            way = self._step * np.arange(1, len(sound) + 1, dtype=np.float32)
            if self.level < self.target:
                levels = np.minimum(self.level + way, self.target)
            else:
                levels = np.maximum(self.level - way, self.target)
            sound *= levels
            last = len(sound) >= self.left
            self.level = self.target if last else float(levels[-1])
        elif self.level != 1.0:
            sound *= np.float32(self.level)


class TrackQueue:
    """Sound in order; `pulled` samples of it have been handed to the card."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.pulled = 0
        self.end = 0
        """Where the next sound that is written will be."""
        self._ready: deque[Floats] = deque()
        self._count = 0
        self._run: Run | None = None
        self._run_start = 0
        step = 1 / (FADE_SECONDS * rate)
        self._gain, self._hold = Slope(step), Slope(step)
        self._sounding = False

    @property
    def pending(self) -> bool:
        """`mix` has something to do, if only to learn that the sound is over."""
        return self.end > self.pulled or self._sounding

    @property
    def active(self) -> bool:
        """The next block will hold sound of this track."""
        return self.end > self.pulled and (self._hold.target > 0 or self._sounding)

    def write(self, audio: Audio) -> tuple[int, int]:
        """Put sound at the end; return where it begins and ends, in samples of this track."""
        start = self.end
        sound = audio.samples.astype(np.float32)
        if self._run is not None and self._run.source != audio.rate:
            self._finish_run()
        if audio.rate == self.rate:
            self._put(sound)
            self.end += len(sound)
            return start, self.end
        if self._run is None:
            self._run, self._run_start = Run(audio.rate, self.rate), start
        self._put(self._run.feed(sound))
        self.end = self._run_start + self._run.length
        return start, self.end

    def mix(self, out: Floats) -> int:
        """Add the next samples to `out`; return how many there were."""
        wanted = len(out)
        if self._hold.target == 0:
            wanted = min(wanted, self._hold.left)
        if self._count < wanted:
            self._finish_run()
        count = min(wanted, self._count)
        if not count:
            self._gain.jump()
            self._sounding = False
            if self._hold.target == 0:
                self._hold.jump()
            return 0
        sound = self._take(count)
        self._gain.apply(sound)
        self._hold.apply(sound)
        out[:count] += sound
        self.pulled += count
        self._sounding = True
        return count

    def flush(self) -> int:
        """Drop what waits, but for a short fade if it sounds; return where the track ends."""
        tail = self._tail()
        self._ready.clear()
        self._count, self._run = 0, None
        self._put(tail)
        self.end = self.pulled + len(tail)
        return self.end

    def gain(self, factor: float) -> None:
        """Change the loudness."""
        self._gain.target = factor
        if not self._sounding:
            self._gain.jump()

    def hold(self, *, on: bool) -> None:
        """Pause or go on."""
        self._hold.target = 0.0 if on else 1.0
        if on and not self._sounding:
            self._hold.jump()

    def _tail(self) -> Floats:
        """Return what sounds, on its way down."""
        held = self._hold.target == 0
        length = self._hold.left if held else int(FADE_SECONDS * self.rate)
        if not self._sounding or not length:
            return np.zeros(0, np.float32)
        if self._count < length:
            self._finish_run()
        tail = self._take(min(length, self._count))
        if not held:
            tail *= np.linspace(1, 0, len(tail), dtype=np.float32)
        return tail

    def _put(self, sound: NDArray[np.float32]) -> None:
        if len(sound):
            self._ready.append(sound)
            self._count += len(sound)

    def _take(self, count: int) -> Floats:
        taken = np.empty(count, np.float32)
        filled = 0
        while filled < count:
            head = self._ready[0]
            part = head[: count - filled]
            taken[filled : filled + len(part)] = part
            filled += len(part)
            if len(part) == len(head):
                self._ready.popleft()
            else:
                self._ready[0] = head[len(part) :]
        self._count -= count
        return taken

    def _finish_run(self) -> None:
        if self._run is not None:
            self._put(self._run.finish())
            self._run = None
