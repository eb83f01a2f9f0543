"""The layers of the configuration: a file, a profile, the environment, the command line.

A later layer wins key by key. One that names another backend drops the settings that earlier
layers gave to the old one: they mean nothing to the new one.
"""

import importlib.resources
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from assistant.config import shorthand
from assistant.config.fields import own_keys, stages
from assistant.config.marks import Key, Marked, read
from assistant.config.secrets import is_reference
from assistant.config.sections import Config, Stage
from assistant.errors import ConfigError

PREFIX = "ASSISTANT_"
"""Of an environment variable: ``ASSISTANT_STT__MODEL`` is ``stt.model``."""
COMMAND_LINE = "command line"
"""The place of what was given as a flag."""


def shipped() -> Path:
    """Return the default configuration: in the package once installed, else beside it."""
    package = Path(str(importlib.resources.files("assistant")))
    inside = package / "config.yaml"
    return inside if inside.is_file() else package.parent / "config.yaml"


def users(environ: Mapping[str, str]) -> Path | None:
    """Return where the user's own file is or would be; `None` without a home."""
    home = environ.get("HOME")
    base = environ.get("XDG_CONFIG_HOME", "")
    if Path(base).is_absolute():  # the XDG specification ignores relative ones
        return Path(base) / "assistant" / "config.yaml"
    return Path(home) / ".config" / "assistant" / "config.yaml" if home else None


def chosen_file(path: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: the one named, else the user's if there is one, else ours."""
    if path is not None:
        return path.expanduser()
    mine = users(environ)
    return mine if mine is not None and mine.exists() else shipped()


def gather(path: Path | None, environ: Mapping[str, str], flags: Mapping[str, object]) -> Marked:
    """Read all layers into one. Raises `ConfigError` for a file or a variable without form."""
    return merged(layers(path, environ, flags))


def layers(
    path: Path | None, environ: Mapping[str, str], flags: Mapping[str, object]
) -> list[Marked]:
    """Read the layers, the lowest first. Raises `ConfigError` as `gather` does."""
    return [read(chosen_file(path, environ)), from_environment(environ), from_flags(flags)]


def merged(layers: Sequence[Marked], profile: str | None = None) -> Marked:
    """Lay them on each other; a profile on the file, below what was wished for at the start.

    `profile`: its name, if it is not the one that the layers name. Raises `ConfigError`.
    """
    file, *wishes = layers
    chosen = shorthand.profile(list(layers), profile)
    whole = Marked()
    for layer in (file, *([] if chosen is None else [chosen]), *wishes):
        given = {key: value for key, value in layer.tree.items() if value is not None}
        copied = Marked(given if layer is file else dict(layer.tree), dict(layer.places))
        _lay(copied, shorthand.named_minds(copied))
        _lay(whole, copied)
    shorthand.spell_out(whole)
    return whole


def from_environment(environ: Mapping[str, str]) -> Marked:
    """Collect ``ASSISTANT_SECTION__KEY`` variables; lists and mappings are written as YAML."""
    layer = Marked()
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX):
            continue
        key = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if len(key) == 1 and key[0] not in Config.model_fields:
            continue  # a variable of somebody else
        place = f"environment {name}"
        _put(layer, key, _value(text, key, place), place)
    return layer


def from_flags(flags: Mapping[str, object]) -> Marked:
    """Collect flags such as ``{"stt.model": "base"}``; `None` means: not given.

    Text is read as that of a variable is, so ``"null"`` is how to give nothing.
    """
    layer = Marked()
    for name, value in flags.items():
        key = tuple(name.split("."))
        if isinstance(value, str):
            _put(layer, key, _value(value, key, COMMAND_LINE), COMMAND_LINE)
        elif value is not None:
            _put(layer, key, value, COMMAND_LINE)
    return layer


def _value(text: str, key: Key, place: str) -> object:
    if text == "null":
        return None
    if not text.startswith(("[", "{")):
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(".".join(key), f"is no list or mapping in YAML ({place})") from None


def _put(layer: Marked, key: Key, value: object, place: str) -> None:
    tree = layer.tree
    for step, name in enumerate(key[:-1], start=1):
        tree = tree.setdefault(name, {})
        layer.places.setdefault(key[:step], place)
        if not isinstance(tree, dict):
            raise ConfigError(
                ".".join(key), f"is inside of a single value ({layer.places[key[:step]]}, {place})"
            )
    tree[key[-1]] = value
    layer.places[key] = place


def _lay(lower: Marked, upper: Marked) -> None:
    """Put a layer on top of another one."""
    lower.tree = _merge(lower.tree, upper.tree, (), dict(stages(Config)))
    lower.places.update(upper.places)


def _merge(lower: Any, upper: Any, key: Key, staged: Mapping[Key, type[Stage]]) -> Any:
    if not isinstance(upper, Mapping) or not isinstance(lower, Mapping) or is_reference(upper):
        return upper
    kept = {**lower}
    if key in staged and "backend" in upper:
        kept = _without_other_settings(kept, upper["backend"], staged[key])
    return kept | {
        name: _merge(kept.get(name), value, (*key, name), staged) for name, value in upper.items()
    }


def _without_other_settings(
    settings: Mapping[str, Any], backend: object, stage: type[Stage]
) -> dict[str, Any]:
    before = settings.get("backend", stage.model_fields["backend"].default)
    own: Iterable[str] = settings if before == backend else own_keys(stage)
    return {name: settings[name] for name in own if name in settings}
