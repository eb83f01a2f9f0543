"""The user has the floor: until when, and with which words."""

from dataclasses import replace

from assistant.core.commands import (
    CancelJob,
    Commit,
    Cue,
    Disarm,
    Discard,
    Draft,
    Finalize,
    Forget,
    Notice,
    Reply,
    Tone,
)
from assistant.core.events import (
    NOTHING,
    Action,
    Event,
    Heard,
    Kind,
    ListeningFailed,
    Muted,
    Poked,
    SilenceReached,
    SpeechStarted,
    Timer,
    TimerFired,
    TurnFilled,
)
from assistant.core.moves import (
    Commands,
    Step,
    after,
    alarm_first,
    alarm_waits,
    armed,
    elsewhere,
    muted,
    next_up,
    queued,
    thinks,
)
from assistant.core.states import Answer, Floor, Held, Ledger, Policy, UserPaused, UserSpeaking


def user_speaking(state: UserSpeaking, event: Event, policy: Policy) -> Step:
    """Step from `UserSpeaking`."""
    turn = state.floor.turn
    match event:
        case Heard(turn=heard, text=text, verdict=verdict) if heard == turn:
            floor, ledger, orders = _drafted(state.floor.hears(text, verdict), state, policy)
            return replace(state, floor=floor, ledger=ledger), orders
        case SilenceReached(heard, ms) if (
            heard == turn and ms >= policy.finalize_ms and not state.pressed
        ):
            return _paused(state, policy, ms=ms)
        case Poked(Action.RELEASE) if state.pressed:
            return _paused(state, policy, due=True)
        case TurnFilled(heard) if heard == turn:
            return _paused(state, policy, due=True)
        case Poked(Action.PRESS):
            return replace(state, pressed=True), ()
        case ListeningFailed(turn=heard) if heard == turn:
            return lost(state, policy, Notice.NOT_LISTENING)
        case TimerFired(Timer.FLOOR, state.arming):
            return lost(replace(state, arming=NOTHING), policy, Notice.NOT_LISTENING)
        case Poked(Action.STOP):
            return _dropped(state, policy)
        case Muted(on=True):
            return _dropped(muted(state), policy)
        case _:
            return elsewhere(state, event, policy)


def user_paused(state: UserPaused, event: Event, policy: Policy) -> Step:
    """Step from `UserPaused`."""
    turn = state.floor.turn
    match event:
        case SpeechStarted() if not state.due:
            return resumed_speech(state, policy)
        case Poked(Action.PRESS):
            then, orders = resumed_speech(state, policy)
            return replace(then, pressed=True), orders
        case SilenceReached(heard, ms) if heard == turn:
            return yielded(replace(state, ms=max(ms, state.ms)), policy)
        case TurnFilled(heard) if heard == turn:
            return yielded(replace(state, due=True), policy)
        case Heard(turn=heard, text=text, verdict=verdict, take=take) if heard == turn and (
            take == state.take or not state.settled
        ):
            settled = take == state.take
            paused = replace(state, floor=state.floor.hears(text, verdict), settled=settled)
            over = yielded(paused, policy)
            if over[0] is not paused:
                return over
            floor, ledger, orders = _drafted(paused.floor, paused, policy)
            return replace(paused, floor=floor, ledger=ledger), orders
        case TimerFired(Timer.WORDS, state.arming):
            return lost(replace(state, arming=NOTHING), policy, Notice.NOT_UNDERSTOOD)
        case ListeningFailed(turn=heard) if heard == turn:
            return lost(state, policy, Notice.NOT_LISTENING)
        case Poked(Action.STOP):
            return _dropped(state, policy)
        case Muted(on=True):
            return yielded(replace(muted(state), due=True), policy)
        case _:
            return elsewhere(state, event, policy)


def _paused(state: UserSpeaking, policy: Policy, *, ms: int = 0, due: bool = False) -> Step:
    """The user fell silent, or must: ask for the last word."""
    ledger, arm = armed(state.ledger, Timer.WORDS, policy.words_s)
    ledger = replace(ledger, take=ledger.take + 1)
    paused = UserPaused(ledger, ledger.arming, state.floor, ledger.take, ms, due=due)
    return paused, (Disarm(state.arming), Finalize(state.floor.turn, ledger.take), arm)


