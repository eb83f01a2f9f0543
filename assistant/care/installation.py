"""The installation: configuration, secrets, engines, models, control socket."""

import asyncio
import importlib.metadata
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, SecretStr

from assistant.backends import turn_smart
from assistant.care.findings import Finding, State
from assistant.config import Chosen, Config, load, resolve
from assistant.config.layers import chosen_file
from assistant.control.client import default_path, running
from assistant.errors import BackendError, ConfigError, ModelError
from assistant.models.store import Store

IMPORTING = 60.0
"""Seconds for an engine to be imported, from a slow disk for the first time."""
MEGA = 1_000_000
_PIP = f"{sys.executable} -m pip install"


class Engine(NamedTuple):
    """A library with machine code, and the backend that needs it."""

    module: str
    package: str
    stage: str
    backend: str


ENGINES = (
    Engine("pymicro_wakeword", "pymicro-wakeword", "wake", "microwakeword"),
    Engine("onnxruntime", "onnxruntime", "vad", "silero"),
    Engine("ctranslate2", "ctranslate2", "stt", "whisper"),
    Engine("xllamacpp", "xllamacpp", "llm", "llamacpp"),
    Engine("piper", "piper-tts", "tts", "piper"),
)


def configuration(file: Path | None) -> tuple[Config | None, list[Finding]]:
    """Load the configuration; it is `None` when it is wrong, and each mistake is a finding."""
    try:
        config = load(file)
    except ConfigError as wrong:
        fix = "`assistant config edit`"
        return None, [Finding("fail", "config", line, fix) for line in str(wrong).splitlines()]
    return config, [Finding("ok", "config", str(chosen_file(file, os.environ)))]


def wake_word(config: Config) -> Finding:
    """Load the models of the names that it is to answer to."""
    chosen: Chosen = resolve("wake", config.wake, language=config.language)

    async def names() -> tuple[str, ...]:
        async with chosen.module.open(chosen.config) as maker:
            said: tuple[str, ...] = maker().names
            return said

    try:
        found = asyncio.run(names())
    except BackendError as wrong:
        why = str(wrong).removeprefix(f"{wrong.backend}: ")
        return Finding("fail", "wake word", why, "`assistant setup`, or mend wake.names")
    return Finding("ok", "wake word", ", ".join(found))


def secrets(config: Config) -> Finding:
    """Count the secrets; those that are not there are mistakes of the configuration."""
    count = _secrets_in(config)
    return Finding("ok", "secrets", f"{count} found" if count else "none needed")


def engine(one: Engine) -> Finding:
    """Import it in a process of its own: one that does not fit the processor ends it."""
    try:
        version = importlib.metadata.version(one.package)
    except importlib.metadata.PackageNotFoundError:
        fix = f"`{_PIP} {one.package}`, or choose another {one.stage}.backend"
        return Finding("fail", one.module, "not installed", fix)
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, a constant name
            [sys.executable, "-P", "-c", f"import {one.module}"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=IMPORTING,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(
            "fail", one.module, f"{version}, not loaded in {IMPORTING:g} s", "try again"
        )
    if done.returncode == 0:
        return Finding("ok", one.module, version)
    if done.returncode == -signal.SIGILL:
        detail = f"{version} needs instructions that this processor lacks"
        return Finding("fail", one.module, detail, f"choose another {one.stage}.backend")
    last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    fix = f"`{_PIP} --force-reinstall --no-deps {one.package}`"
    return Finding("fail", one.module, f"{version} cannot be loaded: {last}", fix)


def models(config: Config, store: Store, *, deep: bool) -> Iterator[Finding]:
    """Tell whether the models are here that the configuration needs; `deep`: byte by byte."""
    for stage, name in _needed(config):
        try:
            yield _model(stage, name, store, deep=deep)
        except ModelError as wrong:
            message = str(wrong).rstrip(".")
            state: State = "warn" if stage == "turn" else "fail"
            yield Finding(state, f"{stage} model", message, f"`assistant models pull {name}`")


def control_socket(path: Path | None) -> Finding:
    """Tell whether an assistant runs already, and whether one could open its socket."""
    place = Path(default_path()) if path is None else path.expanduser()
    if pid := running(place):
        return Finding("ok", "control socket", f"an assistant runs (pid {pid}) at {place}")
    folder = place.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        detail = f"{folder} may not be written to"
        return Finding("warn", "control socket", detail, "set control.socket to another path")
    return Finding("ok", "control socket", f"{place}, no assistant runs")


def _secrets_in(model: BaseModel) -> int:
    values = [getattr(model, name) for name in type(model).model_fields]
    inner = sum(_secrets_in(value) for value in values if isinstance(value, BaseModel))
    return inner + sum(isinstance(value, SecretStr) for value in values)


def _needed(config: Config) -> Iterator[tuple[str, str]]:
    minds = [("llm", mind) for _, mind in config.llm.chain]
    for kind, stage in (("vad", config.vad), ("stt", config.stt), *minds, ("tts", config.tts)):
        chosen: Chosen = resolve(kind, stage, language=config.language)
        needs: Any = getattr(chosen.module, "needs", None)
        if needs is not None:
            for name in needs(chosen.config):
                yield kind, name
    if config.turns.judges.sound:
        yield "turn", turn_smart.Config().model


def _model(stage: str, name: str, store: Store, *, deep: bool) -> Finding:
    place = store.path(name)
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    detail = f"{name}, {sum(file.stat().st_size for file in files) / MEGA:.0f} MB"
    if not deep or not place.is_relative_to(store.root):
        return Finding("ok", f"{stage} model", detail)
    checked = store.check(name)
    wrong = [f"{file.name}: {file.state}" for file in checked.files if not file.good]
    if wrong:
        detail = f"{name} is damaged ({'; '.join(wrong)})"
        return Finding("fail", f"{stage} model", detail, f"`assistant models pull {name}`")
    how = "right to the last byte" if checked.verified else "whole, not verified"
    return Finding("ok", f"{stage} model", f"{detail}, {how}")
