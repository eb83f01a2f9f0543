"""What surfaces may turn: it is what holds then, and what is not there is not offered."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from assistant.care.health import Recent
from assistant.cli import knobs
from assistant.cli.knobs import controls, decibels, percent
from assistant.cli.upkeep import House
from assistant.config import load
from assistant.core.events import Action, Cause, Poked, Woken
from assistant.errors import AssistantError
from assistant.listening.pauses import Pauses
from assistant.looking.sight import Lookout
from assistant.ports import Button, Control, Switch, TurnReport
from assistant.recorder.stalls import LoopMonitor
from assistant.testing.camera import ScriptedCamera
from assistant.testing.mind import ScriptedMind
from tests.home.stage import ScriptedSession


class Tuned:
    """A device, or a voice, that takes settings."""

    settings: object = None

    def tune(self, settings: object) -> None:
        self.settings = settings


def offered(session: ScriptedSession, *, mode: str = "wake") -> Sequence[Control]:
    config = load(flags={"turns.mode": mode}, environ={})
    house = House(config, lambda: config, Recent(), LoopMonitor())
    return controls(session, house, object(), object())  # type: ignore[arg-type]


def button(found: Sequence[Control], name: str) -> Button:
    (pressed,) = (control for control in found if control.name == name)
    assert isinstance(pressed, Button)
    return pressed


def test_what_cannot_be_tuned_is_left_out() -> None:
    names = {control.name for control in offered(ScriptedSession())}
    assert names == {"microphone", "patience", "listen", "stop", "repeat"}


def test_what_can_be_tuned_is_offered() -> None:
    config = load(environ={})
    house = House(config, lambda: config, Recent(), LoopMonitor())
    found = controls(ScriptedSession(), house, Tuned(), Tuned())  # type: ignore[arg-type]
    assert {"volume", "speed"} <= {control.name for control in found}


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
        found = controls(ScriptedSession(), house, object(), object())  # type: ignore[arg-type]
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


@pytest.mark.parametrize(("loud", "db"), [(100, 0), (50, -18.06), (10, -60), (0, -60)])
def test_loudness_as_it_feels(loud: int, db: float) -> None:
    assert decibels(loud) == pytest.approx(db, abs=0.01)


def test_loudness_and_back() -> None:
    assert [percent(decibels(loud)) for loud in range(11, 101)] == list(range(11, 101))
    assert percent(knobs.SOFTEST_DB) == 0
