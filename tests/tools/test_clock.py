import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.errors import ToolError
from assistant.testing.surroundings import ScriptedSurroundings
from assistant.tools.clock import time_and_date

HERE = ScriptedSurroundings(datetime(2026, 11, 28, 20, 15, tzinfo=ZoneInfo("Europe/Berlin")))


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("", "20:15, Saturday 28 November 2026"),
        ("Tokyo", "04:15, Sunday 29 November 2026, 8 h ahead of the user"),
        ("new york", "14:15, Saturday 28 November 2026, 6 h behind the user"),
        ("America/Argentina/Buenos_Aires", "16:15, Saturday 28 November 2026, 4 h behind"),
        ("Asia/Kolkata", "00:45, Sunday 29 November 2026, 4.5 h ahead"),
        ("paris", "20:15, Saturday 28 November 2026, as where the user is"),
    ],
)
def test_time_and_date_anywhere(place: str, told: str) -> None:
    assert asyncio.run(time_and_date(HERE, place)).startswith(told)


@pytest.mark.parametrize("place", ["Atlantis", "../../etc/passwd", "/etc/passwd", "\0", "a" * 999])
def test_a_place_without_a_zone_is_told_to_the_mind(place: str) -> None:
    with pytest.raises(ToolError, match="no zone is called"):
        asyncio.run(time_and_date(HERE, place))
