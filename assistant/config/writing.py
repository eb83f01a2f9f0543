"""Changes the user's file and leaves the rest of it as it is, comments included.

Values that are there are replaced by ruamel.yaml, which keeps what stands around them. New lines
are put in as text, each with its comment: a parser hangs what stands between two keys on the first
one, so that a key which it appends lands behind the comment of the next.
"""

import io
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from assistant.config.fields import own_keys, stages
from assistant.config.layers import shipped
from assistant.config.marks import Key
from assistant.config.pages import comment_of, config_yaml, scalar
from assistant.config.schema import schema
from assistant.config.sections import Config
from assistant.errors import ConfigError

SCHEMA_FILE = "config.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
"""Tells editors to complete and check keys; `write_schema` writes the file that it names."""
_INDENT = 2
_ENDLESS = 10**6
"""Columns: no line of the user's is folded."""


def fresh(backends: Mapping[str, str] | None = None) -> str:
    """Return the text of a new file: every setting with its default, explained.

    `backends`: by stage, where another one than the usual is wanted, with its settings.
    """
    return MODELINE + (config_yaml(backends) if backends else shipped().read_text())


def write_schema(folder: Path) -> None:
    """Put the schema beside a file, for editors."""
    (folder / SCHEMA_FILE).write_text(json.dumps(schema(), indent=2))


def write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; a new one is for its owner's eyes only.

    Raises `ConfigError` where that cannot be done.
    """
    path = Path(os.path.realpath(path))  # what a link points at is the user's file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text)
                os.fchmod(file.fileno(), mode)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        write_schema(path.parent)
    except OSError as wrong:
        raise ConfigError(str(path), f"cannot be made: {wrong.strerror}; check the path") from None


def revised(text: str, changes: Mapping[str, object]) -> str:
    """Return the text of a file with other values; `changes` has dotted keys.

    A stage that gets another backend keeps the settings of the old one as comments. Raises
    `ConfigError` where a file is written so strangely that it has to be changed by hand.
    """
    wanted = yaml.safe_load(text) or {}
    for name, value in changes.items():
        key = tuple(name.split("."))
        try:
            if _another_backend(wanted, key, value):
                text = _without_settings(text, key[:-1])
            wanted = _changed(wanted, key, value)
            text = _with(text, key, value, _backend(wanted, key))
            right = yaml.safe_load(text) == wanted
        except (YAMLError, yaml.YAMLError, KeyError, TypeError, IndexError):
            right = False
        if not right:
            hint = f"cannot be set without spoiling the file; write it there yourself: {value!r}"
            raise ConfigError(name, hint)
    return text


# ── what the file should say ──────────────────────────────────────────────────────────────────


def _another_backend(tree: Any, key: Key, value: object) -> bool:
    stage = dict(stages(Config)).get(key[:-1])
    if stage is None or key[-1] != "backend":
        return False
    for part in key[:-1]:
        tree = (tree or {}).get(part)
    before = (tree or {}).get("backend", stage.model_fields["backend"].default)
    return bool(before != value)


def _backend(tree: dict[str, Any], key: Key) -> str | None:
    """Return whose settings a section holds."""
    section: Any = tree.get(key[0])
    name = section.get("backend") if len(key) == 2 and isinstance(section, dict) else None  # noqa: PLR2004 - a setting of a stage
    return name if isinstance(name, str) else None


def _changed(tree: dict[str, Any], key: Key, value: object) -> dict[str, Any]:
    another = _another_backend(tree, key, value)
    tree = _unshared(tree)
    section = tree
    for part in key[:-1]:
        if not isinstance(section.get(part), dict):
            section[part] = {}
        section = section[part]
    if another:
        own = own_keys(dict(stages(Config))[key[:-1]])
        for name in [name for name in section if name not in own]:
            del section[name]
    section[key[-1]] = value
    return tree


def _unshared(tree: Any) -> Any:
    """Copy a tree; what stands in two places by an anchor becomes two things."""
    if isinstance(tree, dict):
        return {name: _unshared(value) for name, value in tree.items()}
    return [_unshared(value) for value in tree] if isinstance(tree, list) else tree


# ── as text ───────────────────────────────────────────────────────────────────────────────────


def _with(text: str, key: Key, value: object, backend: str | None) -> str:
    """Set one key: in place if it is there, else in a new line at the end of its section."""
    top = yaml.compose(text, yaml.SafeLoader)
    if top is None:
        return _joined([*_lines(text), *_entry(key, (), 0, value, backend)])
    node, depth = top, 0
    while depth < len(key) and isinstance(node, yaml.MappingNode):
        inner = _value_of(node, key[depth])
        if inner is None:
            break
        node, depth = inner, depth + 1
    section = _section(top, key[: min(depth, len(key) - 1)])
    if depth == len(key) or section.flow_style:
        return _replaced(text, key, value)
    if isinstance(node, yaml.ScalarNode):  # a section without anything in it: `stt:`
        at = node.start_mark
        text = text[: at.index].rstrip(" ") + text[node.end_mark.index :]
        parent = _section(top, key[: depth - 1])
        column, last = parent.start_mark.column + _INDENT, at.line
    else:
        column, last = (node.start_mark.column if depth else 0), _last_line(node)
    lines = _lines(text)
    entry = _entry(key[depth:], key[:depth], column, value, backend)
    return _joined([*lines[: last + 1], *([] if depth else [""]), *entry, *lines[last + 1 :]])


def _section(top: Any, key: Key) -> Any:
    node = top
    for part in key:
        inner = _value_of(node, part)
        if not isinstance(inner, yaml.MappingNode):
            break
        node = inner
    return node


def _value_of(node: Any, name: str) -> Any | None:
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == name:
            inner: Any = value
            return inner
    return None


def _last_line(node: Any) -> int:
    """Return the last line of a value: its end mark is where the next one begins."""
    while not isinstance(node, yaml.ScalarNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    line: int = node.end_mark.line
    return line if node.end_mark.column else max(line - 1, node.start_mark.line)


def _entry(key: Key, above: Key, column: int, value: object, backend: str | None) -> list[str]:
    """Return the lines of a key that is not there, and of the sections around it."""
    lines = []
    for depth, name in enumerate(key):
        indent = " " * (column + _INDENT * depth)
        lines += comment_of((*above, *key[: depth + 1]), indent, backend)
        last = depth == len(key) - 1
        lines.append(f"{indent}{name}: {scalar(value)}" if last else f"{indent}{name}:")
    return lines


def _without_settings(text: str, key: Key) -> str:
    """Turn what is set of a stage's backend into comments."""
    top = yaml.compose(text, yaml.SafeLoader)
    node = None if top is None else _section(top, key)
    if top is None or node is None or node is top or not isinstance(node, yaml.MappingNode):
        return text
    own = own_keys(dict(stages(Config))[key])
    old = [(name, value) for name, value in node.value if name.value not in own]
    if node.flow_style:
        tree, editor = _read(text)
        section = _inside(tree, key)
        for name, _ in old:
            del section[name.value]
        return _written(tree, editor)
    lines, column = _lines(text), node.start_mark.column
    for name, value in old:
        for at in range(name.start_mark.line, _last_line(value) + 1):
            if lines[at].strip():
                lines[at] = f"{lines[at][:column]}# {lines[at][column:]}"
    return _joined(lines)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


