"""What time it is, and how much time has passed: two questions with two clocks.

An alarm is due when the wall clock says so, however that was set meanwhile; a timer when so much
time has passed, whatever the wall clock says.
"""

import os
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LOCALTIME = Path("/etc/localtime")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_AROUND = timedelta(hours=4)
"""No zone's clock jumps by more."""


class Clock(Protocol):
    """The machine's clocks."""

    def wall(self) -> float:
        """Return the seconds since 1970 by the wall clock; it may jump."""
        ...

    def passed(self) -> float:
        """Return seconds of a clock that never jumps; it runs while the machine sleeps, too."""
        ...

    def boot(self) -> str:
        """Return a name under which `passed` of another process can be compared; or nothing."""
        ...

    def zone(self) -> tzinfo:
        """Return the zone of the machine's user; it may change."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def wall(self) -> float:
        """Return the seconds since 1970."""
        return time.clock_gettime(time.CLOCK_REALTIME)

    def passed(self) -> float:
        """Return seconds since the machine was started."""
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    def boot(self) -> str:
        """Return the kernel's name for this start of the machine."""
        try:
            return _BOOT.read_text().strip()
        except OSError:
            return ""

    def zone(self) -> tzinfo:
        """Return what `TZ` says, else what the system is set to."""
        named = os.environ.get("TZ", "").lstrip(":")
        if not named:
            _, _, named = os.path.realpath(_LOCALTIME).partition("zoneinfo/")
        try:
            return ZoneInfo(named) if named else UTC
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC


def local(clock: Clock) -> datetime:
    """Return the time of day where the user is, with its zone."""
    return datetime.fromtimestamp(clock.wall(), clock.zone())


def instant(at: datetime, zone: tzinfo) -> float:
    """Return when a wall clock shows a time, in seconds since 1970.

    A time that is shown twice is meant the first time; of one that is jumped over, the end of the
    jump is taken.
    """
    first = at.replace(tzinfo=zone, fold=0)
    if not jumped(at, zone):
        return first.timestamp()
    low, high = (first - _AROUND).timestamp(), (first + _AROUND).timestamp()
    offset = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        same = datetime.fromtimestamp(middle, zone).utcoffset() == offset
        low, high = (middle, high) if same else (low, middle)
    return float(round(high))


def jumped(at: datetime, zone: tzinfo) -> bool:
    """Tell whether no clock there ever shows this time: it was set forward over it."""
    there = at.replace(tzinfo=zone, fold=0)
    back = there.astimezone(UTC).astimezone(zone)
    return back.replace(tzinfo=None) != at
