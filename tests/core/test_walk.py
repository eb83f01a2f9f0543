"""Every reachable pair of core and world keeps the invariants, ends, and ignores old news."""

from collections import deque

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import (
    Mode,
    Overlapping,
    Quiet,
    Speaking,
    State,
    Thinking,
    UserPaused,
    UserSpeaking,
)
from assistant.core.turns import step
from tests.core import walk as w
from tests.core.world import LONG_OVER, late


@pytest.mark.parametrize("case", w.CASES)
def test_every_edge_keeps_the_invariants_and_every_state_is_reached(case: str) -> None:
    found = {type(state) for state, _ in w.nodes(case)}
    every = set(State.__args__)
    assert found == (every if w.CASES[case][0].mode is Mode.ALWAYS else every - {Overlapping})


@pytest.mark.parametrize("case", w.CASES)
def test_quiet_is_reachable_from_everywhere(case: str) -> None:
    graph = w.graph(case)
    found = {i for i, (state, _) in enumerate(graph.nodes) if isinstance(state, Quiet)}
    todo = deque(found)
    while todo:
        for before in graph.before[todo.popleft()] - found:
            found.add(before)
            todo.append(before)
    assert len(found) == len(graph.nodes)


@pytest.mark.parametrize("case", w.CASES)
def test_deadlines_alone_lead_back_to_quiet(case: str) -> None:
    """If every machine hangs and every user leaves, the assistant still ends up listening."""
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        there = node
        for _ in range(12):
            if isinstance(there[0], Quiet):
                break
            ((arming, timer),) = there[1].armed
            there, _ = w.run(there, policy, e.TimerFired(timer, arming))
        assert isinstance(there[0], Quiet), node


@pytest.mark.parametrize("case", w.CASES)
def test_each_wait_on_a_machine_has_its_own_deadline(case: str) -> None:
    policy = w.CASES[case][0]
    thinks = {policy.first_sound_s, policy.first_sound_s - policy.tone_s}
    seconds = {
        (UserSpeaking, e.Timer.FLOOR): {policy.floor_s},
        (UserPaused, e.Timer.WORDS): {policy.words_s},
        (Thinking, e.Timer.MIND): {policy.tone_s},
        (Thinking, e.Timer.FIRST_SOUND): thinks,
        (Speaking, e.Timer.VOICE): {policy.sentence_s},
        (Quiet, e.Timer.WINDOW): {policy.window_s},
    }
    for took in w.steps(case):
        for order in took.orders:
            if isinstance(order, c.Arm) and (order.arming, order.timer) in took.now.armed:
                holder: type[State] = type(took.then)
                if isinstance(took.then, Overlapping):
                    holder = UserPaused if took.then.take else UserSpeaking
                assert order.seconds in seconds[holder, order.timer]


@pytest.mark.parametrize("case", w.CASES)
def test_everything_ends_when_it_is_left_alone(case: str) -> None:
    for node in w.nodes(case):
        w.idle(node, w.CASES[case][0])


@pytest.mark.parametrize("case", w.CASES)
def test_news_of_what_is_over_changes_nothing(case: str) -> None:
    """Of what ended just now as of what ended long ago: turns, replies, drafts and timers."""
    policy = w.CASES[case][0]
    for state, world in w.nodes(case):
        for event in late(world):
            assert step(state, event, policy) == (state, ()), (state, event)


def test_a_timer_that_fired_just_before_it_was_disarmed_is_not_taken_for_its_successor() -> None:
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    node, _ = w.run(node, w.POLICY, e.ReplyAudible(node[1].replying or 0))
    ((old, timer),) = node[1].armed
    node, _ = w.run(node, w.POLICY, e.ReplySaid(node[1].replying or 0, 0))
    ((new, same),) = node[1].armed
    assert same is timer
    assert step(node[0], e.TimerFired(timer, old), w.POLICY) == (node[0], ())
    assert step(node[0], e.TimerFired(timer, new), w.POLICY)[0] != node[0]


@pytest.mark.parametrize("case", w.CASES)
def test_a_last_word_that_was_asked_for_before_they_went_on_is_not_the_last(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        world = node[1]
        if world.listening is None:
            continue
        partial, superseded = (
            w.run(node, policy, w.heard(world.listening, w.WORDS, take))
            for take in (e.NOTHING, LONG_OVER)
        )
        assert superseded == partial


@pytest.mark.parametrize("case", w.CASES)
def test_a_last_word_is_asked_for_once_in_a_pause_and_by_nothing_else(case: str) -> None:
    for took in w.steps(case):
        if any(isinstance(order, c.Finalize) for order in took.orders):
            assert isinstance(took.event, e.SilenceReached | e.TurnFilled | e.Poked)
            assert not getattr(took.state, "take", e.NOTHING)


@pytest.mark.parametrize("case", w.CASES)
def test_who_only_goes_on_speaking_does_not_move_the_deadline(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        if node[1].listening is not None and not getattr(node[0], "take", e.NOTHING):
            assert w.run(node, policy, e.SpeechStarted(0)) == (node, [])


@pytest.mark.parametrize("case", w.CASES)
def test_what_comes_after_the_last_word_does_not_replace_it(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        state = node[0]
        if not isinstance(state, UserPaused) or not state.settled:
            continue
        for take in (e.NOTHING, LONG_OVER):
            partial = w.heard(state.floor.turn, w.OTHERS, take)
            assert w.run(node, policy, partial) == (node, [])


@pytest.mark.parametrize("case", w.CASES)
def test_another_policy_alone_changes_nothing(case: str) -> None:
    for state, _ in w.nodes(case):
        assert step(state, e.PolicyChanged(w.WAKING), w.WAKING) == (state, ())
