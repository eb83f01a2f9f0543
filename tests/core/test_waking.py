"""The tones of the wake word: that we listen, and that nothing came."""

from dataclasses import replace

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Mode, Policy, Quiet, State, UserPaused, UserSpeaking
from assistant.core.turns import step

POLICY = Policy(mode=Mode.WAKE, earcons=True)
NAME = e.Woken(e.Cause.NAME)


def run(*events: e.Event, policy: Policy = POLICY) -> tuple[State, list[c.Command]]:
    state: State = Quiet()
    given: list[c.Command] = []
    for event in events:
        state, orders = step(state, event, policy)
        given += orders
    return state, given


def tones(orders: list[c.Command]) -> list[c.Tone]:
    return [order.tone for order in orders if isinstance(order, c.Cue)]


def heard(kind: e.Kind) -> e.Heard:
    text = "" if kind is e.Kind.NOTHING else "what time is it"
    return e.Heard(1, text, e.Verdict(kind, complete=0.0), 1)


SILENCE = (e.SilenceReached(1, 64), e.SilenceReached(1, POLICY.broken_off_ms))


def test_the_name_opens_a_turn_and_is_confirmed() -> None:
    state, orders = run(NAME)
    assert isinstance(state, UserSpeaking)
    assert orders[0] == c.Listen(1), "the ear is open before the tone sounds"
    assert tones(orders) == [c.Tone.AWAKE]


@pytest.mark.parametrize(
    "event", [e.SpeechStarted(0), e.Poked(e.Action.PRESS)], ids=["speech", "key"]
)
def test_nothing_else_is_confirmed(event: e.Event) -> None:
    _, orders = run(event, policy=replace(POLICY, mode=Mode.ALWAYS))
    assert any(isinstance(order, c.Listen) for order in orders)
    assert tones(orders) == []


def test_a_tone_says_that_nothing_came() -> None:
    state, orders = run(NAME, *SILENCE, heard(e.Kind.NOTHING))
    assert isinstance(state, Quiet)
    assert tones(orders) == [c.Tone.AWAKE, c.Tone.ASLEEP]


def test_words_are_answered_without_it() -> None:
    _, orders = run(NAME, *SILENCE, heard(e.Kind.WORDS))
    assert tones(orders) == [c.Tone.AWAKE]
    assert any(isinstance(order, c.Reply) for order in orders)


def test_stop_after_the_name_wants_no_tone() -> None:
    state, orders = run(NAME, *SILENCE, heard(e.Kind.STOP))
    assert isinstance(state, Quiet)
    assert tones(orders) == [c.Tone.AWAKE]


def test_noise_without_the_name_wants_no_tone() -> None:
    _, orders = run(
        e.SpeechStarted(0),
        *SILENCE,
        heard(e.Kind.NOTHING),
        policy=replace(POLICY, mode=Mode.ALWAYS),
    )
    assert tones(orders) == []


def test_without_earcons_there_is_none() -> None:
    _, orders = run(NAME, *SILENCE, heard(e.Kind.NOTHING), policy=replace(POLICY, earcons=False))
    assert tones(orders) == []


def test_the_name_over_an_answer_silences_it_and_is_confirmed() -> None:
    said = (e.Asked(7, "how far is the moon"), e.ReplyAudible(1), NAME)
    state, orders = run(*said)
    assert isinstance(state, UserSpeaking)
    assert c.CancelReply(1) in orders
    assert orders.index(c.CancelReply(1)) < orders.index(c.Listen(2))
    assert tones(orders) == [c.Tone.AWAKE]


def test_the_name_while_they_speak_changes_nothing() -> None:
    before, _ = run(NAME)
    assert step(before, NAME, POLICY) == (before, ())
    paused, _ = run(NAME, SILENCE[0])
    assert isinstance(paused, UserPaused)
    assert step(paused, NAME, POLICY) == (paused, ())
