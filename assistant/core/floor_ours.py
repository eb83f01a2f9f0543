"""We have the floor: thinking, then speaking."""

from dataclasses import replace
from typing import assert_never

from assistant.core.commands import CancelReply, Cue, Disarm, Duck, Hold, Listen, Notice, Tone
from assistant.core.events import (
    Action,
    Event,
    Failure,
    Poked,
    ReplyAudible,
    ReplyEnded,
    ReplyFailed,
    ReplySaid,
    SpeechStarted,
    Timer,
    TimerFired,
    Urgency,
    WantsFloor,
    Woken,
)
from assistant.core.moves import (
    NEW,
    NO_ORDERS,
    Step,
    after,
    alarm_first,
    armed,
    elsewhere,
    is_alarm,
    meant,
    next_up,
    opened,
    queued,
    unheard,
)
from assistant.core.states import Floor, Overlapping, Policy, Speaking, Thinking


def thinking(state: Thinking, event: Event, policy: Policy) -> Step:
    """Step from `Thinking`."""
    turn = state.answer.turn
    match event:
        case ReplyAudible(said) if said == turn:
            ledger, arm = armed(state.ledger, Timer.VOICE, policy.sentence_s)
            return Speaking(ledger, ledger.arming, state.answer), (Disarm(state.arming), arm)
        case ReplyEnded(said) if said == turn:
            return after((Disarm(state.arming),), next_up(state.ledger, policy))
        case ReplyFailed(said, reason) if said == turn:
            return after((Disarm(state.arming),), _failed(state, notice_of(reason), policy))
        case TimerFired(Timer.MIND, state.arming):
            seconds = policy.first_sound_s - policy.tone_s
            ledger, arm = armed(state.ledger, Timer.FIRST_SOUND, seconds)
            return replace(state, ledger=ledger, arming=ledger.arming), (Cue(Tone.WAITING), arm)
        case TimerFired(Timer.FIRST_SOUND, state.arming):
            return after((CancelReply(turn),), _failed(state, Notice.MIND_SLOW, policy))
        case SpeechStarted() if meant(state.ledger, policy):
            return _overlapped(state, event, policy)
        case Woken() | Poked(Action.PRESS):
            return _interrupted(state, event, policy)
        case Poked(Action.STOP):
            return _silenced(state, policy)
        case WantsFloor(urgency=Urgency.NOW) if not is_alarm(state.answer.announces):
            return _preempted(state, event, policy)
        case _:
            return elsewhere(state, event, policy)


def speaking(state: Speaking, event: Event, policy: Policy) -> Step:
    """Step from `Speaking`."""
    turn = state.answer.turn
    match event:
        case ReplySaid(said, _, asks) if said == turn:
            ledger, arm = armed(state.ledger, Timer.VOICE, policy.sentence_s)
            then = Speaking(ledger, ledger.arming, state.answer, expecting=asks)
            return then, (Disarm(state.arming), arm)
        case ReplyEnded(said) if said == turn:
            return after((Disarm(state.arming),), next_up(state.ledger, policy, answered=True))
        case ReplyFailed(said, reason) if said == turn:
            return after((Disarm(state.arming),), _failed(state, notice_of(reason), policy))
        case TimerFired(Timer.VOICE, state.arming):
            return after((CancelReply(turn),), _failed(state, Notice.VOICE_FAILED, policy))
        case SpeechStarted() if meant(state.ledger, policy):
            return _overlapped(state, event, policy)
        case Woken() | Poked(Action.PRESS):
            return _interrupted(state, event, policy)
        case Poked(Action.STOP):
            return _silenced(state, policy)
        case WantsFloor(urgency=Urgency.NOW) if not is_alarm(state.answer.announces):
            return _preempted(state, event, policy)
        case _:
            return elsewhere(state, event, policy)


def _overlapped(state: Thinking | Speaking, began: SpeechStarted, policy: Policy) -> Step:
    """The user begins to speak: hear them out, more quietly, or without beginning ourselves.

    If they go on with what we answer, we had begun too early: pause at once.
    """
    answer, audible = state.answer, isinstance(state, Speaking)
    heals = not answer.announces and began.follows(policy.heal_ms)
    ledger, arm = armed(state.ledger, Timer.FLOOR, policy.floor_s)
    ledger = replace(ledger, turn=ledger.turn + 1)
    floor = Floor(ledger.turn)
    expecting = isinstance(state, Speaking) and state.expecting
    then = Overlapping(
        ledger,
        ledger.arming,
        answer,
        floor,
        audible,
        held=heals or not audible,
        expecting=expecting,
        heals=heals,
    )
    duck = (Duck(answer.turn),) if audible else ()
    hold = (Hold(answer.turn),) if then.held else ()
    return then, (Disarm(state.arming), *duck, *hold, Listen(floor.turn), arm)


def _interrupted(state: Thinking | Speaking, event: Event, policy: Policy) -> Step:
    """The user called, or pressed the key: stop at once and listen."""
    ledger, before, refused = state.ledger, NEW, NO_ORDERS
    if isinstance(state, Thinking):
        ledger, before, refused = unheard(ledger, state.answer, policy)
    then = opened(ledger, policy, event, like=before)
    return after((Disarm(state.arming), CancelReply(state.answer.turn), *refused), then)


def _silenced(state: Thinking | Speaking, policy: Policy) -> Step:
    """Fall silent and go on with what waits."""
    closing = (Disarm(state.arming), CancelReply(state.answer.turn))
    return after(closing, next_up(state.ledger, policy))


def _preempted(state: Thinking | Speaking, alarm: WantsFloor, policy: Policy) -> Step:
    """Fall silent for an alarm."""
    closing = (Disarm(state.arming), CancelReply(state.answer.turn))
    ledger = replace(state.ledger, waiting=(alarm, *state.ledger.waiting))
    unheard_answer = state.answer if isinstance(state, Thinking) else None
    return after(closing, alarm_first(ledger, unheard_answer, policy))


def _failed(state: Thinking | Speaking, notice: Notice, policy: Policy) -> Step:
    """A reply broke: say so, unless it was itself the news of a failure."""
    if state.answer.announces:
        return next_up(state.ledger, policy)
    ledger, refused = queued(state.ledger, notice, policy)
    return after(refused, next_up(ledger, policy))


def notice_of(reason: Failure) -> Notice:
    """Choose what to say of a failure."""
    match reason:
        case Failure.MIND:
            return Notice.MIND_FAILED
        case Failure.VOICE | Failure.SPEAKER:
            return Notice.VOICE_FAILED
        case Failure.EARS:
            return Notice.NOT_LISTENING
        case _:
            assert_never(reason)
