"""How Home Assistant is told of us: one payload describes the whole device (device discovery).

The keys are spelt out, since nobody counts these bytes. Every entity's topics begin with ours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.ports import Button, Choice, Control, Dial, Switch
from assistant.views import Activity

ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"
UNKNOWN = "None"
"""What Home Assistant takes for an unknown state."""
EVENTS = ("woken", "answered", "announced", "interrupted", "failed", "rang")
STARTING = "starting"
LONGEST_STATE = 255
"""Characters of a state in Home Assistant."""
SUPPORT = "https://www.home-assistant.io/integrations/mqtt/"
_ICONS = {
    "state": "mdi:account-voice",
    "timer": "mdi:timer-outline",
    "microphone": "mdi:microphone",
    "camera": "mdi:camera",
    "volume": "mdi:volume-high",
    "speed": "mdi:speedometer",
    "voice": "mdi:account-voice",
    "patience": "mdi:timer-sand",
    "profile": "mdi:account-cog",
    "listen": "mdi:ear-hearing",
    "stop": "mdi:stop",
    "repeat": "mdi:repeat",
    "say": "mdi:bullhorn",
    "ask": "mdi:chat-question",
    "event": "mdi:account-voice",
    "heard": "mdi:message-text",
    "said": "mdi:message-reply-text",
}
Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What we are called on the bus; `id` stays the same for good."""

    id: str
    device: str
    version: str
    prefix: str = "homeassistant"
    base: str = "assistant"

    @property
    def own(self) -> str:
        """Where all of our topics begin."""
        return f"{self.base}/{self.id}"

    @property
    def discovery(self) -> str:
        """Where we describe ourselves."""
        return f"{self.prefix}/device/{self.id}/config"

    @property
    def birth(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.prefix}/status"

    @property
    def availability(self) -> str:
        """Where it is said whether we are there."""
        return f"{self.own}/availability"

    @property
    def event(self) -> str:
        """Where we tell what happens."""
        return f"{self.own}/event"

    @property
    def answer(self) -> str:
        """Where answers to `ask` go, where words may be shared."""
        return f"{self.own}/answer"

    @property
    def everybody(self) -> str:
        """Where something is announced by all assistants of a home."""
        return f"{self.base}/announce"

    @property
    def announcement(self) -> str:
        """Where we have the others announce something: all listen to it, we do not."""
        return f"{self.everybody}/{self.id}"

    def state(self, name: str) -> str:
        """Where the state of an entity is told."""
        return f"{self.own}/state/{name}"

    def command(self, name: str) -> str:
        """Where an entity is commanded."""
        return f"{self.own}/set/{name}"


def payload(names: Names, controls: Iterable[Control], *, words: bool, timers: bool) -> Entity:
    """Return the description of the device and all of its entities.

    `words`: what is heard and said may be told. `timers`: it has some.
    """
    components = {**_own(names, words=words, timers=timers)}
    for control in controls:
        components[control.name] = _entity(names, control)
    for name, entity in components.items():
        entity["unique_id"] = f"{names.id}_{name}"
        entity["qos"] = 1
        entity.setdefault("name", name.replace("_", " ").capitalize())
        if name in _ICONS and "device_class" not in entity:
            entity["icon"] = _ICONS[name]
    return {
        "device": {
            "identifiers": [names.id],
            "name": names.device,
            "manufacturer": "assistant",
            "model": "Voice assistant",
            "sw_version": names.version,
        },
        "origin": {"name": "assistant", "sw_version": names.version, "support_url": SUPPORT},
        "components": components,
        "availability_topic": names.availability,
        "payload_available": ONLINE,
        "payload_not_available": OFFLINE,
    }


def _own(names: Names, *, words: bool, timers: bool) -> Mapping[str, Entity]:
    """Return what every assistant has."""
    found: dict[str, Entity] = {
        "state": {
            "platform": "sensor",
            "device_class": "enum",
            "options": [STARTING, *(activity.value for activity in Activity)],
            "state_topic": names.state("state"),
        },
        "last_latency": {
            "platform": "sensor",
            "device_class": "duration",
            "state_class": "measurement",
            "unit_of_measurement": "s",
            "suggested_display_precision": 2,
            "entity_category": "diagnostic",
            "state_topic": names.state("last_latency"),
        },
        "problem": {
            "platform": "binary_sensor",
            "device_class": "problem",
            "payload_on": ON,
            "payload_off": OFF,
            "entity_category": "diagnostic",
            "state_topic": names.state("problem"),
        },
        "event": {
            "platform": "event",
            "event_types": list(EVENTS),
            "state_topic": names.event,
        },
        "say": {"platform": "notify", "command_topic": names.command("say")},
        "ask": {
            "platform": "text",
            "command_topic": names.command("ask"),
            "min": 1,
            "max": LONGEST_STATE,
        },
    }
    if timers:
        found["timer"] = {
            "platform": "sensor",
            "device_class": "timestamp",
            "state_topic": names.state("timer"),
        }
    if words:
        for name in ("heard", "said"):
            found[name] = {"platform": "sensor", "state_topic": names.state(name)}
    return found


def _entity(names: Names, control: Control) -> Entity:
    commanded = {"command_topic": names.command(control.name)}
    told = {**commanded, "state_topic": names.state(control.name)}
    match control:
        case Switch():
            return {"platform": "switch", "payload_on": ON, "payload_off": OFF, **told}
        case Dial(low=low, high=high, step=step, unit=unit):
            limits = {"min": low, "max": high, "step": step, "mode": "slider"}
            shown = {"unit_of_measurement": unit} if unit else {}
            return {"platform": "number", **limits, **shown, **told}
        case Choice(options=options):
            return {"platform": "select", "options": list(options), **told}
        case Button():
            return {"platform": "button", "payload_press": "PRESS", **commanded}
