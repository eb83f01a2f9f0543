"""What is measured of the echo, and what follows from it, with a canceller that is known."""

import numpy as np
import pytest

from assistant.ports import FRAME, RATE, EchoReport, Samples
from assistant.sound.echo import AWAKE, Echo
from assistant.testing.canceller import ScriptedCanceller
from tests.sound.room import Floats, Room, as_samples, frames, noise, talk


class World:
    """Runs sound through an `Echo` whose canceller is told what of it is echo."""

    def __init__(self, decibels: float = 40.0, *, headphones: bool = False) -> None:
        self.canceller = ScriptedCanceller(decibels)
        self.echo = Echo(self.canceller, headphones=headphones)
        self.left: list[Samples] = []
        self.cancelled: list[bool] = []
        self.reports: list[EchoReport] = []
        """One for each frame."""

    def run(self, played: Floats, echo: Floats, theirs: Floats | float = 0.0) -> "World":
        ours = as_samples(echo)
        for number, (near, ahead) in enumerate(frames(echo + theirs, played)):
            self.canceller.echo = ours[number * FRAME : (number + 1) * FRAME]
            left, cancelled = self.echo.hear(near, ahead)
            self.left.append(left)
            self.cancelled.append(cancelled)
            self.reports.append(self.echo.report)
        return self

    def quiet(self, seconds: float, level: float = -70.0) -> "World":
        room = noise(seconds, level)
        return self.run(np.zeros(len(room)), np.zeros(len(room)), room)

    @property
    def state(self) -> str:
        return self.echo.report.state

    @property
    def states(self) -> list[str]:
        """Those that there were, in order."""
        told = [report.state for report in self.reports]
        return [s for s, before in zip(told, ["", *told], strict=False) if s != before]


def spoken(seconds: float = 8.0, room: Room | None = None, **more: float) -> World:
    """Return the world after we have spoken in a room for so long."""
    played = talk(seconds)
    hiss = noise(seconds, more.get("hiss", -75.0))
    return World(more.get("decibels", 40.0)).run(played, (room or Room()).echo(played), hiss)


@pytest.mark.parametrize("delay_ms", [-5.0, 0.0, 20.0, 80.0, 200.0, 450.0])
@pytest.mark.parametrize("level", [0.0, -20.0])
def test_the_delay_is_measured(delay_ms: float, level: float) -> None:
    report = spoken(room=Room(delay_ms, level)).echo.report
    assert report.delay_ms == pytest.approx(delay_ms, abs=1.1)


@pytest.mark.parametrize("delay_ms", [-5.0, 0.0, 20.0, 80.0, 200.0, 450.0])
def test_the_canceller_is_given_what_was_played_shortly_before_it_is_heard(
    delay_ms: float,
) -> None:
    world = spoken(room=Room(delay_ms, tail_s=0.01))
    given = np.concatenate(world.canceller.far[-200:]).astype(float)
    played = talk(8.0)
    at = len(played) - len(given)
    shifts = {
        shift: float(np.dot(given[800:-800], played[at - shift :][800 : len(given) - 800]))
        for shift in range(-LEADS, 8_000)
        if at - shift + len(given) - 800 <= len(played)
    }
    given_late = max(shifts, key=lambda shift: shifts[shift]) * 1000 / RATE
    assert 3 <= delay_ms - given_late <= 100


LEADS = 160


def test_what_cancels_well_makes_it_full_duplex_and_is_reported() -> None:
    world = spoken()
    assert world.states == ["unmeasured", "cancelled"]
    assert world.echo.report.attenuation == pytest.approx(40, abs=3)
    first = world.reports.index(next(r for r in world.reports if r.state == "cancelled"))
    assert 3.0 <= first * FRAME / RATE <= 5.0, "not before the canceller has learnt the room"
    assert not any(world.cancelled[:first])
    assert all(world.cancelled[first + 1 :])


@pytest.mark.parametrize(
    ("decibels", "state"), [(35.0, "cancelled"), (17.0, "reduced"), (6.0, "loud")]
)
def test_what_it_achieves_decides_who_may_interrupt(decibels: float, state: str) -> None:
    world = spoken(decibels=decibels)
    assert world.state == state
    assert world.echo.report.attenuation == pytest.approx(decibels, abs=2)
    assert world.cancelled[-1] is (state != "loud")


