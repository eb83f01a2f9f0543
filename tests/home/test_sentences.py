"""The joint with hassil: sentences of home-assistant-intents over the lists of a household."""

import asyncio
import time
from functools import cache
from itertools import islice
from typing import Any

import pytest
from hassil import recognize_best
from hassil.sample import sample_expression

from assistant.home.devices import Devices
from assistant.home.learned import described
from assistant.ports import Household
from assistant.reasoning.at_home import SLOTS, HomeSentences, _sentences, _slot_lists
from assistant.reasoning.narrowing import Narrowing, squeezed
from tests.home.test_household import House, lived


@cache
def loaded(language: str) -> Narrowing | None:
    return _sentences(language)


async def heard(home: Household, text: str, language: str = "en") -> str | None:
    sentences = HomeSentences(language, home)
    sentences._intents = loaded(language)  # once for all tests
    return await sentences.answer(text)


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
        assert await heard(house.devices, "the bedroom one") == "Turning on Lamp."

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


@pytest.mark.parametrize(
    "text",
    [
        "what time is it",
        "set a timer for five minutes",
        "tell me about lamps and how to turn on the lights of a stage",
        "turn on the television",
        "turn on the lamp " * 100,
        "",
    ],
)
def test_what_is_not_for_the_home_falls_through(text: str) -> None:
    async def test(house: House) -> None:
        assert await heard(house.devices, text) is None
        assert house.sent == []

    lived(test)


def test_nothing_moves_before_the_turn_is_over() -> None:
    async def test(house: House) -> None:
        sentences = HomeSentences("en", house.devices)
        sentences._intents = loaded("en")
        released = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            answer = tasks.create_task(sentences.answer("turn on the counter", released))
            await asyncio.sleep(1)
            assert house.sent == []
            released.set()
        assert answer.result() == "Turning on Counter."
        assert len(house.sent) == 1

    lived(test)


def test_a_language_without_sentences_has_none() -> None:
    async def main() -> None:
        sentences = HomeSentences("xx", House().devices)
        await sentences.load()
        assert sentences.recognise("turn on the counter") is None
        await HomeSentences("de-AT", House().devices).load()

    asyncio.run(main())


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_narrowing_loses_nothing(language: str) -> None:
    """What the templates themselves can say is heard as it is by all of them together."""
    home = House(language).devices
    lists = _slot_lists(home)
    narrowing = loaded(language)
    assert isinstance(narrowing, Narrowing)
    words = {slot: [squeezed(one) for one in home.lists()[slot]] for slot in SLOTS}
    every = narrowing._intents
    known, tried = {**every.slot_lists, **lists}, 0
    for intent in every.intents.values():
        for block in intent.data:
            rules = {**every.expansion_rules, **block.expansion_rules}
            for sentence in block.sentences[:: 1 + len(block.sentences) // 3]:
                can = sample_expression(sentence.expression, known, rules, language=language)
                for said in islice(can, 0, 60, 30):
                    text = said.replace("-", " ").upper() if tried % 3 else f"{said}!"
                    few = narrowing.of(text, words)
                    assert _heard(text, few, lists) == _heard(text, every, lists), text
                    tried += 1
    assert tried > 100


def _heard(text: str, intents: Any, lists: Any) -> object:
    found = recognize_best(text, intents, slot_lists=lists, best_slot_name="name")
    slots = found and {name: entity.value for name, entity in found.entities.items()}
    return found and (found.intent.name, slots)


SPEED = {
    "en": (
        *("turn on the coffee machine", "turn off the lights in the kitchen"),
        *("set the blind to 30 percent", "is the lamp in the office on", "why is the sky blue"),
    ),
    "de": (
        *("schalte die Coffee machine ein", "mach das Licht in Kitchen aus"),
        *("stelle Blind auf 30 Prozent", "ist Counter an", "was ist die Hauptstadt von Rom"),
    ),
    "es": ("enciende Counter", "apaga las luces de Kitchen", "cuál es la capital de Francia"),
    "fr": ("allume Counter", "éteins les lumières de Kitchen", "quelle est la capitale de Rome"),
}


@pytest.mark.parametrize("language", SPEED)
def test_each_sentence_is_recognised_within_5_ms(language: str) -> None:
    """Of the processor's time, which others on the machine do not lengthen much."""
    sentences = HomeSentences(language, House(language).devices)
    sentences._intents = loaded(language)
    slow = {}
    for text in SPEED[language]:
        took = []
        for _ in range(21):
            began = time.thread_time()
            sentences.recognise(text)
            took.append(time.thread_time() - began)
        slow[text] = round(sorted(took)[len(took) // 2] * 1000, 1)
    assert all(ms <= 5 for ms in slow.values()), slow
