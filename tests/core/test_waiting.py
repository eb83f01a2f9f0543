"""Who asks or wants to speak first: whose turn it is, and that nobody is lost."""

from dataclasses import replace

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Overlapping, Policy, Quiet, Speaking, Thinking
from assistant.core.turns import step
from tests.core import walk as w

RING = e.WantsFloor("ring", e.Urgency.NOW, 77)
JOB_DONE = e.WantsFloor("done", e.Urgency.POLITE, 78)
ROOMY = Policy(waiting=8)


def _announced(orders: list[c.Command]) -> list[str | c.Notice]:
    return [order.utterance for order in orders if isinstance(order, c.Announce)]


@pytest.mark.parametrize("case", w.CASES)
def test_whoever_asks_is_answered_or_refused(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        after, orders = w.run(node, policy, e.Asked(77, "asked", ("a.jpg",)))
        _, more = w.idle(after, policy)
        ends = [o for o in [*orders, *more] if isinstance(o, c.Reply | c.Refuse) and o.ask == 77]
        assert len(ends) == 1, node
        assert isinstance(ends[0], c.Refuse) or ends[0].attachments == ("a.jpg",)


@pytest.mark.parametrize("case", w.CASES)
def test_an_alarm_waits_for_nobody_but_the_user_and_other_alarms(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        after, orders = w.run(node, policy, RING)
        assert c.Refuse(77) not in orders
        if node[1].listening is None and not w.is_alarm(node):
            assert _announced(orders) == ["ring"]
            assert after[1].listening is None
        elif not w.is_alarm(node):
            while after[1].listening is not None:
                event = _silent(after)
                after, orders = w.run(after, policy, event)
            assert _announced(orders) == ["ring"], node
        else:
            assert after[1].replying == node[1].replying, "alarms do not cut each other short"
            _, more = w.idle(after, policy)
            assert "ring" in _announced(more)


def _silent(node: w.Node) -> e.Event:
    """What comes next when the user says no more than this."""
    state, world = node
    turn = world.listening or 0
    if getattr(state, "pressed", False):
        return w.RELEASE
    if getattr(state, "take", e.NOTHING) and not getattr(state, "settled", False):
        return w.heard(turn, w.NOTHING, world.take)
    return e.SilenceReached(turn, 1200)


@pytest.mark.parametrize("case", ["asks", "speaks"])
def test_a_question_that_ends_while_an_alarm_waits_is_answered_after_it(case: str) -> None:
    policy = replace(w.CASES[case][0], waiting=8)
    for node in w.nodes(case):
        state, world = node
        turn = world.listening
        if turn is None or state.ledger.waiting or isinstance(state, Overlapping):
            continue
        after, _ = w.run(node, policy, RING, e.TurnFilled(turn))
        if after[1].listening is None:
            continue
        after, orders = w.run(after, policy, w.heard(turn, w.WORDS, after[1].take))
        assert _announced(orders) == ["ring"]
        assert not any(isinstance(order, c.Reply | c.Commit) for order in orders)
        _, more = w.idle(after, policy)
        (reply,) = [order for order in more if isinstance(order, c.Reply)]
        assert reply.text.endswith("what now")
        assert reply.continues == turn


@pytest.mark.parametrize("case", ["asks", "speaks"])
def test_what_nobody_heard_is_said_after_the_alarm(case: str) -> None:
    """However much waits: a question is answered, an announcement announced."""
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        state = node[0]
        if not isinstance(state, Thinking) or w.is_alarm(node):
            continue
        after, orders = w.run(node, policy, RING)
        assert c.CancelReply(state.answer.turn) in orders
        after, more = w.idle(after, policy)
        if state.answer.announces:
            said = state.answer.announces
            expected = said.utterance if isinstance(said, e.WantsFloor) else said
            assert expected in _announced(more)
        else:
            again = next(o for o in more if isinstance(o, c.Reply))
            assert (again.text, again.ask) == (state.answer.text, state.answer.ask)
            assert again.continues == state.answer.turn


def test_a_question_is_itself_however_often_alarms_cut_it_short() -> None:
    node, _ = w.run(w.START, ROOMY, e.Asked(7, "x", ("a.jpg",)))
    for _ in range(3):
        node, _ = w.run(node, ROOMY, RING)
        node, orders = w.run(node, ROOMY, e.ReplyEnded(node[1].replying or 0))
        assert isinstance(orders[1], c.Reply)
        assert (orders[1].text, orders[1].ask) == ("x", 7)
        assert orders[1].attachments == ("a.jpg",)


def test_an_alarm_that_came_while_both_spoke_goes_first_when_it_was_only_a_cough() -> None:
    tried = 0
    for node in w.nodes("asks"):
        state = node[0]
        if not isinstance(state, Overlapping) or w.is_alarm(node) or state.ledger.waiting:
            continue
        ours = state.answer
        after, _ = w.run(node, w.ASKED, RING, e.TurnFilled(state.floor.turn))
        after, orders = w.run(after, w.ASKED, w.heard(state.floor.turn, w.NOTHING, after[1].take))
        assert c.CancelReply(ours.turn) in orders
        assert _announced(orders) == ["ring"]
        _, more = w.idle(after, w.ASKED)
        again = [o for o in more if isinstance(o, c.Reply | c.Announce)]
        assert len(again) == (not state.audible), "what nobody heard is said after it"
        tried += 1
    assert tried


@pytest.mark.parametrize("case", ["speaks", "asks"])
def test_whatever_happens_who_waits_is_answered_or_told(case: str) -> None:
    policy = w.CASES[case][0]
    events: tuple[e.Event, ...] = (RING, w.PRESS, w.HUSH, e.Woken(e.Cause.NAME), e.Muted(on=True))
    seen = set()
    for node in w.nodes(case):
        queued, orders = w.run(node, policy, e.Asked(76, "asked"))
        waits = any(getattr(one, "ask", 0) == 76 for one in queued[0].ledger.waiting)
        if not waits or (alike := w.key(*queued)) in seen:
            continue
        seen.add(alike)
        world, ends = queued[1], list(events)
        ends += (e.TimerFired(timer, arming) for arming, timer in world.armed)
        if world.replying is not None:
            ends += (e.ReplyFailed(world.replying, e.Failure.MIND), e.ReplyEnded(world.replying))
        if world.listening is not None:
            ends += (e.ListeningFailed(world.listening, "gone"),)
            ends += (w.heard(world.listening, w.WORDS),)
        for end in ends:
            after, orders = w.run(queued, policy, end)
            _, more = w.idle(after, policy)
            told = [o for o in [*orders, *more] if getattr(o, "ask", 0) == 76]
            assert len(told) == 1, (queued, end)
    assert seen


def test_who_is_pushed_out_by_what_nobody_heard_is_told() -> None:
    """The user cuts an announcement short; it waits again, and nobody else can."""
    node, _ = w.run(w.START, w.POLICY, JOB_DONE, e.Asked(77, "x"))
    for opening in (e.SpeechStarted(0), e.Woken(e.Cause.NAME), w.PRESS):
        after, orders = w.run(node, w.POLICY, opening)
        if isinstance(after[0], Overlapping):
            turn, take = after[0].floor.turn, after[1].take + 1
            pause, words = e.SilenceReached(turn, 64), w.heard(turn, w.WORDS, take)
            after, orders = w.run(after, w.POLICY, pause, words)
        assert c.Refuse(77) in orders


def test_what_was_heard_of_is_not_said_again_after_an_alarm() -> None:
    for node in w.nodes("asks"):
        state = node[0]
        if not isinstance(state, Speaking) or w.is_alarm(node) or state.ledger.waiting:
            continue
        after, orders = w.run(node, w.ASKED, RING)
        assert c.CancelReply(state.answer.turn) in orders
        after, more = w.idle(after, w.ASKED)
        assert not any(isinstance(order, c.Reply | c.Announce) for order in more)


@pytest.mark.parametrize("opening", [e.SpeechStarted(0), e.Woken(e.Cause.NAME), w.PRESS], ids=str)
def test_an_announcement_that_the_user_cut_short_before_it_was_heard_is_made_later(
    opening: e.Event,
) -> None:
    for said in (RING, JOB_DONE):
        node, _ = w.run(w.START, ROOMY, said)
        after, _ = w.run(node, ROOMY, opening)
        turn = after[1].listening
        assert turn is not None
        after, _ = w.run(after, ROOMY, e.TurnFilled(turn))
        after, orders = w.run(after, ROOMY, w.heard(turn, w.WORDS, after[1].take))
        after, more = w.run(after, ROOMY, e.SilenceReached(turn, 200))
        _, rest = w.idle(after, ROOMY)
        everything = [*orders, *more, *rest]
        assert _announced(everything) == [said.utterance]
        replies = [o for o in everything if isinstance(o, c.Reply)]
        assert [(o.text, o.continues) for o in replies if not o.continues] == [
            ("what now", e.NOTHING)
        ] or said is RING


def test_an_announcement_that_was_heard_of_is_not_made_again() -> None:
    node, _ = w.run(w.START, ROOMY, JOB_DONE)
    node, _ = w.run(node, ROOMY, e.ReplyAudible(node[1].replying or 0))
    for opening in (e.SpeechStarted(0), e.Woken(e.Cause.NAME), w.PRESS):
        after, _ = w.run(node, ROOMY, opening)
        after, _ = w.run(after, ROOMY, w.heard(after[1].listening or 0, w.WORDS))
        _, orders = w.idle(after, ROOMY)
        assert _announced(orders) == []


def test_first_come_first_served() -> None:
    node, _ = w.run(w.START, ROOMY, e.SpeechStarted(0))
    node, _ = w.run(node, ROOMY, e.Asked(1, "a"), JOB_DONE, e.Asked(2, "b"))
    _, orders = w.idle(node, ROOMY)
    said = [o for o in orders if isinstance(o, c.Reply | c.Announce)]
    assert [getattr(o, "text", "") or getattr(o, "utterance", "") for o in said] == [
        "a",
        "done",
        "b",
    ]
    assert [o.ask for o in said] == [1, 78, 2]


@pytest.mark.parametrize("case", w.CASES)
def test_who_is_polite_interrupts_nobody(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        for event in (JOB_DONE, e.Asked(77, "asked")):
            after, orders = w.run(node, policy, event)
            if isinstance(node[0], Quiet):
                assert after[1].replying is not None
            else:
                assert type(after[0]) is type(node[0])
                assert after[1] == node[1]
                assert all(isinstance(order, c.Refuse) for order in orders)


@pytest.mark.parametrize("case", w.CASES)
def test_what_is_silent_is_only_shown(case: str) -> None:
    policy = w.CASES[case][0]
    shown = e.WantsFloor("look", e.Urgency.SILENT)
    for state, _ in w.nodes(case):
        assert step(state, shown, policy) == (state, (c.Show("look"),))


def test_when_too_much_waits_the_newest_is_refused_and_told_so() -> None:
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"), e.Asked(2, "y"))
    for event in (e.Asked(3, "z"), e.WantsFloor("z", ask=3)):
        _, orders = w.run(node, w.POLICY, event)
        assert orders == [c.Refuse(3)]


def test_what_is_urgent_pushes_out_what_waits_last() -> None:
    node, _ = w.run(w.START, w.POLICY, e.SpeechStarted(0), e.Asked(2, "y"))
    after, orders = w.run(node, w.POLICY, RING)
    assert orders == [c.Refuse(2)]
    after, orders = w.run(after, w.POLICY, e.ListeningFailed(node[1].listening or 0, "gone"))
    assert c.Refuse(77) in orders, "our own troubles are told of first"
    assert _announced(orders) == [c.Notice.NOT_LISTENING]


def test_never_more_waits_than_the_policy_allows() -> None:
    for case in w.CASES:
        policy = w.CASES[case][0]
        assert all(len(state.ledger.waiting) <= policy.waiting for state, _ in w.nodes(case))
