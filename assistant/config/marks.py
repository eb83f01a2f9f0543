"""YAML with the line of every key, so that a complaint can say where to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import ConfigError

Key = tuple[str, ...]
"""Where a value is: ``("tts", "voice")``."""


@dataclass(slots=True)
class Marked:
    """A tree of settings, and the place that each of its keys was given at."""

    tree: dict[str, Any] = field(default_factory=dict)
    places: dict[Key, str] = field(default_factory=dict)


def read(path: Path) -> Marked:
    """Read a YAML file whose top is a mapping; an empty one is an empty mapping.

    Raises `ConfigError` that names the file, and the line and column where there are any.
    """
    text = _text(path)
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return Marked()
        places = _places(node, path)  # first: construction merges `<<` into the nodes
        tree = loader.construct_document(node)
        if isinstance(tree, Mapping):
            return Marked(_named(tree), places)
    except yaml.MarkedYAMLError as wrong:
        raise ConfigError(str(path), _malformed(wrong)) from None
    except RecursionError:
        raise ConfigError(str(path), "refers to itself or is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as wrong:  # a control character; the 31st of February
        raise ConfigError(str(path), f"is not YAML: {_one_line(wrong)}") from None
    if tree is None:
        return Marked()
    raise ConfigError(
        str(path), "should hold sections such as `stt:`; see `assistant config show` for all"
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise ConfigError(str(path), "there is no such file; check --config") from None
    except IsADirectoryError:
        raise ConfigError(
            str(path), "is a directory; name the file in it, for example config.yaml"
        ) from None
    except PermissionError:
        raise ConfigError(str(path), f"may not be read; try: chmod u+r {path}") from None
    except UnicodeDecodeError as wrong:
        raise ConfigError(
            str(path), f"is not UTF-8 text (byte {wrong.start}); save it as UTF-8"
        ) from None
    except OSError as wrong:
        raise ConfigError(str(path), f"cannot be read: {wrong.strerror}") from None


def _malformed(wrong: yaml.MarkedYAMLError) -> str:
    mark = wrong.problem_mark or wrong.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    problem = _one_line(wrong.problem or wrong.context or "is not YAML")
    if r"'\t'" in problem:
        return f"{where}a tab; indent with spaces"
    return f"{where}{problem}; check the indentation, the colons and the quotes there"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _named(tree: Mapping[Any, Any]) -> dict[str, Any]:
    """Copy a tree with text for keys: `on:` and `1:` are no text in YAML."""
    return {
        str(key): _named(value) if isinstance(value, Mapping) else value
        for key, value in tree.items()
    }


def _places(top: yaml.Node, path: Path) -> dict[Key, str]:
    places: dict[Key, str] = {}

    def walk(node: yaml.Node, key: Key, above: frozenset[int]) -> None:
        if not isinstance(node, yaml.MappingNode) or id(node) in above:
            return
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode) or name.value == "<<":
                continue
            inner = (*key, name.value)
            place = f"{path}:{name.start_mark.line + 1}"
            if inner in places:
                raise ConfigError(
                    ".".join(inner), f"is given twice ({places[inner]} and {place}); remove one"
                )
            places[inner] = place
            walk(value, inner, above | {id(node)})

    walk(top, (), frozenset())
    return places
