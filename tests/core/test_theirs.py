"""The user has the floor: until when, and which words are answered."""

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import (
    Overlapping,
    Policy,
    Quiet,
    Thinking,
    UserPaused,
    UserSpeaking,
)
from tests.core import walk as w


def _answers(orders: list[c.Command]) -> list[c.Reply | c.Commit]:
    return [order for order in orders if isinstance(order, c.Reply | c.Commit)]


def _last_word(node: w.Node, policy: Policy, said: w.Words) -> tuple[w.Node, list[c.Command]]:
    """Let them fall silent, if need be, and give their last word."""
    state, world = node
    turn = world.listening
    assert turn is not None
    before: list[c.Command] = []
    if isinstance(state, UserSpeaking) and state.pressed:
        node, before = w.run(node, policy, w.RELEASE)
    elif not getattr(state, "take", e.NOTHING):
        node, before = w.run(node, policy, e.SilenceReached(turn, policy.finalize_ms))
    node, orders = w.run(node, policy, w.heard(turn, said, node[1].take))
    return node, before + orders


@pytest.mark.parametrize(
    ("case", "said"),
    [*((case, w.WORDS) for case in w.CASES), ("speaks", w.HALF), ("jobs", w.CANCEL)],
)
def test_no_final_words_are_ever_discarded(case: str, said: w.Words) -> None:
    """Whatever ends the turn: silence, a deadline, ears that break, a full turn, the mute key."""
    policy = w.CASES[case][0]
    last = ("never lose this", said[1])
    seen = set()
    for node in w.nodes(case):
        turn = node[1].listening
        if turn is None or getattr(node[0], "settled", False):
            continue
        there, orders = _last_word(node, policy, last)
        alike = (w.key(*there), len(_answers(orders)))
        if alike in seen:
            continue
        seen.add(alike)
        ends: list[e.Event] = [e.SilenceReached(turn, 1200)]
        if there[1].listening is not None:
            ends += [e.TurnFilled(turn), e.Muted(on=True), e.ListeningFailed(turn, "gone")]
            ends += [e.TimerFired(timer, arming) for arming, timer in there[1].armed]
        for end in ends:
            ended, more = w.run(there, policy, end)
            if not any(answer.text.endswith(last[0]) for answer in _answers(orders + more)):
                _, rest = w.idle(ended, policy)
                assert any(answer.text.endswith(last[0]) for answer in _answers(rest)), (node, end)
    assert seen


def test_noise_and_backchannels_are_not_answered() -> None:
    for said in (w.NOTHING, w.NO_SPEECH, w.MM):
        node, _ = w.run(w.START, w.POLICY, e.SpeechStarted(0))
        turn = node[1].listening
        assert turn is not None
        node, orders = _last_word(node, w.POLICY, said)
        node, more = w.run(node, w.POLICY, e.SilenceReached(turn, 1200))
        assert isinstance(node[0], Quiet)
        assert not _answers(orders + more)


def test_yes_is_a_turn_when_nobody_else_speaks() -> None:
    node, _ = w.run(w.START, w.POLICY, e.SpeechStarted(0))
    node, _ = _last_word(node, w.POLICY, w.OKAY)
    _, orders = w.run(node, w.POLICY, e.SilenceReached(node[1].listening or 0, 200))
    assert [answer.text for answer in _answers(orders)] == ["okay"]


@pytest.mark.parametrize(
    ("said", "patience"),
    [(w.WORDS, 200), (w.UNSURE, 500), (w.HALF, 1200)],
    ids=["complete", "unsure", "incomplete"],
)
def test_silence_ends_a_turn_by_its_words(said: w.Words, patience: int) -> None:
    node, _ = w.run(w.START, w.POLICY, e.SpeechStarted(0))
    turn = node[1].listening
    assert turn is not None
    node, orders = _last_word(node, w.POLICY, said)
    assert not _answers(orders)
    _, orders = w.run(node, w.POLICY, e.SilenceReached(turn, patience - 1))
    assert not _answers(orders)
    node, orders = w.run(node, w.POLICY, e.SilenceReached(turn, patience))
    assert [answer.text for answer in _answers(orders)] == [said[0]]
    assert isinstance(node[0], Thinking)


def test_the_last_word_is_answered_at_once_when_the_silence_was_long_enough() -> None:
    node, _ = w.run(w.START, w.POLICY, e.SpeechStarted(0))
    turn = node[1].listening
    assert turn is not None
    node, _ = w.run(node, w.POLICY, e.SilenceReached(turn, 200), e.SilenceReached(turn, 100))
    _, orders = w.run(node, w.POLICY, w.heard(turn, w.WORDS, node[1].take))
    assert _answers(orders)


