"""The time and the date, anywhere."""

from datetime import datetime
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from assistant.errors import ToolError
from assistant.ports import Surroundings, tool


@tool(foreign=False)
async def time_and_date(
    around: Surroundings,
    place: Annotated[str, "a zone such as Europe/Paris, or its city; empty: here"] = "",
) -> str:
    """Tell the time of day and the date, here or elsewhere."""
    here = around.now()
    if not place.strip():
        return _told(here)
    there = here.astimezone(_zone(place))
    hours = (_offset(there) - _offset(here)) / 3600
    apart = f"{abs(hours):g} h {'ahead of' if hours > 0 else 'behind'} the user" if hours else ""
    return f"{_told(there)}, {apart}" if apart else f"{_told(there)}, as where the user is"


def _told(moment: datetime) -> str:
    return f"{moment:%H:%M}, {moment:%A} {moment.day} {moment:%B %Y}"


def _offset(moment: datetime) -> float:
    offset = moment.utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


def _zone(place: str) -> ZoneInfo:
    name = _cities().get(_plain(place)) or place.strip()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolError(
            f"no zone is called {place[:60]!r}; give one as Europe/Paris, of the same time"
        ) from None


@cache
def _cities() -> dict[str, str]:
    """Return zones by the last part of their names, and by the whole."""
    zones = sorted(zone for zone in available_timezones() if not zone.startswith("Etc/"))
    last = {_plain(zone.rpartition("/")[2]): zone for zone in zones}
    return last | {_plain(zone): zone for zone in zones}


def _plain(place: str) -> str:
    return " ".join(place.casefold().replace("_", " ").replace("/", " ").split())
