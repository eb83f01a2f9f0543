"""The home as tools of a mind."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from assistant.errors import ToolError
from assistant.ports import Household
from assistant.tools import home
from assistant.views import View
from tests.home.test_household import House, lived


class Here:
    """The surroundings of a tool in these tests."""

    language = "en"

    def __init__(self, household: Household | None) -> None:
        self.household = household

    def now(self) -> datetime:
        return datetime.now(UTC)

    def show(self, view: View) -> None:
        raise AssertionError(view)

    def announce(self, text: str, *, urgent: bool = False) -> None:
        raise AssertionError(text, urgent)

    def start_job(self, title: str, work: Callable[[], Awaitable[str]], deadline: float) -> int:
        raise AssertionError(title, work, deadline)


def test_what_there_is() -> None:
    async def test(house: House) -> None:
        told = await home.home_devices(Here(house.devices))
        assert told.startswith("Devices: Ceiling (light), Counter (light), Lamp (light),")
        assert told.endswith("Rooms: Kitchen, Bedroom, Office.")
        some = await home.home_devices(Here(house.devices), "coffee")
        assert some.startswith("Devices: Coffee machine (switch). ")

    lived(test)


CEILING = "Kitchen/Ceiling/set"


@pytest.mark.parametrize(
    ("tool", "said", "topic", "arguments"),
    [
        (home.home_turn, "Turning on Ceiling.", CEILING, {"state": "on", "name": "ceiling"}),
        (
            home.home_turn,
            "Turning off 2 devices in Kitchen.",
            CEILING,
            {"state": "off", "room": "Kitchen"},
        ),
        (
            home.home_light,
            "Setting Ceiling to 10 percent.",
            CEILING,
            {"name": "ceiling", "brightness": 10},
        ),
        (
            home.home_light,
            "Changing the colour of Ceiling.",
            CEILING,
            {"name": "ceiling", "colour": "Blue"},
        ),
        (
            home.home_position,
            "Setting Blind to 5 percent.",
            "blind/position",
            {"name": "blind", "position": 5},
        ),
        (home.home_temperature, "Setting Heating to 20.5 degrees.", "heat/set", {"degrees": 20.5}),
    ],
)
def test_what_can_be_done(
    tool: Callable[..., Awaitable[str]], arguments: dict[str, Any], said: str, topic: str
) -> None:
    async def test(house: House) -> None:
        assert await tool(Here(house.devices), **arguments) == said
        assert house.sent[0][0] == topic

    lived(test)


def test_what_cannot() -> None:
    async def test(house: House) -> None:
        with pytest.raises(ToolError, match="does not understand"):
            await home.home_position(Here(house.devices), "blind", 500)
        with pytest.raises(ToolError, match="no home is connected"):
            await home.home_state(Here(None), "lamp")
        asked = await home.home_turn(Here(house.devices), "on", "lamp")
        assert asked.endswith("Which one?")
        assert house.sent == []

    lived(test)
