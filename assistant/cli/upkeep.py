"""What a running daemon is asked to do with itself: take other settings, tell its health."""

import asyncio
import logging
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from assistant.app import LIVE_DEVICE, settings, voice
from assistant.care.health import Gauge, Health, Recent, loop_gauges, process_gauges, summary
from assistant.care.watched import Pulse
from assistant.config import Config
from assistant.config.changes import changed
from assistant.config.sections import Stage
from assistant.control.server import Answer, Upkeep
from assistant.errors import AssistantError
from assistant.ports import Device, Gauged, Tunable, Voices
from assistant.recorder.stalls import LoopMonitor
from assistant.session import LiveSession, Shared

_log = logging.getLogger(__name__)

LIVE = ("persona.", "conversation.", "turns.", "log.level", "profile")
"""Keys that are taken at once, by how they begin."""
EYES = "vision.mode"
"""Live, too, where there are eyes: they can be closed and opened, not fetched."""
BUT = ("turns.mode", "turns.judges.")
"""Not these: they decide which engines are loaded."""


class House:
    """The daemon around its session."""

    def __init__(
        self, config: Config, again: Callable[..., Config], recent: Recent, monitor: LoopMonitor
    ) -> None:
        """`again` reads the configuration anew, also with another `profile`.

        `monitor` times the loop that all runs in.
        """
        self._config, self._again, self._recent = config, again, recent
        self._monitor = monitor
        self._health = Health(process_gauges())
        self._session: LiveSession | None = None
        self._device: Device | None = None
        self._shared: Shared | None = None
        self._taking = asyncio.Lock()

    @property
    def upkeep(self) -> Upkeep:
        """What the socket asks for."""
        return Upkeep(self.reload, self._report)

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

    @property
    def config(self) -> Config:
        """What holds now."""
        return self._config

    @property
    def voices(self) -> Voices | None:
        """The voice, if it can become another one."""
        speaks = None if self._shared is None else self._shared.voice
        return speaks if isinstance(speaks, Voices) else None

    async def reload(self, profile: str | None = None) -> Answer:
        """Read the configuration again and take what can be taken; `profile`: with that one.

        Raises `AssistantError` if it is wrong: the old one stays.
        """
        wish = {} if profile is None else {"profile": profile}
        self._running()
        new = await asyncio.to_thread(self._again, **wish)
        async with self._taking:
            return await self._take(new)

    async def change(self, values: Mapping[str, object]) -> None:
        """Have live settings, by their dotted keys, other values until the next restart.

        Raises `AssistantError` where one cannot be had.
        """
        async with self._taking:
            new = self._config
            for key, value in values.items():
                new = _with(new, key, value)
            answer = await self._take(new)
        if answer["restart"]:
            raise AssistantError(f"{', '.join(values)}: it stays as it is; the log says why")

    async def speak_as(self, name: str) -> None:
        """Speak with another voice from the next answer on."""
        await self.change({f"{voice(self._config)[0]}.voice": name})

    def _running(self) -> tuple[LiveSession, Device, Shared]:
        if self._session is None or self._device is None or self._shared is None:
            raise AssistantError("it is still starting; try again in a moment")
        return self._session, self._device, self._shared

    async def _take(self, new: Config) -> Answer:
        session, device, shared = self._running()
        different = list(changed(self._config, new))
        may = _May(
            sees=shared.eyes.camera is not None or shared.eyes.screen is not None,
            speaks=await self._voiced(new),
        )
        taken = [key for key in different if _is_live(key, may)]
        self._config = _partly(self._config, new, may)
        session.retune(settings(self._config, shared.mind.info, session.pauses))
        if isinstance(device, Tunable):
            device.tune(self._config.device.settings)
        logging.getLogger("assistant").setLevel(self._config.log.level.upper())
        return {"taken": taken, "restart": [key for key in different if key not in taken]}

    async def _voiced(self, new: Config) -> str:
        """Let the voice become what it is to be; returns its section, or nothing if it cannot."""
        same = new.model_copy(update={"language": self._config.language})  # that one stays
        (key, now), (wanted, then) = voice(self._config), voice(same)
        speaks = self.voices
        if speaks is None or (key, type(now.config)) != (wanted, type(then.config)):
            return ""
        if now.config != then.config:
            try:
                await speaks.become(then.config)
            except AssistantError as wrong:
                _log.warning("the voice stays as it is: %s", wrong)
                return ""
        return key

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


@dataclass(frozen=True, slots=True)
class _May:
    """What else may change here."""

    sees: bool = False
    """There are eyes, which can be closed and opened."""
    speaks: str = ""
    """The section of a voice that has become what its settings say."""

    def voices(self, key: str) -> bool:
        """Tell whether a key is one of that voice."""
        section, _, name = key.rpartition(".")
        return bool(self.speaks) and section == self.speaks and name != "backend"


def _with(section: Any, key: str, value: object) -> Any:
    """Return a section in which one setting has another value."""
    name, _, rest = key.partition(".")
    if isinstance(section, Stage) and name not in type(section).model_fields:
        return section.model_copy(update={"settings": _with(section.settings, key, value)})
    inner = _with(getattr(section, name), rest, value) if rest else value
    return section.model_copy(update={name: inner})


def _is_live(key: str, may: _May = _May()) -> bool:
    if key.startswith("device."):
        return key.removeprefix("device.") in LIVE_DEVICE
    if (may.sees and key == EYES) or may.voices(key):
        return True
    return key.startswith(LIVE) and not key.startswith(BUT)


def _partly(old: Config, new: Config, may: _May = _May()) -> Config:
    """Return what holds now: the new values of what is taken at once, the old ones of the rest."""
    turns = {"mode": old.turns.mode, "judges": old.turns.judges}
    update: dict[str, Any] = {
        "persona": new.persona,
        "conversation": new.conversation,
        "turns": new.turns.model_copy(update=turns),
        "log": old.log.model_copy(update={"level": new.log.level}),
        "device": old.device,
        "profile": new.profile,
        "profiles": new.profiles,
    }
    if may.sees:
        update["vision"] = old.vision.model_copy(update={"mode": new.vision.mode})
    mine, theirs = old.device.settings, new.device.settings
    if type(mine) is type(theirs):
        live = {name: getattr(theirs, name) for name in LIVE_DEVICE if hasattr(theirs, name)}
        device = old.device.model_copy(update={"settings": mine.model_copy(update=live)})
        update["device"] = device
    if may.speaks == "tts":
        update["tts"] = old.tts.model_copy(update={"settings": new.tts.settings})
    elif may.speaks:
        update["tts"] = old.tts.model_copy(update={"fallback": new.tts.fallback})
    return old.model_copy(update=update)
