"""The devices of the home for the mind: what there is, turning, setting, asking."""

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol, runtime_checkable

from assistant.errors import ToolError, Unclear, Unfit
from assistant.languages.spoken import spoken
from assistant.ports import Household, Surroundings, tool

NO_HOME = "no home is connected; the user can set home.broker"
MOST = 60
"""Names that are told at once; a mind reads no more of them well."""


@runtime_checkable
class AtHome(Protocol):
    """Surroundings that have a home."""

    @property
    def household(self) -> Household | None:
        """The devices of the home; `None`: there is none."""
        ...


@tool(foreign=False, needs="home")
async def home_devices(
    around: Surroundings,
    area: Annotated[str, "part of a room's or a device's name; empty: all"] = "",
) -> str:
    """List the devices of the home that can be commanded, and the rooms."""
    home = _home(around)
    wanted, kinds, lists = area.casefold().strip(), home.kinds(), home.lists()
    names = [name for name in lists.get("name", ()) if wanted in name.casefold()]
    told = [f"{name} ({', '.join(kinds.get(name, ()))})" for name in names[:MOST]]
    rest = len(names) - len(told)
    more = f", and {rest} more" if rest > 0 else ""
    rooms = ", ".join(lists.get("area", ())[:MOST]) or "none"
    return f"Devices: {', '.join(told) or 'none'}{more}. Rooms: {rooms}."


@tool("lasting", consent="allow", foreign=False, needs="home")
async def home_turn(
    around: Surroundings,
    state: Annotated[Literal["on", "off"], "on also opens a cover and activates a scene"],
    name: Annotated[str, "of the device; empty: all lights of the room"] = "",
    room: Annotated[str, "which room; empty: wherever it is"] = "",
) -> str:
    """Turn a device of the home on or off, or all lights of a room; open or close a cover."""
    slots = _slots(name=name, area=room)
    if not name:
        slots["domain"] = "light"
    return await _done(around, "HassTurnOn" if state == "on" else "HassTurnOff", slots)


@tool("lasting", consent="allow", foreign=False, needs="home")
async def home_light(
    around: Surroundings,
    name: Annotated[str, "of the light; empty: all lights of the room"] = "",
    room: Annotated[str, "which room; empty: wherever it is"] = "",
    brightness: Annotated[int | None, "percent"] = None,
    colour: Annotated[str, "in English, such as red; empty: as it is"] = "",
) -> str:
    """Set the brightness or the colour of lights."""
    slots = _slots(name=name, area=room, color=colour.casefold(), domain="light")
    if brightness is not None:
        slots["brightness"] = str(brightness)
    return await _done(around, "HassLightSet", slots)


@tool("lasting", consent="allow", foreign=False, needs="home")
async def home_position(
    around: Surroundings,
    name: Annotated[str, "of the cover"],
    position: Annotated[int, "percent; 0 is closed"],
    room: Annotated[str, "which room; empty: wherever it is"] = "",
) -> str:
    """Move a cover (blind, curtain, garage door) to a position."""
    slots = _slots(name=name, area=room, position=str(position))
    return await _done(around, "HassSetPosition", slots)


@tool("lasting", consent="allow", foreign=False, needs="home")
async def home_temperature(
    around: Surroundings,
    degrees: Annotated[float, "as the thermostat counts them"],
    name: Annotated[str, "of the thermostat; empty: that of the room, or the only one"] = "",
    room: Annotated[str, "which room; empty: wherever it is"] = "",
) -> str:
    """Set a thermostat to a temperature."""
    slots = _slots(name=name, area=room, temperature=f"{degrees:g}")
    return await _done(around, "HassClimateSetTemperature", slots)


@tool(foreign=False, needs="home")
async def home_state(
    around: Surroundings,
    name: Annotated[str, "of the device"],
    room: Annotated[str, "which room; empty: wherever it is"] = "",
) -> str:
    """Tell the state of a device: on, off, open, closed, how warm."""
    return await _done(around, "HassGetState", _slots(name=name, area=room))


@tool("lasting", consent="allow", foreign=False, needs="home")
async def announce(
    around: Surroundings,
    message: Annotated[str, "what everybody is to hear, as a sentence"] = "",
) -> str:
    """Have the other voice assistants of the home say something aloud, in the other rooms."""
    if not isinstance(around, AtHome) or around.household is None:
        raise Unfit(NO_HOME)
    if not message.strip():
        raise Unclear(spoken(around.language).say("ask_message"), "message")
    return await around.household.announce(message)


def _home(around: Surroundings) -> Household:
    home = around.household if isinstance(around, AtHome) else None
    if home is None:
        raise ToolError(NO_HOME)
    return home


def _slots(**given: str) -> dict[str, str]:
    return {slot: text.strip() for slot, text in given.items() if text.strip()}


async def _done(around: Surroundings, intent: str, slots: Mapping[str, str]) -> str:
    answer = await _home(around).carry_out(intent, slots)
    if answer is None:
        raise ToolError("the home does not understand that; check the numbers and the colour")
    return answer
