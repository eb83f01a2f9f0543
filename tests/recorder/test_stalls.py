import asyncio
import time

import pytest

from assistant.recorder.stalls import LoopMonitor


def busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_a_callback_that_computes_is_measured() -> None:
    monitor = LoopMonitor()

    async def main() -> None:
        async with monitor.watching():
            await asyncio.sleep(0.01)
            busy(0.06)
            await asyncio.sleep(0.01)

    monitor.run(main())
    assert 0.06 <= monitor.stalls.longest < 1


def test_two_slow_callbacks_in_one_visit_hold_up_the_rest_together() -> None:
    monitor = LoopMonitor()

    async def main() -> None:
        monitor.reset()
        loop = asyncio.get_running_loop()
        loop.call_soon(busy, 0.03)
        loop.call_soon(busy, 0.03)
        await asyncio.sleep(0.01)

    monitor.run(main())
    assert monitor.stalls.longest >= 0.06


def test_a_thread_that_keeps_the_interpreter_is_measured() -> None:
    monitor = LoopMonitor()
    number = 3**250_000
    took = []

    def greedy() -> None:
        begin = time.perf_counter()
        pow(3, number, 10**60)  # one step of the interpreter: it does not let go meanwhile
        took.append(time.perf_counter() - begin)

    async def main() -> None:
        async with monitor.watching():
            await asyncio.to_thread(greedy)

    monitor.run(main())
    assert took[0] > 0.02
    assert monitor.stalls.longest >= took[0] / 2


def test_a_quiet_loop_is_not_held_up_and_is_seen_to_be_awake() -> None:
    monitor = LoopMonitor()

    async def main() -> None:
        async with monitor.watching():
            await asyncio.sleep(0.2)

    monitor.run(main())
    stalls = monitor.stalls
    assert 10 <= stalls.visits <= 60
    assert stalls.p99 <= stalls.longest


def test_percentile_and_longest_of_known_visits() -> None:
    monitor = LoopMonitor()
    for number in range(1000):
        monitor.note(0.0001 if number % 50 else 0.020)
    monitor.note(5.0)
    assert monitor.stalls.longest == 5.0
    assert monitor.stalls.p99 == pytest.approx(0.020, abs=0.0005)
    monitor.reset()
    assert monitor.stalls.visits == 0
    assert monitor.stalls.p99 == 0
