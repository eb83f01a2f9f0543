"""What surfaces may turn beside the conversation: ears, eyes, loudness, patience, buttons."""

from collections.abc import Awaitable, Callable, Sequence

from assistant.cli.upkeep import House
from assistant.config import Config
from assistant.config.sections import PRESETS
from assistant.config.shorthand import NO_PROFILE
from assistant.core.events import Action, Cause, Poked, Woken
from assistant.errors import AssistantError
from assistant.ports import (
    Button,
    Choice,
    Control,
    Controls,
    Dial,
    Seen,
    Session,
    Switch,
    TurnReport,
)
from assistant.tools.voice import PACES

STEP = 0.05
"""Of the pace."""


def knobs(session: Session, house: House, own: Controls) -> Sequence[Control]:
    """Return what there is to be turned; what a voice cannot do is left out.

    `own`: what words turn, too, so that both always tell the same.
    """
    found: list[Control] = [
        Switch("microphone", lambda: not session.state.muted, _opened(session)),
        Choice(
            "patience",
            lambda: house.config.turns.patience,
            lambda name: house.change({"turns.patience": name}),
            tuple(PRESETS),
        ),
        *_profiles(house),
        *_voices(house),
        *_eyes(house),
        *_buttons(session, house.config),
        Dial("volume", own.volume, _loud(own), 0, 100, 1, "%"),
    ]
    if own.pace() is not None:
        found.append(Dial("speed", lambda: own.pace() or 1.0, _paced(own), *PACES, STEP))
    return found


def _loud(own: Controls) -> Callable[[float], Awaitable[None]]:
    async def turn(level: float) -> None:
        own.set_volume(round(level))

    return turn


def _paced(own: Controls) -> Callable[[float], Awaitable[None]]:
    async def turn(factor: float) -> None:
        own.set_pace(factor)

    return turn


def _opened(session: Session) -> Callable[[bool], Awaitable[None]]:
    async def turn(on: bool) -> None:  # noqa: FBT001 - as ports.Switch
        await session.mute(on=not on)

    return turn


def _profiles(house: House) -> Sequence[Choice]:
    """Return the choice among the profiles of the configuration, where there are some."""
    names = tuple(house.config.profiles)
    if not names:
        return []

    async def choose(name: str) -> None:
        answer = await house.reload("" if name == NO_PROFILE else name)
        if restart := answer["restart"]:
            keys = ", ".join(restart) if isinstance(restart, list) else ""
            raise AssistantError(f"{keys}: needs a restart; the rest of the profile is taken")

    offered = (NO_PROFILE, *names)
    return [Choice("profile", lambda: house.config.profile or NO_PROFILE, choose, offered)]


def _voices(house: House) -> Sequence[Choice]:
    """Return the choice among the voices that are here, where the voice can be another one."""
    speaks = house.voices
    if speaks is None:
        return []
    return [Choice("voice", lambda: speaks.voice, house.speak_as, speaks.voices)]


def _eyes(house: House) -> Sequence[Switch]:
    """Return the switch of the camera (and the screen), where it may look at all."""
    mode = house.config.vision.mode
    if mode == "off":
        return []

    async def turn(on: bool) -> None:  # noqa: FBT001 - as ports.Switch
        await house.change({"vision.mode": mode if on else "off"})

    return [Switch("camera", lambda: house.config.vision.mode != "off", turn)]


def _buttons(session: Session, config: Config) -> Sequence[Button]:
    newest = _Newest(session)

    async def listen() -> None:
        press = config.turns.mode == "push"
        session.inject(Poked(Action.PRESS) if press else Woken(Cause.REMOTE))

    async def stop() -> None:
        session.inject(Poked(Action.STOP))

    async def repeat() -> None:
        if not newest.said:
            raise AssistantError("nothing has been said yet")
        await session.say(newest.said)

    return [Button("listen", listen), Button("stop", stop), Button("repeat", repeat)]


class _Newest:
    """What was said last."""

    def __init__(self, session: Session) -> None:
        self.said = ""
        session.watch(self)

    def __call__(self, seen: Seen) -> None:
        if isinstance(seen, TurnReport) and seen.said:
            self.said = seen.said
