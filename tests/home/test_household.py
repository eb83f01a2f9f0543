"""The household: what sentences do with devices, and what is said of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from assistant.errors import BackendUnavailable
from assistant.home import devices as devices_module
from assistant.home.devices import CHOOSING_S, Devices
from assistant.home.learned import Thing, described
from assistant.testing.virtual_time import run as run_virtually


def thing(kind: str, name: str, area: str = "", **more: Any) -> Thing:
    slug = f"{area}/{name}".replace(" ", "_")
    topics = {"command_topic": f"{slug}/set", "state_topic": slug}
    return described({"kind": kind, "name": name, "area": area, **topics, **more})


JSON = {"schema": "json", "brightness": True, "supported_color_modes": ["rgb", "color_temp"]}
THINGS = [
    thing("light", "Ceiling", "Kitchen", **JSON),
    thing("light", "Counter", "Kitchen"),
    thing("light", "Lamp", "Bedroom", **JSON),
    thing("light", "Lamp", "Office"),
    thing("switch", "Coffee machine", "Kitchen"),
    thing("cover", "Blind", "Bedroom", device_class="blind", set_position_topic="blind/position"),
    thing(
        "climate",
        "Heating",
        "Office",
        temperature_command_topic="heat/set",
        current_temperature_topic="warm",
    ),
    thing("scene", "Movie night"),
    thing("switch", "Twin"),
    thing("switch", "Twin"),
]


class House:
    """Devices, and what was published to them."""

    def __init__(self, language: str = "en") -> None:
        self.devices = Devices(language)
        self.devices.put("test", THINGS)
        self.sent: list[tuple[str, str]] = []
        self.devices.connect(self._send)

    async def _send(self, topic: str, payload: str, retain: bool) -> None:  # noqa: FBT001 - as Send
        assert not retain
        self.sent.append((topic, payload))

    async def asked(self, intent: str, **slots: str) -> str | None:
        return await self.devices.carry_out(intent, slots)


def lived(test: Callable[[House], Awaitable[None]], language: str = "en") -> None:
    async def main() -> None:
        await test(House(language))

    run_virtually(main())


def test_one_device_by_its_name() -> None:
    async def test(house: House) -> None:
        assert await house.asked("HassTurnOn", name="coffee Machine") == (
            "Turning on Coffee machine."
        )
        assert house.sent == [("Kitchen/Coffee_machine/set", "ON")]
        assert await house.asked("HassTurnOff", name="Blind") == "Closing Blind."
        assert await house.asked("HassTurnOn", name="Movie night") == "Activating Movie night."
        assert await house.asked("HassTurnOn", name="Dishwasher") == (
            "I found nothing like that in the home."
        )

    lived(test)


def test_all_lights_of_a_room_and_no_switch() -> None:
    async def test(house: House) -> None:
        said = await house.asked("HassTurnOff", area="kitchen", domain="light")
        assert said == "Turning off 2 devices in kitchen."
        assert sorted(house.sent) == [
            ("Kitchen/Ceiling/set", '{"state": "OFF"}'),
            ("Kitchen/Counter/set", "OFF"),
        ]

    lived(test)


def test_brightness_colour_and_warmth() -> None:
    async def test(house: House) -> None:
        slots = {"name": "Ceiling", "brightness": "40", "color": "red"}
        assert await house.asked("HassLightSet", **slots) == "Setting Ceiling to 40 percent."
        assert [json.loads(payload) for _, payload in house.sent] == [
            {"state": "ON", "brightness": 102},
            {"state": "ON", "color": {"r": 255, "g": 0, "b": 0}},
        ]
        house.sent.clear()
        await house.asked("HassLightSet", name="Ceiling", temperature="2700")
        assert json.loads(house.sent[0][1]) == {"state": "ON", "color_temp": 370}
        house.sent.clear()
        await house.asked("HassLightSet", name="Ceiling", brightness="0")
        assert json.loads(house.sent[0][1]) == {"state": "OFF"}
        assert await house.asked("HassLightSet", name="Counter", brightness="40") == (
            "Counter cannot do that."
        )

    lived(test)


def test_positions_and_temperatures() -> None:
    async def test(house: House) -> None:
        said = await house.asked("HassSetPosition", name="Blind", position="30")
        assert said == "Setting Blind to 30 percent."
        said = await house.asked("HassClimateSetTemperature", temperature="21.5")
        assert said == "Setting Heating to 21.5 degrees."
        assert house.sent == [("blind/position", "30"), ("heat/set", "21.5")]

    lived(test)


@pytest.mark.parametrize(
    ("intent", "slots"),
    [
        ("HassSetPosition", {"name": "Blind", "position": "101"}),
        ("HassSetPosition", {"name": "Blind", "position": "half"}),
        ("HassSetPosition", {"name": "Blind"}),
        ("HassClimateSetTemperature", {"temperature": "1e9"}),
        ("HassClimateSetTemperature", {"temperature": "nan"}),
        ("HassLightSet", {"name": "Ceiling", "color": "octarine"}),
        ("HassStartTimer", {"minutes": "5"}),
    ],
)
def test_what_makes_no_sense_is_left_to_others(intent: str, slots: dict[str, str]) -> None:
    async def test(house: House) -> None:
        assert await house.asked(intent, **slots) is None
        assert house.sent == []

    lived(test)


def test_two_devices_of_one_name_which_one() -> None:
    async def test(house: House) -> None:
        said = await house.asked("HassTurnOn", name="lamp")
        assert said == "There are 2 devices called lamp: Bedroom or Office. Which one?"
        assert house.sent == []
        assert await house.devices.choose("The one in the office, please.") == "Turning on Lamp."
        assert house.sent == [("Office/Lamp/set", "ON")]
        assert await house.devices.choose("office") is None  # it has been answered

    lived(test)


def test_the_room_settles_it() -> None:
    async def test(house: House) -> None:
        assert await house.asked("HassTurnOn", name="lamp", area="Office") == "Turning on Lamp."
        assert house.sent == [("Office/Lamp/set", "ON")]

    lived(test)


def test_both_is_an_answer() -> None:
    async def test(house: House) -> None:
        await house.asked("HassTurnOff", name="lamp")
        assert await house.devices.choose("both of them") == "Turning off 2 devices."
        assert len(house.sent) == 2

    lived(test)


def test_something_else_is_no_answer_and_too_late_is_none() -> None:
    async def test(house: House) -> None:
        await house.asked("HassTurnOff", name="lamp")
        assert await house.devices.choose("what time is it") is None
        assert await house.devices.choose("bedroom") is None
        await house.asked("HassTurnOff", name="lamp")
        await asyncio.sleep(CHOOSING_S + 1)
        assert await house.devices.choose("bedroom") is None
        assert house.sent == []

    lived(test)


def test_what_nobody_can_tell_apart() -> None:
    async def test(house: House) -> None:
        said = await house.asked("HassTurnOn", name="Twin")
        assert said is not None
        assert said.startswith("There are 2 devices called Twin, and I cannot tell them apart.")
        assert house.sent == []

    lived(test)


def test_states_are_known_from_reports() -> None:
    async def test(house: House) -> None:
        unknown = "I do not know the state of Coffee machine."
        assert await house.asked("HassGetState", name="Coffee machine") == unknown
        house.devices.report("Kitchen/Coffee_machine", b"ON")
        for junk in (b"\xff", b"", b"MAYBE", b"x" * 100_000):
            house.devices.report("Kitchen/Coffee_machine", junk)
        assert await house.asked("HassGetState", name="Coffee machine") == (
            "Coffee machine is on."
        )
        house.devices.report("Bedroom/Blind", b"closed")
        assert await house.asked("HassGetState", name="Blind") == "Blind is closed."
        house.devices.report("warm", b"19.5")
        assert await house.asked("HassClimateGetTemperature") == "Heating: 19.5 degrees."

    lived(test)


def test_a_device_described_anew_keeps_its_state() -> None:
    async def test(house: House) -> None:
        house.devices.report("Kitchen/Coffee_machine", b"ON")
        again = thing("switch", "Coffee machine", "Cellar")
        house.devices.put("test", [again])
        assert await house.asked("HassGetState", name="Coffee machine") == (
            "Coffee machine is on."
        )
        assert house.devices.lists() == {
            "name": ["Coffee machine"],
            "area": ["Cellar"],
            "floor": [],
        }

    lived(test)


def test_no_way_to_the_home_is_said() -> None:
    async def test(house: House) -> None:
        async def lost(*_: object) -> None:
            raise BackendUnavailable("home_mqtt", "gone")

        for send in (None, lost):
            house.devices.connect(send)
            said = await house.asked("HassTurnOn", name="Counter")
            assert said == "I cannot reach the home now."

    lived(test)


def test_lists_stay_the_same_object_until_something_changes() -> None:
    devices = Devices()
    assert devices.put("a", [thing("light", "Lamp", "Hall")]) == (["Hall/Lamp"], [])
    lists = devices.lists()
    assert devices.lists() is lists
    assert devices.put("a", [thing("light", "Lamp", "Hall")]) == ([], [])
    assert devices.lists() is lists
    assert devices.put("b", [thing("fan", "Lamp", "hall")]) == (["hall/Lamp"], [])
    assert devices.lists() == {"name": ["Lamp"], "area": ["Hall"], "floor": []}
    assert devices.kinds() == {"Lamp": ["light", "fan"]}
    assert devices.put("a", []) == ([], ["Hall/Lamp"])
    assert devices.kinds() == {"Lamp": ["fan"]}


def test_areas_of_the_configuration_win() -> None:
    devices = Devices("en", {"LAMP": "Attic"})
    devices.put("a", [thing("light", "Lamp", "Hall")])
    assert devices.lists()["area"] == ["Attic"]


def test_there_are_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices_module, "MOST", 3)
    devices = Devices()
    devices.put("a", [thing("light", f"Lamp {n}") for n in range(2)])
    devices.put("b", [thing("light", f"Lamp {n}") for n in range(2, 4)])
    devices.put("c", [thing("light", "Lamp 4")])
    assert devices.count == 3
    devices.put("a", [])
    devices.put("c", [thing("light", "Lamp 4")])
    assert devices.lists()["name"] == ["Lamp 2", "Lamp 4"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Ich schalte Counter ein."),
        ("es", "Enciendo Counter."),
        ("fr-CA", "J'allume Counter."),
        ("nl", "Turning on Counter."),
    ],
)
def test_answers_are_in_the_users_language(language: str, said: str) -> None:
    async def test(house: House) -> None:
        assert await house.asked("HassTurnOn", name="Counter") == said

    lived(test, language)
