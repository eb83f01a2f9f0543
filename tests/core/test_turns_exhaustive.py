"""Every reachable pair of core and world: invariants on each edge, properties of each node."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Mode, Overlapping, Policy, Quiet, State, UserSpeaking
from assistant.core.turns import step
from tests.core import world as w

CASES = {
    "speaks": (w.POLICY, w.SPEAKS),
    "holding": (w.HOLDING, w.SPEAKS),
    "drafts": (w.DRAFTING, w.DRAFTS),
    "asks": (w.ASKED, w.ASKS),
    "wakes": (w.WAKING, w.WAKES),
    "pushes": (w.PUSHING, w.WAKES),
}


@cache
def graph(case: str) -> w.Graph:
    return w.closure(*CASES[case])


def nodes(case: str) -> Iterator[tuple[State, w.World]]:
    yield from graph(case).paths


def run(node: w.Node, policy: Policy, *events: e.Event) -> tuple[w.Node, list[c.Command]]:
    done = w.run(node, policy, *events)
    assert done is not None, f"{events} cannot happen in {node[0]}"
    return done


def idle(node: w.Node, policy: Policy) -> tuple[w.Node, list[c.Command]]:
    """Let everything end by itself: the user is silent and unintelligible, replies succeed."""
    orders: list[c.Command] = []
    for _ in range(40):
        state, world = node
        match state:
            case Quiet():
                return node, orders
            case UserSpeaking(pressed=True):
                event: e.Event = e.Poked(e.Action.RELEASE)
            case _ if world.listening is not None and not world.finalized:
                event = e.SilenceReached(world.listening, 1200)
            case _ if world.listening is not None and getattr(state, "take", 0) == world.take:
                settled = getattr(state, "settled", False)
                event = (
                    e.SilenceReached(world.listening, 1200)
                    if settled
                    else w.heard(world.listening, w.NOTHING, world.take)
                )
            case _ if world.listening is not None:
                event = e.SilenceReached(world.listening, 1200)
            case _ if world.replying is not None:
                event = e.ReplyEnded(world.replying)
            case _:
                pytest.fail(f"nothing can happen in {state}")
        node, given = run(node, policy, event)
        orders += given
    pytest.fail(f"never quiet: {node[0]}")


@pytest.mark.parametrize("case", CASES)
def test_every_edge_keeps_the_invariants_and_every_state_is_reached(case: str) -> None:
    found = {type(state) for state, _ in nodes(case)}
    every = set(State.__args__)
    assert found == (every if CASES[case][0].mode is Mode.ALWAYS else every - {Overlapping})


@pytest.mark.parametrize("case", CASES)
def test_quiet_is_reachable_from_everywhere(case: str) -> None:
    before = graph(case).before
    found = {node for node in before if isinstance(node[0], Quiet)}
    todo = deque(found)
    while todo:
        for node in before[todo.popleft()] - found:
            found.add(node)
            todo.append(node)
    assert found == set(before)


@pytest.mark.parametrize("case", CASES)
def test_deadlines_alone_lead_back_to_quiet(case: str) -> None:
    """If every machine hangs and every user leaves, the assistant still ends up listening."""
    policy = CASES[case][0]
    for node in nodes(case):
        there = node
        for _ in range(12):
            if isinstance(there[0], Quiet):
                break
            ((arming, timer),) = there[1].armed
            there, _ = run(there, policy, e.TimerFired(timer, arming))
        assert isinstance(there[0], Quiet), node


@pytest.mark.parametrize("case", CASES)
def test_news_of_what_is_over_changes_nothing(case: str) -> None:
    policy = CASES[case][0]
    for state, _ in nodes(case):
        for event in w.over():
            assert step(state, event, policy) == (state, ()), (state, event)


@pytest.mark.parametrize("case", CASES)
def test_everything_ends_when_it_is_left_alone(case: str) -> None:
    for node in nodes(case):
        idle(node, CASES[case][0])


def hears(case: str) -> Iterator[w.Node]:
    """Nodes in which speech out of the blue is meant for us."""
    for node in nodes(case):
        if not node[0].ledger.muted:
            yield node


@pytest.mark.parametrize("case", ["speaks", "holding"])
def test_lasting_speech_silences_us(case: str) -> None:
    policy = CASES[case][0]
    for node in hears(case):
        if not node[1].audible or node[1].finalized:
            continue
        (state, world), _ = run(node, policy, e.SpeechStarted(0))
        assert world.listening is not None
        assert world.ducked
        (state, world), _ = run((state, world), policy, e.VoiceLasted(world.listening, 500))
        assert world.replying is None
        assert world.listening is not None


@pytest.mark.parametrize("case", ["speaks", "holding", "drafts"])
def test_words_silence_us_at_once(case: str) -> None:
    policy = CASES[case][0]
    for node in hears(case):
        if node[1].replying is None:
            continue
        (state, world), orders = run(node, policy, e.SpeechStarted(0))
        listening = world.listening
        assert listening is not None
        if not node[1].audible:
            assert world.held, "it may not begin to speak while the user does"
            assert not any(isinstance(order, c.CancelReply) for order in orders)
            finalized = e.SilenceReached(listening, 64)
            (state, world), _ = run((state, world), policy, finalized)
        take = world.take if world.finalized and getattr(state, "take", False) else 0
        (state, world), orders = run((state, world), policy, w.heard(listening, w.WORDS, take))
        if node[1].audible or take:
            assert any(isinstance(order, c.CancelReply) for order in orders)


@pytest.mark.parametrize("case", ["speaks", "holding"])
@pytest.mark.parametrize("said", [w.MM, w.NOTHING, w.OKAY], ids=["mm", "cough", "okay"])
def test_a_backchannel_or_a_cough_silences_nobody(case: str, said: tuple[str, e.Verdict]) -> None:
    policy = CASES[case][0]
    for node in hears(case):
        if node[1].replying is None or node[1].listening is not None:
            continue
        if said is w.OKAY and getattr(node[0], "expecting", False):
            continue
        (state, world), _ = run(node, policy, e.SpeechStarted(0))
        listening = world.listening
        assert listening is not None
        after, _ = run((state, world), policy, w.heard(listening, said))
        after, _ = run(after, policy, e.SilenceReached(listening, 64))
        after, _ = run(after, policy, w.heard(listening, said, after[1].take))
        assert type(after[0]) is type(node[0])
        assert after[1].replying == node[1].replying
        assert not after[1].ducked
        assert not after[1].held
        assert after[1].listening is None


def test_yes_is_a_word_after_our_question() -> None:
    tried = 0
    for node in hears("speaks"):
        if not getattr(node[0], "expecting", False) or node[1].listening is not None:
            continue
        tried += 1
        after, _ = run(node, w.POLICY, e.SpeechStarted(0))
        listening = after[1].listening
        assert listening is not None
        after, _ = run(after, w.POLICY, e.SilenceReached(listening, 64))
        after, _ = run(after, w.POLICY, e.SilenceReached(listening, 200))
        after, orders = run(after, w.POLICY, w.heard(listening, w.OKAY, after[1].take))
        assert c.CancelReply(node[1].replying or 0) in orders
        assert any(isinstance(order, c.Reply) and order.text == "okay" for order in orders)
    assert tried


def test_a_stop_phrase_silences_at_once_and_is_not_answered() -> None:
    for node in hears("speaks"):
        world = node[1]
        if world.replying is None or world.listening is None:
            continue
        after, orders = run(node, w.POLICY, w.heard(world.listening, w.STOP))
        assert c.CancelReply(world.replying) in orders
        if not getattr(after[0], "take", 0):
            after, _ = run(after, w.POLICY, e.SilenceReached(world.listening, 64))
        heard = w.heard(world.listening, w.STOP, after[1].take)
        after, orders = run(after, w.POLICY, heard)
        assert after[1].listening is None
        assert not any(isinstance(order, c.Reply) for order in orders)


def test_words_that_come_after_an_overlap_are_not_lost() -> None:
    tried = 0
    for node in hears("speaks"):
        state, world = node
        if not isinstance(state, Overlapping) or not state.take or world.listening is None:
            continue
        tried += 1
        heard = w.heard(world.listening, w.WORDS, world.take)
        after, orders = run(node, w.POLICY, heard)
        if after[1].replying is None:
            after, more = run(after, w.POLICY, e.SilenceReached(world.listening, 1200))
            orders += more
        assert any(isinstance(o, c.Reply) and o.text.endswith("what now") for o in orders)
    assert tried


@pytest.mark.parametrize("case", CASES)
def test_no_final_words_are_ever_discarded(case: str) -> None:
    policy = CASES[case][0]
    tried = 0
    for node in nodes(case):
        state, world = node
        if world.listening is None:
            continue
        done = node
        if isinstance(state, UserSpeaking) and state.pressed:
            done, _ = run(done, policy, e.Poked(e.Action.RELEASE))
        elif not getattr(state, "take", 0):
            done, _ = run(done, policy, e.SilenceReached(world.listening, 64))
        heard = w.heard(world.listening, w.WORDS, done[1].take)
        done, orders = run(done, policy, heard)
        if done[1].listening is not None:
            done, more = run(done, policy, e.SilenceReached(world.listening, 1200))
            orders += more
        said = [o for o in orders if isinstance(o, c.Reply | c.Commit)]
        assert len(said) == 1, node
        assert said[0].text.endswith("what now")
        tried += 1
    assert tried


def test_an_answer_that_nobody_heard_is_joined_with_what_follows() -> None:
    for node in hears("speaks"):
        state, world = node
        if world.replying is None or world.audible or world.listening is not None:
            continue
        text = getattr(state, "answer").text  # noqa: B009 - states of several types
        after, _ = run(node, w.POLICY, e.SpeechStarted(0))
        listening = after[1].listening
        assert listening is not None
        after, _ = run(after, w.POLICY, e.SilenceReached(listening, 64))
        after, orders = run(after, w.POLICY, e.SilenceReached(listening, 200))
        after, orders = run(after, w.POLICY, w.heard(listening, w.WORDS, after[1].take))
        (reply,) = [order for order in orders if isinstance(order, c.Reply)]
        assert reply.text == f"{text} what now".strip()
        assert bool(reply.continues) == bool(text)


def test_a_pause_within_a_turn_keeps_the_turn() -> None:
    for node in hears("speaks"):
        state, world = node
        if not isinstance(state, UserSpeaking) or state.pressed or world.listening is None:
            continue
        turn = world.listening
        after, _ = run(node, w.POLICY, e.SilenceReached(turn, 64))
        old = after[1].take
        after, orders = run(after, w.POLICY, e.SpeechStarted(0))
        assert after[1].listening == turn
        assert not any(isinstance(order, c.Listen) for order in orders)
        after, _ = run(after, w.POLICY, e.SilenceReached(turn, 64))
        after, _ = run(after, w.POLICY, e.SilenceReached(turn, 200))
        assert step(after[0], w.heard(turn, w.HALF, old), w.POLICY)[1] == ()
        after, orders = run(after, w.POLICY, w.heard(turn, w.WORDS, after[1].take))
        (reply,) = [order for order in orders if isinstance(order, c.Reply)]
        assert reply.text.endswith("what now")


@pytest.mark.parametrize(
    ("said", "patience"),
    [(w.WORDS, 200), (w.UNSURE, 500), (w.HALF, 1200)],
    ids=["complete", "unsure", "incomplete"],
)
def test_silence_ends_a_turn_by_its_words(said: tuple[str, e.Verdict], patience: int) -> None:
    node: w.Node = w.START
    node, _ = run(node, w.POLICY, e.SpeechStarted(0))
    turn = node[1].listening
    assert turn is not None
    node, _ = run(node, w.POLICY, e.SilenceReached(turn, 64))
    node, orders = run(node, w.POLICY, w.heard(turn, said, node[1].take))
    assert orders == []
    for ms in (100, 200, 500, 1200):
        node, orders = run(node, w.POLICY, e.SilenceReached(turn, ms))
        assert any(isinstance(order, c.Reply) for order in orders) == (ms == patience)
        if ms == patience:
            break


@pytest.mark.parametrize("case", CASES)
def test_whoever_asks_is_answered_or_refused(case: str) -> None:
    policy = CASES[case][0]
    for node in nodes(case):
        after, orders = run(node, policy, e.Asked(77, "asked"))
        _, more = idle(after, policy)
        ends = [o for o in [*orders, *more] if isinstance(o, c.Reply | c.Refuse) and o.ask == 77]
        assert len(ends) == 1, node


@pytest.mark.parametrize("case", CASES)
def test_an_alarm_is_never_refused_and_goes_first(case: str) -> None:
    policy = CASES[case][0]
    alarm = e.WantsFloor("ring", e.Urgency.NOW, 77)
    for node in nodes(case):
        after, orders = run(node, policy, alarm)
        if node[1].listening is None:
            said = [o for o in orders if isinstance(o, c.Announce)]
            assert [o.utterance for o in said] == ["ring"]
        _, more = idle(after, policy)
        said = [o for o in [*orders, *more] if isinstance(o, c.Announce)]
        assert "ring" in [o.utterance for o in said], node


@pytest.mark.parametrize("case", CASES)
def test_what_is_silent_is_only_shown(case: str) -> None:
    policy = CASES[case][0]
    for state, _ in nodes(case):
        shown = e.WantsFloor("look", e.Urgency.SILENT)
        assert step(state, shown, policy) == (state, (c.Show("look"),))


def test_an_urgent_announcement_does_not_lose_an_answer_that_was_not_heard() -> None:
    for node in nodes("asks"):
        state, world = node
        if world.replying is None or world.audible or world.listening is not None:
            continue
        answer = getattr(state, "answer")  # noqa: B009 - states of several types
        after, orders = run(node, w.ASKED, e.WantsFloor("ring", e.Urgency.NOW))
        _, more = idle(after, w.ASKED)
        if not answer.announced:
            again = [o for o in [*orders, *more] if isinstance(o, c.Reply | c.Refuse)]
            assert any(o.ask == answer.ask for o in again)


@pytest.mark.parametrize("case", CASES)
def test_a_key_opens_the_floor_from_everywhere(case: str) -> None:
    policy = CASES[case][0]
    for node in nodes(case):
        (state, world), _ = run(node, policy, e.Poked(e.Action.PRESS))
        assert isinstance(state, UserSpeaking)
        assert state.pressed
        assert world.replying is None
        (after, _), orders = run((state, world), policy, e.SilenceReached(state.floor.turn, 1200))
        assert orders == []
        _, orders = run((after, world), policy, e.Poked(e.Action.RELEASE))
        assert any(isinstance(order, c.Finalize) for order in orders)


@pytest.mark.parametrize("case", ["wakes", "pushes"])
def test_the_name_opens_the_floor(case: str) -> None:
    policy = CASES[case][0]
    for node in nodes(case):
        (state, world), _ = run(node, policy, e.Woken(e.Cause.NAME))
        assert world.listening is not None
        assert world.replying is None
        assert not isinstance(state, Quiet)


@pytest.mark.parametrize("case", ["wakes", "pushes"])
def test_speech_out_of_the_blue_is_not_for_us(case: str) -> None:
    policy = CASES[case][0]
    for node in nodes(case):
        state, world = node
        if world.listening is None and not getattr(state, "window", 0):
            assert step(state, e.SpeechStarted(0), policy) == (state, ())


def test_after_an_answer_the_name_is_not_needed() -> None:
    tried = 0
    for node in nodes("wakes"):
        if not node[1].audible or node[0].ledger.muted:
            continue
        after, _ = run(node, w.WAKING, e.ReplyEnded(node[1].replying or 0))
        if not isinstance(after[0], Quiet):
            continue
        tried += 1
        after, _ = run(after, w.WAKING, e.SpeechStarted(0))
        assert after[1].listening is not None
    assert tried


@pytest.mark.parametrize("case", CASES)
def test_stop_by_hand_silences_and_closes_at_once(case: str) -> None:
    policy = CASES[case][0]
    for node in nodes(case):
        (_, world), orders = run(node, policy, e.Poked(e.Action.STOP))
        if node[1].replying is not None:
            assert c.CancelReply(node[1].replying) in orders
        assert world.listening is None
        assert world.draft is None


@pytest.mark.parametrize("case", CASES)
def test_mute_ends_what_was_being_said_to_us(case: str) -> None:
    policy = CASES[case][0]
    for node in nodes(case):
        (state, world), _ = run(node, policy, e.Muted(on=True))
        assert state.ledger.muted
        if world.listening is not None:  # words that were already complete are still answered
            assert getattr(state, "due", False)
        if policy.mode is Mode.ALWAYS and world.listening is None:
            assert step(state, e.SpeechStarted(0), policy) == (state, ())
        (state, _), _ = run((state, world), policy, e.Muted(on=False))
        assert not state.ledger.muted


@pytest.mark.parametrize("case", ["speaks", "asks"])
def test_a_failure_is_said_once(case: str) -> None:
    policy = CASES[case][0]
    for node in nodes(case):
        state, world = node
        if world.replying is None:
            continue
        announced = getattr(state, "answer").announced  # noqa: B009 - states of several types
        after, orders = run(node, policy, e.ReplyFailed(world.replying, e.Failure.MIND))
        _, more = idle(after, policy)
        said = [o.utterance for o in [*orders, *more] if isinstance(o, c.Announce)]
        unheard = isinstance(state, Overlapping) and not state.audible
        if not announced and not unheard:
            assert c.Notice.MIND_FAILED in said, node


def test_each_failure_has_its_words() -> None:
    for reason, notice in {
        e.Failure.MIND: c.Notice.MIND_FAILED,
        e.Failure.VOICE: c.Notice.VOICE_FAILED,
        e.Failure.SPEAKER: c.Notice.VOICE_FAILED,
        e.Failure.EARS: c.Notice.NOT_LISTENING,
    }.items():
        node, _ = run(w.START, w.POLICY, e.Asked(1, "x"))
        _, orders = run(node, w.POLICY, e.ReplyFailed(node[1].replying or 0, reason))
        assert [o.utterance for o in orders if isinstance(o, c.Announce)] == [notice]


def test_a_slow_mind_gives_a_tone_and_then_a_sentence() -> None:
    node, orders = run(w.START, w.POLICY, e.Asked(1, "x"))
    (arm,) = [o for o in orders if isinstance(o, c.Arm)]
    assert (arm.timer, arm.seconds) == (e.Timer.MIND, w.POLICY.tone_s)
    node, orders = run(node, w.POLICY, e.TimerFired(arm.timer, arm.arming))
    assert orders[0] == c.Cue(c.Tone.WAITING)
    (arm,) = [o for o in orders if isinstance(o, c.Arm)]
    assert arm.seconds == w.POLICY.first_sound_s - w.POLICY.tone_s
    node, orders = run(node, w.POLICY, e.TimerFired(arm.timer, arm.arming))
    assert isinstance(orders[0], c.CancelReply)
    assert [o.utterance for o in orders if isinstance(o, c.Announce)] == [c.Notice.MIND_SLOW]


def test_each_sentence_has_a_deadline_of_its_own() -> None:
    for node in nodes("speaks"):
        _state, world = node
        if not world.audible or world.listening is not None:
            continue
        (_, later), orders = run(node, w.POLICY, e.ReplySaid(world.replying or 0, 0))
        assert later.armed != world.armed
        assert any(isinstance(o, c.Arm) and o.timer is e.Timer.VOICE for o in orders)
        ((arming, timer),) = world.armed
        _after, orders = run(node, w.POLICY, e.TimerFired(timer, arming))
        assert c.CancelReply(world.replying or 0) in orders


def test_ears_that_fail_are_told_of_unless_words_were_understood() -> None:
    for node in nodes("speaks"):
        state, world = node
        if world.listening is None or world.replying is not None:
            continue
        floor = getattr(state, "floor")  # noqa: B009 - states of several types
        for event, notice in (
            (e.ListeningFailed(world.listening, "gone"), c.Notice.NOT_LISTENING),
            (
                e.TimerFired(world.armed[0][1], world.armed[0][0]),
                c.Notice.NOT_LISTENING
                if world.armed[0][1] is e.Timer.FLOOR
                else c.Notice.NOT_UNDERSTOOD,
            ),
        ):
            _, orders = run(node, w.POLICY, event)
            assert c.Forget(world.listening) in orders
            replies = [o.text for o in orders if isinstance(o, c.Reply | c.Commit)]
            notices = [o.utterance for o in orders if isinstance(o, c.Announce)]
            if floor.verdict.kind is e.Kind.STOP:
                assert replies == []
            elif floor.message:
                assert replies == [floor.message]
            else:
                assert notice in notices


def test_cancel_that_ends_the_newest_job() -> None:
    tried = 0
    for node in nodes("asks"):
        state, world = node
        if not world.jobs or not isinstance(state, UserSpeaking) or state.pressed:
            continue
        tried += 1
        turn = state.floor.turn
        after, _ = run(node, w.ASKED, e.SilenceReached(turn, 1200))
        after, orders = run(after, w.ASKED, w.heard(turn, w.CANCEL, after[1].take))
        assert c.CancelJob(world.jobs[-1]) in orders
        assert any(isinstance(order, c.Reply) for order in orders)
    assert tried


def test_no_barge_in_ends_a_job() -> None:
    for node in nodes("asks"):
        state, world = node
        if not world.jobs:
            continue
        for event in (e.SpeechStarted(0), e.Poked(e.Action.STOP), e.Poked(e.Action.PRESS)):
            after, orders = run(node, w.ASKED, event)
            assert after[1].jobs == world.jobs
            assert after[0].ledger.jobs == state.ledger.jobs
            assert not any(isinstance(order, c.CancelJob) for order in orders)


def test_jobs_are_known_while_they_run() -> None:
    node, _ = run(w.START, w.ASKED, e.JobStarted(1))
    state, _ = step(node[0], e.JobStarted(2), w.ASKED)
    assert state.ledger.jobs == (1, 2)
    assert step(state, e.JobEnded(1), w.ASKED)[0].ledger.jobs == (2,)


def _until_paused(policy: Policy, said: tuple[str, e.Verdict]) -> tuple[w.Node, list[c.Command]]:
    node, _ = run(w.START, policy, e.SpeechStarted(0))
    turn = node[1].listening
    assert turn is not None
    node, orders = run(node, policy, w.heard(turn, said))
    node, more = run(node, policy, e.SilenceReached(turn, 64))
    return node, orders + more


def test_a_draft_is_committed_when_the_words_stay() -> None:
    node, orders = _until_paused(w.DRAFTING, w.WORDS)
    (draft,) = [o for o in orders if isinstance(o, c.Draft)]
    assert draft.text == "what now"
    turn = draft.turn
    node, _ = run(node, w.DRAFTING, w.heard(turn, w.WORDS, node[1].take))
    _, orders = run(node, w.DRAFTING, e.SilenceReached(turn, 200))
    assert c.Commit(turn, draft.draft, "what now") in orders
    assert not any(isinstance(o, c.Reply) for o in orders)


def test_a_draft_is_dropped_when_the_words_change() -> None:
    node, orders = _until_paused(w.DRAFTING, w.WORDS)
    (draft,) = [o for o in orders if isinstance(o, c.Draft)]
    node, orders = run(node, w.DRAFTING, w.heard(draft.turn, w.OTHERS))
    assert c.Discard(draft.turn, draft.draft) in orders
    assert any(isinstance(o, c.Draft) and o.text == "what then" for o in orders)
    node, orders = run(node, w.DRAFTING, w.heard(draft.turn, w.WORDS, node[1].take))
    assert not any(isinstance(o, c.Draft) for o in orders), "beyond its budget"
    _, orders = run(node, w.DRAFTING, e.SilenceReached(draft.turn, 200))
    assert any(isinstance(o, c.Discard) for o in orders)
    assert any(isinstance(o, c.Reply) and o.text == "what now" for o in orders)


def test_there_is_no_draft_without_a_budget_or_of_half_a_sentence() -> None:
    _, orders = _until_paused(w.POLICY, w.WORDS)
    assert not any(isinstance(o, c.Draft) for o in orders)
    _, orders = _until_paused(w.DRAFTING, w.HALF)
    assert not any(isinstance(o, c.Draft) for o in orders)


def test_a_draft_that_fails_is_answered_as_if_there_had_been_none() -> None:
    node, orders = _until_paused(w.DRAFTING, w.WORDS)
    (draft,) = [o for o in orders if isinstance(o, c.Draft)]
    node, _ = run(node, w.DRAFTING, e.DraftFailed(draft.turn, draft.draft))
    node, _ = run(node, w.DRAFTING, e.SilenceReached(draft.turn, 200))
    _, orders = run(node, w.DRAFTING, w.heard(draft.turn, w.WORDS, node[1].take))
    assert any(isinstance(o, c.Reply) for o in orders)


def test_a_longer_hold_is_one_hold() -> None:
    node, _ = run(w.START, w.HOLDING, e.Asked(1, "x"))
    ours = node[1].replying
    assert ours is not None
    node, _ = run(node, w.HOLDING, e.ReplyAudible(ours), e.SpeechStarted(0))
    theirs = node[1].listening
    assert theirs is not None
    node, orders = run(node, w.HOLDING, e.VoiceLasted(theirs, 60))
    assert orders == []
    node, orders = run(node, w.HOLDING, e.VoiceLasted(theirs, 120))
    assert orders == [c.Hold(ours)]
    node, orders = run(node, w.HOLDING, e.VoiceLasted(theirs, 240))
    assert orders == []
    node, _ = run(node, w.HOLDING, e.SilenceReached(theirs, 64))
    _, orders = run(node, w.HOLDING, w.heard(theirs, w.MM, node[1].take))
    assert c.Resume(ours) in orders
    assert c.Unduck(ours) in orders


def test_what_is_urgent_pushes_out_what_waits_last() -> None:
    policy = replace(w.POLICY, waiting=1)
    node, _ = run(w.START, policy, e.Asked(1, "x"), e.Asked(2, "y"))
    _, orders = run(node, policy, e.Asked(3, "z"))
    assert orders == [c.Refuse(3)]
    ours = node[1].replying
    assert ours is not None
    node, _ = run(node, policy, e.ReplyAudible(ours))
    _, orders = run(node, policy, e.WantsFloor("ring", e.Urgency.NOW))
    assert c.Refuse(2) in orders
