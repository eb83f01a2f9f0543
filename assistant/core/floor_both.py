"""Both speak, or the user speaks while we think; what they say decides who goes on."""

from dataclasses import replace

from assistant.core.commands import (
    CancelReply,
    Disarm,
    Duck,
    Finalize,
    Forget,
    Hold,
    Notice,
    Resume,
    Unduck,
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
    ReplyAudible,
    ReplyEnded,
    ReplyFailed,
    ReplySaid,
    SilenceReached,
    SpeechStarted,
    Timer,
    TimerFired,
    TurnFilled,
    VoiceLasted,
    Woken,
)
from assistant.core.floor_ours import notice_of
from assistant.core.floor_theirs import resumed_speech, yielded
from assistant.core.moves import (
    Commands,
    Step,
    after,
    armed,
    elsewhere,
    muted,
    next_up,
    noted,
    queued,
    unheard,
)
from assistant.core.states import (
    Overlapping,
    Policy,
    Speaking,
    State,
    Thinking,
    UserPaused,
    UserSpeaking,
)


def overlapping(state: Overlapping, event: Event, policy: Policy) -> Step:
    """Step from `Overlapping`."""
    theirs, ours = state.floor.turn, state.answer.turn
    match event:
        case Heard(turn=heard, text=text, verdict=verdict, take=take) if heard == theirs:
            settled = take != NOTHING and take == state.take
            heard_more = replace(state, floor=state.floor.hears(text, verdict))
            return _judged(heard_more, policy, settled=settled)
        case VoiceLasted(heard, ms) if heard == theirs and state.audible:
            return _lasted(state, ms, policy)
        case SilenceReached(heard, ms) if heard == theirs:
            quieter = replace(state, ms=max(ms, state.ms))
            if state.take or ms < policy.finalize_ms:
                return quieter, ()
            return _overlap_ended(quieter, policy)
        case TurnFilled(heard) if heard == theirs and not state.take:
            return _overlap_ended(state, policy)
        case SpeechStarted() if state.take:
            ledger, arm = armed(state.ledger, Timer.FLOOR, policy.floor_s)
            again = replace(state, ledger=ledger, arming=ledger.arming, take=NOTHING, ms=0)
            return again, (Disarm(state.arming), arm)
        case TimerFired(Timer.WORDS | Timer.FLOOR, state.arming):
            return _resumed((), state, policy)
        case ListeningFailed(turn=heard) if heard == theirs:
            return _resumed((Disarm(state.arming),), state, policy)
        case Muted(on=True):
            return _resumed((Disarm(state.arming),), muted(state), policy)
        case ReplyAudible(said) if said == ours:
            return replace(state, audible=True), (Duck(ours),)
        case ReplySaid(said, _, asks) if said == ours:
            return replace(state, expecting=asks), ()
        case ReplyEnded(said) if said == ours:
            return _theirs(state)
        case ReplyFailed(said, reason) if said == ours:
            return _failed_under(state, notice_of(reason), policy)
        case Woken() | Poked(Action.PRESS):
            return _called_over(state, event, policy)
        case Poked(Action.STOP):
            closing = (Disarm(state.arming), CancelReply(ours), Forget(theirs))
            return after(closing, next_up(state.ledger, policy))
        case _:
            return elsewhere(state, event, policy)


def _judged(state: Overlapping, policy: Policy, *, settled: bool) -> Step:
    """Decide from their words whether we stop, go on, or wait for more."""
    kind = state.floor.verdict.kind
    words = kind in {Kind.WORDS, Kind.CANCEL} or (kind is Kind.ASSENT and state.expecting)
    ours = CancelReply(state.answer.turn)
    if settled:
        if words or kind is Kind.STOP:
            then = _theirs(state, settled=True)[0]
            assert isinstance(then, UserPaused)  # noqa: S101 - settled means that they paused
            return after((ours,), yielded(then, policy))
        return _resumed((Disarm(state.arming),), state, policy)
    if kind is Kind.STOP or (words and state.audible):
        return after((ours,), _theirs(state))
    return state, ()


def _lasted(state: Overlapping, ms: int, policy: Policy) -> Step:
    """They go on speaking: pause, and in the end yield."""
    if ms >= policy.yield_ms:
        return after((CancelReply(state.answer.turn),), _theirs(state))
    if policy.hold_ms and ms >= policy.hold_ms and not state.held:
        return replace(state, held=True), (Hold(state.answer.turn),)
    return state, ()


def _overlap_ended(state: Overlapping, policy: Policy) -> Step:
    """They fell silent: wait for their words before we go on or yield."""
    ledger, arm = armed(state.ledger, Timer.WORDS, policy.words_s)
    ledger = replace(ledger, take=ledger.take + 1)
    then = replace(state, ledger=ledger, arming=ledger.arming, take=ledger.take)
    return then, (Disarm(state.arming), Finalize(state.floor.turn, ledger.take), arm)


def _theirs(
    state: Overlapping, *, settled: bool = False
) -> tuple[UserSpeaking | UserPaused, Commands]:
    """The floor is theirs; their timer and their words go on."""
    floor, waits = state.floor, bool(state.take)
    if not state.audible:
        old = unheard(state.answer)
        floor = replace(floor, before=old.before, continues=old.continues)
    if waits:
        return UserPaused(state.ledger, state.arming, floor, state.take, state.ms, settled), ()
    return UserSpeaking(state.ledger, state.arming, floor), ()


def _resumed(closing: Commands, state: Overlapping, policy: Policy) -> Step:
    """It was a cough or an "mm-hmm": go on where we were."""
    forget, ours = Forget(state.floor.turn), state.answer.turn
    resume = (Resume(ours),) if state.held else ()
    if not state.audible:
        ledger, arm = armed(state.ledger, Timer.FIRST_SOUND, policy.first_sound_s)
        then: State = Thinking(ledger, ledger.arming, state.answer)
        return then, (*closing, forget, *resume, arm)
    ledger, arm = armed(state.ledger, Timer.VOICE, policy.sentence_s)
    then = Speaking(ledger, ledger.arming, state.answer, state.expecting)
    return then, (*closing, forget, *resume, Unduck(ours), arm)


def _failed_under(state: Overlapping, notice: Notice, policy: Policy) -> Step:
    """Our reply broke while they speak: hear them out; what was unheard is answered with them."""
    if state.audible and not state.answer.announced:
        ledger, refused = queued(state.ledger, notice, policy)
        return after(refused, _theirs(noted(state, ledger)))
    return _theirs(state)


def _called_over(state: Overlapping, event: Event, policy: Policy) -> Step:
    """The name or the key while both speak: stop at once, what they say is a turn."""
    then, orders = _theirs(state)
    if isinstance(then, UserPaused):
        then, orders = resumed_speech(then, policy)
    pressed = event == Poked(Action.PRESS)
    return replace(then, pressed=pressed), (CancelReply(state.answer.turn), *orders)
