"""From discovery payloads, and from the configuration, to devices.

A payload is taken as it comes from anybody on the bus: too big, too deep, no JSON, no object, a
topic that is none: it is refused with a reason, and nothing else happens.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from assistant.errors import AssistantError
from assistant.home.wires import KINDS, Wires, wires

LONGEST_PAYLOAD = 64 * 1024
"""Bytes of a discovery payload; real ones have 0.5 to 10 KB."""
COMPONENTS = 128
"""Of one device; more are ignored."""
LONGEST_NAME = 64
_HIDDEN = {"config", "diagnostic"}
_SPACES = re.compile(r"\s+")
_SHORT = {
    "dev": "device",
    "cmps": "components",
    "p": "platform",
    "ent_cat": "entity_category",
    "en": "enabled_by_default",
    "uniq_id": "unique_id",
    "dev_cla": "device_class",
    "ret": "retain",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "stat_t": "state_topic",
    "stat_val_tpl": "state_value_template",
    "val_tpl": "value_template",
    "pl_on": "payload_on",
    "pl_off": "payload_off",
    "stat_on": "state_on",
    "stat_off": "state_off",
    "bri_cmd_t": "brightness_command_topic",
    "bri_cmd_tpl": "brightness_command_template",
    "bri_scl": "brightness_scale",
    "bri_stat_t": "brightness_state_topic",
    "bri_val_tpl": "brightness_value_template",
    "clr_temp_cmd_t": "color_temp_command_topic",
    "clr_temp_cmd_tpl": "color_temp_command_template",
    "clr_temp_k": "color_temp_kelvin",
    "rgb_cmd_t": "rgb_command_topic",
    "rgb_cmd_tpl": "rgb_command_template",
    "hs_cmd_t": "hs_command_topic",
    "hs_cmd_tpl": "hs_command_template",
    "sup_clrm": "supported_color_modes",
    "pl_open": "payload_open",
    "pl_cls": "payload_close",
    "pl_stop": "payload_stop",
    "set_pos_t": "set_position_topic",
    "set_pos_tpl": "set_position_template",
    "pos_t": "position_topic",
    "pos_tpl": "position_template",
    "pos_open": "position_open",
    "pos_clsd": "position_closed",
    "stat_open": "state_open",
    "stat_opening": "state_opening",
    "stat_clsd": "state_closed",
    "stat_closing": "state_closing",
    "temp_cmd_t": "temperature_command_topic",
    "temp_cmd_tpl": "temperature_command_template",
    "temp_stat_t": "temperature_state_topic",
    "temp_stat_tpl": "temperature_state_template",
    "curr_temp_t": "current_temperature_topic",
    "curr_temp_tpl": "current_temperature_template",
    "mode_cmd_t": "mode_command_topic",
    "mode_cmd_tpl": "mode_command_template",
    "mode_stat_t": "mode_state_topic",
    "mode_stat_tpl": "mode_state_template",
    "pow_cmd_t": "power_command_topic",
}
"""Home Assistant's abbreviations, of the keys that are read here."""
_READ = {
    *_SHORT.values(),
    *("schema", "brightness", "color_temp", "rgb", "hs", "xy", "modes", "state_stopped"),
}
"""Keys of a device's settings that matter here."""
_SHORT_OF_DEVICE = {"sa": "suggested_area", "ids": "identifiers"}


class NotUnderstood(AssistantError):  # noqa: N818 - reads as a sentence
    """A payload is no description of devices; the text says why."""


@dataclass(slots=True)
class Thing:
    """A device of the home, or a part of one, that can be commanded; and its newest state.

    There may be ten thousand: what is seldom needed is kept as text, which costs a garbage
    collection nothing, and is read when it is.
    """

    name: str
    area: str
    kind: str
    settings: str
    """How it is talked with, as JSON."""
    topics: tuple[str, ...]
    """Where it tells its state."""
    device_class: str = ""
    on: bool | None = field(default=None, compare=False)
    level: float | None = field(default=None, compare=False)
    target: float | None = field(default=None, compare=False)
    current: float | None = field(default=None, compare=False)

    @property
    def wires(self) -> Wires:
        """How it is talked with; takes some 50 µs."""
        return wires(self.kind, json.loads(self.settings)) or Wires({})


