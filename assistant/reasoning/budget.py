"""What a mind may be asked for, in a minute and in a day, kept over restarts.

A day is 24 hours from the first answer in it, counted by the machine's time since it was started:
that is not what people set, so that a clock that is put forward opens no purse.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.errors import BackendBusy

MINUTE, DAY = 60.0, 86_400.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment: which start of the machine, seconds since it, and the time of day in seconds."""

    boot: str
    up: float
    wall: float


def now() -> Instant:
    """Return this moment. Time in which the machine sleeps counts."""
    boot = ""
    with suppress(OSError):
        boot = _BOOT.read_text().strip()
    wall = datetime.now(UTC).timestamp()
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return Instant(boot, wall if clock is None else time.clock_gettime(clock), wall)


@dataclass(frozen=True, slots=True)
class Purse:
    """What was spent in a day: `age` seconds of it were over at the instant `seen`."""

    requests: int = 0
    tokens: int = 0
    age: float = 0.0
    seen: Instant = field(default=Instant("", 0.0, 0.0))

    def at(self, moment: Instant) -> "Purse":
        """Return what it is at a later moment: empty once its day is over.

        Across a new start of the machine only the time of day can tell; put back, it adds nothing.
        """
        same = moment.boot == self.seen.boot
        passed = moment.up - self.seen.up if same else moment.wall - self.seen.wall
        age = self.age + max(passed, 0.0)
        if age >= DAY or not (self.requests or self.tokens):
            return Purse(seen=moment)
        return replace(self, age=age, seen=moment)


class Budget:
    """Counts what one mind was asked for; `limits` of `None` do not bind."""

    def __init__(
        self,
        name: str,
        *,
        a_minute: int | None = None,
        a_day: int | None = None,
        tokens: int | None = None,
        clock: Callable[[], Instant] = now,
    ) -> None:
        self.name = name
        self.purse = Purse(seen=clock())
        self._minute, self._day, self._tokens = a_minute, a_day, tokens
        self._clock = clock
        self._recent: deque[float] = deque()

    @property
    def binds(self) -> bool:
        """There is a limit at all."""
        return any(limit is not None for limit in (self._minute, self._day, self._tokens))

    def check(self) -> None:
        """Raise `BackendBusy` if nothing more may be asked now."""
        if not self.binds:
            return
        moment = self._clock()
        self.purse = purse = self.purse.at(moment)
        rest = DAY - purse.age
        if self._day is not None and purse.requests >= self._day:
            raise self._used_up("requests_per_day", rest)
        if self._tokens is not None and purse.tokens >= self._tokens:
            raise self._used_up("tokens_per_day", rest)
        while self._recent and moment.up - self._recent[0] >= MINUTE:
            self._recent.popleft()
        if self._minute is not None and len(self._recent) >= self._minute:
            raise self._used_up("requests_per_minute", MINUTE - moment.up + self._recent[0])

    def ask(self, tokens: int) -> None:
        """Count a request, and the tokens of its prompt."""
        self._recent.append(self._clock().up)
        self._add(1, tokens)

    def unasked(self, tokens: int) -> None:
        """Take a request back that nobody answered."""
        if self._recent:
            self._recent.pop()
        self._add(-1, -tokens)

    def answered(self, tokens: int) -> None:
        """Count the tokens of an answer, whole or not."""
        self._add(0, tokens)

    def _add(self, requests: int, tokens: int) -> None:
        purse = self.purse.at(self._clock())
        self.purse = replace(
            purse,
            requests=max(0, purse.requests + requests),
            tokens=max(0, purse.tokens + tokens),
        )

    def _used_up(self, limit: str, rest: float) -> BackendBusy:
        message = f"{self.name} is used up (limits.{limit}); wait, or raise the limit"
        return BackendBusy("llm", message, after=max(rest, 0.0))


def recall(place: Path, budgets: list[Budget]) -> None:
    """Read what was spent before; a file that says nothing is as none. Reads a file."""
    try:
        kept = json.loads(place.read_text())
    except (OSError, ValueError):
        return
    for budget in budgets:
        if purse := _purse(kept.get(budget.name) if isinstance(kept, dict) else None):
            budget.purse = purse


def keep(place: Path, budgets: list[Budget]) -> None:
    """Write what was spent, as a whole or not at all. Writes a file; may raise `OSError`."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps({budget.name: asdict(budget.purse) for budget in budgets}))
    fresh.replace(place)


def _purse(kept: Any) -> Purse | None:
    try:
        seen = kept["seen"]
        moment = Instant(str(seen["boot"]), float(seen["up"]), float(seen["wall"]))
        return Purse(
            max(0, int(kept["requests"])),
            max(0, int(kept["tokens"])),
            max(0.0, float(kept["age"])),
            moment,
        )
    except (TypeError, KeyError, ValueError):
        return None
