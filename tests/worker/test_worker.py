import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing

import pytest

from assistant.errors import BackendUnavailable
from assistant.worker import Feed, Worker


def test_it_returns_what_the_call_returns_and_raises_what_it_raises() -> None:
    async def main() -> None:
        worker = Worker("test")
        assert await worker.run(lambda: 6 * 7) == 42
        with pytest.raises(ZeroDivisionError):
            await worker.run(lambda: 1 // 0)
        assert await worker.run(lambda: "still there") == "still there"
        worker.close()

    asyncio.run(main())


def test_a_thread_that_ends_by_itself_fails_its_call_and_another_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one does whose engine panics."""
    ended = threading.Semaphore(0)
    monkeypatch.setattr(threading, "excepthook", lambda _: ended.release())

    def end() -> None:
        raise SystemExit

    def feeding(feed: Feed[int]) -> None:
        feed.put(1)
        raise SystemExit

    async def main() -> None:
        worker = Worker("test")
        async with asyncio.timeout(5):
            with pytest.raises(BackendUnavailable, match="test: "):
                await worker.run(end)
            items = worker.feed(feeding)
            assert await anext(items) == 1
            with pytest.raises(BackendUnavailable, match="test: "):
                await anext(items)
            assert await worker.run(lambda: "still there") == "still there"
        worker.close()

    asyncio.run(main())
    assert ended.acquire(timeout=5)
    assert ended.acquire(timeout=5)


def test_urgent_calls_go_first_and_streams_take_turns() -> None:
    async def main() -> None:
        worker = Worker("test")
        gate, started = threading.Event(), threading.Event()
        order: list[str] = []

        def block() -> None:
            started.set()
            gate.wait(5)

        def note(name: str) -> Callable[[], None]:
            return lambda: order.append(name)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.run(block))
            await asyncio.to_thread(started.wait, 5)
            for name, stream in (("a1", 1), ("a2", 1), ("b1", 2)):
                tasks.create_task(worker.run(note(name), stream=stream))
            tasks.create_task(worker.run(note("final"), urgent=True, stream=3))
            await asyncio.sleep(0)
            gate.set()
        assert order[0] == "final"
        assert set(order) == {"final", "a1", "a2", "b1"}
        worker.close()

    asyncio.run(main())


def test_a_cancelled_call_is_skipped_or_its_result_dropped() -> None:
    async def main() -> None:
        worker = Worker("test")
        gate, ran = threading.Event(), []
        running = asyncio.ensure_future(worker.run(lambda: gate.wait(5)))  # noqa: TID251
        waiting = asyncio.ensure_future(worker.run(lambda: ran.append(1)))  # noqa: TID251
        await asyncio.sleep(0.01)
        running.cancel()
        waiting.cancel()
        await asyncio.wait({running, waiting}, timeout=1)
        assert running.cancelled()
        gate.set()
        await worker.run(lambda: None)
        assert ran == []
        worker.close()

    asyncio.run(main())


def test_an_iterator_is_consumed_in_the_thread_and_stops_when_it_is_closed() -> None:
    async def main() -> None:
        worker = Worker("test")
        threads: set[int] = set()
        made: list[int] = []

        def numbers() -> Iterator[int]:
            for number in itertools.count():
                threads.add(threading.get_ident())
                made.append(number)
                yield number

        async with aclosing(worker.iterate(numbers)) as items:  # type: ignore[type-var]
            async for item in items:
                if item == 3:
                    break
        assert threads.isdisjoint({threading.get_ident()})
        await worker.run(lambda: None)
        assert made
        worker.close()

    asyncio.run(main())


def test_who_waits_when_it_is_closed_is_told() -> None:
    async def main() -> None:
        worker = Worker("test")
        gate = threading.Event()
        running = asyncio.ensure_future(worker.run(lambda: gate.wait(5)))  # noqa: TID251
        await asyncio.sleep(0.01)
        waiting = asyncio.ensure_future(worker.run(lambda: None))  # noqa: TID251
        await asyncio.sleep(0)
        worker.close()
        with pytest.raises(BackendUnavailable, match="closed"):
            await waiting
        with pytest.raises(BackendUnavailable, match="closed"):
            await worker.run(lambda: None)
        gate.set()
        await running

    asyncio.run(main())
