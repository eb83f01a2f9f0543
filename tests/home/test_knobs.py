"""What surfaces may turn: it is what holds then, and what is not there is not offered."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.care.health import Recent
from assistant.cli.knobs import knobs
from assistant.cli.upkeep import House
from assistant.config import Config, load
from assistant.config.sections import PRESETS
from assistant.core.events import Action, Cause, Poked, Woken
from assistant.errors import AssistantError
from assistant.listening.pauses import Pauses
from assistant.looking.sight import Lookout
from assistant.ports import Button, Choice, Control, Controls, Dial, Switch, TurnReport
from assistant.recorder.stalls import LoopMonitor
from assistant.session import Settings
from assistant.testing.camera import ScriptedCamera
from assistant.testing.mind import ScriptedMind
from assistant.testing.voice import ScriptedVoices
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


def furnished(
    read: Callable[..., Config], voice: object, mind: ScriptedMind | None = None
) -> tuple[House, list[Settings]]:
    """Return a daemon's house with a session that notes how it was retuned."""
    told: list[Settings] = []
    house = House(read(), read, Recent(), LoopMonitor())
    session = SimpleNamespace(retune=told.append, pauses=Pauses(), gauges=dict)
    shared = SimpleNamespace(eyes=Lookout(), mind=mind or ScriptedMind(), voice=voice)
    house.furnish(session, object(), shared, SimpleNamespace(still=0.0))  # type: ignore[arg-type]
    return house, told


def chosen(house: House, name: str) -> Choice:
    found = knobs(ScriptedSession(), house, Voice().controls())
    (choice,) = (control for control in found if control.name == name)
    assert isinstance(choice, Choice)
    return choice


def test_a_voice_is_chosen_among_those_that_are_here() -> None:
    async def main() -> None:
        voice = ScriptedVoices("en_US-joe-medium", "en_GB-alba-medium")
        house, _ = furnished(lambda **_: load(environ={}), voice)
        choice = chosen(house, "voice")
        assert (choice.options, choice.read()) == (voice.voices, "en_US-joe-medium")
        await choice.turn("en_GB-alba-medium")
        assert (voice.voice, choice.read()) == ("en_GB-alba-medium", "en_GB-alba-medium")
        assert getattr(house.config.tts.settings, "voice", "") == "en_GB-alba-medium"
        with pytest.raises(AssistantError, match=r"tts\.voice"):
            await choice.turn("nobody")
        assert voice.voice == choice.read() == "en_GB-alba-medium"
        assert getattr(house.config.tts.settings, "voice", "") == "en_GB-alba-medium"

    asyncio.run(main())


def test_where_another_language_has_its_own_mouth_that_one_is_meant() -> None:
    async def main() -> None:
        voice = ScriptedVoices("de", "de-x")
        house, _ = furnished(lambda **_: load(flags={"language": "de"}, environ={}), voice)
        await chosen(house, "voice").turn("de-x")
        assert voice.voice == "de-x"
        assert house.config.tts.fallback is not None
        assert getattr(house.config.tts.fallback.settings, "voice", "") == "de-x"

    asyncio.run(main())


def test_a_profile_is_taken_as_a_reload_is(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "turns: {patience: quick}\nprofiles:\n"
        "  evening: {turns: {patience: patient}, tts: {voice: en_GB-alba-medium}}\n"
        "  study: {persona: {name: Bob}, stt: {model: base}}\n"
    )

    async def main() -> None:
        voice = ScriptedVoices("en_US-joe-medium", "en_GB-alba-medium")
        house, told = furnished(partial(read, file), voice)
        choice = chosen(house, "profile")
        assert (choice.options, choice.read()) == (("none", "evening", "study"), "none")
        await choice.turn("evening")
        assert (choice.read(), voice.voice) == ("evening", "en_GB-alba-medium")
        assert told[-1].policy.complete_ms == PRESETS["patient"].complete_ms
        with pytest.raises(AssistantError, match=r"stt\.model: needs a restart"):
            await choice.turn("study")
        assert (choice.read(), told[-1].name, voice.voice) == ("study", "Bob", "en_US-joe-medium")
        await choice.turn("none")
        assert (choice.read(), told[-1].name) == ("none", "Ada")
        assert told[-1].policy.complete_ms == PRESETS["quick"].complete_ms

    asyncio.run(main())


def read(file: Path, **flags: object) -> Config:
    return load(file, environ={}, flags=flags)


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
