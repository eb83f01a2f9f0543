"""Hands in a whole session, in virtual time: what rings, what interrupts it, what is undone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from assistant.company import Kept
from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Mode, Policy
from assistant.hands.furnishing import watched
from assistant.keeping.store import Store
from assistant.ports import Track
from assistant.ringing import EVERY_S, LONGEST_S
from assistant.testing.clock import InPlace, ScriptedClock
from assistant.testing.ears import Script
from assistant.views import Countdown
from tests.hands.home import SATURDAY, hands
from tests.scenarios.stage import Stage, check_at_rest, perform, sounds

Furnish = Callable[[], AbstractAsyncContextManager[Kept]]


def heard(text: str) -> Script:
    return Script(((0.5, text),), final_s=0.07)


@pytest.fixture
def furnish(tmp_path: Path) -> Furnish:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Kept]:
        store = Store(tmp_path / "kept.sqlite", InPlace())
        async with watched(hands(), store, ScriptedClock(SATURDAY)) as kept:
            yield kept
        await store.close()

    return opened


def bells(stage: Stage) -> list[float]:
    """When the bell began."""
    return [round(start, 2) for start, _ in stage.device.sounding(Track.TONE)]


def kept_by(stage: Stage) -> Kept:
    kept = stage.session._shared.kept
    assert kept is not None
    return kept


def test_an_order_is_answered_without_the_mind_and_within_30_ms(furnish: Furnish) -> None:
    stage = perform([(1.0, 2.0)], [heard("set a timer for an hour")], furnish=furnish, ends=10.0)
    (report,) = stage.reports
    assert (report.heard, report.said) == ("set a timer for an hour", "1 hour, starting now.")
    assert stage.mind.asked == []
    (committed,) = stage.instants(c.Reply)
    (first, *_) = stage.voice.calls
    assert first.at - committed <= 0.07, "the clause, of 60 ms, and the hands, of none"
    assert any(isinstance(seen, Countdown) for _, seen in stage.seen)
    check_at_rest(stage)


def test_what_no_hand_knows_is_for_the_mind(furnish: Furnish) -> None:
    stage = perform([(1.0, 2.0)], [heard("tell me about whales")], furnish=furnish, ends=10.0)
    (report,) = stage.reports
    assert report.said == "I hear you."


def test_a_timer_rings_until_stop_is_said(furnish: Furnish) -> None:
    stage = perform(
        [(1.0, 2.0), (20.0, 20.6)],
        [heard("set a timer for ten seconds"), heard("stop")],
        furnish=furnish,
        ends=40.0,
    )
    rang = [round(start, 1) for start, _ in sounds(stage) if start > 5]
    began = bells(stage)
    assert len(began) >= 3
    (set_at,) = [at for at, _ in stage.events(e.ReplyEnded)][:1]
    assert 12.0 < began[0] < set_at + 10
    assert began[1] - began[0] == pytest.approx(EVERY_S, abs=0.05)
    assert rang[0] == pytest.approx(began[0], abs=0.3), "it says so, too"
    assert max(began) < 21.5, "silent since"
    assert kept_by(stage).alarms.every("timer") == []
    assert stage.mind.asked == []
    check_at_rest(stage)


def test_it_is_late_by_no_more_than_50_ms(furnish: Furnish) -> None:
    began: list[float] = []

    async def meanwhile(stage: Stage) -> None:
        alarms = kept_by(stage).alarms
        began.append(asyncio.get_running_loop().time())
        await alarms.start(7.0)

    stage = perform([], [], furnish=furnish, meanwhile=meanwhile, ends=12.0)
    assert bells(stage)[0] - began[0] - 7.0 < 0.05


def test_it_rings_in_mid_conversation_and_the_answer_goes_on_hold(furnish: Furnish) -> None:
    async def meanwhile(stage: Stage) -> None:
        await kept_by(stage).alarms.start(3.0, "egg")

    long = " ".join(["and so on"] * 40)
    stage = perform(
        [(1.0, 2.0), (10.0, 10.5)],
        [heard("tell me about whales"), heard("stop")],
        [long],
        furnish=furnish,
        meanwhile=meanwhile,
        ends=40.0,
    )
    said = [report.said for report in stage.reports]
    assert "Your egg timer is done." in said
    assert stage.reports[0].outcome == "interrupted"
    assert bells(stage)[0] == pytest.approx(3.0, abs=0.05)
    check_at_rest(stage)


@pytest.mark.parametrize("mode", [Mode.WAKE, Mode.PUSH])
def test_it_rings_in_each_mode_and_a_key_stops_it(furnish: Furnish, mode: Mode) -> None:
    async def meanwhile(stage: Stage) -> None:
        await kept_by(stage).alarms.start(3.0)
        await asyncio.sleep(10)
        stage.session.inject(e.Poked(e.Action.STOP))

    stage = perform(
        [], [], furnish=furnish, meanwhile=meanwhile, ends=40.0, policy=Policy(mode=mode)
    )
    assert bells(stage)[0] == pytest.approx(3.0, abs=0.05)
    assert 8.0 < max(bells(stage)) < 10.0


def test_where_nobody_is_it_falls_silent_after_a_while(furnish: Furnish) -> None:
    async def meanwhile(stage: Stage) -> None:
        await kept_by(stage).alarms.start(3.0)

    stage = perform([], [], furnish=furnish, meanwhile=meanwhile, ends=400.0, keep_frames=False)
    assert max(bells(stage)) == pytest.approx(3.0 + LONGEST_S, abs=3)
    assert kept_by(stage).alarms.ringing == ()
    check_at_rest(stage)


def test_snooze_is_understood_while_it_rings(furnish: Furnish) -> None:
    async def meanwhile(stage: Stage) -> None:
        await kept_by(stage).alarms.start(3.0)

    stage = perform(
        [(8.0, 9.0)],
        [heard("snooze for one minute")],
        furnish=furnish,
        meanwhile=meanwhile,
        ends=80.0,
        keep_frames=False,
    )
    assert "Again in 1 minute." in [report.said for report in stage.reports]
    silent = [at for at in bells(stage) if 11.0 < at < 65.0]
    assert silent == []
    assert any(at > 65.0 for at in bells(stage))


def test_many_at_once_are_told_in_one_breath(furnish: Furnish) -> None:
    async def meanwhile(stage: Stage) -> None:
        alarms = kept_by(stage).alarms
        for number in range(50):
            await alarms.start(3.0, f"number {number}")
        await asyncio.sleep(20)
        await alarms.silence()

    stage = perform([], [], furnish=furnish, meanwhile=meanwhile, ends=60.0)
    assert [report.said for report in stage.reports] == [
        (
            "Your number 0 timer is done. Your number 1 timer is done. Your number 2 timer is "
            "done. And 47 more."
        )
    ]


def test_a_draft_does_nothing_until_it_is_committed(furnish: Furnish) -> None:
    counts: list[int] = []

    async def meanwhile(stage: Stage) -> None:
        for _ in range(40):
            await asyncio.sleep(0.1)
            counts.append(len(kept_by(stage).alarms.every("timer")))

    growing = Script(
        (
            (0.3, "set a timer for ten minutes."),
            (1.2, "set a timer for ten minutes. no I mean tell me a joke."),
        ),
        final_s=0.07,
    )
    stage = perform(
        [(1.0, 2.5)], [growing], furnish=furnish, meanwhile=meanwhile, policy=Policy(drafts=8)
    )
    assert len(stage.orders(c.Draft)) >= 2
    assert max(counts) == 0
    (report,) = stage.reports
    assert report.said == "I hear you."
    check_at_rest(stage)


def test_a_draft_that_is_committed_is_done_once(furnish: Furnish) -> None:
    stage = perform(
        [(1.0, 2.0)],
        [Script(((0.4, "set a timer for ten minutes."),), final_s=0.07)],
        furnish=furnish,
        policy=Policy(drafts=8),
        ends=8.0,
    )
    assert len(stage.orders(c.Commit)) == 1
    assert len(kept_by(stage).alarms.every("timer")) == 1


def test_who_goes_on_has_the_whole_done_and_the_half_undone(furnish: Furnish) -> None:
    stage = perform(
        [(1.0, 2.0), (2.5, 3.3)],
        [heard("set a timer for one hour"), heard("and thirty minutes")],
        furnish=furnish,
        ends=12.0,
    )
    assert stage.reports[-1].heard == "set a timer for one hour and thirty minutes"
    assert stage.reports[-1].said == "1 hour and 30 minutes, starting now."
    (timer,) = kept_by(stage).alarms.every("timer")
    assert timer.total == 5400


def test_who_adds_an_order_has_both_done(furnish: Furnish) -> None:
    stage = perform(
        [(1.0, 2.0), (2.5, 3.3)],
        [heard("set a timer for one hour"), heard("what time is it")],
        furnish=furnish,
        ends=12.0,
    )
    assert stage.reports[-1].said == "1 hour, starting now. It's 8:42 PM."
    assert len(kept_by(stage).alarms.every("timer")) == 1


def test_volume_and_repeat_and_a_closed_ear(furnish: Furnish) -> None:
    async def meanwhile(stage: Stage) -> None:
        ask = stage.session.ask
        assert (await ask("what time is it")).said == "It's 8:42 PM."
        assert (await ask("say that again")).said == "It's 8:42 PM."
        assert (await ask("volume 40")).said == "Volume 40."
        assert stage.device.did("gain", Track.SPEECH)[-1].value == pytest.approx(-12.04, abs=0.1)
        assert (await ask("slower")).said == "This voice has only one speed."
        assert not stage.device.muted
        await ask("mute yourself")
        await asyncio.sleep(1)
        assert stage.device.muted
        assert stage.session.state.muted

    perform([], [], furnish=furnish, meanwhile=meanwhile, ends=60.0)


def test_a_question_of_the_hands_makes_short_answers_words(furnish: Furnish) -> None:
    stage = perform(
        [(1.0, 2.0), (5.0, 6.0)],
        [heard("remind me to call mum"), heard("tomorrow at five")],
        furnish=furnish,
        ends=15.0,
    )
    assert [report.said for report in stage.reports] == [
        "When should I remind you?",
        "I'll remind you tomorrow at 5 PM.",
    ]
