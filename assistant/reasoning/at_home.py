"""Sentences for the devices of the home: those of home-assistant-intents, over what there is.

Only the intents that a household carries out are loaded, so that nothing else is misheard as one.
"""

import asyncio
from typing import Any

from assistant.ports import Household
from assistant.reasoning.narrowing import Narrowing, squeezed

INTENTS = (
    "HassTurnOn",
    "HassTurnOff",
    "HassLightSet",
    "HassSetPosition",
    "HassClimateSetTemperature",
    "HassClimateGetTemperature",
    "HassGetState",
)
KINDS = {"light", "switch", "fan", "cover", "climate", "scene"}
SLOTS = ("name", "area", "floor")
"""What a household fills."""
LONGEST = 200
"""Characters; nobody commands a lamp with more."""


class HomeSentences:
    """Hears what is to be done at home. `load` it first; hearing takes a few milliseconds."""

    def __init__(self, language: str, home: Household) -> None:
        self._language, self._home = language, home
        self._intents: Narrowing | None = None
        self._known: object = None
        self._lists: dict[str, Any] = {}
        self._words: dict[str, list[str]] = {}

    async def load(self) -> None:
        """Read the sentences, in a thread: that takes some 500 ms. Some languages have none."""
        self._intents = await asyncio.to_thread(_sentences, self._language)
        await asyncio.to_thread(self.recognise, "nothing in particular")  # the first time is slow

    def recognise(self, text: str) -> tuple[str, dict[str, str]] | None:
        """Return the intent and the slots of a sentence; `None`: it is not for the home."""
        if self._intents is None or len(text) > LONGEST:
            return None
        from hassil import recognize_best  # noqa: PLC0415 - heavy, and loaded by then

        lists = self._home.lists()
        if lists is not self._known:
            self._known, self._lists = lists, _slot_lists(self._home)
            self._words = {slot: [squeezed(one) for one in lists[slot]] for slot in SLOTS}
        intents = self._intents.of(text, self._words)
        found = recognize_best(text, intents, slot_lists=self._lists, best_slot_name="name")
        if found is None:
            return None
        slots = {name: str(entity.value) for name, entity in found.entities.items()}
        return found.intent.name, slots

    async def answer(self, text: str, released: asyncio.Event | None = None) -> str | None:
        """Do what a sentence asks for and return what to say; `None`: it is not for the home.

        Nothing is done before `released`: until then the user may go on.
        """
        found = self.recognise(text)
        if found is None and not self._home.asks:
            return None
        if released is not None:
            await released.wait()
        # "the bedroom one" is an answer, and would be heard as a brightness of 1 as well
        chosen = await self._home.choose(text) if self._home.asks else None
        if chosen is not None or found is None:
            return chosen
        return await self._home.carry_out(*found)


def _sentences(language: str) -> Narrowing | None:
    from hassil import Intents  # noqa: PLC0415 - heavy, and not needed without a home
    from home_assistant_intents import get_intents  # noqa: PLC0415 - the same

    loaded: Any = get_intents(language) or get_intents(language.partition("-")[0])
    if loaded is None:
        return None
    known = {name: loaded["intents"][name] for name in INTENTS if name in loaded["intents"]}
    intents = Intents.from_dict({**loaded, "intents": known})
    for intent in intents.intents.values():
        # A block for devices that no household has here is only time.
        intent.data = [one for one in intent.data if not one.domains or one.domains & KINDS]
        for block in intent.data:  # read now what would be read with the first sentence
            for sentence in block.sentences:
                sentence.get_required_clauses({**intents.expansion_rules, **block.expansion_rules})
    return Narrowing(intents, SLOTS)


def _slot_lists(home: Household) -> dict[str, Any]:
    """Return what slots may hold; a name once for each kind, which sentences ask for."""
    from hassil.intents import TextSlotList, TextSlotValue  # noqa: PLC0415 - heavy

    lists, kinds = home.lists(), home.kinds()
    values: dict[str, list[tuple[str, str, dict[str, str]]]] = {
        "name": [(name, name, {"domain": kind}) for name in lists["name"] for kind in kinds[name]],
        "area": [(area, area, {}) for area in lists["area"]],
        "floor": [(floor, floor, {}) for floor in lists["floor"]],
    }
    return {
        slot: TextSlotList(
            slot, [TextSlotValue.from_tuple(one, allow_template=False) for one in some]
        )
        for slot, some in values.items()
    }
