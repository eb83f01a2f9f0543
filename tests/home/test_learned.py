"""Discovery payloads of others: as bridges really publish them, and junk."""

import json
from typing import Any

import pytest

from assistant.home.learned import LONGEST_PAYLOAD, NotUnderstood, Thing, described, learn
from assistant.home.templates import form, path, value


def learned(component: str, **settings: Any) -> Thing:
    (thing,) = learn(component, json.dumps(settings).encode())
    return thing


LAMP = {
    "schema": "json",
    "name": None,
    "brightness": True,
    "brightness_scale": 254,
    "supported_color_modes": ["xy", "color_temp"],
    "command_topic": "zigbee2mqtt/Desk lamp/set",
    "state_topic": "zigbee2mqtt/Desk lamp",
    "unique_id": "0x0017880108f2a3b4_light_zigbee2mqtt",
    "device": {
        "identifiers": ["zigbee2mqtt_0x00"],
        "name": "Desk lamp",
        "suggested_area": "Office",
    },
}


def test_a_json_light_of_a_zigbee_bridge() -> None:
    lamp = learned("light", **LAMP)
    assert (lamp.name, lamp.area, lamp.kind) == ("Desk lamp", "Office", "light")
    orders = lamp.wires.orders
    assert json.loads(orders["on"].payload()) == {"state": "ON"}
    assert json.loads(orders["brightness"].payload(50)) == {"state": "ON", "brightness": 127}
    assert json.loads(orders["mired"].payload(370)) == {"state": "ON", "color_temp": 370}
    assert lamp.wires.colour is not None
    red = json.loads(lamp.wires.colour((255, 0, 0)))
    assert red["color"] == {"x": pytest.approx(0.64, abs=0.01), "y": pytest.approx(0.33, abs=0.01)}
    told = '{"state": "ON", "brightness": 127, "linkquality": 90}'
    assert {r.what: r.read(told) for r in lamp.wires.reports} == {"on": True, "level": 50}


def test_abbreviations_and_a_common_topic() -> None:
    relay = learned(
        "switch",
        **{
            "name": "Relay 1",
            "~": "tele/kettle",
            "cmd_t": "cmnd/kettle/POWER",
            "stat_t": "~/STATE",
            "val_tpl": "{{value_json.POWER}}",
            "pl_on": "ON",
            "pl_off": "OFF",
            "dev": {"ids": ["F0"], "name": "Kettle", "sa": "Kitchen"},
        },
    )
    assert (relay.name, relay.area) == ("Kettle Relay 1", "Kitchen")
    assert relay.wires.orders["on"].topic == "cmnd/kettle/POWER"
    (report,) = relay.wires.reports
    assert report.topic == "tele/kettle/STATE"
    assert report.read('{"POWER": "ON"}') is True
    assert report.read('{"POWER": "OFF"}') is False
    assert report.read('{"Time": 1}') is None
    assert report.read("[" * 10_000) is None


def test_a_cover_with_a_position() -> None:
    blind = learned(
        "cover",
        name="Blind",
        device_class="blind",
        command_topic="blind/set",
        position_topic="blind",
        position_template="{{ value_json.position }}",
        set_position_topic="blind/set",
        set_position_template='{ "position": {{ position }} }',
        state_topic="blind",
        value_template="{{ value_json.state }}",
    )
    assert blind.wires.orders["on"].payload() == "OPEN"
    assert json.loads(blind.wires.orders["position"].payload(30)) == {"position": 30}
    told = '{"position": 40, "state": "open"}'
    assert {r.what: r.read(told) for r in blind.wires.reports} == {"on": True, "level": 40}


def test_a_cover_that_counts_the_other_way_round() -> None:
    shutter = learned(
        "cover",
        name="Shutter",
        command_topic="s/set",
        set_position_topic="s/pos",
        position_open=0,
        position_closed=100,
    )
    assert shutter.wires.orders["position"].payload(25) == "75"


def test_a_thermostat() -> None:
    valve = learned(
        "climate",
        name=None,
        device={"name": "Bath", "identifiers": "b"},
        temperature_command_topic="bath/set/occupied_heating_setpoint",
        temperature_state_topic="bath",
        temperature_state_template="{{ value_json.occupied_heating_setpoint }}",
        current_temperature_topic="bath",
        current_temperature_template="{{ value_json['local_temperature'] }}",
        mode_command_topic="bath/set/system_mode",
        mode_state_topic="bath",
        mode_state_template="{{ value_json.system_mode }}",
        modes=["off", "heat"],
    )
    assert valve.wires.orders["temperature"].payload(21.5) == "21.5"
    assert valve.wires.orders["on"].payload() == "heat"
    assert valve.wires.orders["off"].payload() == "off"
    told = '{"occupied_heating_setpoint": 21, "local_temperature": 19.5, "system_mode": "heat"}'
    read = {r.what: r.read(told) for r in valve.wires.reports}
    assert read == {"target": 21, "current": 19.5, "on": True}


