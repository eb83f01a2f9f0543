"""What surfaces may turn: it is what holds then, and what is not there is not offered."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from assistant.care.health import Recent
from assistant.cli.knobs import knobs
from assistant.cli.upkeep import House
from assistant.config import load
from assistant.core.events import Action, Cause, Poked, Woken
from assistant.errors import AssistantError
from assistant.listening.pauses import Pauses
from assistant.looking.sight import Lookout
from assistant.ports import Button, Control, Controls, Dial, Switch, TurnReport
from assistant.recorder.stalls import LoopMonitor
from assistant.testing.camera import ScriptedCamera
from assistant.testing.mind import ScriptedMind
from tests.home.stage import ScriptedSession


class Voice:
    """What words can turn of a voice: as loud and as fast as it was told to be."""

    def __init__(self, pace: float | None = None) -> None:
        self.volume, self.pace = 80, pace

    def controls(self) -> Controls:
        return Controls(
            volume=lambda: self.volume,
            set_volume=lambda level: setattr(self, "volume", level),
            pace=lambda: self.pace,
            set_pace=lambda pace: setattr(self, "pace", pace),
            said=lambda: "",
            close_ears=lambda: None,
        )


def offered(session: ScriptedSession, *, mode: str = "wake") -> Sequence[Control]:
    config = load(flags={"turns.mode": mode}, environ={})
    house = House(config, lambda: config, Recent(), LoopMonitor())
    return knobs(session, house, Voice().controls())


def button(found: Sequence[Control], name: str) -> Button:
    (pressed,) = (control for control in found if control.name == name)
    assert isinstance(pressed, Button)
    return pressed


def test_what_cannot_be_tuned_is_left_out() -> None:
    names = {control.name for control in offered(ScriptedSession())}
    assert names == {"microphone", "patience", "volume", "listen", "stop", "repeat"}


def test_loudness_and_pace_are_those_that_words_turn() -> None:
    async def main() -> None:
        config = load(environ={})
        house = House(config, lambda: config, Recent(), LoopMonitor())
        voice = Voice(pace=1.0)
        found = {one.name: one for one in knobs(ScriptedSession(), house, voice.controls())}
        volume, speed = found["volume"], found["speed"]
        assert isinstance(volume, Dial)
        assert isinstance(speed, Dial)
        await volume.turn(40.0)
        await speed.turn(1.2)
        assert (voice.volume, voice.pace) == (40, 1.2)
        voice.volume, voice.pace = 55, 0.8
        assert (volume.read(), speed.read()) == (55, 0.8)

    asyncio.run(main())


def test_the_camera_is_switched_where_it_may_look() -> None:
    modes: list[str] = []

    async def main() -> None:
        config = load(flags={"vision.mode": "auto"}, environ={})
        house = House(config, lambda: config, Recent(), LoopMonitor())
        eyes = Lookout(ScriptedCamera(None))
        session = SimpleNamespace(
            retune=lambda settings: modes.append(settings.sight.mode), pauses=Pauses(), gauges=dict
        )
        shared = SimpleNamespace(eyes=eyes, mind=ScriptedMind(), voice=object())
        house.furnish(session, object(), shared, SimpleNamespace(still=0.0))  # type: ignore[arg-type]
        found = knobs(ScriptedSession(), house, Voice().controls())
        (camera,) = (one for one in found if one.name == "camera")
        assert isinstance(camera, Switch)
        assert camera.read()
        await camera.turn(False)  # noqa: FBT003 - as ports.Switch
        assert not camera.read()
        await camera.turn(True)  # noqa: FBT003 - as ports.Switch
        assert camera.read()

    asyncio.run(main())
    assert modes == ["off", "auto"]


def test_buttons_do_what_they_say() -> None:
    async def main() -> None:
        session = ScriptedSession()
        found = offered(session)
        await button(found, "listen").press()
        await button(found, "stop").press()
        assert session.injected == [Woken(Cause.REMOTE), Poked(Action.STOP)]
        with pytest.raises(AssistantError, match="nothing has been said yet"):
            await button(found, "repeat").press()
        session.show(TurnReport(1, "hi", "Hello there.", "answered"))
        await button(found, "repeat").press()
        assert session.said == ["Hello there."]
        pushed = ScriptedSession()
        await button(offered(pushed, mode="push"), "listen").press()
        assert pushed.injected == [Poked(Action.PRESS)]

    asyncio.run(main())
