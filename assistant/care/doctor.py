"""Examines the machine and the installation; every question has a deadline."""

import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from platformdirs import user_cache_path, user_state_path

from assistant.care import (
    broker,
    doors,
    gpu,
    installation,
    machine,
    mixer,
    reach,
    retirement,
    sound,
    started,
    tools,
    user,
)
from assistant.care.findings import Check, Finding
from assistant.config import Config
from assistant.control.client import default_path, running
from assistant.models.store import default

DEEP = 600.0
"""Seconds for reading every byte of the models."""
_GPU = gpu.COUNTING + gpu.TESTING + 5
_SOUND = sound.RECORDING + 15
"""Seconds for the list of devices, their rates, and a second of the microphone."""


def examine(file: Path | None = None, *, deep: bool = False) -> Iterator[Finding]:
    """Yield what is found, in a fixed order; all questions are asked at once.

    `file`: the configuration, else the user's. `deep`: compare every byte of the models.
    """
    config, found = installation.configuration(file)
    yield from found
    running = [_Asked(check) for check in checks(config, deep=deep)]
    for asked in running:
        yield from asked.findings()


def checks(config: Config | None, *, deep: bool) -> list[Check]:
    """List the questions that make sense with a configuration, or without a right one."""
    store = default()
    state = user_state_path("assistant")
    places = {
        "settings that are remembered, logs": state,
        "caches": user_cache_path("assistant"),
        "control socket": Path(default_path()).parent,
    }
    return [
        Check("Python", machine.python),
        Check("environment", machine.environment),
        Check("processor", machine.processor),
        Check("processor speed", machine.governor),
        Check("priority", user.priority),
        Check("memory", machine.memory),
        Check("GPU", partial(gpu.gpu, store), _GPU),
        Check("container", machine.container),
        Check("disk", partial(machine.disk, store.root)),
        Check("disk", partial(machine.places, places)),
        Check("state", partial(user.writable, "state folder", state, "set XDG_STATE_HOME")),
        Check("runtime folder", user.runtime),
        Check("clock", machine.clock),
        Check("clock followed", machine.synchronised),
        Check("groups", user.groups),
        *_sound_checks(config),
        Check("camera", partial(user.cameras, wanted=_looks(config))),
        *_engine_checks(config),
        *_running_checks(config),
        *([] if config is None else _config_checks(config, deep=deep)),
    ]


def _looks(config: Config | None) -> bool:
    """Tell whether it is to look through a camera; a configuration may know of none."""
    return getattr(getattr(config, "vision", None), "mode", "off") != "off"


def _ports(config: Config) -> Iterator[Finding]:
    us = running(config.control.socket or Path(default_path()))
    return doors.ports(doors.opened(config), doors.asked(config), us, Path("/proc"))


def _sound_checks(config: Config | None) -> list[Check]:
    device = config.device if config and config.device.backend in {"auto", "sounddevice"} else None
    microphone, speaker, channel = (
        getattr(device and device.settings, name, None)
        for name in ("microphone", "speaker", "channel")
    )
    return [
        Check("sound server", sound.server),
        Check("sound cards", sound.cards),
        Check("sound devices", partial(sound.devices, microphone, speaker, channel), _SOUND),
        Check("microphone mixer", partial(mixer.volume, "source", microphone)),
        Check("speaker mixer", partial(mixer.volume, "sink", speaker)),
        Check("second mouth", sound.second_mouth),
    ]


def _engine_checks(config: Config | None) -> list[Check]:
    return [
        Check(engine.module, partial(installation.engine, engine), installation.IMPORTING + 5)
        for engine in installation.ENGINES
        if _is_used(engine, config)
    ]


def _is_used(engine: installation.Engine, config: Config | None) -> bool:
    if engine.stage == "wake" and (config is None or config.turns.mode != "wake"):
        return False
    if config is not None and engine.stage == "llm":
        return any(mind.backend == engine.backend for _, mind in config.llm.chain)
    return config is None or getattr(config, engine.stage).backend == engine.backend


def _running_checks(config: Config | None) -> list[Check]:
    place = None if config is None else config.control.socket
    home, base = Path(os.environ.get("HOME", "/")), os.environ.get("XDG_CONFIG_HOME", "")
    return [
        Check("control socket", partial(installation.control_socket, place)),
        Check("assistants", started.others),
        Check("service", partial(started.service, started.folders(home, base))),
    ]


def _config_checks(config: Config, *, deep: bool) -> list[Check]:
    found = [
        Check("secrets", partial(installation.secrets, config)),
        Check("models", partial(installation.models, config, default(), deep=deep), DEEP),
        Check("retired models", partial(retirement.retired, config)),
        Check(doors.WHAT, partial(_ports, config)),
    ]
    found.append(Check("tools", partial(tools.found, config), tools.FINDING_S))
    found += [
        Check(f"MCP {name}", partial(tools.server, name, server), tools.STARTING_S + 15)
        for name, server in config.mcp.items()
    ]
    if config.turns.mode == "wake":
        found.append(Check("wake word", partial(installation.wake_word, config)))
    if config.home.broker:
        found.append(Check("home", partial(broker.broker, config), 20.0))
    if reach.elsewhere(config):
        found.append(Check("mind", partial(reach.minds, config)))
    return found


class _Asked:
    """A question that is being answered, in a thread that may be left behind."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._found: list[Finding] = []
        self._wrong: BaseException | None = None
        self._over = threading.Event()
        self._until = time.perf_counter() + check.deadline
        threading.Thread(target=self._answer, name=check.what, daemon=True).start()

    def findings(self) -> list[Finding]:
        """Wait for the answer; what was found before the deadline counts."""
        if not self._over.wait(max(0.0, self._until - time.perf_counter())):
            detail = f"no answer within {self._check.deadline:g} s"
            late = Finding("fail", self._check.what, detail, "restart what hangs, and try again")
            return [*self._found, late]
        if self._wrong is not None:
            raise self._wrong
        return self._found

    def _answer(self) -> None:
        try:
            found = self._check.find()
            for finding in [found] if isinstance(found, Finding) else found:
                self._found.append(finding)
        except BaseException as wrong:  # noqa: BLE001 - it is raised where the answer is taken
            self._wrong = wrong
        finally:
            self._over.set()