def resumed_speech(
    state: UserSpeaking | UserPaused, policy: Policy
) -> tuple[UserSpeaking, Commands]:
    """The user goes on in the same turn."""
    ledger, arm = armed(state.ledger, Timer.FLOOR, policy.floor_s)
    speaking = UserSpeaking(ledger, ledger.arming, state.floor)
    return speaking, (Disarm(state.arming), arm)


def yielded(state: UserPaused, policy: Policy) -> Step:
    """Answer when the user has yielded the floor, or let it be when there is nothing to answer."""
    floor = state.floor
    if not state.settled:
        return state, ()
    if floor.verdict.kind is Kind.STOP:
        return _dropped(state, policy)
    if not state.due and state.ms < policy.patience(floor.verdict):
        return state, ()
    if not floor.message:
        tone = (Cue(Tone.ASLEEP),) if floor.called and policy.earcons else ()
        return after(tone, _dropped(state, policy))
    return committed(state, policy)


def committed(state: UserSpeaking | UserPaused, policy: Policy) -> Step:
    """The turn is over: answer it, with its draft when the words are still the same."""
    floor, ledger = state.floor, state.ledger
    closing = _closed(state)
    if floor.verdict.kind is Kind.CANCEL and ledger.jobs:
        closing = (*closing, CancelJob(ledger.jobs[-1]))
    answer = Answer(floor.turn, floor.message, attachments=floor.attachments)
    if alarm_waits(ledger):
        return after((*closing, *_undrafted(floor)), alarm_first(ledger, answer, policy))
    if floor.draft and floor.draft.digest == floor.verdict.digest:
        commit = Commit(floor.turn, floor.draft.draft, floor.message, floor.continues)
        return thinks(ledger, answer, (*closing, commit), policy)
    reply = Reply(floor.turn, floor.message, floor.continues, attachments=floor.attachments)
    return thinks(ledger, answer, (*closing, *_undrafted(floor), reply), policy)


def lost(state: UserSpeaking | UserPaused, policy: Policy, notice: Notice) -> Step:
    """The ears failed: answer what was understood, or say that nothing was."""
    if state.floor.verdict.kind is Kind.STOP:
        return _dropped(state, policy)
    if state.floor.message:
        return committed(state, policy)
    ledger, refused = queued(state.ledger, notice, policy)
    return after((*_closed(state), *_undrafted(state.floor), *refused), next_up(ledger, policy))


def _dropped(state: UserSpeaking | UserPaused, policy: Policy) -> Step:
    """There is nothing to answer."""
    return after((*_closed(state), *_undrafted(state.floor)), next_up(state.ledger, policy))


def _closed(state: UserSpeaking | UserPaused) -> Commands:
    """Close the turn; its timer may have fired already."""
    disarm = (Disarm(state.arming),) if state.arming else ()
    return (*disarm, Forget(state.floor.turn))


def _drafted(
    floor: Floor, state: UserSpeaking | UserPaused, policy: Policy
) -> tuple[Floor, Ledger, Commands]:
    """Begin to answer in silence when the words are new and look like a sentence, or are the last.

    Not what came with attachments: a draft sees none.
    """
    verdict, ledger = floor.verdict, state.ledger
    whole = verdict.ends_sentence or (isinstance(state, UserPaused) and state.settled)
    worth = verdict.kind is Kind.WORDS and whole and not floor.attachments
    known = floor.draft is not None and floor.draft.digest == verdict.digest
    if not worth or known or floor.drafted >= policy.drafts:
        return floor, ledger, ()
    number = ledger.draft + 1
    draft = Draft(floor.turn, number, floor.message, floor.continues)
    fresh = replace(floor, draft=Held(number, verdict.digest), drafted=floor.drafted + 1)
    return fresh, replace(ledger, draft=number), (*_undrafted(floor), draft)


def _undrafted(floor: Floor) -> Commands:
    return (Discard(floor.turn, floor.draft.draft),) if floor.draft else ()
