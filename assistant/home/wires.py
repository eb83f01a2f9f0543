"""How a device is commanded and what it reports, in topics and payloads.

The keys are those of Home Assistant's MQTT discovery, unabbreviated. What is not understood
(a template that computes) is left out: the device then can do less.
"""

import colorsys
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from assistant.home.templates import HERE, Path, form, path, value

What = Literal["on", "level", "target", "current"]
"""What a report is of: on or open; brightness or position in percent; temperatures."""
Settings = Mapping[str, Any]

LONGEST_TOPIC = 512
_HUGE = 1e6
COLOURS = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "orange": (255, 128, 0),
    "yellow": (255, 255, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 255),
    "brown": (150, 75, 0),
    "pink": (255, 105, 180),
    "turquoise": (64, 224, 208),
}
"""As the intents name them, in every language."""
_ON_MODES = ("auto", "heat_cool", "heat", "cool", "dry", "fan_only")


@dataclass(frozen=True, slots=True)
class Order:
    """A message that makes a device do something; `HERE` in the text stands for a number.

    The number is `low` at 0 percent and `high` at 100 where both are given, else as it is.
    """

    topic: str
    text: str
    low: float = 0
    high: float = 0
    retain: bool = False

    def payload(self, number: float | None = None) -> str:
        """Return what to publish."""
        if number is None:
            return self.text
        if self.high != self.low:
            number = round(self.low + (self.high - self.low) * number / 100)
        return self.text.replace(HERE, f"{number:g}")


@dataclass(frozen=True, slots=True)
class Report:
    """What a topic tells of a device."""

    topic: str
    what: What
    path: Path = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    low: float = 0
    high: float = 0

    def read(self, payload: str) -> bool | float | None:
        """Return what it says; `None`: nothing that is understood."""
        found = value(payload, self.path)
        if self.what == "on":
            text = str(found).lower()
            return True if text in self.yes else False if text in self.no else None
        try:
            number = float(found)
        except (TypeError, ValueError, OverflowError):
            return None
        if not -_HUGE < number < _HUGE:  # not even if it is not a number
            return None
        if self.high != self.low:
            number = (number - self.low) / (self.high - self.low) * 100
        return number


@dataclass(frozen=True, slots=True)
class Wires:
    """All that is known of how to talk with a device."""

    orders: Mapping[str, Order]
    """By what is done: on, off, brightness, position, temperature, kelvin, colour."""
    reports: tuple[Report, ...] = ()
    colour: Callable[[tuple[int, int, int]], str] | None = None


def wires(kind: str, settings: Settings) -> Wires | None:
    """Return how a device of this kind is talked with; `None`: it cannot be commanded."""
    make = _KINDS.get(kind)
    made = None if make is None else make(settings)
    return made if made is not None and made.orders else None


def _topic(settings: Settings, key: str) -> str:
    """Return a topic that can be published to and subscribed, or nothing."""
    topic = settings.get(key)
    if not isinstance(topic, str) or len(topic) > LONGEST_TOPIC:
        return ""
    return "" if any(c in topic for c in "+#\x00") else topic


def _text(settings: Settings, key: str, usual: str) -> str:
    text = settings.get(key, usual)
    if isinstance(text, bool):  # YAML's idea of ON
        return "ON" if text else "OFF"
    return str(text) if isinstance(text, str | int | float) else usual


def _number(settings: Settings, key: str, usual: float) -> float:
    number = settings.get(key, usual)
    return float(number) if isinstance(number, int | float) else usual


def _constant(settings: Settings, topic_key: str, text: str) -> Order | None:
    topic = _topic(settings, topic_key)
    return Order(topic, text, retain=settings.get("retain") is True) if topic else None


def _numbered(
    settings: Settings, name: str, low: float, high: float, template: str = ""
) -> Order | None:
    """Return the order that a topic of this name takes a number by."""
    topic = _topic(settings, f"{name}_topic")
    text = form(settings.get(template or f"{name}_template"))
    return Order(topic, text, low, high) if topic and text is not None else None


