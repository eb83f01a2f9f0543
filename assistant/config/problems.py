"""What is wrong with a configuration, as lines for a person."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from assistant.config.marks import Key
from assistant.errors import ConfigError

LONGEST_VALUE = 40
"""Characters of a wrong value that are shown."""
MOST_NAMES = 8
"""More names than this are not listed when none is near."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one key."""

    key: Key
    message: str


def complain(problems: Sequence[Problem], places: Mapping[Key, str]) -> ConfigError:
    """Make one error of them: a line each, with the place where the key was given."""
    placed = [(problem, _place(problem.key, places)) for problem in dict.fromkeys(problems)]
    placed.sort(key=lambda pair: _by_line(pair[1]))
    lines = [
        (".".join(problem.key), f"{problem.message} ({place})" if place else problem.message)
        for problem, place in placed
    ]
    if len(lines) == 1:
        return ConfigError(*lines[0])
    return ConfigError("", "\n".join(f"{key}: {text}" if key else text for key, text in lines))


def _place(key: Key, places: Mapping[Key, str]) -> str:
    for length in range(len(key), 0, -1):
        if place := places.get(key[:length]):
            return place
    return ""


def _by_line(place: str) -> tuple[str, int]:
    """Sort those of a file as they stand in it."""
    file, _, line = place.rpartition(":")
    return (file, int(line)) if line.isdigit() else (place, 0)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean voice?``, or what there is when nothing is near."""
    names = sorted(known)
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there is {_listed(names, 'and')}" if 0 < len(names) <= MOST_NAMES else ""


def _listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


_SHOULD = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "path_type": "a path",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "dict_type": "a section",
    "mapping_type": "a section",
    "model_type": "a section",
    "model_attributes_type": "a section",
    "none_required": "null",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_pattern_mismatch": "of the form {pattern}",
    "string_too_short": "at least {min_length} characters long",
    "string_too_long": "at most {max_length} characters long",
}
"""pydantic's kinds of error, as what a value should be."""


def describe(errors: Sequence[Mapping[str, Any]], *, secret: bool) -> str:
    """Say what is wrong with one value. Several errors mean: none of several types fits."""
    first = errors[0]
    kinds = [error["type"] for error in errors]
    if kinds == ["missing"]:
        return "is missing"
    if kinds == ["value_error"]:
        return str(first["ctx"]["error"])
    should = list(dict.fromkeys(filter(None, map(_should, errors))))
    if not should:
        message: str = first["msg"]
        return message[0].lower() + message[1:]
    shown = "" if secret else f", is {_shown(first['input'])}"
    return f"should be {_listed(should, 'or')}{shown}{_hint(errors)}"


def _should(error: Mapping[str, Any]) -> str:
    if error["type"] in ("literal_error", "enum"):
        choices = _choices(error)
        return choices[0] if len(choices) == 1 else f"one of {_listed(choices, 'or')}"
    return _SHOULD.get(error["type"], "").format(**error.get("ctx", {}))


def _choices(error: Mapping[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))


def _hint(errors: Sequence[Mapping[str, Any]]) -> str:
    value = errors[0]["input"]
    for error in errors:
        if error["type"] in ("literal_error", "enum") and isinstance(value, str):
            near = get_close_matches(value.lower(), _choices(error), n=1)
            return f"; did you mean {near[0]}?" if near else ""
        if error["type"] == "string_type" and isinstance(value, bool | int | float):
            return "; put it in quotes"
    return ""


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping | list | tuple):
        return "a section" if isinstance(value, Mapping) else "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
