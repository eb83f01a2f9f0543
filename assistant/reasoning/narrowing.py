"""Which of many sentences may be meant: those whose slots can be filled by the words of a text.

hassil tries each template that has its literal words in the text, and many have next to none. A
template that needs a name where no name was said cannot match, so that it is not tried: nothing
is lost, and most of the time is saved.
"""

from collections.abc import Container, Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

Needs = frozenset[frozenset[str]]
"""Of each set, at least one list has to have a word in the text."""
KEPT = 64
"""Selections that are kept: by far most sentences mention the same few lists."""


class Narrowing:
    """The sentences of a language by what is mentioned; each selection is made once."""

    def __init__(self, intents: Any, lists: Iterable[str]) -> None:
        """`intents`: hassil's; `lists`: what slots hold that is not known yet: the names."""
        self._intents = intents
        self._words = {
            name: words
            for name, one in intents.slot_lists.items()
            if name not in lists and (words := _words(one)) is not None
        }
        self._lists = frozenset(lists) | self._words.keys()
        self._made: dict[frozenset[str], Any] = {}
        self._needs = {
            id(sentence): self._needs_of(sentence.expression, block)
            for intent in intents.intents.values()
            for block in intent.data
            for sentence in block.sentences
        }

    def of(self, text: str, lists: Mapping[str, Iterable[str]]) -> Any:
        """Return the intents that a text may be meant as; `lists`: the names, `squeezed`."""
        said = squeezed(text)
        names = {slot for slot, words in lists.items() if any(word in said for word in words)}
        known = {slot for slot, words in self._words.items() if any(_met(w, said) for w in words)}
        mentioned = frozenset(names | known)
        if mentioned not in self._made:
            if len(self._made) >= KEPT:
                self._made.clear()
            self._made[mentioned] = self._narrowed(mentioned)
        return self._made[mentioned]

    def _narrowed(self, mentioned: frozenset[str]) -> Any:
        intents = {}
        for name, intent in self._intents.intents.items():
            blocks = []
            for block in intent.data:
                kept = [one for one in block.sentences if _met(self._needs[id(one)], mentioned)]
                if kept:
                    fewer = copy(block)
                    fewer.__dict__["sentences"] = kept  # computed once by hassil, then kept there
                    blocks.append(fewer)
            intents[name] = replace(intent, data=blocks)
        return replace(self._intents, intents=intents)

    def _needs_of(self, expression: Any, block: Any) -> Needs:
        rules = {**self._intents.expansion_rules, **block.expansion_rules}
        return _needs(expression, rules, self._lists - block.slot_lists.keys())


def squeezed(text: str) -> str:
    """Return a text by which it is told whether another one can be in it, however written."""
    folded = text.replace("\u0130", "i").replace("\u0131", "i").casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _words(known: Any) -> list[Needs] | None:
    """Return what each value of a list needs of a `squeezed` text; `None`: not known."""
    from hassil.expression import Sentence  # noqa: PLC0415 - heavy, and not needed without a home
    from hassil.intents import TextSlotList  # noqa: PLC0415 - the same

    if not isinstance(known, TextSlotList):
        return None
    clauses = (Sentence(value.text_in).get_required_clauses({}) for value in known.values)
    return [frozenset(frozenset(map(squeezed, one)) for one in needs) for needs in clauses]


def _met(needs: Needs, said: Container[str]) -> bool:
    """Tell whether of each set one is there: a list that is mentioned, or a part of a text."""
    return all(any(one in said for one in need) for need in needs)


def _needs(expression: Any, rules: Mapping[str, Any], lists: frozenset[str]) -> Needs:
    from hassil.expression import (  # noqa: PLC0415 - heavy, and not needed without a home
        Alternative,
        Group,
        ListReference,
        RuleReference,
    )

    match expression:
        case ListReference(list_name=name):
            return frozenset({frozenset({name})} if name in lists else ())
        case RuleReference(rule_name=name):
            rule = rules.get(name)
            return frozenset() if rule is None else _needs(rule.expression, rules, lists)
        case Alternative(items=items, is_optional=optional):
            branches = [_needs(item, rules, lists) for item in items]
            if optional or not all(branches):
                return frozenset()  # there is a way that needs none
            return frozenset({frozenset().union(*(min(one, key=len) for one in branches))})
        case Group(items=items):
            return frozenset().union(*(_needs(item, rules, lists) for item in items))
        case _:
            return frozenset()
