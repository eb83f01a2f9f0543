"""Time that passes only while somebody works: hours of conversation with real engines in minutes.

Waiting for people, and for the end of what is being spoken, costs nothing: the clock jumps to the
next timer. While an engine works in a thread of its own, the clock goes as fast as that of the
wall, so that latencies are what they are in life.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from time import perf_counter
from typing import Any, cast

from assistant.backends.device_file import Config, FileCard
from assistant.worker import Worker

_LOOK_S = 0.02
"""A call of an engine that ends wakes the loop; one that was dropped does not."""


class _Busy:
    """How many calls of engines have not ended."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls = 0

    def __bool__(self) -> bool:
        return self._calls > 0

    def add(self, calls: int) -> None:
        with self._lock:
            self._calls += calls


def counted(busy: _Busy) -> None:
    """Have the calls of all workers of this process counted, from now on."""
    put = Worker._put  # noqa: SLF001 - the one door through which calls come

    def counting(
        worker: Worker,
        run: Callable[[], None],
        wanted: Callable[[], bool],
        drop: Callable[[], None],
        **how: Any,
    ) -> None:
        def ends(call: Callable[[], None]) -> Callable[[], None]:
            def ending() -> None:
                try:
                    call()
                finally:
                    busy.add(-1)

            return ending

        def still_wanted() -> bool:
            answer = wanted()
            if not answer:
                busy.add(-1)
            return answer

        busy.add(1)
        put(worker, ends(run), still_wanted, ends(drop), **how)

    Worker._put = counting  # type: ignore[method-assign,assignment] # noqa: SLF001


class _Selector(selectors.DefaultSelector):
    def __init__(self, busy: _Busy) -> None:
        self.skipped = 0.0
        self._busy = busy
        super().__init__()

    def select(self, timeout: float | None = None) -> list[Any]:
        if self._busy or timeout is None:
            return super().select(_LOOK_S if timeout is None else min(timeout, _LOOK_S))
        if there := super().select(0):
            return there
        self.skipped += max(0.0, timeout)
        return []


class HurriedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps when no engine works."""

    def __init__(self) -> None:
        self._busy = _Busy()
        self._hurried = _Selector(self._busy)
        super().__init__(self._hurried)
        counted(self._busy)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let the clock go as that of the wall: something is waited for that is not counted."""
        self._busy.add(1)
        try:
            yield
        finally:
            self._busy.add(-1)

    def time(self) -> float:
        """Return seconds of the conversation's life."""
        return perf_counter() + self._hurried.skipped

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        """Run in a thread; meanwhile the clock does not jump."""
        self._busy.add(1)
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(lambda _: self._busy.add(-1))
        return future


class HurriedCard(FileCard):
    """A sound card of files that ticks in the time of its loop, without a thread."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.clock = self._loop.time

    def start(self) -> None:
        """Let time begin."""
        self._start = self.clock()
        self._ticking = self._loop.create_task(self._ticks(), name="card")

    async def _ticks(self) -> None:
        while not self._stop.is_set():
            self.catch_up()
            await asyncio.sleep(max(0.0, self.due - self.clock()))


def waiting() -> AbstractContextManager[None]:
    """Let the clock of the running loop go as that of the wall meanwhile."""
    return cast("HurriedLoop", asyncio.get_running_loop()).waiting()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run to completion in hurried time; once in a process, since calls of engines are counted."""
    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        runner.run(main)
