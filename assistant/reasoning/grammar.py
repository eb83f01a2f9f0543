"""What a text orders, if it is one of the sentences that are known: an intent and its slots.

Our own sentences first (``languages/sentences``), then those that `home-assistant-intents` has
for the same things in some sixty languages.
"""

import importlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hassil import Intents, recognize_ranked

from assistant.languages.spoken import sentences
from assistant.languages.when import Impossible, digits, span

_LONGEST = 160
"""Characters: nobody gives a longer order."""
_NAME = 3
"""Words of a timer's name."""
_AROUND = " .,!?;:\"'\u2026\u00a1\u00bf"
_SECONDS = {"hours": 3600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, by the name of a skill, and with what."""

    skill: str
    slots: Mapping[str, str] = field(default_factory=dict)


_THEIRS = {
    "HassStartTimer": "set_timer",
    "HassCancelTimer": "cancel_timer",
    "HassCancelAllTimers": "cancel_all_timers",
    "HassIncreaseTimer": "change_timer",
    "HassDecreaseTimer": "shorten_timer",
    "HassPauseTimer": "pause_timer",
    "HassUnpauseTimer": "resume_timer",
    "HassTimerStatus": "time_left",
    "HassGetCurrentTime": "what_time",
    "HassGetCurrentDate": "what_date",
    "HassShoppingListAddItem": "add_to_list",
    "HassShoppingListCompleteItem": "remove_from_list",
    "HassNevermind": "never_mind",
}
"""Intents of Home Assistant that are skills of ours."""
_TAKEN = {"name", "item", *_SECONDS, *(f"start_{unit}" for unit in _SECONDS)}
"""Their slots that we understand; a sentence with others (a room, an order for later) is none."""


class Grammar:
    """The sentences of a language. Loading takes 0.1 s, recognising a millisecond or two."""

    def __init__(
        self,
        code: str,
        skills: Collection[str],
        more: Mapping[str, Any] | None = None,
        lists: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """`more`: intents in hassil's form beside ours, whose slots `lists` holds words for."""
        self.code = code
        data = sentences(code)
        intents = {name: texts for name, texts in data["intents"].items() if name in skills}
        skips, ends = ("|".join(map(re.escape, data[key])) for key in ("skip", "skip_end"))
        self._courtesies = re.compile(rf"^(?:{skips})(?!\w)|(?<!\w)(?:{ends})$", re.IGNORECASE)
        self._ours = _intents(code, intents, data.get("rules", {}), more, lists)
        self._theirs = _their_intents(code, skills)

    def orders(self, text: str) -> Iterator[Order]:
        """Yield what a text may order, the likeliest first."""
        text = self._bare(unicodedata.normalize("NFC", text).replace("\u2019", "'"))
        if not text or len(text) > _LONGEST:
            return
        found = False
        for result in recognize_ranked(plain(text), self._ours):
            found = True
            slots = {name: _written(entity, text) for name, entity in result.entities.items()}
            if self._fits(result.intent.name, slots):
                yield Order(result.intent.name, slots)
        if found or self._theirs is None:
            return
        for result in recognize_ranked(text, self._theirs):
            slots = {name: _bare(entity) for name, entity in result.entities.items()}
            if set(slots) <= _TAKEN:
                yield Order(_THEIRS[result.intent.name], _ours(slots))

    def _fits(self, intent: str, slots: Mapping[str, str]) -> bool:
        """Tell whether what stands where a span is expected is one."""
        duration = slots.get("duration")
        if duration is None:
            return True
        try:
            found = span(duration, self.code)
        except Impossible:
            return True
        if found is None or not found[1]:
            return found is not None
        named = len(found[1].split()) <= _NAME and digits(self.code, duration).endswith(found[1])
        return intent == "set_timer" and named

    def _bare(self, text: str) -> str:
        """Return a text without the courtesies around it."""
        before = ""
        while text != before:
            before, text = text, self._courtesies.sub("", text.strip(_AROUND))
        return text


def plain(text: str) -> str:
    """Return a text without accents, as long as it was: ears leave them out, and so do people."""
    return "".join(map(_plain, unicodedata.normalize("NFC", text)))


def _plain(letter: str) -> str:
    spelt = unicodedata.normalize("NFD", letter)
    return spelt[0] if spelt[1:] and all(map(unicodedata.combining, spelt[1:])) else letter


def _plain_tree(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {name: _plain_tree(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_plain_tree(value) for value in tree]
    return plain(tree) if isinstance(tree, str) else tree


def _written(entity: Any, text: str) -> str:
    """Return what fills a slot as it was written: it was looked for in a text without accents."""
    value, where = str(entity.text), entity.text_span
    if not entity.is_wildcard:
        return _bare(entity)
    if where is not None and plain(text[slice(*where)]) == value:
        return text[slice(*where)].strip(_AROUND)
    at = plain(text).find(value)
    return (value if at < 0 else text[at : at + len(value)]).strip(_AROUND)


def _bare(entity: Any) -> str:
    return str(entity.value if entity.value is not None else entity.text).strip(_AROUND)


def _ours(slots: Mapping[str, str]) -> dict[str, str]:
    """Return their slots as ours: spans are in seconds, and a timer may be named by its span."""
    ours = {name: slots[name] for name in ("name", "item") if name in slots}
    lasts = sum(int(float(slots.get(unit, 0))) * size for unit, size in _SECONDS.items())
    began = sum(int(float(slots.get(f"start_{unit}", 0))) * n for unit, n in _SECONDS.items())
    if lasts:
        ours["duration"] = f"{lasts}s"
    if began:
        ours["name"] = f"{began}s"
    return ours


def _intents(
    code: str,
    ours: Mapping[str, list[str]],
    rules: Mapping[str, str],
    more: Mapping[str, Any] | None,
    lists: Mapping[str, Collection[str]] | None,
) -> Intents:
    intents: dict[str, Any] = {
        name: {"data": [{"sentences": texts}]} for name, texts in ours.items()
    }
    intents |= more or {}
    slots = {name for texts in ours.values() for text in texts for name in _slots(text)}
    known = {
        name: {"values": [{"in": plain(value), "out": value} for value in values]}
        for name, values in (lists or {}).items()
    }
    wild = {name: {"wildcard": True} for name in slots if name not in known}
    return Intents.from_dict(
        {
            "language": code,
            "intents": _plain_tree(intents),
            "lists": wild | known,
            "expansion_rules": {plain(name): plain(text) for name, text in rules.items()},
        }
    )


def _slots(text: str) -> list[str]:
    return [part.partition("}")[0].partition(":")[0] for part in text.split("{")[1:]]


def _their_intents(code: str, skills: Collection[str]) -> Intents | None:
    """Return those of theirs that are ours, too; None if they do not know the language."""
    data = importlib.import_module("home_assistant_intents").get_intents(code)
    if data is None:
        return None
    wanted = {
        name: intent for name, intent in data["intents"].items() if _THEIRS.get(name) in skills
    }
    lists = dict(data["lists"])
    lists["area"] = {"values": []}
    return Intents.from_dict({**data, "intents": wanted, "lists": lists})
