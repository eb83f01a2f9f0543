"""Keys, the name, and the mute key."""

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Mode, Overlapping, Quiet, Speaking, UserPaused, UserSpeaking
from assistant.core.turns import step
from tests.core import walk as w


@pytest.mark.parametrize("case", w.CASES)
def test_a_key_opens_the_floor_from_everywhere_and_holds_it(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        before = node[1]
        (state, world), orders = w.run(node, policy, w.PRESS)
        assert isinstance(state, UserSpeaking)
        assert state.pressed
        assert world.replying is None
        if before.listening is not None:
            assert world.listening == before.listening, "what they say already is their turn"
            assert c.Finalize not in [type(order) for order in orders]
            assert state.floor.text == node[0].floor.text  # type: ignore[union-attr]
        silent = e.SilenceReached(state.floor.turn, 1200)
        assert w.run((state, world), policy, silent) == ((state, world), [])
        (state, _), orders = w.run((state, world), policy, w.RELEASE)
        assert any(isinstance(order, c.Finalize) for order in orders)
        assert isinstance(state, UserPaused)
        assert state.due, "the turn is over whatever the silence"


@pytest.mark.parametrize("case", w.CASES)
def test_a_key_that_nobody_holds_cannot_be_released(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        if not getattr(node[0], "pressed", False):
            assert w.run(node, policy, w.RELEASE) == (node, [])


@pytest.mark.parametrize("case", w.CASES)
def test_the_name_opens_the_floor_from_everywhere(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        (state, world), _ = w.run(node, policy, e.Woken(e.Cause.NAME))
        assert isinstance(state, UserSpeaking | UserPaused)
        assert world.replying is None
        if isinstance(node[0], UserSpeaking | UserPaused):
            assert (state, world) == node
        elif isinstance(node[0], Overlapping):
            assert isinstance(state, UserSpeaking)
            assert state.floor.text == node[0].floor.text
        if isinstance(state, UserSpeaking) and not isinstance(node[0], UserSpeaking):
            assert not state.pressed


@pytest.mark.parametrize("case", ["wakes", "pushes"])
def test_speech_out_of_the_blue_is_not_for_us(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        if node[1].listening is None and not getattr(node[0], "window", e.NOTHING):
            assert w.run(node, policy, e.SpeechStarted(0)) == (node, [])


def test_after_an_answer_the_name_is_not_needed_for_a_while() -> None:
    tried = 0
    for node in w.nodes("wakes"):
        state = node[0]
        if not isinstance(state, Speaking) or state.ledger.muted or state.ledger.waiting:
            continue
        tried += 1
        after, orders = w.run(node, w.WAKING, e.ReplyEnded(state.answer.turn))
        (arm,) = [order for order in orders if isinstance(order, c.Arm)]
        assert (arm.timer, arm.seconds) == (e.Timer.WINDOW, w.WAKING.window_s)
        opened, _ = w.run(after, w.WAKING, e.SpeechStarted(0))
        assert isinstance(opened[0], UserSpeaking)
        closed, _ = w.run(after, w.WAKING, e.TimerFired(arm.timer, arm.arming))
        assert w.run(closed, w.WAKING, e.SpeechStarted(0)) == (closed, [])
        for on in (True, False):
            muted, orders = w.run(after, w.WAKING, e.Muted(on))
            assert c.Disarm(arm.arming) in orders
            assert w.run(muted, w.WAKING, e.SpeechStarted(0)) == (muted, [])
    assert tried


@pytest.mark.parametrize("case", w.CASES)
def test_the_name_is_needed_after_all_but_an_answer_that_was_heard(case: str) -> None:
    """Not after one that was cut short, that broke, that was only shown, or when muted."""
    for took in w.steps(case):
        if getattr(took.then, "window", e.NOTHING) and not isinstance(took.state, Quiet):
            assert w.CASES[case][0].mode is Mode.WAKE
            assert isinstance(took.event, e.ReplyEnded)
            assert isinstance(took.state, Speaking)
            assert not took.state.ledger.muted


@pytest.mark.parametrize("case", w.CASES)
def test_stop_by_hand_silences_and_closes_at_once(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        ours, waiting = node[1].replying, node[0].ledger.waiting
        (state, world), orders = w.run(node, policy, w.HUSH)
        if ours is not None:
            assert c.CancelReply(ours) in orders
        assert world.listening is None
        assert world.draft is None
        replies = [order for order in orders if isinstance(order, c.Reply | c.Announce)]
        assert len(replies) == bool(waiting), "who waits is next; nothing else is said"
        assert isinstance(state, Quiet) != bool(waiting)


@pytest.mark.parametrize("case", w.CASES)
def test_mute_ends_what_was_being_said_to_us_but_not_what_was_said(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        before = node[0]
        (state, world), _ = w.run(node, policy, e.Muted(on=True))
        assert state.ledger.muted
        if world.listening is not None:
            assert getattr(before, "take", e.NOTHING), "they had fallen silent"
            assert getattr(state, "due", True)
        if getattr(before, "take", e.NOTHING) and not getattr(before, "settled", False):
            assert world.listening is not None, "what they said counts"
            if isinstance(state, Overlapping):
                said = w.heard(world.listening, w.HALF, world.take)
                (then, _), _ = w.run((state, world), policy, said)
                assert not isinstance(then, UserPaused), "no silence will ever be heard"
        elif policy.mode is Mode.ALWAYS:
            assert step(state, e.SpeechStarted(0), policy) == (state, ())
        (state, _), _ = w.run((state, world), policy, e.Muted(on=False))
        assert not state.ledger.muted


@pytest.mark.parametrize("case", w.CASES)
def test_to_open_the_microphone_ends_nothing(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        (state, world), orders = w.run(node, policy, e.Muted(on=False))
        if not getattr(node[0], "window", e.NOTHING):
            assert orders == []
            assert type(state) is type(node[0])
            assert world == node[1]


def test_mute_does_not_silence_us() -> None:
    for case in ("speaks", "asks"):
        policy = w.CASES[case][0]
        for node in w.nodes(case):
            ours = node[1].replying
            if ours is None or w.is_alarm_first(node):
                continue
            after, _ = w.run(node, policy, e.Muted(on=True))
            assert after[1].replying == ours
            assert not after[1].ducked or after[1].listening is not None