def _reported(
    settings: Settings, what: What, topic_key: str, template_key: str, **more: Any
) -> Iterator[Report]:
    topic, keys = _topic(settings, topic_key), path(settings.get(template_key))
    if topic and keys is not None:
        yield Report(topic, what, keys, **more)


def _there(**orders: Order | None) -> dict[str, Order]:
    return {name: order for name, order in orders.items() if order is not None}


def _on_off(
    settings: Settings, template: str = "value_template"
) -> tuple[Any, tuple[Report, ...]]:
    """Return the orders and the report of what is on or off."""
    on, off = _text(settings, "payload_on", "ON"), _text(settings, "payload_off", "OFF")
    form_of = form(settings.get("command_template"))
    if form_of is None:
        return {}, ()
    orders = _there(
        on=_constant(settings, "command_topic", form_of.replace(HERE, on)),
        off=_constant(settings, "command_topic", form_of.replace(HERE, off)),
    )
    yes = _text(settings, "state_on", on).lower()
    no = _text(settings, "state_off", off).lower()
    return orders, tuple(
        _reported(settings, "on", "state_topic", template, yes=(yes, "true"), no=(no, "false"))
    )


def _switch(settings: Settings) -> Wires:
    return Wires(*_on_off(settings))


def _fan(settings: Settings) -> Wires:
    return Wires(*_on_off(settings, "state_value_template"))


def _scene(settings: Settings) -> Wires:
    order = _constant(settings, "command_topic", _text(settings, "payload_on", "ON"))
    return Wires(_there(on=order))


def _light(settings: Settings) -> Wires | None:
    match settings.get("schema", "basic"):
        case "json":
            return _json_light(settings)
        case "basic":
            return _basic_light(settings)
        case _:
            return None


def _json_light(settings: Settings) -> Wires | None:
    topic = _topic(settings, "command_topic")
    if not topic:
        return None
    modes = settings.get("supported_color_modes")
    modes = modes if isinstance(modes, list) else []
    scale = _number(settings, "brightness_scale", 255)
    orders = {"on": Order(topic, '{"state": "ON"}'), "off": Order(topic, '{"state": "OFF"}')}
    dims = settings.get("brightness") is True or any(m != "onoff" for m in modes)
    if dims:
        text = f'{{"state": "ON", "brightness": {HERE}}}'
        orders["brightness"] = Order(topic, text, 0, scale)
    if settings.get("color_temp") is True or "color_temp" in modes:
        text = f'{{"state": "ON", "color_temp": {HERE}}}'
        unit = "kelvin" if settings.get("color_temp_kelvin") is True else "mired"
        orders[unit] = Order(topic, text)
    colour = next((m for m in ("rgb", "hs", "xy") if settings.get(m) is True or m in modes), None)
    if colour is not None:
        orders["colour"] = Order(topic, HERE)
    state = _topic(settings, "state_topic")
    reports = [Report(state, "on", ("state",), ("on",), ("off",))] if state else []
    if state and dims:
        reports.append(Report(state, "level", ("brightness",), low=0, high=scale))
    write = None if colour is None else _IN_JSON[colour]
    return Wires(orders, tuple(reports), write)


def _basic_light(settings: Settings) -> Wires:
    orders, reports = _on_off(settings, "state_value_template")
    scale = _number(settings, "brightness_scale", 255)
    orders |= _there(
        brightness=_numbered(settings, "brightness_command", 0, scale),
        mired=_numbered(settings, "color_temp_command", 0, 0),
    )
    write = None
    for name, writes in (("rgb", _rgb_text), ("hs", _hs_text)):
        topic = _topic(settings, f"{name}_command_topic")
        if topic and write is None and not settings.get(f"{name}_command_template"):
            orders["colour"], write = Order(topic, HERE), writes
    level = _reported(
        settings, "level", "brightness_state_topic", "brightness_value_template", high=scale
    )
    return Wires(orders, (*reports, *level), write)


