"""A machine's clocks that a test can set, and a place for calls where time is virtual."""

import asyncio
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")


class ScriptedClock:
    """A `keeping.Clock`: the loop's time, from a moment on, in a zone; both can be changed."""

    def __init__(self, at: datetime, zone: str = "Europe/Berlin", boot: str = "one") -> None:
        """`at` is what the wall clock shows now, there."""
        self._zone: tzinfo = ZoneInfo(zone)
        self._loop = asyncio.get_running_loop()
        self._ahead = at.replace(tzinfo=self._zone).timestamp() - self._loop.time()
        self._boot = boot

    def wall(self) -> float:
        """Return the seconds since 1970 by the wall clock."""
        return self._loop.time() + self._ahead

    def passed(self) -> float:
        """Return what has passed of the loop's time."""
        return self._loop.time()

    def boot(self) -> str:
        """Return the name it was given."""
        return self._boot

    def zone(self) -> tzinfo:
        """Return where the user is."""
        return self._zone

    def step(self, seconds: float) -> None:
        """Set the wall clock."""
        self._ahead += seconds

    def travel(self, zone: str) -> None:
        """Take the machine elsewhere."""
        self._zone = ZoneInfo(zone)


class InPlace:
    """Makes calls at once (`keeping.store.Runs`): a thread would not notice virtual time."""

    async def run(self, call: Callable[[], T]) -> T:
        """Make it."""
        return call()