def test_the_parts_of_a_described_device() -> None:
    strip = {
        "dev": {"ids": "s", "name": "Strip", "sa": "Office"},
        "o": {"name": "bridge"},
        "state_topic": "strip",
        "cmps": {
            "one": {
                "p": "switch",
                "name": "Left",
                "cmd_t": "strip/1",
                "val_tpl": "{{ value_json.l }}",
            },
            "two": {"p": "switch", "name": "Right", "cmd_t": "strip/2"},
            "power": {"p": "sensor", "name": "Power", "unit_of_meas": "W"},
            "led": {"p": "switch", "name": "LED", "cmd_t": "strip/led", "ent_cat": "config"},
            "junk": 7,
        },
    }
    things = learn("device", json.dumps(strip).encode())
    assert [thing.name for thing in things] == ["Strip Left", "Strip Right"]
    assert things[0].wires.reports[0].read('{"l": "ON"}') is True


@pytest.mark.parametrize(
    "junk",
    [
        b"\xff\x00\xfe",
        b"not json",
        b"[]",
        b'"text"',
        b"[" * 5000,
        b'{"name": "' + b"x" * LONGEST_PAYLOAD + b'"}',
        b'{"name":',
    ],
)
def test_junk_is_refused_with_a_reason(junk: bytes) -> None:
    with pytest.raises(NotUnderstood, match="it "):
        learn("light", junk)


@pytest.mark.parametrize(
    "settings",
    [
        {"name": "No topic"},
        {"name": ["a", "list"], "command_topic": "t"},
        {"name": "Wildcard", "command_topic": "home/+/set"},
        {"name": "Long", "command_topic": "t" * 600},
        {"name": "Not a topic", "command_topic": {"a": 1}},
        {"name": "\u0000\u0007 ", "command_topic": "t"},
        {"name": "Off", "command_topic": "t", "enabled_by_default": False},
        {"name": "Other light", "schema": "template", "command_topic": "t"},
        {"name": "Light", "command_topic": "t", "command_template": "{% set x = 1 %}{{ x }}"},
    ],
)
def test_what_cannot_be_commanded_is_left_out(settings: dict[str, Any]) -> None:
    assert learn("light", json.dumps(settings).encode()) == []


def test_wrong_types_break_nothing() -> None:
    odd: list[Any] = [None, True, 7, -1.5, "x", [1], {"a": 1}, float("inf")]
    keys = set(LAMP) | {"payload_on", "state_on", "modes", "position_open", "retain", "~", "cmps"}
    for kind in ("light", "switch", "cover", "climate", "scene", "fan", "device", "sensor"):
        for key in keys:
            for wrong in odd:
                settings = json.dumps(LAMP | {"name": "Lamp", key: wrong}).encode()
                try:
                    for thing in learn(kind, settings):
                        assert thing.name
                except NotUnderstood:
                    assert kind == "device"


def test_names_are_short_and_printable() -> None:
    lamp = learned("light", **(LAMP | {"name": "A\u202e\n  lamp\t" + "x" * 500, "device": {}}))
    assert lamp.name.startswith("A lamp xxx")
    assert len(lamp.name) == 64


@pytest.mark.parametrize(
    ("template", "picks"),
    [
        (None, ()),
        ("{{ value }}", ()),
        ("{{ value | int }}", ()),
        ("{{ value_json.state }}", ("state",)),
        ("{{value_json.a.b}}", ("a", "b")),
        ("{{ value_json['state_left'] }}", ("state_left",)),
        ('{{ value_json["x"].y | float(0) | round(1) }}', ("x", "y")),
        ("{{ value_json.x * 2 }}", None),
        ("{% if value_json.x %}ON{% endif %}", None),
        ("{{ states('light.x') }}", None),
        (7, None),
    ],
)
def test_templates_that_pick(template: object, picks: tuple[str, ...] | None) -> None:
    assert path(template) == picks


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", "\x00"),
        ("{{ value }}", "\x00"),
        ('{"position": {{ position | int }}}', '{"position": \x00}'),
        ("fixed", "fixed"),
        ("{{ value * 2 }}", None),
        ("{% raw %}", None),
        ("\x00", None),
    ],
)
def test_templates_that_write(template: object, text: str | None) -> None:
    assert form(template) == text


def test_a_value_that_is_not_there_is_nothing() -> None:
    assert value('{"a": [1]}', ("a", "b")) is None
    assert value("5", ("a",)) is None
    assert value("oops", ("a",)) is None


def test_a_device_of_the_configuration() -> None:
    lamp = described(
        {"kind": "switch", "name": "Fountain", "area": "Garden", "command_topic": "f"}
    )
    assert (lamp.name, lamp.area) == ("Fountain", "Garden")
    for wrong, says in (
        ({"kind": "toaster", "name": "x", "command_topic": "t"}, "kind: should be one of light"),
        ({"kind": "switch", "command_topic": "t"}, "name: should be"),
        ({"kind": "switch", "name": "x"}, "needs a topic"),
    ):
        with pytest.raises(NotUnderstood, match=says):
            described(wrong)
