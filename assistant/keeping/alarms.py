"""Timers, alarms and reminders: kept in the store, watched by one task, told to who listens."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from dateutil.rrule import rrulestr

from assistant.errors import BackendError
from assistant.keeping.clock import Clock, instant, local
from assistant.keeping.store import Row, Store

_log = logging.getLogger(__name__)

BOUND_S = 1.0
"""The watch sleeps no longer, so that a clock that is set, or a machine that slept, is noticed."""
LATE_S = 600.0
"""What is overdue by more has been missed: it is told and does not ring."""
RETRY_S = 5.0
_COLUMNS = "id, kind, name, state, wall, passed, boot, left, total, at, rule"

Kind = Literal["timer", "alarm", "reminder"]
State = Literal["waiting", "paused", "ringing"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One of them. A timer counts what passes, the others look at the wall clock."""

    id: int
    kind: Kind
    name: str
    state: State = "waiting"
    wall: float | None = None
    """A timer's end by the wall clock; it counts only after the machine was started anew."""
    passed: float | None = None
    """The same by the clock that never jumps, of the start of the machine that `boot` names."""
    boot: str = ""
    left: float = 0.0
    """Of a timer that is paused, seconds."""
    total: float = 0.0
    """Of a timer: what it was set to, seconds."""
    at: datetime | None = None
    """By the wall clock, wherever it is; without a zone."""
    rule: str = ""
    """How it comes again."""


@dataclass(frozen=True, slots=True)
class Due:
    """It rings. `missed`: it should have, `late` seconds ago."""

    alarm: Alarm
    late: float = 0.0
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Silenced:
    """These do not ring any more."""

    alarms: tuple[Alarm, ...]


News = Due | Silenced


