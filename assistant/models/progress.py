"""How far a transfer has come: what is told, to whom, and how often."""

import time
from dataclasses import dataclass
from typing import Protocol

_INTERVAL = 0.1
"""Seconds between two reports: enough for a bar that moves smoothly."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The state of a transfer: bytes that are here, of how many (`None`: not known)."""

    model: str
    done: int
    total: int | None
    note: str = ""
    """Where it comes from, or what is being waited for."""
    finished: bool = False


class Progress(Protocol):
    """Is told how far a transfer has come, in the thread that transfers, ten times a second."""

    def __call__(self, transfer: Transfer, /) -> None:
        """Show it; what this raises ends the transfer, which can be resumed later."""
        ...


class Meter:
    """Counts the bytes of one model and reports them at a bearable rate."""

    def __init__(self, model: str, progress: Progress | None) -> None:
        self.model = model
        self._progress = progress
        self._done = 0
        self._total: int | None = None
        self._note = ""
        self._reported = float("-inf")

    def begin(self, total: int | None, note: str) -> None:
        """Start counting anew: another source, or something to wait for."""
        self._done, self._total, self._note = 0, total, note
        self._report(now=True)

    def advance(self, size: int) -> None:
        """Count bytes; a negative number takes back what was lost."""
        self._done += size
        self._report(now=False)

    def reach(self, done: int) -> None:
        """Set the count, where another process does the work."""
        self._done = done
        self._report(now=False)

    def finish(self) -> None:
        """Say that the model is here."""
        self._total = self._done if self._total is None else self._total
        self._done = self._total
        self._report(now=True, finished=True)

    def _report(self, *, now: bool, finished: bool = False) -> None:
        if self._progress is None:
            return
        clock = time.perf_counter()
        if now or clock - self._reported >= _INTERVAL:
            self._reported = clock
            self._progress(Transfer(self.model, self._done, self._total, self._note, finished))
