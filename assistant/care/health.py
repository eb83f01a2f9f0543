"""How healthy it is: a few gauges, each with a limit, one warning when it is passed.

Read every ten seconds, in less than a millisecond; nothing of it holds a word of what was said.
"""

import asyncio
import logging
import os
import resource
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from assistant import heap
from assistant.care.watched import STILL_S

log = logging.getLogger(__name__)

EVERY_S = 10.0
MB = 1e6
_SELF = Path("/proc/self")
_SETTLED_LOOKS = 6
"""After so many looks memory should not grow any more: engines have taken what they need."""
_CALM = 0.8
"""Below this part of its limit, a gauge may warn again."""
_RECENT = 20


@dataclass(frozen=True, slots=True)
class Gauge:
    """Something that can be read at any time; `None`: not on this system, or not now."""

    name: str
    read: Callable[[], float | None]
    limit: float | None = None
    unit: str = ""
    counts: bool = False
    """It only grows: the limit is for what is added between two looks."""


@dataclass(slots=True)
class Reading:
    """What a gauge has shown."""

    gauge: Gauge
    now: float | None = None
    most: float = 0.0
    over: bool = False

    def take(self, value: float | None) -> bool:
        """Note a value; return whether its limit has just been passed."""
        before, self.now = self.now, value
        if value is None:
            return False
        self.most = max(self.most, value)
        limit = self.gauge.limit
        if limit is None:
            return False
        shown = value - (before or 0.0) if self.gauge.counts else value
        was = self.over
        self.over = shown > (limit * _CALM if was else limit)
        return self.over and not was


class Health:
    """The gauges of a process and of what runs in it."""

    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self.readings = [Reading(gauge) for gauge in gauges]

    def look(self) -> None:
        """Read them all; say which have passed their limits."""
        for reading in self.readings:
            if reading.take(reading.gauge.read()):
                gauge = reading.gauge
                log.warning(
                    "%s: %s, more than %s; see `assistant report`",
                    gauge.name,
                    _shown(reading.now, gauge.unit),
                    _shown(gauge.limit, gauge.unit),
                )

    async def keep(self, quiet: Callable[[], bool], every: float = EVERY_S) -> None:
        """Look again and again, until cancelled; when it is quiet, give memory back before."""
        while True:
            if quiet():  # an engine at work would wait for it
                await asyncio.to_thread(heap.give_back)
            self.look()
            await asyncio.sleep(every)

    def told(self) -> list[dict[str, object]]:
        """Return the readings as plain data."""
        return [
            {
                "name": reading.gauge.name,
                "now": None if reading.now is None else round(reading.now, 3),
                "most": round(reading.most, 3),
                "limit": reading.gauge.limit,
                "unit": reading.gauge.unit,
                "over": reading.over,
            }
            for reading in self.readings
        ]

    def lines(self) -> list[str]:
        """Return the readings for people, one on a line."""
        return [_line(reading) for reading in self.readings if reading.now is not None]


def process_gauges(*, root: Path = _SELF) -> list[Gauge]:
    """Return those of this process: memory, threads, files, tasks; `root`: in /proc."""
    grown = _Grown(lambda: _resident(root))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return [
        Gauge("memory", lambda: _resident(root), _machine_memory(), "MB"),
        Gauge("memory grown", grown, 500.0, "MB"),
        Gauge("memory of engines", _asked_for, None, "MB"),
        Gauge("objects", heap.objects),
        Gauge("threads", lambda: _entries(root / "task"), 150.0),
        Gauge("open files", lambda: _entries(root / "fd"), round(soft * 0.8)),
        Gauge("tasks", lambda: len(asyncio.all_tasks()), 300.0),
    ]


def loop_gauges(longest: Callable[[], float], still: Callable[[], float]) -> list[Gauge]:
    """Return those of the event loop: its longest stall since the last look, the newest frame."""
    return [
        Gauge("loop held up", lambda: longest() * 1000, 500.0, "ms"),
        Gauge("last frame", still, STILL_S, "s"),
    ]


class Recent(logging.Handler):
    """Keeps the newest warnings and errors."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._records: deque[tuple[float, logging.LogRecord]] = deque(maxlen=_RECENT)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self._records.append((time.perf_counter(), record))

    def told(self) -> list[dict[str, object]]:
        """Return them as plain data, with how many seconds ago they were."""
        now = time.perf_counter()
        return [
            {
                "ago": round(now - at, 1),
                "level": record.levelname.lower(),
                "logger": record.name,
                "text": record.getMessage(),
            }
            for at, record in self._records
        ]

    def lines(self) -> list[str]:
        """Return them for other people's eyes: what was put into a message stays out of it.

        A reason may quote a server, which may quote a key or a question.
        """
        now = time.perf_counter()
        return [
            f"{now - at:.0f} s ago, {record.levelname.lower()}, {record.name}: {_bare(record)}"
            for at, record in self._records
        ]


@dataclass(slots=True)
class _Grown:
    """By how much a gauge has grown since the process had settled."""

    read: Callable[[], float | None]
    _looks: int = 0
    _base: float | None = field(default=None)

    def __call__(self) -> float | None:
        value = self.read()
        self._looks += 1
        if self._looks == _SETTLED_LOOKS:
            self._base = value
        if value is None or self._base is None:
            return None
        return max(0.0, value - self._base)


def _bare(record: logging.LogRecord) -> str:
    """Return a message with numbers and the kinds of errors alone in its places."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    bare = tuple(_kind(one) for one in arguments)
    text = str(record.msg)
    with suppress(TypeError, ValueError):
        text = text.replace("%r", "%s") % bare if bare else text
    if record.exc_info and record.exc_info[1] is not None:
        text += f" ({type(record.exc_info[1]).__name__}{_where(record.exc_info[1])})"
    return text


def _kind(value: object) -> object:
    if isinstance(value, int | float):
        return value
    return type(value).__name__ if isinstance(value, BaseException) else "…"


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _resident(root: Path) -> float | None:
    """Return the memory that is really used, in MB."""
    try:
        pages = int((root / "statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def _asked_for() -> float | None:
    asked = heap.in_use()
    return None if asked is None else asked / MB


def _entries(folder: Path) -> float | None:
    try:
        return float(sum(1 for _ in folder.iterdir()))
    except OSError:
        return None


def _machine_memory() -> float | None:
    """Return three quarters of the machine's memory in MB: more, and it swaps or is killed."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None
    return round(whole * 0.75 / MB)


def _line(reading: Reading) -> str:
    gauge = reading.gauge
    text = f"{gauge.name:<14} {_shown(reading.now, gauge.unit)}"
    if not gauge.counts:
        text += f", at most {_shown(reading.most, gauge.unit)}"
    if gauge.limit is not None:
        each = " more in 10 s" if gauge.counts else ""
        text += f", limit {_shown(gauge.limit, gauge.unit)}{each}"
    return f"{text}  TOO MUCH" if reading.over else text


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "?"
    digits = f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.2f}"  # noqa: PLR2004
    return f"{digits} {unit}".rstrip()


def summary(about: Sequence[tuple[str, object]], health: Health, recent: Recent) -> str:
    """Return a page that may be shown to anybody: no words, no secrets, no paths."""
    lines = [f"{label:<14} {value}" for label, value in about]
    lines += ["", *health.lines(), ""]
    lines += recent.lines() or ["no warnings"]
    return "\n".join(lines)