class Alarms:
    """All of them. What is changed is on the disk before a call returns."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.clock = clock
        self._store = store
        self._all: dict[int, Alarm] = {}
        self._told: list[Callable[[News], None]] = []
        self._changed = asyncio.Event()
        self._loaded = False
        self._rang: set[int] = set()
        self._to_note = asyncio.Event()

    # ── what there is ─────────────────────────────────────────────────────────────────────────

    def every(self, *kinds: Kind) -> list[Alarm]:
        """Return those of some kinds, the next one first."""
        chosen = [alarm for alarm in self._all.values() if alarm.kind in kinds]
        return sorted(chosen, key=lambda alarm: (alarm.state == "paused", self.left(alarm)))

    @property
    def ringing(self) -> tuple[Alarm, ...]:
        """What rings now."""
        return tuple(alarm for alarm in self._all.values() if alarm.state == "ringing")

    @property
    def heeded(self) -> bool:
        """Somebody listens, so that what is due will ring."""
        return bool(self._told)

    def left(self, alarm: Alarm) -> float:
        """Return how many seconds there are until it is due; negative: it was."""
        if alarm.state == "paused":
            return alarm.left
        if alarm.at is not None:
            return instant(alarm.at, self.clock.zone()) - self.clock.wall()
        assert alarm.passed is not None  # noqa: S101 - a timer that runs has an end
        return alarm.passed - self.clock.passed()

    def now(self) -> datetime:
        """Return the time of day where the user is, with its zone."""
        return local(self.clock)

    # ── changing them ─────────────────────────────────────────────────────────────────────────

    async def load(self) -> None:
        """Read what was kept; what rang then is due."""
        if self._loaded:
            return
        boot, clock = self.clock.boot(), self.clock
        for row in await self._store.read(f"SELECT {_COLUMNS} FROM alarms"):  # noqa: S608 - ours
            alarm = _alarm(row)
            if alarm.state == "ringing":
                alarm = replace(alarm, state="waiting")
            if alarm.wall is not None and (alarm.boot != boot or not boot):
                ends = clock.passed() + alarm.wall - clock.wall()
                alarm = replace(alarm, passed=ends, boot=boot)
            self._all.setdefault(alarm.id, alarm)
        self._loaded = True
        self._changed.set()

    async def start(self, seconds: float, name: str = "", total: float | None = None) -> Alarm:
        """Start a timer."""
        alarm = Alarm(0, "timer", name, total=seconds if total is None else total)
        return await self._add(self._running(alarm, seconds))

    async def set(self, kind: Kind, at: datetime, name: str = "", rule: str = "") -> Alarm:
        """Set an alarm or a reminder for a time of the wall clock."""
        alarm = Alarm(0, kind, name, at=at.replace(tzinfo=None), rule=rule)
        if rule:
            alarm = replace(alarm, at=self._next(alarm, since=self.now().replace(tzinfo=None)))
        return await self._add(alarm)

    async def pause(self, alarm: Alarm) -> Alarm:
        """Let a timer wait."""
        left = max(0.0, self.left(alarm))
        return await self._put(replace(alarm, state="paused", left=left, wall=None, passed=None))

    async def resume(self, alarm: Alarm) -> Alarm:
        """Let it go on."""
        return await self._put(self._running(replace(alarm, state="waiting"), alarm.left))

    async def shift(self, alarm: Alarm, seconds: float) -> Alarm:
        """Give a timer more time, or less."""
        left = max(0.0, self.left(alarm)) + seconds
        longer = replace(alarm, total=max(alarm.total + seconds, left))
        if alarm.state == "paused":
            return await self._put(replace(longer, left=left))
        return await self._put(self._running(replace(longer, state="waiting"), left))

    async def put_back(self, *alarms: Alarm) -> None:
        """Have them as they were: a change is undone."""
        for alarm in alarms:
            await self._put(replace(alarm, state="waiting") if alarm.state == "ringing" else alarm)

    async def cancel(self, *alarms: Alarm) -> None:
        """Be rid of them."""
        await self._store.write_all([("DELETE FROM alarms WHERE id = ?", (a.id,)) for a in alarms])
        for alarm in alarms:
            self._all.pop(alarm.id, None)
        self._tell(Silenced(alarms))
        self._changed.set()

    async def silence(self) -> tuple[Alarm, ...]:
        """Stop what rings; one that comes again waits for its next time."""
        rang = self.ringing
        if not rang:
            return ()
        self._tell(Silenced(rang))  # before the disk: a bell is not to wait for it
        for alarm in rang:
            self._pass(alarm)
        self._changed.set()
        await self._store.write_all([self._kept(alarm.id) for alarm in rang])
        return rang

    async def snooze(self, seconds: float) -> tuple[Alarm, ...]:
        """Let what rings ring again after so many seconds."""
        rang = await self.silence()
        for alarm in rang:
            once = replace(alarm, id=0, state="waiting", total=seconds, at=None, rule="")
            await self._add(self._running(once, seconds))
        return rang

    # ── the watch ─────────────────────────────────────────────────────────────────────────────

    def watch(self, told: Callable[[News], None]) -> Callable[[], None]:
        """Call `told` when something is due or silenced; returns how to stop that."""
        self._told.append(told)
        self._changed.set()
        return lambda: self._told.remove(told)

    async def run(self) -> None:
        """Tell of what is due, until cancelled. Nothing rings while nobody listens."""
        await self._load_at_last()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._note_what_rang(), name="note what rang")
            await self._watch()

    async def _watch(self) -> None:
        while True:
            self._changed.clear()
            waiting = [alarm for alarm in self._all.values() if alarm.state == "waiting"]
            if not waiting or not self._told:
                await self._changed.wait()
                continue
            soonest = min(map(self.left, waiting))
            if soonest > 0:
                try:
                    async with asyncio.timeout(min(soonest, BOUND_S)):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                continue
            self._ring([alarm for alarm in waiting if self.left(alarm) <= 0])

    async def _load_at_last(self) -> None:
        """Read what was kept; a file that cannot be read now is tried again."""
        while not self._loaded:
            try:
                await self.load()
            except BackendError as wrong:
                level = logging.WARNING if self._store.holds_something else logging.DEBUG
                _log.log(level, "timers and alarms cannot be read: %s", wrong)
                await asyncio.sleep(RETRY_S)

    def _ring(self, due: list[Alarm]) -> None:
        """Tell first, and write then: no bell waits for the disk."""
        news: list[Due] = []
        for alarm in sorted(due, key=self.left):
            late = -self.left(alarm)
            missed = late > LATE_S
            rings = self._all[alarm.id] = replace(alarm, state="ringing")
            if missed:
                self._pass(rings)
            self._rang.add(alarm.id)
            news.append(Due(rings, late, missed))
        for due_now in news:
            self._tell(due_now)
        self._to_note.set()

    def _pass(self, alarm: Alarm) -> None:
        """Have it over with: one that comes again waits for its next time."""
        again = self._next(alarm)
        if again is None:
            self._all.pop(alarm.id, None)
        else:
            self._all[alarm.id] = replace(alarm, state="waiting", at=again)

    async def _note_what_rang(self) -> None:
        """Write what has become of those that rang; what cannot be written rings again."""
        while True:
            await self._to_note.wait()
            self._to_note.clear()
            rang, self._rang = self._rang, set()
            try:
                await self._store.write_all([self._kept(number) for number in rang])
            except BackendError as wrong:
                _log.warning("what rang could not be noted: %s", wrong)

    def _kept(self, number: int) -> tuple[str, tuple[object, ...]]:
        """Return how one is written as it is now."""
        alarm = self._all.get(number)
        if alarm is None:
            return "DELETE FROM alarms WHERE id = ?", (number,)
        return _written(alarm)

    def _tell(self, news: News) -> None:
        for told in tuple(self._told):
            told(news)

    def _running(self, alarm: Alarm, left: float) -> Alarm:
        clock = self.clock
        ends = clock.passed() + left
        return replace(alarm, wall=clock.wall() + left, passed=ends, boot=clock.boot(), left=0.0)

    def _next(self, alarm: Alarm, since: datetime | None = None) -> datetime | None:
        """Return when one that comes again is due after now, or a moment of the wall clock."""
        if not alarm.rule or alarm.at is None:
            return None
        since = since or max(self.now().replace(tzinfo=None), alarm.at)
        after = rrulestr(alarm.rule, dtstart=alarm.at).after(since, inc=False)
        return after if isinstance(after, datetime) else None

    async def _add(self, alarm: Alarm) -> Alarm:
        await self.load()
        query, values = _written(alarm)
        number = await self._store.write(query, None, *values[1:])
        alarm = replace(alarm, id=number)
        self._all[number] = alarm
        self._changed.set()
        return alarm

    async def _put(self, alarm: Alarm) -> Alarm:
        query, values = _written(alarm)
        await self._store.write(query, *values)
        if self._all.get(alarm.id, alarm).state == "ringing":
            self._tell(Silenced((alarm,)))
        self._all[alarm.id] = alarm
        self._changed.set()
        return alarm


def _written(alarm: Alarm) -> tuple[str, tuple[object, ...]]:
    at = None if alarm.at is None else alarm.at.isoformat()
    values = (
        *(alarm.id, alarm.kind, alarm.name, alarm.state, alarm.wall, alarm.passed, alarm.boot),
        *(alarm.left, alarm.total, at, alarm.rule),
    )
    marks = ", ".join("?" * len(values))
    return f"INSERT OR REPLACE INTO alarms ({_COLUMNS}) VALUES ({marks})", values  # noqa: S608


def _alarm(row: Row) -> Alarm:
    number, kind, name, state, wall, passed, boot, left, total, at, rule = row
    moment = None if at is None else datetime.fromisoformat(at)
    return Alarm(
        number,
        kind,
        name,
        state,
        wall,
        passed,
        boot or "",
        left or 0.0,
        total or 0.0,
        moment,
        rule,
    )
