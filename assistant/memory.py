"""What is remembered for longer than a conversation: plain notes in one SQLite file.

The user can hear each, correct it and erase it. What is erased is gone from the file, too.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from assistant.errors import ToolError
from assistant.worker import Worker

T = TypeVar("T")

LONGEST = 500
"""Characters of a note."""
MOST = 5000
"""Notes; a mind that writes without end is stopped."""
_BUSY_S = 2.0
_WORD = re.compile(r"\w+")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (newest INTEGER NOT NULL);
INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT * FROM counter);
CREATE VIRTUAL TABLE IF NOT EXISTS notes
    USING fts5(text, at UNINDEXED, tokenize = 'unicode61 remove_diacritics 2', prefix = '3');
"""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is remembered; its number is never used twice."""

    number: int
    text: str
    at: str
    """The day on which it was written down, as 2026-11-28."""


class Memory:
    """Notes, in a thread of their own. The file is made when something is to be remembered."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._worker = Worker("memory")

    async def remember(self, text: str, day: str) -> Note:
        """Write something down; what is there word for word already is not written again."""
        text = _fitted(text)
        return await self._worker.run(lambda: self._remember(text, day), urgent=True)

    async def recall(self, about: str = "", most: int = 8) -> list[Note]:
        """Return the notes that fit best; about nothing: the newest."""
        query = " OR ".join(f'"{word}"*' for word in _WORD.findall(about))
        if about.strip() and not query:
            return []
        return await self._worker.run(lambda: self._recall(query, most), urgent=True)

    async def correct(self, number: int, text: str) -> Note | None:
        """Write a note anew, and return what it was; `None`: there is none of this number."""
        text = _fitted(text)
        return await self._worker.run(lambda: self._change(number, text), urgent=True)

    async def forget(self, number: int) -> Note | None:
        """Erase a note, and return what it was; `None`: there is none of this number."""
        return await self._worker.run(lambda: self._change(number, None), urgent=True)

    async def put_back(self, note: Note) -> None:
        """Write down again what was erased or corrected."""
        await self._worker.run(lambda: self._put_back(note), urgent=True)

    def close(self) -> None:
        """Let what is being written be written, and end the thread."""
        self._worker.close()

    # ── in the thread ─────────────────────────────────────────────────────────────────────────

    def _remember(self, text: str, day: str) -> Note:
        with self._opened() as notes:
            same = notes.execute("SELECT rowid, text, at FROM notes WHERE text = ?", (text,))
            if row := same.fetchone():
                return Note(*row)
            (count,) = notes.execute("SELECT count(*) FROM notes").fetchone()
            if count >= MOST:
                raise ToolError(f"there are {MOST} notes already; forget some first")
            notes.execute("UPDATE counter SET newest = newest + 1")
            (number,) = notes.execute("SELECT newest FROM counter").fetchone()
            row = (int(number), text, day)
            notes.execute("INSERT INTO notes (rowid, text, at) VALUES (?, ?, ?)", row)
            return Note(*row)

    def _recall(self, query: str, most: int) -> list[Note]:
        if not self._place.exists():
            return []
        find = "SELECT rowid, text, at FROM notes"
        with self._opened() as notes:
            if query:
                rows = notes.execute(
                    f"{find} WHERE notes MATCH ? ORDER BY rank LIMIT ?", (query, most)
                )
            else:
                rows = notes.execute(f"{find} ORDER BY rowid DESC LIMIT ?", (most,))
            return [Note(*row) for row in rows]

    def _change(self, number: int, text: str | None) -> Note | None:
        if not self._place.exists():
            return None
        with self._opened() as notes:
            find = "SELECT rowid, text, at FROM notes WHERE rowid = ?"
            row = notes.execute(find, (number,)).fetchone()
            if row is None:
                return None
            if text is None:
                notes.execute("DELETE FROM notes WHERE rowid = ?", (number,))
            else:
                notes.execute("UPDATE notes SET text = ? WHERE rowid = ?", (text, number))
        self._scrub()
        return Note(*row)

    def _put_back(self, note: Note) -> None:
        row = (note.number, note.text, note.at)
        with self._opened() as notes:
            notes.execute("DELETE FROM notes WHERE rowid = ?", (note.number,))
            notes.execute("INSERT INTO notes (rowid, text, at) VALUES (?, ?, ?)", row)

    def _scrub(self) -> None:
        """Take what was erased out of the index and out of the free pages of the file."""
        with self._opened() as notes:
            notes.execute("INSERT INTO notes (notes) VALUES ('optimize')")
            notes.commit()
            notes.execute("VACUUM")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one piece of work, which is written as a whole or not at all."""
        try:
            with closing(self._connected()) as notes, notes:
                notes.executescript(_SCHEMA)
                yield notes
        except sqlite3.DatabaseError as wrong:
            raise ToolError(f"the notes cannot be read or written: {wrong}") from None
        except OSError as wrong:
            raise ToolError(f"the notes cannot be kept: {wrong.strerror}") from None

    def _connected(self) -> sqlite3.Connection:
        self._place.parent.mkdir(parents=True, exist_ok=True)
        if not self._place.exists():
            os.close(os.open(self._place, os.O_CREAT, 0o600))  # for its owner's eyes only
        notes = sqlite3.connect(self._place, timeout=_BUSY_S)
        notes.execute("PRAGMA secure_delete = ON")
        return notes


def _fitted(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise ToolError("there is nothing to remember; say what")
    if len(text) > LONGEST:
        raise ToolError(f"a note has at most {LONGEST} characters; make it shorter, or several")
    return text