def _cover(settings: Settings) -> Wires:
    low, high = _number(settings, "position_closed", 0), _number(settings, "position_open", 100)
    position = None
    if low != high:
        position = _numbered(settings, "set_position", low, high, "set_position_template")
    orders = _there(
        on=_constant(settings, "command_topic", _text(settings, "payload_open", "OPEN")),
        off=_constant(settings, "command_topic", _text(settings, "payload_close", "CLOSE")),
        stop=_constant(settings, "command_topic", _text(settings, "payload_stop", "STOP")),
        position=position,
    )
    opens = [_text(settings, f"state_{s}", s).lower() for s in ("open", "opening")]
    shuts = [_text(settings, f"state_{s}", s).lower() for s in ("closed", "closing")]
    return Wires(
        orders,
        (
            *_reported(
                settings, "on", "state_topic", "value_template", yes=tuple(opens), no=tuple(shuts)
            ),
            *_reported(
                settings, "level", "position_topic", "position_template", low=low, high=high
            ),
        ),
    )


def _climate(settings: Settings) -> Wires:
    modes = settings.get("modes", list(_ON_MODES))
    modes = [str(mode) for mode in modes] if isinstance(modes, list) else []
    on = next((mode for mode in _ON_MODES if mode in modes), "")
    mode_form = form(settings.get("mode_command_template"))
    power = {
        name: _constant(settings, "power_command_topic", _text(settings, f"payload_{name}", usual))
        for name, usual in (("on", "ON"), ("off", "OFF"))
    }
    if mode_form is not None and not power["on"]:
        for name, mode in (("on", on), ("off", "off" if "off" in modes else "")):
            text = mode_form.replace(HERE, mode)
            power[name] = _constant(settings, "mode_command_topic", text) if mode else None
    orders = _there(temperature=_numbered(settings, "temperature_command", 0, 0), **power)
    return Wires(
        orders,
        (
            *_reported(
                settings, "target", "temperature_state_topic", "temperature_state_template"
            ),
            *_reported(
                settings, "current", "current_temperature_topic", "current_temperature_template"
            ),
            *_reported(
                settings,
                "on",
                "mode_state_topic",
                "mode_state_template",
                yes=tuple(mode.lower() for mode in modes if mode != "off"),
                no=("off",),
            ),
        ),
    )


# ── colours ───────────────────────────────────────────────────────────────────────────────────


def _hue(rgb: tuple[int, int, int]) -> tuple[int, int]:
    hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    return round(hue * 360), round(saturation * 100)


def _xy(rgb: tuple[int, int, int]) -> tuple[float, float]:
    """Return the chromaticity (CIE 1931) of an sRGB colour."""
    red, green, blue = (
        ((part / 255 + 0.055) / 1.055) ** 2.4 if part > 10 else part / 255 / 12.92  # noqa: PLR2004 - sRGB
        for part in rgb
    )
    x = red * 0.4124 + green * 0.3576 + blue * 0.1805
    y = red * 0.2126 + green * 0.7152 + blue * 0.0722
    z = red * 0.0193 + green * 0.1192 + blue * 0.9505
    whole = x + y + z
    return (round(x / whole, 4), round(y / whole, 4)) if whole else (0.3127, 0.329)


def _as_json(colour: Mapping[str, float]) -> str:
    return json.dumps({"state": "ON", "color": dict(colour)})


def _rgb_text(rgb: tuple[int, int, int]) -> str:
    return ",".join(map(str, rgb))


def _hs_text(rgb: tuple[int, int, int]) -> str:
    return ",".join(map(str, _hue(rgb)))


_IN_JSON: Mapping[str, Callable[[tuple[int, int, int]], str]] = {
    "rgb": lambda rgb: _as_json(dict(zip("rgb", rgb, strict=True))),
    "hs": lambda rgb: _as_json(dict(zip("hs", _hue(rgb), strict=True))),
    "xy": lambda rgb: _as_json(dict(zip("xy", _xy(rgb), strict=True))),
}
_KINDS: Mapping[str, Callable[[Settings], Wires | None]] = {
    "light": _light,
    "switch": _switch,
    "fan": _fan,
    "cover": _cover,
    "climate": _climate,
    "scene": _scene,
}
KINDS = tuple(_KINDS)
"""Home Assistant's names for what can be commanded."""
