"""A card without hardware, that keeps the time of a real one.

A thread ticks at absolute deadlines; the microphone waits for nobody; what is written too late
for a tick is missing in it. Whoever writes, first brings the card to the present, so that a late
thread never plays a sound before it was written.
"""

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from time import perf_counter

import numpy as np

from assistant.ports import FRAME, RATE, Frame, Samples
from assistant.sound.card import Calm, Card, silence

_TICK = FRAME / RATE
_JOIN_SECONDS = 2.0


class TickingCard(Card, ABC):
    """A card whose microphone is `hear`; a frame comes when its last sample has passed.

    `input_ticks` and `output_ticks` are the latencies of a card's buffers, in ticks of 10 ms.
    """

    clock: Callable[[], float] = staticmethod(perf_counter)
    """Seconds, from any thread."""

    def __init__(self, *, input_ticks: int = 0, output_ticks: int = 0) -> None:
        super().__init__(RATE)
        self.muted = False
        self.mixed = 0
        """Ticks of sound that have been pulled from the mixer: the present one is the last."""
        self.sent = 0
        """Ticks that have been handed out as frames."""
        self.last: int | None = None
        """Position at which the frames end."""
        self._input_ticks, self._output_ticks = input_ticks, output_ticks
        self._far: deque[Samples] = deque(silence() for _ in range(output_ticks))
        self._calm = Calm()
        self._start: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="card", daemon=True)

    @abstractmethod
    def hear(self, position: int, count: int) -> Samples:
        """Return what the microphone hears; called once for each position, in order."""

    @property
    def due(self) -> float:
        """When the next frame comes, on the clock."""
        ticks = self.sent + self._input_ticks + self._calm.ticks()
        return (self._start or 0.0) + ticks * _TICK

    @property
    def started(self) -> bool:
        """Time has begun."""
        return self._start is not None

    def start(self) -> None:
        """Let time begin."""
        self._start = self.clock()
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread: a matter of microseconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    async def mute(self, *, on: bool) -> None:
        """Hear nothing, or hear again."""
        with self.mixer.lock:
            self.catch_up()
            self.muted = on

    def catch_up(self) -> None:
        """Do what is due until now; whoever calls it, each tick happens once."""
        with self.mixer.lock:
            if self._start is None or self._stop.is_set():
                return
            due = int((self.clock() - self._start) / _TICK)
            while self.mixed <= due:
                self._far.append(self.mixer.pull(FRAME))
                self.mixed += 1
            self.mixer.reach((due - self._output_ticks) * FRAME)
            self._send(due - self._input_ticks)

    def _send(self, due: int) -> None:
        """Hand out frames up to a tick, several ticks in one while nothing happens."""
        frames = []
        while due - self.sent >= (ticks := self._calm.ticks()) and not self._stop.is_set():
            position = self.sent * FRAME
            near = silence(ticks * FRAME) if self.muted else self.hear(position, ticks * FRAME)
            far = np.concatenate([self._far.popleft() for _ in range(ticks)])
            self._calm.hear(near, playing=self.mixer.active)
            frames.append(Frame(near, far, position))
            self.sent += ticks
            if self.last is not None and self.sent * FRAME >= self.last:
                self._stop.set()
        if frames:
            self.send(frames, end=self._stop.is_set())

    def _tick(self) -> None:
        while not self._stop.is_set():
            self.catch_up()
            self._stop.wait(max(0.0, self.due - self.clock()))