def test_it_steps_down_within_two_seconds_and_up_again() -> None:
    world = spoken()
    played, room = talk(6.0, seed=2), Room()
    for decibels, state in ((16.0, "reduced"), (3.0, "loud"), (40.0, "cancelled")):
        world.canceller.decibels = decibels
        began = len(world.reports)
        world.run(played, room.echo(played), noise(6.0, -75.0))
        assert world.state == state
        changed = next(n for n, r in enumerate(world.reports[began:]) if r.state == state)
        assert changed * FRAME / RATE <= 2.1


def test_a_canceller_that_is_a_little_worse_than_it_was_is_kept() -> None:
    world = spoken(decibels=26.0)
    world.canceller.decibels = 22.0
    played = talk(6.0, seed=2)
    world.run(played, Room().echo(played), noise(6.0, -75.0))
    assert world.states == ["unmeasured", "cancelled"]


@pytest.mark.parametrize("level", [-6.0, -20.0, -30.0])
def test_who_speaks_over_it_proves_nothing(level: float) -> None:
    """Neither as loud as the echo nor more softly: the canceller is as good as it was."""
    world = spoken()
    played, theirs = talk(5.0, seed=2), talk(5.0, seed=77, level=-20.0 + level)
    world.run(played, Room(level=-6.0).echo(played), theirs)
    assert world.states == ["unmeasured", "cancelled"]


def test_where_others_never_cease_nothing_is_proved_any_more() -> None:
    world = spoken()
    played, theirs = talk(12.0, seed=2), talk(12.0, seed=77, level=-20.0)
    world.run(played, Room(level=-6.0).echo(played), theirs)
    assert world.state == "unmeasured"


def test_what_is_left_below_the_noise_of_the_room_is_heard_by_nobody() -> None:
    world = World(decibels=15.0).quiet(3.0, -50.0)
    played = talk(6.0)
    world.run(played, Room(level=-25.0).echo(played), noise(6.0, -50.0))
    assert world.state == "cancelled"
    assert (world.echo.report.attenuation or 0) < 15


def test_headphones_are_found_by_measuring() -> None:
    played = talk(8.0)
    world = World().run(played, np.zeros(len(played)), noise(8.0, -60.0))
    assert world.states == ["unmeasured", "none"]
    assert world.echo.report.attenuation is None
    assert not any(world.cancelled)
    assert np.array_equal(world.left[-1], as_samples(noise(8.0, -60.0))[-FRAME:])
    calls = world.canceller.calls
    world.run(played, np.zeros(len(played)), noise(8.0, -60.0))
    assert world.canceller.calls == calls, "nothing is processed"


def test_who_speaks_into_headphones_is_not_taken_for_echo() -> None:
    played, theirs = talk(10.0), talk(10.0, seed=77)
    world = World(headphones=True).run(played, np.zeros(len(played)), theirs)
    assert world.states == ["none"]


def test_headphones_that_are_pulled_out_are_noticed() -> None:
    played = talk(10.0)
    world = World(headphones=True).run(played, np.zeros(len(played)), noise(10.0, -60.0))
    world.run(played, Room().echo(played), noise(10.0, -60.0))
    assert world.states == ["none", "unmeasured", "cancelled"]


def test_a_closed_microphone_proves_nothing() -> None:
    played = talk(10.0)
    world = World().run(played, np.zeros(len(played)))
    assert world.states == ["unmeasured"]


def test_it_sleeps_after_the_last_sound() -> None:
    world = spoken(4.0).quiet(4.9)
    awake = world.canceller.calls
    assert awake == len(world.reports)
    world.quiet(10.0)
    assert world.canceller.calls - awake <= (AWAKE - 4.9 * RATE) / FRAME + 1
    assert not world.cancelled[-1]
    asleep = world.canceller.calls
    played = talk(1.0)
    world.run(played, Room().echo(played))
    assert world.canceller.calls == asleep + 100


def test_what_it_knows_outlasts_its_sleep() -> None:
    world = spoken().quiet(10.0)
    assert world.state == "cancelled"
    played, room = talk(3.0, seed=3), Room()
    world.run(played, room.echo(played), noise(3.0, -75.0))
    assert world.states == ["unmeasured", "cancelled"]
    assert all(world.cancelled[-299:])


def test_a_delay_that_changes_is_followed() -> None:
    world = spoken(room=Room(30.0))
    played = talk(8.0, seed=2)
    world.run(played, Room(230.0).echo(played), noise(8.0, -75.0))
    assert world.echo.report.delay_ms == pytest.approx(230, abs=1.1)
