"""The joint with hassil: sentences of home-assistant-intents over the lists of a household."""

from functools import cache

import pytest
from hassil import Intents, recognize_best
from hassil.intents import SlotList, TextSlotList, TextSlotValue
from home_assistant_intents import get_intents

from assistant.home.devices import Devices
from assistant.home.learned import described
from assistant.ports import Household
from tests.home.test_household import House, lived


@cache
def intents(language: str) -> Intents:
    loaded = get_intents(language)
    assert loaded is not None
    return Intents.from_dict(loaded)


def slot_lists(home: Household) -> dict[str, SlotList]:
    """What a recogniser is given: a name once for each kind that it has."""
    kinds = home.kinds()
    names = [
        TextSlotValue.from_tuple((name, name, {"domain": kind}), allow_template=False)
        for name in home.lists()["name"]
        for kind in kinds[name]
    ]
    areas = [
        TextSlotValue.from_tuple((area, area), allow_template=False)
        for area in home.lists()["area"]
    ]
    return {
        "name": TextSlotList("name", names),
        "area": TextSlotList("area", areas),
        "floor": TextSlotList("floor", []),
    }


async def heard(home: Household, text: str, language: str = "en") -> str | None:
    found = recognize_best(
        text, intents(language), slot_lists=slot_lists(home), best_slot_name="name"
    )
    if found is None:
        return None
    slots = {name: str(entity.value) for name, entity in found.entities.items()}
    return await home.carry_out(found.intent.name, slots)


@pytest.mark.parametrize(
    ("text", "said", "sent"),
    [
        ("turn on the coffee machine", "Turning on Coffee machine.", "Kitchen/Coffee_machine/set"),
        ("switch the counter off", "Turning off Counter.", "Kitchen/Counter/set"),
        ("kitchen lights off", "Turning off 2 devices in Kitchen.", "Kitchen/Ceiling/set"),
        ("set the ceiling to 40 percent", "Setting Ceiling to 40 percent.", "Kitchen/Ceiling/set"),
        ("set ceiling brightness to 40%", "Setting Ceiling to 40 percent.", "Kitchen/Ceiling/set"),
        ("set the ceiling to red", "Changing the colour of Ceiling.", "Kitchen/Ceiling/set"),
        ("open the blind", "Opening Blind.", "Bedroom/Blind/set"),
        ("set the blind to 30 percent", "Setting Blind to 30 percent.", "blind/position"),
        ("set the heating to 21 degrees", "Setting Heating to 21 degrees.", "heat/set"),
        ("activate movie night", "Activating Movie night.", "/Movie_night/set"),
        ("turn on the lamp in the office", "Turning on Lamp.", "Office/Lamp/set"),
    ],
)
def test_a_sentence_moves_a_device(text: str, said: str, sent: str) -> None:
    async def test(house: House) -> None:
        assert await heard(house.devices, text) == said
        assert house.sent[0][0] == sent

    lived(test)


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("de", "schalte die kaffeemaschine ein", "Ich schalte Kaffeemaschine ein."),
        ("de", "mach das licht in der küche aus", "Ich schalte Deckenlampe aus."),
        ("es", "enciende la kaffeemaschine", "Enciendo Kaffeemaschine."),
        ("fr", "allume la kaffeemaschine", "J'allume Kaffeemaschine."),
    ],
)
def test_in_other_languages(language: str, text: str, said: str) -> None:
    async def test(house: House) -> None:
        home = Devices(language)
        entries = (
            {"kind": "switch", "name": "Kaffeemaschine", "area": "Küche", "command_topic": "k"},
            {"kind": "light", "name": "Deckenlampe", "area": "Küche", "command_topic": "d"},
        )
        home.put("test", map(described, entries))
        home.connect(house._send)
        assert await heard(home, text, language) == said

    lived(test)


def test_two_of_one_name_are_asked_for_and_chosen() -> None:
    async def test(house: House) -> None:
        said = await heard(house.devices, "turn on the lamp")
        assert said == "There are 2 devices called Lamp: Bedroom or Office. Which one?"
        assert await house.devices.choose("the bedroom one") == "Turning on Lamp."

    lived(test)


def test_names_with_the_signs_of_templates_are_just_names() -> None:
    async def test(house: House) -> None:
        home = Devices()
        entry = {"kind": "switch", "name": "Lamp (left) [x] {y} <z>", "command_topic": "t"}
        home.put("test", [described(entry)])
        home.connect(house._send)
        said = await heard(home, "turn on lamp (left) [x] {y} <z>")
        assert said in {None, "Turning on Lamp (left) [x] {y} <z>."}
        assert await heard(home, "turn on something else") is None

    lived(test)
