"""A terminal with one living line at its bottom, written by a thread of its own.

A terminal can stand still for minutes (a slow link, Ctrl-S, a full pipe); nobody but the thread
waits for it.
"""

import io
import threading
import time
from collections import deque

from rich.console import Console, RenderableType
from rich.text import Text

PERIOD = 0.1
"""Seconds between two versions of the living line: faster is flicker, not news."""
BACKLOG = 500
"""Lines kept for a terminal that stands still; older ones are dropped."""
CLOSING = 1.0
"""Seconds that closing waits for the terminal."""
_CLEAR = "\r\x1b[K"


class Terminal:
    """Prints lines above a living line; without a terminal (a file, a pipe), only the lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.lives = console.is_terminal and not console.is_dumb_terminal
        self._news = threading.Condition()
        self._lines: deque[RenderableType] = deque(maxlen=BACKLOG)
        self._living = Text()
        self._changed = False
        self._closed = False
        self._draft = Console(
            file=io.StringIO(),
            force_terminal=console.is_terminal,
            color_system=console.color_system,  # type: ignore[arg-type]  # one of its own names
            no_color=console.no_color,
            legacy_windows=False,
        )
        self._thread = threading.Thread(target=self._work, name="screen", daemon=True)
        self._thread.start()

    def print(self, line: RenderableType) -> None:
        """Print something that stays; never blocks."""
        with self._news:
            self._lines.append(line)
            self._news.notify()

    def live(self, line: Text) -> None:
        """Replace the living line, soon; never blocks. Too long a line loses its end."""
        with self._news:
            if self.lives and line != self._living:
                self._living = line
                self._changed = True
                self._news.notify()

    @property
    def room(self) -> int:
        """Columns that the living line may have; its last one stays free, or it would wrap."""
        return self._console.width - 1

    def close(self) -> None:
        """Print what waits and remove the living line."""
        with self._news:
            self._closed = True
            self._living = Text()
            self._changed = self.lives
            self._news.notify()
        self._thread.join(CLOSING)

    def _work(self) -> None:
        written = 0.0
        while True:
            with self._news:
                while not (self._lines or self._closed or self._due(written)):
                    self._news.wait(self._pause(written))
                lines, living, closed = list(self._lines), self._living, self._closed
                self._lines.clear()
                self._changed = False
            if not self._write(self._frame(lines, living)):
                return
            written = time.perf_counter()
            if closed:
                return

    def _due(self, written: float) -> bool:
        return self._changed and time.perf_counter() - written >= PERIOD

    def _pause(self, written: float) -> float | None:
        return max(0.0, written + PERIOD - time.perf_counter()) if self._changed else None

    def _frame(self, lines: list[RenderableType], living: Text) -> str:
        """Return all that is written at once: half a frame would be seen as flicker."""
        self._draft.width = self._console.width
        above = "".join(self._drawn(line) for line in lines)
        if not self.lives:
            return above
        shown = living.copy()
        shown.truncate(self.room, overflow="ellipsis")
        below = self._drawn(shown, end="")
        return f"{_CLEAR}{above}{below}" if lines else f"\r{below}\x1b[K"

    def _drawn(self, line: RenderableType, end: str = "\n") -> str:
        self._draft.file = page = io.StringIO()
        self._draft.print(line, end=end, soft_wrap=not self.lives)
        return page.getvalue()

    def _write(self, frame: str) -> bool:
        """Write; returns whether there is still somebody to write to."""
        encoding = self._console.encoding
        file = self._console.file
        try:
            file.write(frame.encode(encoding, "replace").decode(encoding))
            file.flush()
        except (OSError, ValueError):  # the terminal is gone, or its file was closed
            return False
        return True
