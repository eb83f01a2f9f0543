"""Memory that was freed goes back, and what is loaded is not looked through again and again."""

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import heap

glibc = pytest.mark.skipif(heap.in_use() is None, reason="needs glibc 2.33 or later")
MB = 1_000_000
SMALL = 60_000
"""Below what is mapped alone; in an arena such pieces stay when a later one is in use."""


def resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@glibc
def test_what_is_asked_for_is_in_use_until_it_is_freed() -> None:
    before = heap.in_use() or 0.0
    kept = [bytearray(SMALL) for _ in range(1000)]
    asked = (heap.in_use() or 0.0) - before
    kept.clear()
    left = (heap.in_use() or 0.0) - before
    assert asked == pytest.approx(60 * MB, rel=0.05)
    assert abs(left) < MB


@glibc
def test_what_threads_have_freed_is_given_back() -> None:
    """Each keeps the newest piece, below which glibc keeps all the others."""
    last: list[bytearray] = []

    def work() -> None:
        pieces = [bytearray(b"x" * SMALL) for _ in range(500)]
        last.append(pieces[-1])

    for _ in range(4):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    before = resident()
    heap.give_back()
    assert before - resident() > 15 * MB
    assert len(last) == 4


@pytest.fixture
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_what_is_there_is_not_looked_through_again() -> None:
    loaded = [[number] for number in range(1000)]
    heap.settle()
    assert not any(one is loaded for one in gc.get_objects())
    assert gc.get_freeze_count() > len(loaded)
    later: list[object] = []
    assert any(one is later for one in gc.get_objects())


def test_elsewhere_nothing_is_told_and_nothing_is_done() -> None:
    """As with musl, whose C library has neither."""
    code = (
        "from assistant import heap\n"
        "heap._library = lambda: object()\n"
        "heap.give_back()\n"
        "assert heap.in_use() is None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
