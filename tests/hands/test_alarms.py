"""Timers and alarms over days of virtual time: restarts, zones, daylight saving, set clocks."""

import asyncio
import random
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.keeping.alarms import BOUND_S
from assistant.keeping.clock import instant, jumped
from assistant.testing.clock import ScriptedClock
from assistant.testing.virtual_time import run as run_virtually
from tests.hands.home import SATURDAY, Home, at_home, home

HOUR = 3600.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.sqlite"


@pytest.fixture
def long_nights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sleep longer at a time: there are many seconds in a week."""
    monkeypatch.setattr("assistant.keeping.alarms.BOUND_S", 60.0)


def test_a_timer_rings_on_time_until_it_is_stopped(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("set a pizza timer for ten minutes")
        await asyncio.sleep(599.9)
        assert here.rung == []
        await asyncio.sleep(0.2)
        assert here.times == [600.0]
        assert [alarm.name for alarm in here.kept.alarms.ringing] == ["pizza"]
        assert await here.says("stop the timer") == "Your pizza timer is cancelled."
        assert here.kept.alarms.ringing == ()

    at_home(file, play)


def test_what_snoozes_rings_again(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("wake me in one minute")
        await asyncio.sleep(60.5)
        assert await here.says("snooze for ten minutes") == "Again in 10 minutes."
        assert here.kept.alarms.ringing == ()
        await asyncio.sleep(601)
        assert here.times == [60.0, 660.5]

    at_home(file, play)


@pytest.mark.usefixtures("long_nights")
def test_an_alarm_comes_every_weekday(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("wake me every weekday at seven")
        for _ in range(14 * 24):
            await asyncio.sleep(HOUR)
            await here.kept.alarms.silence()
        days = [
            datetime.fromtimestamp(here.clock._ahead + at, here.clock.zone()) for at in here.times
        ]
        assert [day.strftime("%a %H:%M") for day in days] == [
            f"{day} 07:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri")
        ] * 2

    at_home(file, play)


@pytest.mark.usefixtures("long_nights")
def test_nothing_is_lost_by_a_restart_and_nothing_rings_twice(file: Path) -> None:
    async def main() -> None:
        clock = ScriptedClock(SATURDAY)
        async with home(file, clock=clock) as here:
            await here.says("set a timer for ten minutes")
            await here.says("set a tea timer for two minutes")
            await here.says("pause the tea timer")
            await here.says("remind me to call mum tomorrow at nine")
        await asyncio.sleep(300)
        async with home(file, clock=clock) as here:
            assert await here.says("how much time is left") == (
                "5 minutes left on your 10 minute timer. "
                "2 minutes left on your tea timer, which is paused."
            )
            await asyncio.sleep(400)
            assert here.times == [600.0]
            await here.says("stop")
            await here.kept.alarms.silence()
        async with home(file, clock=clock) as here:
            await asyncio.sleep(14 * HOUR)
            assert [due.alarm.name for _, due in here.rung] == ["call mum"]

    run_virtually(main())


def test_what_was_due_meanwhile_rings_late_or_is_told_as_missed(file: Path) -> None:
    async def main() -> None:
        clock = ScriptedClock(SATURDAY)
        async with home(file, clock=clock) as here:
            await here.says("set a tea timer for two minutes")
            await here.says("set a timer for ten minutes")
        await asyncio.sleep(1000)
        async with home(file, clock=clock) as here:
            await asyncio.sleep(1)
            found = [(d.alarm.name, round(d.late), d.missed) for _, d in here.rung]
            assert found == [("tea", 880, True), ("", 400, False)]
        async with home(file, clock=clock) as here:
            await asyncio.sleep(1)
            assert [due.alarm.name for _, due in here.rung] == [""], "what was told is gone"

    run_virtually(main())


def test_after_the_machine_was_started_anew_the_wall_clock_counts(file: Path) -> None:
    async def main() -> None:
        async with home(file, clock=ScriptedClock(SATURDAY)) as here:
            await here.says("set a timer for one hour")
        anew = ScriptedClock(datetime(2026, 11, 28, 21, 0), boot="two")
        before = asyncio.get_running_loop().time()
        async with home(file, clock=anew) as here:
            await asyncio.sleep(2 * HOUR)
            assert [at - before for at in here.times] == [pytest.approx(42 * 60, abs=1)]

    run_virtually(main())


def test_a_clock_that_is_set_moves_alarms_and_not_timers(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("set a timer for thirty minutes")
        await here.says("set an alarm for 11 pm")
        await asyncio.sleep(60)
        here.clock.step(2 * HOUR)  # 22:43
        await asyncio.sleep(18 * 60)
        assert [due.alarm.kind for _, due in here.rung] == ["alarm"]
        assert here.times[0] == pytest.approx(18 * 60, abs=BOUND_S)
        await asyncio.sleep(HOUR)
        assert here.times[1] == 1800.0

    at_home(file, play)


def test_a_clock_that_is_set_over_an_alarm_rings_it_at_once(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("set an alarm for 11 pm")
        await asyncio.sleep(10.4)
        here.clock.step(2.4 * HOUR)
        await asyncio.sleep(2 * BOUND_S)
        assert [due.missed for _, due in here.rung] == [False]
        here.clock.step(-HOUR)  # and it does not ring again
        await here.kept.alarms.silence()
        await asyncio.sleep(2 * HOUR)
        assert len(here.rung) == 1

    at_home(file, play)


@pytest.mark.usefixtures("long_nights")
def test_an_alarm_rings_at_its_hour_where_the_user_is_then(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("wake me at seven tomorrow")
        await asyncio.sleep(HOUR)
        here.clock.travel("America/New_York")
        await asyncio.sleep(24 * HOUR)
        at = datetime.fromtimestamp(here.clock._ahead + here.times[0], here.clock.zone())
        assert (at.hour, at.minute, at.day) == (7, 0, 29)

    at_home(file, play)


@pytest.mark.usefixtures("long_nights")
def test_an_hour_that_the_clock_jumps_over_is_said_to_be_missing(file: Path) -> None:
    async def play(here: Home) -> None:
        said = await here.says("wake me at 2:30 am")
        assert said == (
            "There is no 2:30 AM that night, as the clocks go forward: the alarm is set for "
            "tomorrow at 3 AM."
        )
        await asyncio.sleep(12 * HOUR)
        at = datetime.fromtimestamp(here.clock._ahead + here.times[0], here.clock.zone())
        assert (at.hour, at.minute) == (3, 0)

    at_home(file, play, at=datetime(2027, 3, 27, 22))


@pytest.mark.parametrize(
    ("evening", "missing"),
    [(datetime(2027, 3, 27, 22), True), (datetime(2026, 10, 24, 22), False)],
)
def test_over_the_night_of_the_change_each_alarm_is_told_by_the_clock_it_rings_by(
    file: Path, evening: datetime, *, missing: bool
) -> None:
    async def play(here: Home) -> None:
        for order in ("wake me at 2:30 am", "wake me at seven", "wake me every day at 2:30 am"):
            await here.says(order)
        once = "tomorrow at 3 AM" if missing else "tomorrow at 2:30 AM"
        assert await here.says("what alarms do i have") == (
            f"3 alarms: {once}, every day at 2:30 AM and tomorrow at 7 AM."
        )
        assert await here.says("cancel the alarm for seven") == (
            "The alarm tomorrow at 7 AM is cancelled."
        )

    at_home(file, play, at=evening)


@pytest.mark.usefixtures("long_nights")
def test_what_comes_daily_in_the_missing_hour_is_late_for_once(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("wake me every day at 2:30 am")
        for _ in range(60):
            await asyncio.sleep(HOUR)
            await here.kept.alarms.silence()
        days = [
            datetime.fromtimestamp(here.clock._ahead + at, here.clock.zone()) for at in here.times
        ]
        assert [day.strftime("%a %H:%M") for day in days] == [
            "Sun 03:00",
            "Mon 02:30",
            "Tue 02:30",
        ]

    at_home(file, play, at=datetime(2027, 3, 27, 22))


def test_one_in_the_missing_hour_says_so_when_nobody_would_ring_it(file: Path) -> None:
    async def play(here: Home) -> None:
        said = await here.says("wake me at 2:30 am")
        assert said.startswith("There is no 2:30 AM that night")
        assert said.endswith("It will ring once I run again: nobody listens for it now.")

    at_home(file, play, at=datetime(2027, 3, 27, 22), heeds=False)


def test_a_snooze_that_cannot_be_leaves_it_ringing(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("set a timer for one minute")
        await asyncio.sleep(61)
        assert await here.says("snooze for minus five minutes") == (
            "I can't set anything for a time that has passed."
        )
        assert len(here.kept.alarms.ringing) == 1

    at_home(file, play)


@pytest.mark.usefixtures("long_nights")
def test_an_hour_that_comes_twice_rings_once(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("wake me every day at 2:30 am")
        for _ in range(20):
            await asyncio.sleep(HOUR)
            await here.kept.alarms.silence()
        assert here.times == [4.5 * HOUR]

    at_home(file, play, at=datetime(2026, 10, 24, 22))


@pytest.mark.usefixtures("long_nights")
def test_a_timer_over_the_change_lasts_as_long_as_it_was_set_to(file: Path) -> None:
    async def play(here: Home) -> None:
        await here.says("set a timer for ten hours")
        await asyncio.sleep(11 * HOUR)
        assert here.times == [10 * HOUR]

    at_home(file, play, at=datetime(2027, 3, 27, 22))


def test_what_is_jumped_over_is_known() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert jumped(datetime(2027, 3, 28, 2, 30), berlin)
    assert not jumped(datetime(2027, 3, 28, 3, 0), berlin)
    assert not jumped(datetime(2026, 10, 25, 2, 30), berlin)
    three = datetime(2027, 3, 28, 3, tzinfo=berlin).timestamp()
    assert instant(datetime(2027, 3, 28, 2, 30), berlin) == three


@pytest.mark.slow
def test_a_day_of_timers(file: Path) -> None:
    seed = random.Random(7)
    wanted: list[float] = []

    async def play(here: Home) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < 24 * HOUR:
            lasts = seed.randrange(1, 3 * 3600)
            wanted.append(round(loop.time() + lasts, 2))
            await here.kept.alarms.start(lasts)
            await asyncio.sleep(seed.uniform(1, 300))
        await asyncio.sleep(3 * HOUR)
        assert len(wanted) > 500
        assert here.times == sorted(wanted)

    at_home(file, play)


@pytest.mark.slow
def test_a_thousand_timers_are_kept_and_ring(file: Path) -> None:
    async def main() -> None:
        clock = ScriptedClock(SATURDAY)
        async with home(file, clock=clock) as here:
            for number in range(1000):
                await here.kept.alarms.start(60 + number * 0.25)
        async with home(file, clock=clock) as here:
            await asyncio.sleep(400)
            assert here.times == [round(60 + number * 0.25, 2) for number in range(1000)]

    run_virtually(main())
