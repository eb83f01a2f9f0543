"""One thread for one model: calls are serial, urgent ones go first, late results are dropped."""

import asyncio
import heapq
import itertools
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(order=True, slots=True)
class _Call:
    rank: int
    served: int
    number: int
    run: Callable[[], None] = field(compare=False)
    wanted: Callable[[], bool] = field(compare=False)
    stream: int = field(compare=False)


class Worker:
    """A daemon thread with a priority queue.

    Among calls of equal rank, the stream that was served least recently goes first. A call that
    was cancelled before it began is skipped; one that runs is left to end, its result dropped.
    """

    def __init__(self, name: str) -> None:
        self._calls: list[_Call] = []
        self._more = threading.Condition()
        self._numbers = itertools.count(1)
        self._served: dict[int, int] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

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
            except BaseException as wrong:  # noqa: BLE001 - it is raised in the caller
                error = wrong
            with suppress(RuntimeError):  # the loop has closed: nobody wants it any more
                loop.call_soon_threadsafe(settle, result, error)

        self._put(work, lambda: not future.done(), urgent=urgent, stream=stream)
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
            except BaseException as wrong:  # noqa: BLE001 - it is raised in the consumer
                error = wrong
            feed.end(error)

        self._put(work, lambda: feed.wanted, urgent=urgent, stream=stream)
        try:
            while (item := await feed.get()) is not _END:
                yield item
        finally:
            feed.wanted = False

    def close(self) -> None:
        """Let the thread end after the call that it is in; waiting calls are dropped."""
        with self._more:
            self._closed = True
            self._more.notify()

    def _put(
        self, run: Callable[[], None], wanted: Callable[[], bool], *, urgent: bool, stream: int
    ) -> None:
        with self._more:
            number = next(self._numbers)
            served = self._served.get(stream, 0)
            heapq.heappush(
                self._calls, _Call(0 if urgent else 1, served, number, run, wanted, stream)
            )
            self._more.notify()

    def _work(self) -> None:
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
