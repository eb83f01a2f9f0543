"""The senses have one half of the cores, a mind in this process the other."""

import asyncio
import os
import sys
import threading

import pytest

from assistant.cores import ALL, MIND, SENSES, halves, threads
from assistant.worker import Worker

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux places threads")


@pytest.mark.parametrize(
    ("cores", "senses", "mind"),
    [
        (set(), set(), set()),
        ({3}, {3}, {3}),
        ({0, 1}, {0}, {1}),
        ({2, 5, 9}, {2}, {5, 9}),
        (set(range(8)), {0, 1, 2, 3}, {4, 5, 6, 7}),
    ],
)
def test_cores_are_halved(cores: set[int], senses: set[int], mind: set[int]) -> None:
    assert halves(frozenset(cores)) == (frozenset(senses), frozenset(mind))


@linux
def test_the_halves_are_of_the_cores_that_this_process_may_use() -> None:
    assert SENSES | MIND == ALL == os.sched_getaffinity(0)


@linux
def test_a_worker_and_what_it_starts_stay_on_their_cores() -> None:
    one = frozenset({min(ALL)})

    async def main() -> tuple[set[int], set[int]]:
        worker, anywhere = Worker("placed", cores=one), Worker("anywhere")
        try:
            placed = await worker.run(lambda: os.sched_getaffinity(0))
            return placed, await anywhere.run(lambda: os.sched_getaffinity(0))
        finally:
            worker.close()
            anywhere.close()

    assert asyncio.run(main()) == (set(one), set(ALL))


@linux
@pytest.mark.parametrize("hurries", [True, False])
def test_who_hurries_gives_way_after_the_first_call(*, hurries: bool) -> None:
    """A voice that loads must not wait for all others on a busy machine."""
    one = frozenset({min(ALL)})
    usual = os.getpriority(os.PRIO_PROCESS, 0)

    def where() -> tuple[set[int], int]:
        return os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def main() -> list[tuple[set[int], int]]:
        worker = Worker("hurried", nice=19, cores=one, hurries=hurries)
        try:
            return [await worker.run(where) for _ in range(2)]
        finally:
            worker.close()

    first, second = asyncio.run(main())
    assert second == (set(one), 19)
    assert first == ((set(ALL), usual) if hurries else second)


@linux
def test_cores_that_are_not_there_are_done_without() -> None:
    async def main() -> set[int]:
        worker = Worker("misplaced", cores=frozenset({4095}))
        try:
            return await worker.run(lambda: os.sched_getaffinity(0))
        finally:
            worker.close()

    assert asyncio.run(main()) == ALL


def test_an_engine_has_a_thread_for_each_of_its_cores_and_one_at_least() -> None:
    assert [threads(frozenset(cores)) for cores in ({3}, {0, 1}, set(range(4, 8)))] == [1, 2, 4]
    assert threads(frozenset()) >= 1
