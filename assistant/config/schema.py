"""The JSON schema of the configuration, backends included, for editors and other programs."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from assistant.config.backends import ALIASES, NoBackend, available, backend_module, settings_of
from assistant.config.fields import own_keys, stages
from assistant.config.marks import Key
from assistant.config.sections import Config, Stage
from assistant.config.shorthand import MINDS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SECRET = {
    "description": "The secret itself, or better: where it is kept.",
    "anyOf": [
        {"type": "string"},
        *(
            {
                "type": "object",
                "properties": {source: {"type": "string", "description": what}},
                "required": [source],
                "additionalProperties": False,
            }
            for source, what in (
                ("env", "An environment variable."),
                ("file", "A file that holds nothing else; ~ is your home."),
                ("credential", "A systemd credential (LoadCredential=)."),
            )
        ),
    ],
}


def schema() -> dict[str, Any]:
    """Return the schema; a stage is one of the backends that there are, told by `backend`."""
    definitions: dict[str, Any] = {"Secret": SECRET}
    whole = _taken_in(Config, "", definitions)
    for key, stage in stages(Config):
        definitions[stage.__name__] = _stage(key, stage, definitions)
        if len(key) > 1:  # what holds it needs not be given either
            holder = whole["properties"][key[0]]["$ref"].rpartition("/")[2]
            definitions[holder].pop("required", None)
    del whole["required"], definitions["BaseModel"]  # stages have defaults, and take any keys
    for field in whole["properties"].values():
        if "$ref" in field:
            field.pop("default", None)  # its own keys have theirs
    whole["$defs"] = {name: definitions[name] for name in sorted(definitions)}
    return {"$schema": DRAFT, "title": "assistant/config.yaml", **_without_titles(whole)}


def _taken_in(model: type[BaseModel], prefix: str, into: dict[str, Any]) -> dict[str, Any]:
    """Return a model's schema; what it refers to goes into the common definitions."""
    made = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    for name, definition in made.pop("$defs", {}).items():
        into[f"{prefix}{name}"] = _with_secrets(definition)
    found: dict[str, Any] = _with_secrets(made)
    return found


def _stage(key: Key, stage: type[Stage], definitions: dict[str, Any]) -> dict[str, Any]:
    fields = definitions[stage.__name__]["properties"]
    beside = {name: fields[name] for name in own_keys(stage) if name != "backend"}
    default = stage.model_fields["backend"].default
    choices = []
    for name in (*available(stage.kind), *(MINDS if stage.kind == "llm" else ())):
        settings = _settings(stage.kind, MINDS.get(name, (name,))[0], definitions)
        spelt = [name, None] if name == "null" else [name]  # YAML has its own idea of null
        named = {"enum": spelt, "description": fields["backend"]["description"]}
        choices.append(
            settings
            | {
                "title": f"{'.'.join(key)}: {name}",
                "type": "object",
                "properties": {"backend": named, **settings.get("properties", {}), **beside},
                "required": [
                    *([] if name == default else ["backend"]),
                    *settings.get("required", ()),
                ],
            }
        )
    elsewhere = {"type": "string", "pattern": r"\.", "description": "A module outside the tree."}
    choices.append(
        {"type": "object", "properties": {"backend": elsewhere}, "required": ["backend"]}
    )
    return {"description": stage.__doc__, "oneOf": choices}


def _settings(kind: str, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    try:
        model = settings_of(backend_module(kind, name))
    except NoBackend:  # its package is not installed, so its settings are not known
        return {}
    made = _taken_in(model, f"{kind}_{ALIASES.get((kind, name), name)}.", definitions)
    made.pop("description", None)
    return made


def _with_secrets(node: Any) -> Any:
    """Let a reference stand wherever pydantic has a password."""
    if isinstance(node, Mapping):
        if node.get("format") == "password":
            return {"$ref": "#/$defs/Secret"}
        return {name: _with_secrets(inner) for name, inner in node.items()}
    return [_with_secrets(inner) for inner in node] if isinstance(node, list) else node


def _without_titles(node: Any) -> Any:
    """Drop the titles that pydantic makes of names: "Complete Ms"."""
    if isinstance(node, Mapping):
        return {
            name: _without_titles(inner)
            for name, inner in node.items()
            if name != "title" or not isinstance(inner, str) or ": " in inner
        }
    return [_without_titles(inner) for inner in node] if isinstance(node, list) else node
