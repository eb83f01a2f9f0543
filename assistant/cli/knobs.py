"""What surfaces may turn beside the conversation: ears, eyes, loudness, patience, buttons."""

import math
from collections.abc import Awaitable, Callable, Sequence

from assistant.cli.upkeep import House
from assistant.config import Config
from assistant.config.sections import PRESETS
from assistant.core.events import Action, Cause, Poked, Woken
from assistant.errors import AssistantError
from assistant.ports import (
    Button,
    Choice,
    Control,
    Device,
    Dial,
    Seen,
    Session,
    Switch,
    Synthesizer,
    Tunable,
    TurnReport,
)

SOFTEST_DB = -60.0
_CUBIC = 60.0
"""Decibels for a factor of ten, as loudness feels: half way is 18 dB lower."""
SLOWEST, FASTEST, STEP = 0.5, 2.0, 0.05


def controls(
    session: Session, house: House, device: Device, voice: Synthesizer
) -> Sequence[Control]:
    """Return what there is to be turned; what a device or a voice cannot do is left out."""
    found: list[Control] = [
        Switch("microphone", lambda: not session.state.muted, _opened(session)),
        Choice(
            "patience",
            lambda: house.config.turns.patience,
            lambda name: house.change({"turns.patience": name}),
            tuple(PRESETS),
        ),
        *_eyes(house),
        *_buttons(session, house.config),
    ]
    if isinstance(device, Tunable) and hasattr(house.config.device.settings, "volume_db"):
        found.append(
            Dial(
                "volume",
                lambda: percent(house.config.device.settings.volume_db),  # type: ignore[attr-defined]
                lambda loud: house.change({"device.volume_db": decibels(loud)}),
                *(0, 100, 1, "%"),
            )
        )
    if isinstance(voice, Tunable) and hasattr(house.config.tts.settings, "speed"):
        found.append(
            Dial(
                "speed",
                lambda: house.config.tts.settings.speed,  # type: ignore[attr-defined]
                lambda speed: house.change({"tts.speed": speed}),
                *(SLOWEST, FASTEST, STEP),
            )
        )
    return found


def percent(db: float) -> int:
    """Return loudness from 0 to 100, as it feels."""
    return 0 if db <= SOFTEST_DB else round(100 * 10 ** (db / _CUBIC))


def decibels(loud: float) -> float:
    """Return the level of a loudness from 0 to 100."""
    return SOFTEST_DB if loud <= 0 else max(SOFTEST_DB, _CUBIC * math.log10(loud / 100))


def _opened(session: Session) -> Callable[[bool], Awaitable[None]]:
    async def turn(on: bool) -> None:  # noqa: FBT001 - as ports.Switch
        await session.mute(on=not on)

    return turn


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
