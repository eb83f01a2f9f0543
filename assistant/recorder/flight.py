"""The flight log: what the core was told and what it ordered, one record a step.

JSON lines. The first is a header ``{"format", "policy", "started", "masked"}``, where a log that
begins in the middle of things adds the ``state`` it begins in; the others are
``{"at": seconds of the loop's clock, "event": …, "commands": […]}``.
"""

import json
import logging
import os
import queue
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.core.commands import Command
from assistant.core.events import Asked, Event, PolicyChanged, SpeechStarted
from assistant.errors import AssistantError
from assistant.recorder.records import encode

FORMAT = 1
"""Raised whenever older logs can no longer be replayed."""
TURNS = 50
"""Turns kept in RAM: what a person can still tell of a fault."""
RECORDS = 4096
"""Records kept in RAM, however few turns they are: a few megabytes."""
BACKLOG = 20_000
"""Records that may wait for a disk that hangs, before writing is given up."""
CLOSING = 1.0
"""Seconds that closing waits for the disk."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Record:
    """One step of the core; `before` is the state it began in, where that is known."""

    at: float
    event: Event
    commands: tuple[Command, ...]
    before: object = None


class FlightLog:
    """Keeps the newest steps in RAM and, with a `path`, all of them on disk.

    Noting a step never blocks: a thread of its own encodes and writes. When the disk is full,
    one warning is logged, writing ends, and nothing else happens. Raises `AssistantError` when
    the file cannot be opened.
    """

    def __init__(
        self, policy: object, *, path: Path | None = None, masked: bool = True, turns: int = TURNS
    ) -> None:
        self._policy = policy
        self._started = datetime.now(UTC)
        self._ring: deque[Record] = deque()
        self._turns, self._turns_kept = turns, 0
        self._cut = False
        header = self._header(policy, masked=masked)
        self._writer = _Writer(path, header, masked=masked) if path is not None else None

    def note(
        self, at: float, event: Event, commands: tuple[Command, ...], *, before: object = None
    ) -> None:
        """Keep one step: when (the loop's clock), what happened, in which state, what followed."""
        record = Record(at, event, commands, before)
        self._ring.append(record)
        self._turns_kept += _opens(event)
        while self._turns_kept > self._turns or len(self._ring) > RECORDS:
            self._drop_oldest()
        if self._writer is not None:
            self._writer.put(record)

    def lines(self, *, masked: bool = True) -> Iterator[str]:
        """Yield what the ring holds as a flight log of its own, without line ends."""
        records = tuple(self._ring)
        state = records[0].before if records and self._cut else None
        yield self._header(self._policy, masked=masked, state=state, cut=self._cut)
        for record in records:
            yield _line(record, masked=masked)

    def close(self) -> None:
        """Write what is left and close the file; waits for the disk, but not for long."""
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def _drop_oldest(self) -> None:
        gone = self._ring.popleft().event
        self._cut = True
        self._turns_kept -= _opens(gone)
        if isinstance(gone, PolicyChanged):
            self._policy = gone.policy

    def _header(
        self, policy: object, *, masked: bool, state: object = None, cut: bool = False
    ) -> str:
        header = {
            "format": FORMAT,
            "started": self._started.isoformat(timespec="seconds"),
            "masked": masked,
            "policy": encode(policy),
        }
        if cut:
            header["state"] = encode(state, masked=masked)
        return _json(header)


def _opens(event: Event) -> bool:
    return isinstance(event, SpeechStarted | Asked)


class _Writer:
    """Writes records from a thread; gives up, once and audibly, when the disk does."""

    def __init__(self, path: Path, header: str, *, masked: bool) -> None:
        self._path, self._masked = path, masked
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as wrong:
            raise AssistantError(
                f"{path}: the flight log cannot be written ({wrong.strerror}); "
                "give --flight a path that can"
            ) from wrong
        self._whole = 0
        self._waiting: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._given_up = False
        self._thread = threading.Thread(
            target=self._work, args=(header,), name="flight log", daemon=True
        )
        self._thread.start()

    def put(self, record: Record) -> None:
        if self._given_up:
            return
        if self._waiting.qsize() >= BACKLOG:
            self._give_up("the disk does not keep up")
            return
        self._waiting.put(record)

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join(CLOSING)

    def _work(self, header: str) -> None:
        try:
            self._write(header.encode() + b"\n")
            while self._batch():
                pass
        except OSError as wrong:
            with suppress(OSError):  # a torn line is worse than a missing one
                os.ftruncate(self._file, self._whole)
            self._give_up(wrong.strerror or str(wrong))
        finally:
            with suppress(OSError):  # said already, or there is nothing left to lose
                os.close(self._file)

    def _batch(self) -> bool:
        """Write what waits; returns whether more will come."""
        record = self._waiting.get()
        lines = bytearray()
        while record is not None and not self._given_up:
            lines += _line(record, masked=self._masked).encode() + b"\n"
            try:
                record = self._waiting.get_nowait()
            except queue.Empty:
                break
        self._write(lines)
        return record is not None and not self._given_up

    def _write(self, data: bytes | bytearray) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self._whole += len(data)

    def _give_up(self, reason: str) -> None:
        if not self._given_up:
            self._given_up = True
            _log.warning(
                "%s: the flight log ends here (%s); the conversation goes on.", self._path, reason
            )


def _line(record: Record, *, masked: bool) -> str:
    return _json(
        {
            "at": record.at,
            "event": encode(record.event, masked=masked),
            "commands": encode(record.commands, masked=masked),
        }
    )


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