def test_whether_the_last_word_is_complete_may_be_told_later() -> None:
    """A judge of it may take longer than the transcriber."""
    node, _ = w.run(w.START, w.POLICY, e.SpeechStarted(0))
    node, _ = _last_word(node, w.POLICY, w.HALF)
    turn = node[1].listening or 0
    node, orders = w.run(node, w.POLICY, e.SilenceReached(turn, 200))
    assert not _answers(orders)
    _, orders = w.run(node, w.POLICY, w.heard(turn, w.WORDS, node[1].take))
    assert _answers(orders)


def test_how_sure_is_sure_enough() -> None:
    policy = Policy(complete_ms=1, unsure_ms=2, hesitant_ms=3, incomplete_ms=4, broken_off_ms=5)
    at = {
        policy.complete_above: 1,
        policy.complete_above - 0.01: 2,
        policy.incomplete_below: 2,
        policy.incomplete_below - 0.01: 4,
        policy.broken_off_below: 4,
        policy.broken_off_below - 0.01: 5,
    }
    for complete, patience in at.items():
        assert policy.patience(e.Verdict(complete=complete)) == patience
        hesitant = policy.patience(e.Verdict(complete=complete, hesitant=True))
        assert hesitant == (3 if patience == 2 else patience)


def test_a_short_gap_is_no_pause() -> None:
    for node in w.nodes("speaks"):
        state, world = node
        if world.listening is None or getattr(state, "take", None):
            continue
        short = e.SilenceReached(world.listening, w.POLICY.finalize_ms - 1)
        assert w.run(node, w.POLICY, short) == (node, [])


def test_a_pause_within_a_turn_keeps_the_turn_and_its_words() -> None:
    for node in w.attentive("speaks"):
        state = node[0]
        if not isinstance(state, UserSpeaking) or state.pressed:
            continue
        turn = state.floor.turn
        after, _ = w.run(node, w.POLICY, e.SilenceReached(turn, 64))
        after, orders = w.run(after, w.POLICY, e.SpeechStarted(0))
        assert isinstance(after[0], UserSpeaking)
        assert after[0].floor == state.floor
        assert not any(isinstance(order, c.Listen) for order in orders)
        after, _ = w.run(after, w.POLICY, e.SilenceReached(turn, 64))
        after, _ = w.run(after, w.POLICY, e.SilenceReached(turn, 200))
        after, orders = w.run(after, w.POLICY, w.heard(turn, w.WORDS, after[1].take))
        assert [answer.text.endswith("what now") for answer in _answers(orders)] == [True]


def test_a_longer_silence_than_the_one_before_the_words_is_never_forgotten() -> None:
    for node in w.nodes("speaks"):
        state = node[0]
        if not isinstance(state, UserPaused):
            continue
        after, _ = w.run(node, w.POLICY, e.SilenceReached(state.floor.turn, 100))
        if isinstance(after[0], UserPaused):
            assert after[0].ms == max(100, state.ms)


def test_a_full_turn_is_over_whatever_the_silence() -> None:
    for node in w.nodes("speaks"):
        state = node[0]
        if not isinstance(state, UserSpeaking | UserPaused):
            continue
        after, orders = w.run(node, w.POLICY, e.TurnFilled(state.floor.turn))
        if after[1].listening is not None:
            assert getattr(after[0], "due", False)
            after, more = w.run(after, w.POLICY, w.heard(state.floor.turn, w.HALF, after[1].take))
            orders += more
            assert _answers(orders)[-1].text.endswith("what and")
        assert after[1].listening is None


def test_a_full_turn_over_ours_is_over_whatever_the_silence() -> None:
    tried = 0
    for node in w.nodes("speaks"):
        state = node[0]
        if not isinstance(state, Overlapping):
            continue
        turn = state.floor.turn
        after, _ = w.run(node, w.POLICY, e.TurnFilled(turn))
        _, orders = w.run(after, w.POLICY, w.heard(turn, w.HALF, after[1].take))
        assert [answer.text.endswith("what and") for answer in _answers(orders)] == [True]
        tried += 1
    assert tried


def test_who_speaks_on_when_the_turn_is_over_does_not_open_it_again() -> None:
    tried = 0
    for node in w.nodes("speaks"):
        state, _ = node
        if not isinstance(state, UserPaused) or not state.due:
            continue
        tried += 1
        assert w.run(node, w.POLICY, e.SpeechStarted(0)) == (node, [])
    assert tried


def test_a_stop_phrase_alone_is_not_answered() -> None:
    for node in w.nodes("speaks"):
        state, world = node
        if world.listening is None or getattr(state, "settled", False):
            continue
        after, orders = _last_word(node, w.POLICY, w.STOP)
        assert after[1].listening is None
        assert not _answers(orders), node
