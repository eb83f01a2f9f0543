"""One thread for one model: calls are serial, urgent ones go first, late results are dropped."""

import asyncio
import heapq
import itertools
import logging
import os
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from assistant.cores import Cores, place
from assistant.errors import BackendUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(order=True, slots=True)
class _Call:
    rank: int
    served: int
    number: int
    run: Callable[[], None] = field(compare=False)
    wanted: Callable[[], bool] = field(compare=False)
    drop: Callable[[], None] = field(compare=False)
    stream: int = field(compare=False)


class Worker:
    """A daemon thread with a priority queue.

    Among calls of equal rank, the stream that was served least recently goes first. A call that
    was cancelled before it began is skipped; one that runs is left to end, its result dropped.
    Should its thread end by itself, its call fails and another thread takes its place.
    `nice`: how much it, and the threads that an engine starts in it, yield to others (Linux).
    `cores`: where they may run; none: anywhere (Linux).
    `hurries`: not in the first call, which loads the engine; for those that start no threads then.
    """

    def __init__(
        self, name: str, *, nice: int = 0, cores: Cores = frozenset(), hurries: bool = False
    ) -> None:
        self._calls: list[_Call] = []
        self._more = threading.Condition()
        self._numbers = itertools.count(1)
        self._served: dict[int, int] = {}
        self._closed = False
        self._name, self._nice, self._cores, self._hurries = name, nice, cores, hurries
        self._start()

    async def run(self, call: Callable[[], T], *, urgent: bool = False, stream: int = 0) -> T:
        """Run a call in the thread. Cancelling this never waits for the thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def work() -> None:
            result, error = None, None
            try:
                result = call()
            except Exception as wrong:  # noqa: BLE001 - it is raised in the caller
                error = wrong
            with suppress(RuntimeError):  # the loop has closed: nobody wants it any more
                loop.call_soon_threadsafe(settle, result, error)

        def drop() -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, None, _closed(self._name))

        self._put(work, lambda: not future.done(), drop, urgent=urgent, stream=stream)
        return await future

    async def iterate(
        self, make: Callable[[], Iterator[T]], *, urgent: bool = False, stream: int = 0
    ) -> AsyncIterator[T]:
        """Consume an iterator in the thread; closing this ends it at its next item."""

        def call(feed: Feed[T]) -> None:
            for item in make():
                if not feed.wanted:
                    break
                feed.put(item)

        async with aclosing(self.feed(call, urgent=urgent, stream=stream)) as items:
            async for item in items:
                yield item

    async def feed(
        self, call: Callable[["Feed[T]"], None], *, urgent: bool = False, stream: int = 0
    ) -> AsyncGenerator[T]:
        """Run a call that hands out items by itself; closing this makes its feed unwanted."""
        feed = Feed[T](asyncio.get_running_loop())

        def work() -> None:
            error: BaseException | None = None
            try:
                call(feed)
            except Exception as wrong:  # noqa: BLE001 - it is raised in the consumer
                error = wrong
            feed.end(error)

        def drop() -> None:
            feed.end(_closed(self._name))

        self._put(work, lambda: feed.wanted, drop, urgent=urgent, stream=stream)
        try:
            while (item := await feed.get()) is not _END:
                yield item
        finally:
            feed.wanted = False

    def close(self) -> None:
        """Let the thread end after the call that it is in; who waits for another is told."""
        with self._more:
            self._closed = True
            waiting, self._calls = self._calls, []
            self._more.notify()
        for call in waiting:
            call.drop()

    def _put(
        self,
        run: Callable[[], None],
        wanted: Callable[[], bool],
        drop: Callable[[], None],
        *,
        urgent: bool,
        stream: int,
    ) -> None:
        with self._more:
            if self._closed:
                drop()
                return
            number = next(self._numbers)
            served = self._served.get(stream, 0)
            rank = 0 if urgent else 1
            heapq.heappush(self._calls, _Call(rank, served, number, run, wanted, drop, stream))
            self._more.notify()

    def _start(self) -> None:
        threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        call: _Call | None = None
        try:
            if not self._hurries:
                self._give_way()
            while True:
                with self._more:
                    while not self._calls and not self._closed:
                        self._more.wait()
                    if self._closed:
                        return
                    call = heapq.heappop(self._calls)
                    self._served[call.stream] = call.number
                if call.wanted():
                    call.run()
                    if self._hurries:
                        self._hurries = False
                        self._give_way()
        finally:
            self._hurries = False
            if not self._closed:
                log.warning("the thread of %s has ended; another one takes its place", self._name)
                if call is not None:
                    call.drop()
                self._start()

    def _give_way(self) -> None:
        place(self._cores)
        if self._nice and sys.platform == "linux":  # there, each thread has its own
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._nice)


def _closed(name: str) -> BackendUnavailable:
    return BackendUnavailable(name, "it was closed, or ended, before it could answer")


_END: Any = object()


class Feed(Generic[T]):
    """Items on their way from the thread to the loop, for as long as they are `wanted`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.wanted = True
        self._loop = loop
        self._items: asyncio.Queue[tuple[T, BaseException | None]] = asyncio.Queue()

    def put(self, item: T, error: BaseException | None = None) -> None:
        """Hand over an item, from the thread."""
        try:
            self._loop.call_soon_threadsafe(self._items.put_nowait, (item, error))
        except RuntimeError:  # the loop has closed
            self.wanted = False

    def end(self, error: BaseException | None) -> None:
        """Say that there are no more, or why."""
        self.put(_END, error)

    async def get(self) -> T:
        """Return the next item, in the loop."""
        item, error = await self._items.get()
        if error is not None:
            raise error
        return item
