"""Whatever breaks ends in a state that listens, and the user is told, once."""

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Overlapping, Speaking, Thinking, UserPaused, UserSpeaking
from tests.core import walk as w


def _announced(orders: list[c.Command]) -> list[str | c.Notice]:
    return [order.utterance for order in orders if isinstance(order, c.Announce)]


@pytest.mark.parametrize("case", ["speaks", "asks"])
def test_a_reply_that_breaks_is_told_of_once(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        state = node[0]
        if not isinstance(state, Thinking | Speaking) or state.answer.announces:
            continue
        after, orders = w.run(node, policy, e.ReplyFailed(state.answer.turn, e.Failure.MIND))
        assert _announced(orders) == [c.Notice.MIND_FAILED]
        assert after[1].replying is not None
        after, orders = w.run(after, policy, e.ReplyFailed(after[1].replying, e.Failure.VOICE))
        assert c.Notice.VOICE_FAILED not in _announced(orders), "else it would never end"


def test_each_failure_has_its_words() -> None:
    for reason, notice in {
        e.Failure.MIND: c.Notice.MIND_FAILED,
        e.Failure.VOICE: c.Notice.VOICE_FAILED,
        e.Failure.SPEAKER: c.Notice.VOICE_FAILED,
        e.Failure.EARS: c.Notice.NOT_LISTENING,
    }.items():
        node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
        broken = e.ReplyFailed(node[1].replying or 0, reason)
        assert _announced(w.run(node, w.POLICY, broken)[1]) == [notice]
        node, _ = w.run(node, w.POLICY, e.ReplyAudible(node[1].replying or 0))
        assert _announced(w.run(node, w.POLICY, broken)[1]) == [notice]
        node, _ = w.run(node, w.POLICY, e.SpeechStarted(0), broken)
        assert node[0].ledger.waiting == (notice,)


@pytest.mark.parametrize("case", ["speaks", "asks"])
def test_a_reply_that_breaks_while_they_speak_lets_them_finish(case: str) -> None:
    """What was heard of it: they are told afterwards. What was not: it is tried again."""
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        state = node[0]
        if not isinstance(state, Overlapping):
            continue
        broken = e.ReplyFailed(state.answer.turn, e.Failure.MIND)
        (then, world), orders = w.run(node, policy, broken)
        assert isinstance(then, UserPaused if state.take else UserSpeaking)
        assert world.listening == state.floor.turn
        assert then.floor.text == state.floor.text
        assert all(isinstance(order, c.Refuse) for order in orders)
        told = c.Notice.MIND_FAILED in then.ledger.waiting[:1]
        knew = c.Notice.MIND_FAILED in state.ledger.waiting[:1]
        assert told == (knew or (state.audible and not state.answer.announces))
        retried = not state.audible and bool(state.answer.text)
        assert then.floor.before == (state.answer.text if retried else "")
        assert then.floor.continues == (state.answer.turn if retried else e.NOTHING)


def test_a_slow_mind_gives_a_tone_and_then_a_sentence() -> None:
    node, orders = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    (arm,) = [o for o in orders if isinstance(o, c.Arm)]
    assert (arm.timer, arm.seconds) == (e.Timer.MIND, w.POLICY.tone_s)
    node, orders = w.run(node, w.POLICY, e.TimerFired(arm.timer, arm.arming))
    assert orders[0] == c.Cue(c.Tone.WAITING)
    (arm,) = [o for o in orders if isinstance(o, c.Arm)]
    assert arm.seconds == w.POLICY.first_sound_s - w.POLICY.tone_s
    ours = node[1].replying or 0
    _, orders = w.run(node, w.POLICY, e.TimerFired(arm.timer, arm.arming))
    assert orders[0] == c.CancelReply(ours)
    assert _announced(orders) == [c.Notice.MIND_SLOW]
    node, orders = w.run(node, w.POLICY, e.ReplyAudible(ours))
    assert not any(isinstance(order, c.Cue) for order in orders)


def test_an_announcement_needs_no_mind_and_gives_no_tone() -> None:
    _, orders = w.run(w.START, w.POLICY, e.WantsFloor("ring"))
    (arm,) = [o for o in orders if isinstance(o, c.Arm)]
    assert (arm.timer, arm.seconds) == (e.Timer.FIRST_SOUND, w.POLICY.first_sound_s)


def test_each_sentence_has_a_deadline_of_its_own() -> None:
    for node in w.nodes("speaks"):
        state, world = node
        if not isinstance(state, Speaking):
            continue
        ours = state.answer.turn
        (_, later), orders = w.run(node, w.POLICY, e.ReplySaid(ours, 0))
        assert later.armed != world.armed
        assert any(isinstance(o, c.Arm) and o.timer is e.Timer.VOICE for o in orders)
        ((arming, timer),) = world.armed
        _, orders = w.run(node, w.POLICY, e.TimerFired(timer, arming))
        assert c.CancelReply(ours) in orders
        told = [c.Notice.VOICE_FAILED] if not state.answer.announces else []
        assert _announced(orders) == told


def test_ears_that_fail_are_told_of_unless_words_were_understood() -> None:
    for case in ("speaks", "drafts", "asks"):
        policy = w.CASES[case][0]
        for node in w.nodes(case):
            state, world = node
            if not isinstance(state, UserSpeaking | UserPaused):
                continue
            ((arming, timer),) = world.armed
            late = c.Notice.NOT_LISTENING if timer is e.Timer.FLOOR else c.Notice.NOT_UNDERSTOOD
            for event, notice in (
                (e.ListeningFailed(state.floor.turn, "gone"), c.Notice.NOT_LISTENING),
                (e.TimerFired(timer, arming), late),
            ):
                after, orders = w.run(node, policy, event)
                assert c.Forget(state.floor.turn) in orders
                _, more = w.idle(after, policy)
                texts = [o.text for o in [*orders, *more] if isinstance(o, c.Reply | c.Commit)]
                if state.floor.verdict.kind is e.Kind.STOP:
                    assert _announced(orders) == [] or state.ledger.waiting
                    assert not any(text.endswith(state.floor.text) for text in texts)
                elif state.floor.message:
                    assert state.floor.message in texts
                else:
                    assert _announced(orders) == [notice]
