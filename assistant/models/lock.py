"""One process at a time works on a model; the others wait as long as it gets on."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.models.terms import FetchError

POLL = 0.2
"""Seconds between two attempts."""


@contextlib.contextmanager
def locked(
    path: Path, wait: Callable[[float], None], progress: Callable[[], int], patience: float
) -> Iterator[None]:
    """Hold a lock. `FetchError` when its holder gets nowhere for `patience` seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, wait, progress, patience)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(
    descriptor: int, wait: Callable[[float], None], progress: Callable[[], int], patience: float
) -> None:
    seen, since = -1, time.perf_counter()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now = progress()
            if now != seen:
                seen, since = now, time.perf_counter()
            if time.perf_counter() - since > patience:
                holder = os.pread(descriptor, 16, 0).decode("ascii", "replace") or "unknown"
                raise FetchError(
                    f"process {holder} is at it and gets nowhere; end it, then try again"
                ) from None
            wait(POLL)
        else:
            return
