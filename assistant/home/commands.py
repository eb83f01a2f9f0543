"""From an intent and its slots to what is done: with which devices, what, how far."""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.home.learned import Thing
from assistant.home.wires import COLOURS

Slots = Mapping[str, str]
MIREDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that a device is to do; `phrase`: how that is said."""

    does: str
    phrase: str
    number: float | None = None
    colour: str = ""

    def messages(self, thing: Thing) -> list[tuple[str, str, bool]]:
        """Return (topic, payload, retained) of what makes it do that; none: it cannot."""
        orders = thing.wires.orders
        if self.does == "colour":
            order, write = orders.get("colour"), thing.wires.colour
            if order is None or write is None:
                return []
            return [(order.topic, write(COLOURS[self.colour]), order.retain)]
        if self.does == "kelvin" and self.number and "kelvin" not in orders:
            order = orders.get("mired")
            number: float | None = round(MIREDS / self.number)
        else:
            order, number = orders.get(self.does), self.number
        return [] if order is None else [(order.topic, order.payload(number), order.retain)]


def wanted(intent: str, slots: Slots) -> list[Wanted] | None:  # noqa: PLR0911 - a table
    """Return what an intent asks for; `None`: it is none for the home, or makes no sense."""
    match intent:
        case "HassTurnOn":
            return [Wanted("on", "on")]
        case "HassTurnOff":
            return [Wanted("off", "off")]
        case "HassStopMoving":
            return [Wanted("stop", "stop")]
        case "HassLightSet":
            return _light(slots)
        case "HassSetPosition":
            number = _number(slots.get("position"), 0, 100)
            return None if number is None else [Wanted("position", "level", number)]
        case "HassClimateSetTemperature":
            number = _number(slots.get("temperature"), -50, 150)
            return None if number is None else [Wanted("temperature", "temperature", number)]
        case _:
            return None


def kinds_for(intent: str, slots: Slots) -> frozenset[str]:
    """Return which kinds of devices an intent can mean."""
    match intent:
        case "HassLightSet":
            return frozenset({"light"})
        case "HassSetPosition" | "HassStopMoving":
            return frozenset({"cover"})
        case "HassClimateSetTemperature" | "HassClimateGetTemperature":
            return frozenset({"climate"})
        case "HassTurnOff":
            every = frozenset({"light", "switch", "fan", "cover", "climate"})
        case _:
            every = frozenset({"light", "switch", "fan", "cover", "climate", "scene"})
    domain = slots.get("domain", "")
    return frozenset({domain}) if domain else every


def spoken(want: Wanted, thing_kind: str) -> str:
    """Return the phrase for what is done, which depends on what it is done with."""
    if thing_kind == "cover":
        return {"on": "open", "off": "close"}.get(want.phrase, want.phrase)
    if thing_kind == "scene" and want.phrase == "on":
        return "activate"
    return want.phrase


def _light(slots: Slots) -> list[Wanted] | None:
    wants: list[Wanted] = []
    brightness = _number(slots.get("brightness"), 0, 100)
    if brightness is not None:
        # at nothing a light is off: some lamps take a brightness of 0 for "as before"
        wants.append(
            Wanted("brightness", "level", brightness) if brightness else Wanted("off", "off")
        )
    colour = slots.get("color", "")
    if colour in COLOURS:
        wants.append(Wanted("colour", "colour", colour=colour))
    kelvin = _number(slots.get("temperature"), 1000, 20_000)
    if kelvin is not None:
        wants.append(Wanted("kelvin", "colour", kelvin))
    return wants or None


def _number(text: str | None, low: float, high: float) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if low <= number <= high else None