def learn(component: str, payload: bytes) -> list[Thing]:
    """Return the devices that a discovery payload describes; `component`: of its topic.

    Raises `NotUnderstood`. What cannot be commanded is left out silently: most of a home
    are sensors.
    """
    if len(payload) > LONGEST_PAYLOAD:
        raise NotUnderstood(f"it has {len(payload)} bytes, of at most {LONGEST_PAYLOAD}")
    try:
        described = json.loads(payload)
    except (ValueError, RecursionError):
        raise NotUnderstood("it is no JSON") from None
    if not isinstance(described, dict):
        raise NotUnderstood("it is no JSON object")
    described = _spelt_out(described)
    device = described.get("device")
    device = (
        {_SHORT_OF_DEVICE.get(key, key): device[key] for key in device}
        if isinstance(device, dict)
        else {}
    )
    if component != "device":
        return list(_thing(component, described, device))
    components = described.get("components")
    if not isinstance(components, dict):
        raise NotUnderstood("it is of a device and has no components")
    shared = {key: described[key] for key in ("command_topic", "state_topic") if key in described}
    things: list[Thing] = []
    for part in list(components.values())[:COMPONENTS]:
        if isinstance(part, dict):
            spelt = _spelt_out(part, str(described.get("~", "")))
            things += _thing(str(spelt.get("platform", "")), shared | spelt, device)
    return things


def described(settings: Mapping[str, Any]) -> Thing:
    """Return the device of an entry in the configuration. Raises `NotUnderstood`."""
    spelt = _spelt_out(dict(settings))
    kind, name, area = (spelt.pop(key, "") for key in ("kind", "name", "area"))
    if kind not in KINDS:
        raise NotUnderstood(f"kind: should be one of {', '.join(KINDS)}, is {kind!r}")
    if not _name(name):
        raise NotUnderstood("name: should be what you call it")
    made = wires(kind, spelt)
    if made is None:
        raise NotUnderstood(
            f"a {kind} needs a topic to be commanded by, for example command_topic; see "
            "docs/home.md"
        )
    return _made(_name(name), _name(area), kind, spelt, made)


def _thing(kind: str, settings: dict[str, Any], device: Mapping[str, Any]) -> Iterator[Thing]:
    hidden = settings.get("entity_category") in _HIDDEN
    if kind not in KINDS or hidden or settings.get("enabled_by_default") is False:
        return
    name = _full_name(settings.get("name"), device.get("name"))
    made = wires(kind, settings) if name else None
    if made is not None:
        yield _made(name, _name(device.get("suggested_area")), kind, settings, made)


def _made(name: str, area: str, kind: str, settings: Mapping[str, Any], made: Wires) -> Thing:
    kept = {key: settings[key] for key in settings if key in _READ}
    topics = tuple(dict.fromkeys(report.topic for report in made.reports))
    device_class = settings.get("device_class")
    shown = device_class if isinstance(device_class, str) else ""
    return Thing(
        name,
        intern(area),
        intern(kind),
        json.dumps(kept, separators=(",", ":")),
        topics,
        intern(shown[:LONGEST_NAME]),
    )


def _full_name(name: object, device: object) -> str:
    """Return what people call it: a part of a device has the device's name in front."""
    own, whole = _name(name), _name(device)
    if not own or not whole or own.casefold().startswith(whole.casefold()):
        return own or whole
    return f"{whole} {own}"[:LONGEST_NAME].strip()


def _name(text: object) -> str:
    if not isinstance(text, str):
        return ""
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST_NAME])
    return _SPACES.sub(" ", shown).strip()[:LONGEST_NAME].strip()


def _spelt_out(settings: dict[str, Any], base: str = "") -> dict[str, Any]:
    """Return settings with whole keys, and topics with their common part."""
    spelt = {_SHORT.get(key, key): value for key, value in settings.items()}
    base = str(spelt.get("~", base))
    if not base:
        return spelt
    for key, value in spelt.items():
        if isinstance(value, str) and key.endswith("_topic"):
            if value.startswith("~"):
                spelt[key] = f"{base}{value[1:]}"
            elif value.endswith("~"):
                spelt[key] = f"{value[:-1]}{base}"
    return spelt