# ── through ruamel.yaml ───────────────────────────────────────────────────────────────────────


class _Representer(RoundTripRepresenter):
    """Writes nothing as `null`; ruamel's own leaves the place empty."""

    def represent_null(self, data: object) -> Any:
        """Return the scalar."""
        del data
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _Representer.represent_null)


def _replaced(text: str, key: Key, value: object) -> str:
    tree, editor = _read(text)
    _inside(tree, key[:-1])[key[-1]] = _as_written(value)
    return _written(tree, editor)


def _read(text: str) -> tuple[Any, Any]:
    editor = YAML()
    editor.Representer = _Representer
    editor.preserve_quotes = True
    editor.width = _ENDLESS
    editor.indent(*_indents(text))
    return editor.load(text), editor


def _written(tree: Any, editor: Any) -> str:
    out = io.StringIO()
    editor.dump(tree, out)
    return out.getvalue()


def _indents(text: str) -> tuple[int, int, int]:
    """Return how a file indents sections, items of lists, and their dashes."""
    top = yaml.compose(text, yaml.SafeLoader)
    found: dict[str, tuple[int, ...]] = {}

    def look(node: Any, column: int) -> None:
        if node.flow_style or not node.value:
            return
        inside = node.start_mark.column - column
        if isinstance(node, yaml.MappingNode):
            if inside > 0:
                found.setdefault("mapping", (inside,))
            for _, value in node.value:
                if not isinstance(value, yaml.ScalarNode):
                    look(value, node.start_mark.column)
        else:
            first = node.value[0].start_mark.column - column
            found.setdefault("list", (first, inside))

    if isinstance(top, yaml.MappingNode):
        look(top, 0)
    (mapping,) = found.get("mapping", (_INDENT,))
    item, dash = found.get("list", (_INDENT, 0))
    return mapping, item, dash


def _inside(tree: Any, key: Key) -> Any:
    for part in key:
        if not isinstance(tree.get(part), dict):
            tree[part] = CommentedMap()
            tree[part].fa.set_flow_style()
        tree = tree[part]
    return tree


def _as_written(value: object) -> object:
    """Return a value that ruamel writes so that the other reader of YAML reads it back."""
    if isinstance(value, str):
        plain = scalar(value) == value  # `on` is a word in YAML 1.2, and a truth in 1.1
        return value if plain else DoubleQuotedScalarString(value)
    if isinstance(value, Mapping):
        mapping = CommentedMap((name, _as_written(inner)) for name, inner in value.items())
        mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list | tuple):
        items = CommentedSeq(_as_written(inner) for inner in value)
        items.fa.set_flow_style()
        return items
    return value
