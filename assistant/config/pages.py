"""config.yaml and docs/configuration.md, written from the models, so that they cannot be wrong."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from assistant.config.backends import ALIASES, available, backend_module, settings_of
from assistant.config.fields import holds_secret, model_in, own_keys, stages
from assistant.config.marks import Key
from assistant.config.sections import Config, Stage

WIDTH = 98
INHERITED = frozenset({"language", "other_languages"})
"""Settings of backends that the app fills from the top of the file unless they are given."""

_TOP = """\
# The assistant's configuration: every setting, with its default. What you leave out has it, too.
#
# Your own file is ~/.config/assistant/config.yaml; `assistant setup` or `assistant config edit`
# makes it from this one.
# The environment wins over it (ASSISTANT_STT__MODEL=base), the command line over both
# (--set stt.model=base). `assistant config check` finds mistakes, `assistant config show` shows
# what holds. Other backends and their settings: docs/configuration.md.
"""

_INTRODUCTION = """\
# Configuration

<!-- Written from the models by scripts/write_pages.py; change the descriptions there. -->

Four layers, each of which wins over the one before, key by key:

1. the defaults below;
2. a file: the one of `--config`, else `~/.config/assistant/config.yaml` (or wherever
   `XDG_CONFIG_HOME` points), else the [config.yaml](../config.yaml) that comes with the assistant;
3. the environment: `ASSISTANT_STT__MODEL=base` is `stt.model`, lists and sections are written as
   YAML (`ASSISTANT_TTS='{backend: espeak}'`), `null` is nothing;
4. the command line: `--set stt.model=base`.

A layer that names another `backend` for a stage drops the settings that earlier layers gave to the
old one.

`assistant setup` asks you a few questions, measures, and writes your own file; your comments and
values stay. `assistant config edit` opens it in an editor, checks it, and puts a JSON schema
beside it, with which editors complete and check keys. `assistant config show` shows what holds,
`assistant config check` lists every mistake with its file and line, and ends with exit code 78
if there is one.

## Secrets

A key marked *secret* takes the secret itself (which is warned of), or better, where it is kept:

```yaml
llm:
  api_key: {env: OPENAI_API_KEY}             # an environment variable
  # api_key: {file: ~/.config/assistant/key}  # a file that holds nothing else
  # api_key: {credential: llm}                # of systemd: LoadCredential=llm:/etc/assistant/key
```

Secrets are never shown or logged.
"""


def config_yaml(backends: Mapping[str, str] | None = None) -> str:
    """Return the commented default configuration. Raises `NoBackend` for one that is missing.

    `backends`: by stage, where another one than the usual is wanted, with its settings.
    """
    lines = [_TOP.rstrip()]
    for name, field in Config.model_fields.items():
        lines.append("")
        lines.extend(_entry(name, field, "", (backends or {}).get(name)))
    return "\n".join(lines) + "\n"


def _entry(name: str, field: FieldInfo, indent: str, chosen: str | None = None) -> Iterator[str]:
    inner = model_in(field.annotation)
    if inner is not None:
        yield from _comment(field.description or _what(inner), indent)
        if field.default is None:
            yield f"{indent}{name}: null"
            return
        yield f"{indent}{name}:"
        yield from _keys(inner, f"{indent}  ", chosen)
        return
    yield from _comment(field.description or "", indent)
    default = _default(field)
    if default is PydanticUndefined:
        yield f"{indent}# {name}:"
    else:
        off = "# " if name in INHERITED and indent else ""
        yield f"{indent}{off}{name}: {scalar(default)}"


def _keys(model: type[BaseModel], indent: str, chosen: str | None = None) -> Iterator[str]:
    if not issubclass(model, Stage):
        for name, field in model.model_fields.items():
            yield from _entry(name, field, indent)
        return
    backend = model.model_fields["backend"]
    name = chosen or backend.default
    yield from (*_comment(backend.description or "", indent), f"{indent}backend: {scalar(name)}")
    settings = settings_of(backend_module(model.kind, name))
    yield from _keys(settings, indent)
    for name in own_keys(model):
        if name != "backend":
            yield from _entry(name, model.model_fields[name], indent)


def comment_of(key: Key, indent: str, backend: str | None = None) -> list[str]:
    """Return the comment of a key, or nothing for one that is not known.

    `backend`: whose settings stand in its section, if it is one of a stage; else the usual one.
    """
    model: type[BaseModel] | None = Config
    description = ""
    for name in key:
        if model is None:
            return []
        if issubclass(model, Stage) and name not in own_keys(model):
            usual = model.model_fields["backend"].default
            model = settings_of(backend_module(model.kind, backend or usual))
        field = model.model_fields.get(name)
        if field is None:
            return []
        model = model_in(field.annotation)
        description = field.description or ("" if model is None else _what(model))
    return _comment(description, indent)


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        _sentence(text), WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
    )


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return text
    first = text.split()[0]
    upper = text if first.endswith((":", ",")) else f"{text[0].upper()}{text[1:]}"  # a value
    return f"{upper}{'' if text.endswith(('.', '…', '?')) else '.'}"


def _what(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n\n")[0]


def _default(field: FieldInfo) -> Any:
    default = field.get_default(call_default_factory=True)
    return default if default is PydanticUndefined else to_jsonable_python(default)


def scalar(value: object) -> str:
    """Return a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("...\n").strip()


