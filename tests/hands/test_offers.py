"""What it says that it can do is what it can do here, in each language."""

import asyncio

import pytest

from assistant.home.devices import Devices
from assistant.home.learned import learn
from assistant.languages.pack import load
from assistant.looking.visual import Visual
from assistant.ports import Tool, ToolSpec
from assistant.reasoning.at_home import HomeSentences
from assistant.reasoning.hands import Handiwork, Hands
from assistant.reasoning.offers import offers
from assistant.reasoning.toolbox import Toolbox
from assistant.testing.surroundings import ScriptedSurroundings
from tests.hands.home import hands

LAMP = b'{"name": "Lumo", "command_topic": "lumo/set", "unique_id": "1"}'
CODES = ("en", "de", "es", "fr")


def house(code: str) -> Devices:
    devices = Devices(code)
    devices.put("a", learn("light", LAMP))
    return devices


async def _run(*_: object) -> None:
    """Never called."""


@pytest.mark.parametrize("code", CODES)
def test_where_nothing_is_loaded_nothing_is_offered(code: str) -> None:
    assert offers(code, None, None, looks=None) == ()
    (announces,) = offers(code, Devices(code), Toolbox(()), looks=None)
    plan = hands(code).recognise(announces)
    assert [orders[0].skill for orders in plan] == ["announce"]


@pytest.mark.parametrize("code", CODES)
def test_what_is_offered_at_home_is_understood(code: str) -> None:
    devices = house(code)
    example, _ = offers(code, devices, None, looks=None)

    async def main() -> None:
        heard = HomeSentences(code, devices)
        await heard.load()
        assert heard.recognise(example.rstrip(".")) == ("HassTurnOn", {"name": "Lumo"})

    asyncio.run(main())


@pytest.mark.parametrize("code", CODES)
def test_what_is_offered_with_a_camera_opens_it(code: str) -> None:
    """A language that has no words for it yet offers nothing."""
    visual = Visual(load(code))
    found = offers(code, None, None, looks=lambda text: visual.wish(text) is not None)
    assert all(visual.wish(text) is not None for text in found)
    assert code != "en" or found == ("What do you see?",)
    assert offers(code, None, None, looks=lambda _: False) == ()


def test_tools_of_others_are_named_and_our_own_are_not() -> None:
    tools = [
        Tool(ToolSpec("clock", "Tell the time.", {}), _run),  # type: ignore[arg-type]
        Tool(ToolSpec("bus_next_bus", "Tell it.", {}), _run, alias="bus.next_bus", source="bus"),  # type: ignore[arg-type]
    ]
    assert offers("en", None, Toolbox(tools), looks=None) == ("My mind also has tools: next bus.",)


def test_they_are_told_first() -> None:
    async def main() -> str | None:
        hands = Hands("en", {})
        around = ScriptedSurroundings()
        return await Handiwork(hands, around, offers=lambda: ("Turn on Lumo.",)).answer(
            "What can you do?"
        )

    assert asyncio.run(main()) == "For example, say: Turn on Lumo."
