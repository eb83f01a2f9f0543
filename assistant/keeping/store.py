"""One SQLite file for what is kept: what was written outlives a kill before anybody is told so."""

import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from assistant.errors import BackendError
from assistant.worker import Worker

_log = logging.getLogger(__name__)

T = TypeVar("T")
Row = tuple[Any, ...]

BUSY_S = 1.0
"""How long another process may hold the file before that is said."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS alarms (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
    wall REAL, passed REAL, boot TEXT, left REAL, total REAL,
    at TEXT, rule TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS items (
    id INTEGER PRIMARY KEY, list TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Runs(Protocol):
    """Where calls that block are made: a `Worker`, or in place where time is virtual."""

    def run(self, call: Callable[[], T]) -> Awaitable[T]:
        """Make a call."""
        ...


class Full(BackendError):  # noqa: N818 - reads as a sentence
    """Nothing more can be written: the disk is full or the file may not be written."""


class Busy(BackendError):  # noqa: N818
    """Another program holds the file."""


class Store:
    """The file. Raises `Full`, `Busy` or `BackendError`."""

    def __init__(self, path: Path, worker: Runs) -> None:
        self._path, self._worker = path, worker
        self._db: sqlite3.Connection | None = None

    @property
    def holds_something(self) -> bool:
        """Something was kept here before, so that not to read it is a loss."""
        return self._path.exists()

    async def open(self) -> None:
        """Open it, and make it if need be."""
        await self._worker.run(lambda: self._guarded(self._open))

    async def read(self, query: str, *values: object) -> list[Row]:
        """Return rows."""

        def call() -> list[Row]:
            return list(self._database().execute(query, values))

        return await self._worker.run(lambda: self._guarded(call))

    async def write(self, query: str, *values: object) -> int:
        """Change something, durably; return the number of a new row."""
        return await self.write_all([(query, values)])

    async def write_all(self, changes: Sequence[tuple[str, Sequence[object]]]) -> int:
        """Make several changes, all or none."""

        def call() -> int:
            database = self._database()
            with database:
                new = 0
                for query, values in changes:
                    new = database.execute(query, values).lastrowid or 0
            return new

        return await self._worker.run(lambda: self._guarded(call))

    async def close(self) -> None:
        """Close it; twice is no error."""

        def call() -> None:
            if self._db is not None:
                self._db.close()
                self._db = None

        await self._worker.run(call)

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        database = sqlite3.connect(self._path, timeout=BUSY_S, check_same_thread=False)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")  # no write waits for the disk
        with database:
            database.executescript(_SCHEMA)
            database.execute(f"PRAGMA user_version={_VERSION}")
        self._db = database

    def _database(self) -> sqlite3.Connection:
        if self._db is None:
            self._open()
        assert self._db is not None  # noqa: S101 - it was opened
        return self._db

    def _guarded(self, call: Callable[[], T]) -> T:
        """Make a call; what goes wrong becomes one line of ours."""
        try:
            return call()
        except sqlite3.OperationalError as wrong:
            if "locked" in str(wrong) or "busy" in str(wrong):
                message = f"{self._path} is held by another program; end that one"
                raise Busy("memory", message, retryable=True) from wrong
            message = f"{self._path} cannot be written ({wrong}); is the disk full?"
            raise Full("memory", message) from wrong
        except sqlite3.DatabaseError as wrong:
            message = f"{self._path} is damaged ({wrong}); move it away, a new one will be made"
            raise BackendError("memory", message) from wrong
        except OSError as wrong:
            message = f"{self._path} cannot be written ({wrong.strerror}); is the disk full?"
            raise Full("memory", message) from wrong


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Store]:
    """Open the file in a thread of its own. One that cannot be opened now is tried again later."""
    worker = Worker("memory")
    store = Store(path, worker)
    try:
        try:
            await store.open()
        except BackendError as wrong:  # who sets a timer is told; so is who loads what was kept
            _log.debug("timers, lists and notes cannot be kept now: %s", wrong)
        yield store
        await store.close()
    finally:
        worker.close()
