"""Examines the machine and the installation; every question has a deadline."""

import queue
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from assistant.care import installation, machine, sound
from assistant.care.findings import Check, Finding
from assistant.config import Config
from assistant.models.store import default

DEEP = 600.0
"""Seconds for reading every byte of the models."""

Result = list[Finding] | BaseException


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
    device = config.device if config and config.device.backend in {"auto", "sounddevice"} else None
    wishes = [
        getattr(device and device.settings, side, None) for side in ("microphone", "speaker")
    ]
    place = None if config is None else config.control.socket
    found = [
        Check("Python", machine.python),
        Check("environment", machine.environment),
        Check("processor", machine.processor),
        Check("memory", machine.memory),
        Check("disk", partial(machine.disk, store.root)),
        Check("clock", machine.clock),
        Check("sound server", sound.server),
        Check("sound cards", sound.cards),
        Check("sound devices", partial(sound.devices, *wishes)),
        Check("second mouth", sound.second_mouth),
        *(
            Check(engine.module, partial(installation.engine, engine), installation.IMPORTING + 5)
            for engine in installation.ENGINES
            if config is None or getattr(config, engine.stage).backend == engine.backend
        ),
        Check("control socket", partial(installation.control_socket, place)),
    ]
    if config is not None:
        found += [
            Check("secrets", partial(installation.secrets, config)),
            Check("models", partial(installation.models, config, store, deep=deep), DEEP),
        ]
        if config.llm.backend == "openai":
            found.append(Check("model server", partial(installation.model_server, config)))
    return found


class _Asked:
    """A question that is being answered, in a thread that may be left behind."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._result: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._until = time.perf_counter() + check.deadline
        threading.Thread(target=self._answer, name=check.what, daemon=True).start()

    def findings(self) -> list[Finding]:
        try:
            result = self._result.get(timeout=max(0.0, self._until - time.perf_counter()))
        except queue.Empty:
            detail = f"no answer within {self._check.deadline:g} s"
            return [Finding("fail", self._check.what, detail, "restart what hangs, and try again")]
        if isinstance(result, BaseException):
            raise result
        return result

    def _answer(self) -> None:
        try:
            found = self._check.find()
            self._result.put([found] if isinstance(found, Finding) else list(found))
        except BaseException as wrong:  # noqa: BLE001 - it is raised where the answer is taken
            self._result.put(wrong)
