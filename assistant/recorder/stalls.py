"""How long the event loop was held up: whatever waits for it, waits that much longer.

A stall has one of two causes. A callback computes for too long: that is measured exactly, as
the time between two visits of the loop to its selector. Or another thread does not let go of
the interpreter: then a timer wakes late, so while `watching`, a timer is always set.
"""

import asyncio
import selectors
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

TICK = 0.01
"""Seconds between wake-ups while watching: a stall by another thread is seen to within this."""
BUCKET = 0.000_25
"""Seconds; how finely stalls are counted."""
BUCKETS = 4000
"""One second of them; what is longer counts in the last one."""
EPOLL = 0.001
"""Seconds; a selector rounds its time-out up to a multiple of this."""


@dataclass(frozen=True, slots=True)
class Stalls:
    """Seconds that the loop was held up: the longest time, and the 99th of 100 visits."""

    longest: float
    p99: float
    visits: int


class LoopMonitor:
    """Makes an event loop that measures its own stalls.

    It costs about a microsecond a visit and wakes nothing, except while `watching`: then 100
    times a second, about 0.4 % of a core.
    """

    def __init__(self) -> None:
        self._counts = [0] * BUCKETS
        self._visits = 0
        self._longest = 0.0
        self._over = False

    def loop(self) -> asyncio.AbstractEventLoop:
        """Make such a loop: the `loop_factory` of an `asyncio.Runner`."""
        return asyncio.SelectorEventLoop(_Timed(self))

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run to completion in such a loop, as `asyncio.run` does."""
        with asyncio.Runner(loop_factory=self.loop) as runner:
            return runner.run(main)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Count afresh, and see stalls that other threads cause too; at the end counting stops.

        What was done before, and what is closed afterwards, is no part of it.
        """
        await asyncio.sleep(0)  # the visit that got here ends before it begins
        self.reset()
        loop = asyncio.get_running_loop()
        timer = loop.call_soon(lambda: None)

        def tick() -> None:
            nonlocal timer
            timer = loop.call_later(TICK, tick)

        tick()
        try:
            yield
        finally:
            timer.cancel()
            self._over = True

    @property
    def stalls(self) -> Stalls:
        """What was measured so far."""
        return Stalls(self._longest, self._percentile(0.99), self._visits)

    def reset(self) -> None:
        """Forget what was measured: loading models is no conversation."""
        self._over = False
        self._counts = [0] * BUCKETS
        self._visits = 0
        self._longest = 0.0

    def note(self, seconds: float) -> None:
        """Count one visit of the loop that held it up for so long."""
        if self._over:
            return
        self._visits += 1
        self._longest = max(self._longest, seconds)
        self._counts[min(BUCKETS - 1, int(seconds / BUCKET))] += 1

    def _percentile(self, part: float) -> float:
        wanted = part * self._visits
        seen = 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if seen >= wanted:
                return min((bucket + 1) * BUCKET, self._longest)
        return self._longest


class _Timed(selectors.DefaultSelector):
    """A selector that tells how long the loop stayed away, and how late it was woken."""

    def __init__(self, monitor: LoopMonitor) -> None:
        super().__init__()
        self._monitor = monitor
        self._left: float | None = None
        self._late = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        before = time.perf_counter()
        if self._left is not None:
            self._monitor.note(before - self._left + self._late)
        events = super().select(timeout)
        self._left = time.perf_counter()
        slept = self._left - before
        self._late = 0.0
        if timeout is not None and not events:
            self._late = max(0.0, slept - max(0.0, timeout) - EPOLL)
        return events