def configuration_md() -> str:
    """Return the reference of all settings, of all backends that there are."""
    lines = [_INTRODUCTION]
    for name, field in Config.model_fields.items():
        section = model_in(field.annotation)
        lines += [f"## `{name}`", ""]
        if section is None:
            lines += [_cell(field), "", f"Default: `{scalar(_default(field))}`", ""]
            continue
        lines += [_what(section), ""]
        own = own_keys(section) if issubclass(section, Stage) else list(section.model_fields)
        lines += _table(section, own)
    lines += ["# Backends", ""]
    seen: set[str] = set()
    for key, stage in stages(Config):
        if stage.kind not in seen:
            seen.add(stage.kind)
            lines += _backends(".".join(key), stage.kind)
    return "\n".join(lines).rstrip() + "\n"


def _backends(key: str, kind: str) -> Iterator[str]:
    for name in available(kind):
        if (kind, name) in ALIASES:
            continue
        module = backend_module(kind, name)
        yield from (f"## `{key}: {{backend: {name}}}`", "", _what_module(module.__doc__), "")
        settings = settings_of(module)
        yield from _table(settings, list(settings.model_fields))


def _what_module(docstring: str | None) -> str:
    return " ".join((docstring or "").strip().split("\n\n")[0].split())


def _table(model: type[BaseModel], keys: list[str], prefix: str = "") -> list[str]:
    rows = list(_rows(model, keys, prefix))
    return ["| key | default | |", "|---|---|---|", *rows, ""] if rows else ["No settings.", ""]


def _rows(model: type[BaseModel], keys: list[str], prefix: str) -> Iterator[str]:
    for name in keys:
        field = model.model_fields[name]
        inner = model_in(field.annotation)
        if inner is not None and issubclass(inner, Stage):
            usual = f"{{backend: {inner.model_fields['backend'].default}}}"
            shown = "null" if field.default is None else usual
            yield f"| `{prefix}{name}` | `{shown}` | {_sentence(_what(inner))} |"
            continue
        if inner is not None:
            yield from _rows(inner, list(inner.model_fields), f"{prefix}{name}.")
            continue
        default = _default(field)
        if holds_secret(field.annotation):
            shown = "*secret*"
        else:
            shown = "*required*" if default is PydanticUndefined else f"`{scalar(default)}`"
        yield f"| `{prefix}{name}` | {shown} | {_cell(field)} |"


def _cell(field: FieldInfo) -> str:
    return _sentence(field.description or "").replace("|", "\\|")
