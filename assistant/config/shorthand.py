"""What may be written shortly: minds by the names that people call them, and sets of settings."""

from collections.abc import Iterator, Mapping
from typing import Any

from assistant.config.marks import Key, Marked
from assistant.config.problems import did_you_mean
from assistant.errors import ConfigError

MINDS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "claude": ("anthropic", {"api_key": {"env": "ANTHROPIC_API_KEY"}}),
    "gpt": (
        "openai",
        {
            "base_url": "https://api.openai.com/v1",
            "model": "gpt-5.4-mini",
            "api_key": {"env": "OPENAI_API_KEY"},
            "sees": True,
            "effort": "none",
        },
    ),
    "openrouter": (
        "openai",
        {"base_url": "https://openrouter.ai/api/v1", "api_key": {"env": "OPENROUTER_API_KEY"}},
    ),
    "ollama": ("openai", {"base_url": "http://127.0.0.1:11434/v1"}),
    "vllm": ("openai", {"base_url": "http://127.0.0.1:8000/v1"}),
    "lmstudio": ("openai", {"base_url": "http://127.0.0.1:1234/v1"}),
    "llamaserver": ("openai", {"base_url": "http://127.0.0.1:8080/v1"}),
    "transformers": (
        "openai",
        # It loads a model when it is first asked, and knows of no tools.
        {"base_url": "http://127.0.0.1:8000/v1", "first_seconds": 60.0, "calls_tools": False},
    ),
    "local": ("llamacpp", {}),
}
"""By name, the backend of a mind and its settings; those that are given win."""
NO_PROFILE = "none"
"""What nobody may call a profile."""
_LLM: tuple[Key, ...] = (
    ("llm",),
    ("llm", "fallback"),
    ("llm", "fallback", "fallback"),
)
"""Where minds are, in the order in which they are asked."""


def named_minds(layer: Marked) -> Marked:
    """Return what `minds` says, as what the section `llm` would say."""
    given, place = layer.tree.get("minds") or [], layer.places.get(("minds",), "")
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list):
        raise _wrong(f"should be a list of names, is {given!r}", place)
    if len(names) > len(_LLM):
        raise _wrong(f"holds {len(names)}; {len(_LLM)} are the most", place)
    said = Marked()
    layer.tree |= {"minds": names} if "minds" in layer.tree else {}
    tree: dict[str, Any] = said.tree
    for key, entry in zip(_LLM, names, strict=False):
        name, model = _entry(entry, place)
        mind: dict[str, Any] = {"backend": name, "fallback": None}
        if key == _LLM[-1]:
            del mind["fallback"]
        if model:
            mind["model"] = model
        tree[key[-1]] = mind
        said.places |= {(*key, setting): place for setting in mind} | {key: place}
        tree = mind
    return said


def _entry(entry: object, place: str) -> tuple[str, str]:
    """Return the name of a mind and of its model: `ollama`, or `{ollama: qwen3}`."""
    if isinstance(entry, str):
        return entry, ""
    if isinstance(entry, Mapping) and len(entry) == 1:
        ((name, model),) = entry.items()
        if isinstance(name, str) and isinstance(model, str) and model:
            return name, model
    raise _wrong("should hold names such as claude, or {ollama: qwen3} with a model", place)


def _wrong(what: str, place: str) -> ConfigError:
    return ConfigError("minds", f"{what} ({place})" if place else what)


def spell_out(merged: Marked) -> None:
    """Put in the place of a mind's name what it stands for."""
    for key in _LLM:
        mind = _at(merged.tree, key)
        name = mind.get("backend")
        if not isinstance(name, str) or name not in MINDS:
            continue
        backend, settings = MINDS[name]
        mind["backend"] = backend
        place = merged.places.get((*key, "backend"), "")
        for setting, value in settings.items():
            if setting not in mind:
                mind[setting] = value
                merged.places[(*key, setting)] = place


def _at(tree: Any, key: Key) -> dict[str, Any]:
    for name in key:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def profile(layers: list[Marked], chosen: str | None = None) -> Marked | None:
    """Return the settings of a profile: the one of this name, else the one that `profile` names.

    `None`: there is to be none. Raises `ConfigError`.
    """
    name, place = chosen or "", ""
    if chosen is None:
        for layer in layers:
            if "profile" in layer.tree:
                name, place = layer.tree["profile"] or "", layer.places[("profile",)]
    if not name:
        return None
    known = dict(_profiles(layers))
    if name not in known:
        hint = did_you_mean(str(name), known) or "; write it into profiles"
        where = f" ({place})" if place else ""
        raise ConfigError("profile", f"there is no profile {name!r}{hint}{where}")
    return known[name]


def _profiles(layers: list[Marked]) -> Iterator[tuple[str, Marked]]:
    for layer in layers:
        profiles = layer.tree.get("profiles")
        if not isinstance(profiles, Mapping):
            continue  # the model complains, as of one that is no section
        for name, tree in profiles.items():
            top: Key = ("profiles", name)
            if name == NO_PROFILE:
                raise ConfigError(".".join(top), "is what no profile is called; name it otherwise")
            if not isinstance(tree, Mapping):
                continue
            if strange := {"profile", "profiles"} & tree.keys():
                raise ConfigError(".".join((*top, *sorted(strange)[:1])), "belongs outside of it")
            places = {
                key[2:]: place
                for key, place in layer.places.items()
                if key[:2] == top and key != top
            }
            yield name, Marked(dict(tree), places)
