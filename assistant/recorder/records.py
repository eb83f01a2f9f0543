"""Events, commands, policies and states as plain JSON data, and back.

A dataclass becomes ``{"is": its name, field: …}`` and a member of an enumeration
``{"is": "Kind.WORDS"}``; ``is`` can be the name of no field, because it is a keyword. Decoding
gives equal objects.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import ModuleType

from assistant.core import commands, events, states

OPEN = frozenset(
    {
        ("Verdict", "digest"),  # keyed, so it gives nothing away, and the core compares it
        ("Held", "digest"),
        ("ListeningFailed", "reason"),  # our own words, and what a fault is found by
        ("PolicyChanged", "policy"),  # settings, not words
    }
)
"""The only texts that masking leaves alone; a field that is added later is masked."""

_LETTER = re.compile(r"\S")


def mask(text: str) -> str:
    """Hide words letter by letter; lengths and white space stay.

    So joining, cutting and stripping give the same result before masking and after it.
    """
    return _LETTER.sub("x", text)


def encode(value: object, *, masked: bool = False) -> object:
    """Return a value as plain data; `masked` hides its texts, but for `OPEN`.

    Raises `TypeError` for what the core's vocabulary has no place for.
    """
    match value:
        case Enum():
            return {"is": f"{type(value).__name__}.{value.name}"}
        case None | bool() | int() | float():
            return value
        case str():
            return mask(value) if masked else value
        case tuple():
            return [encode(item, masked=masked) for item in value]
        case frozenset():
            items = [encode(item, masked=masked) for item in value]
            return {"is": "frozenset", "items": sorted(items, key=repr)}
        case _ if is_dataclass(value):
            return _record(value, masked=masked)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a flight log")


def _record(value: object, *, masked: bool) -> dict[str, object]:
    name = type(value).__name__
    record: dict[str, object] = {"is": name}
    for field in fields(value):  # type: ignore[arg-type]  # the caller asked is_dataclass
        hide = masked and (name, field.name) not in OPEN
        record[field.name] = encode(getattr(value, field.name), masked=hide)
    return record


def types_of(*modules: ModuleType) -> tuple[type, ...]:
    """Return the dataclasses and enumerations that some modules define."""
    return tuple(
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and (is_dataclass(kind) or issubclass(kind, Enum))
    )


class Vocabulary:
    """The types that plain data may be decoded to: the core's, and those given."""

    def __init__(self, types: Iterable[type] = ()) -> None:
        self._types: dict[str, type] = {}
        for kind in (*types_of(events, commands, states), *types):
            if self._types.setdefault(kind.__name__, kind) is not kind:
                raise ValueError(f"two types are named {kind.__name__}")

    def decode(self, data: object) -> object:
        """Return the object that `encode` was given; raises `ValueError` for anything else."""
        match data:
            case None | bool() | int() | float() | str():
                return data
            case list():
                return tuple(self.decode(item) for item in data)
            case {"is": "frozenset", "items": list(items)}:
                return frozenset(self.decode(item) for item in items)
            case {"is": str(name), **parts}:
                return self._object(name, {str(key): part for key, part in parts.items()})
            case _:
                raise ValueError("this is no record of a flight log")

    def _object(self, name: str, parts: Mapping[str, object]) -> object:
        kind_name, _, member = name.partition(".")
        kind = self._types.get(kind_name)
        if kind is None:
            raise ValueError(f"the type {kind_name} is unknown to this version")
        try:
            if issubclass(kind, Enum):
                return kind[member]
            return kind(**{key: self.decode(part) for key, part in parts.items()})
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"{name} has another form in this version") from wrong
