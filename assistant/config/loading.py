"""Everything from a path to a `Config`, or to one error with a line for each problem."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from assistant.config.backends import NoBackend, backend_module, settings_of
from assistant.config.fields import holds_secret, locate, model_in, own_keys, stages
from assistant.config.layers import gather, layers, merged
from assistant.config.marks import Key, Marked
from assistant.config.problems import Problem, complain, describe, did_you_mean
from assistant.config.secrets import Secrets
from assistant.config.sections import Config, Section, Stage

S = TypeVar("S", bound=Section)
M = TypeVar("M", bound=BaseModel)

NO_FLAGS: Mapping[str, object] = MappingProxyType({})


def load(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, object] = NO_FLAGS,
) -> Config:
    """Load the configuration: file (the user's, else ours), then environment, then flags.

    `flags` are dotted keys, ``{"stt.model": "base"}``; a `None` counts as not given.
    Imports the chosen backends. Raises `ConfigError` with one line for each problem, also of
    profiles that are not chosen: they may be while it runs.
    """
    given = layers(path, environ, flags)
    config = _loaded(Config, (), merged(given), environ)
    for name in config.profiles:
        if name != config.profile:
            _loaded(Config, (), merged(given, name), environ)
    return config


def load_section(
    section: type[S],
    path: Path | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, object] = NO_FLAGS,
) -> S:
    """Load one section alone: no backend of another one is imported, no fault of it matters."""
    (name,) = (n for n, field in Config.model_fields.items() if field.annotation is section)
    return _loaded(section, (name,), gather(path, environ, flags), environ)


def _loaded(model: type[M], key: Key, given: Marked, environ: Mapping[str, str]) -> M:
    tree: Any = given.tree
    for name in key:
        tree = tree.get(name, {})
    check = _Check(given.places, environ)
    made = check.section(model, tree, key)
    if made is None or check.problems:
        raise complain(check.problems, given.places)
    return made


class _Check:
    """Builds models from trees and collects everything that is wrong with them."""

    def __init__(self, places: Mapping[Key, str], environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self._secrets = Secrets(environ, places, self.problems)

    def section(self, model: type[M], tree: object, key: Key) -> M | None:
        """Return a section, be it that of a stage or not."""
        if not issubclass(model, Stage):
            return self.build(model, tree, key)
        stage = self._stage(model, tree, key)
        return stage if isinstance(stage, model) else None

    def build(
        self, model: type[M], tree: object, key: Key, beside: Sequence[str] = ()
    ) -> M | None:
        """Return the model, or `None` after having noted why there is none.

        `beside` are keys that may stand beside those of the model.
        """
        broken: set[str] = set()
        if isinstance(tree, Mapping):
            ready = self._with_stages(model, tree, key, broken)
            self._refuse_truth_for_numbers(model, ready, key)
            tree = self._secrets.reveal(model, ready, key)
        try:
            made = model.model_validate(tree)
        except ValidationError as wrong:
            errors = [e for e in wrong.errors() if not (e["loc"] and e["loc"][0] in broken)]
            self._note(model, errors, key, beside)
            return None
        return None if broken else made

    def _refuse_truth_for_numbers(
        self, model: type[BaseModel], tree: Mapping[str, Any], key: Key
    ) -> None:
        """Complain of `yes` where a number should be: pydantic would take it for 1."""
        for name, value in tree.items():
            annotation = (
                model.model_fields[name].annotation if name in model.model_fields else None
            )
            inner = model_in(annotation)
            if inner is not None and isinstance(value, Mapping):
                self._refuse_truth_for_numbers(inner, value, (*key, name))
            elif annotation in (int, float) and isinstance(value, bool):
                truth = str(value).lower()
                self.problems.append(Problem((*key, name), f"should be a number, is {truth}"))

    def _with_stages(
        self, model: type[BaseModel], tree: Mapping[str, Any], key: Key, broken: set[str]
    ) -> dict[str, Any]:
        """Replace the sections of stages, and those that hold some, by what they become."""
        ready = dict(tree)
        for name, field in model.model_fields.items():
            stage = model_in(field.annotation)
            given = ready.get(name, None if field.default is None else {})
            if stage is None or given is None:
                continue
            if issubclass(stage, Stage):
                ready[name] = self._stage(stage, given, (*key, name))
            elif any(stages(stage)):
                ready[name] = self.build(stage, given, (*key, name))
            else:
                continue
            if ready[name] is None:  # it has been complained of
                del ready[name]
                broken.add(name)
        return ready

    def _stage(self, stage: type[Stage], given: object, key: Key) -> Stage | None:
        if not isinstance(given, Mapping):
            hint = f"; write {key[-1]}: {{backend: {given}}}" if isinstance(given, str) else ""
            self.problems.append(Problem(key, f"should be a section{hint}"))
            return None
        keys = own_keys(stage)
        own = {name: value for name, value in given.items() if name in keys}
        rest = {name: value for name, value in given.items() if name not in keys}
        name = own.setdefault("backend", stage.model_fields["backend"].default)
        if name is None:  # `backend: null` in YAML
            name = own["backend"] = "null"
        settings = self._settings(stage.kind, name, rest, key, keys)
        made = self.build(stage, own | {"settings": settings or _Unknown()}, key)
        return None if settings is None else made

    def _settings(
        self, kind: str, name: object, rest: Mapping[str, Any], key: Key, beside: Sequence[str]
    ) -> BaseModel | None:
        if not isinstance(name, str):
            return None  # the stage's own model complains
        try:
            module = backend_module(kind, name)
        except NoBackend as wrong:
            self.problems.append(Problem((*key, "backend"), str(wrong)))
            return None
        return self.build(settings_of(module), rest, key, beside)

    def _note(
        self, model: type[BaseModel], errors: list[ErrorDetails], key: Key, beside: Sequence[str]
    ) -> None:
        noted = {problem.key for problem in self.problems}
        grouped: dict[Key, list[ErrorDetails]] = {}
        for error in errors:
            where, of = locate(model, error["loc"])
            if error["type"] == "extra_forbidden":
                known = getattr(model_in(of), "model_fields", {})
                name = str(error["loc"][-1])
                hint = did_you_mean(name, [*known, *beside])
                self.problems.append(Problem((*key, *where, name), f"unknown key{hint}"))
            elif (*key, *where) not in noted:
                grouped.setdefault(where, []).append(error)
        for where, group in grouped.items():
            secret = holds_secret(locate(model, where)[1])
            self.problems.append(Problem((*key, *where), describe(group, secret=secret)))


class _Unknown(BaseModel):
    """Stands for settings that are wrong while the rest of their stage is checked."""
