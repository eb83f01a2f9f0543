"""What a running daemon is asked to do with itself: take other settings, tell its health."""

import asyncio
import logging
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import Any

from assistant.app import LIVE_DEVICE, settings
from assistant.care.health import Gauge, Health, Recent, loop_gauges, process_gauges, summary
from assistant.care.watched import Pulse
from assistant.config import Config
from assistant.config.changes import changed
from assistant.config.sections import Stage
from assistant.control.server import Answer, Upkeep
from assistant.errors import AssistantError
from assistant.ports import Device, Gauged, Tunable
from assistant.recorder.stalls import LoopMonitor
from assistant.session import LiveSession, Shared

LIVE = ("persona.", "conversation.", "turns.", "log.level")
"""Keys that are taken at once, by how they begin."""
EYES = "vision.mode"
"""Live, too, where there are eyes: they can be closed and opened, not fetched."""
BUT = ("turns.mode", "turns.judges.")
"""Not these: they decide which engines are loaded."""


class House:
    """The daemon around its session."""

    def __init__(
        self, config: Config, again: Callable[[], Config], recent: Recent, monitor: LoopMonitor
    ) -> None:
        """`again` reads the configuration anew; `monitor` times the loop that all runs in."""
        self._config, self._again, self._recent = config, again, recent
        self._monitor = monitor
        self._health = Health(process_gauges())
        self._session: LiveSession | None = None
        self._device: Device | None = None
        self._shared: Shared | None = None

    @property
    def upkeep(self) -> Upkeep:
        """What the socket asks for."""
        return Upkeep(self._reload, self._report)

    def furnish(
        self, session: LiveSession, device: Device, shared: Shared, pulse: Pulse
    ) -> Health:
        """Take in what has been loaded; returns the health, to be kept."""
        self._session, self._device, self._shared = session, device, shared
        self._monitor.reset()  # loading models is no conversation
        gauges = process_gauges() + loop_gauges(self._stall, lambda: pulse.still)
        self._health = Health([*gauges, *_gauges(session), *_gauges(device)])
        return self._health

    def _stall(self) -> float:
        longest = self._monitor.stalls.longest
        self._monitor.reset()
        return longest

    async def _reload(self) -> Answer:
        if self._session is None:
            raise AssistantError("it is still starting; try again in a moment")
        return self._take(await asyncio.to_thread(self._again))

    @property
    def config(self) -> Config:
        """What holds now."""
        return self._config

    async def change(self, values: Mapping[str, object]) -> None:
        """Have live settings, by their dotted keys, other values until the next restart."""
        self._take(_with(self._config, values))

    def _take(self, new: Config) -> Answer:
        if self._session is None or self._device is None or self._shared is None:
            raise AssistantError("it is still starting; try again in a moment")
        different = list(changed(self._config, new))
        eyes = self._shared.eyes
        sees = eyes.camera is not None or eyes.screen is not None
        taken = [key for key in different if _is_live(key) or (sees and key == EYES)]
        self._config = _partly(self._config, new, sees=sees)
        self._session.retune(settings(self._config, self._shared.mind.info, self._session.pauses))
        if isinstance(self._device, Tunable):
            self._device.tune(self._config.device.settings)
        if isinstance(self._shared.voice, Tunable):
            self._shared.voice.tune(self._config.tts.settings)
        logging.getLogger("assistant").setLevel(self._config.log.level.upper())
        return {"taken": taken, "restart": [key for key in different if key not in taken]}

    def _report(self) -> Answer:
        self._health.look()
        return {
            "health": self._health.told(),
            "recent": self._recent.told(),
            "text": summary(self._about(), self._health, self._recent),
        }

    def _about(self) -> list[tuple[str, object]]:
        machine = f"{platform.system()} {platform.release()} {platform.machine()}"
        about: list[tuple[str, object]] = [
            ("assistant", version("assistant")),
            ("python", platform.python_version()),
            ("machine", f"{machine}, {os.cpu_count()} cores"),
        ]
        if self._session is None:
            return [*about, ("state", "starting")]
        state = self._session.state
        about += [
            ("state", "muted" if state.muted else state.activity),
            ("microphone", state.microphone or "none"),
            ("speaker", state.speaker or "none"),
            ("ears", state.ears),
            ("mind", state.mind),
            ("voice", state.voice),
            ("listens", self._config.turns.mode),
            ("turns", state.turns),
        ]
        if state.last_latency is not None:
            about.append(("last answer", f"after {state.last_latency:.2f} s"))
        if state.trouble:
            about.append(("trouble", state.trouble))
        return about


def _gauges(part: object) -> Iterable[Gauge]:
    """Return what a part tells of itself, as gauges."""
    if not isinstance(part, Gauged):
        return
    for name, measure in part.gauges().items():
        yield Gauge(
            name,
            lambda name=name: part.gauges()[name].value,  # type: ignore[misc]
            measure.limit,
            measure.unit,
            measure.counts,
        )


def _with(config: Config, values: Mapping[str, object]) -> Config:
    for key, value in values.items():
        name, _, setting = key.partition(".")
        section = getattr(config, name)
        if isinstance(section, Stage):
            inner = section.settings.model_copy(update={setting: value})
            section = section.model_copy(update={"settings": inner})
        else:
            section = section.model_copy(update={setting: value})
        config = config.model_copy(update={name: section})
    return config


def _is_live(key: str) -> bool:
    if key.startswith("device."):
        return key.removeprefix("device.") in LIVE_DEVICE
    return key.startswith(LIVE) and not key.startswith(BUT)


def _partly(old: Config, new: Config, *, sees: bool = False) -> Config:
    """Return what holds now: the new values of what is taken at once, the old ones of the rest.

    `sees`: there are eyes, which can be closed and opened.
    """
    turns = {"mode": old.turns.mode, "judges": old.turns.judges}
    update: dict[str, Any] = {
        "persona": new.persona,
        "conversation": new.conversation,
        "turns": new.turns.model_copy(update=turns),
        "log": old.log.model_copy(update={"level": new.log.level}),
        "device": old.device,
    }
    if sees:
        update["vision"] = old.vision.model_copy(update={"mode": new.vision.mode})
    mine, theirs = old.device.settings, new.device.settings
    if type(mine) is type(theirs):
        live = {name: getattr(theirs, name) for name in LIVE_DEVICE if hasattr(theirs, name)}
        device = old.device.model_copy(update={"settings": mine.model_copy(update=live)})
        update["device"] = device
    if hasattr(old.tts.settings, "speed") and type(old.tts) is type(new.tts):
        speed = {"speed": getattr(new.tts.settings, "speed", old.tts.settings.speed)}
        voice = old.tts.settings.model_copy(update=speed)
        update["tts"] = old.tts.model_copy(update={"settings": voice})
    return old.model_copy(update=update)
