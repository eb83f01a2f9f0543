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
from assistant.core.floor_theirs import committed, resumed_speech, yielded
from assistant.core.moves import (
    Commands,
    Step,
    after,
    alarm_first,
    alarm_waits,
    armed,
    elsewhere,
    is_alarm,
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
            return _judged(heard_more, policy, settled=settled, sure=event.stable > 0)
        case VoiceLasted(heard, ms) if heard == theirs:
            return _lasted(state, ms, policy)
        case SilenceReached(heard, ms) if heard == theirs:
            return _silent(state, ms, policy)
        case TurnFilled(heard) if heard == theirs:
            return _silent(state, policy.broken_off_ms, policy)
        case SpeechStarted() if state.take:
            ledger, arm = armed(state.ledger, Timer.FLOOR, policy.floor_s)
            again = replace(state, ledger=ledger, arming=ledger.arming, take=NOTHING)
            return again, (Disarm(state.arming), arm)
        case TimerFired(Timer.FLOOR | Timer.WORDS, state.arming):
            return _deaf(replace(state, arming=NOTHING), policy)
        case ListeningFailed(turn=heard) if heard == theirs:
            return _deaf(state, policy)
        case Muted(on=True) if not state.take:
            return _resumed(muted(state), policy)
        case ReplyAudible(said) if said == ours:
            return _surfaced(replace(state, audible=True), policy)
        case ReplySaid(said, _, asks) if said == ours:
            return replace(state, expecting=asks), ()
        case ReplyEnded(said) if said == ours:
            return _theirs(state), ()
        case ReplyFailed(said, reason) if said == ours:
            return _failed_under(state, notice_of(reason), policy)
        case Woken() | Poked(Action.PRESS):
            return _called_over(state, event, policy)
        case Poked(Action.STOP):
            closing = (Disarm(state.arming), CancelReply(ours), Forget(theirs))
            return after(closing, next_up(state.ledger, policy))
        case _:
            return elsewhere(state, event, policy)


def _judged(state: Overlapping, policy: Policy, *, settled: bool, sure: bool) -> Step:
    """Decide from their words whether we stop, go on, or wait for more.

    Once we are silent there is no hurry: a first guess at words may turn out to be a cough.
    """
    stop, words = state.floor.verdict.kind is Kind.STOP, _wants_floor(state)
    if settled:
        if not stop and not words:
            return _resumed(state, policy)
        then, orders = _ceded(state, policy, settled=True)
        assert isinstance(then, UserPaused)  # noqa: S101 - settled means that they paused
        return after(orders, yielded(then, policy))
    if stop or (words and state.audible and (sure or not state.held)):
        return _ceded(state, policy)
    return state, ()


def _wants_floor(state: Overlapping) -> bool:
    """Tell whether what they said so far is a turn."""
    kind = state.floor.verdict.kind
    return kind in {Kind.WORDS, Kind.CANCEL} or (kind is Kind.ASSENT and state.expecting)


def _surfaced(state: Overlapping, policy: Policy) -> Step:
    """We had begun to sound just as they began to speak."""
    if _wants_floor(state):
        return _ceded(state, policy)
    return state, (Duck(state.answer.turn),)


def _lasted(state: Overlapping, ms: int, policy: Policy) -> Step:
    """They go on speaking: pause until it is known what they say; who cannot pause yields."""
    if state.held:
        return state, ()
    if ms >= policy.yield_ms:
        return _ceded(state, policy)
    if policy.hold_ms and ms >= policy.hold_ms:
        return replace(state, held=True), (Hold(state.answer.turn),)
    return state, ()


def _silent(state: Overlapping, ms: int, policy: Policy) -> Step:
    """They fell silent: wait for their words before we go on or yield."""
    if state.take:
        return replace(state, ms=max(ms, state.ms)), ()
    if ms < policy.finalize_ms:
        return state, ()
    ledger, arm = armed(state.ledger, Timer.WORDS, policy.words_s)
    ledger = replace(ledger, take=ledger.take + 1)
    then = replace(state, ledger=ledger, arming=ledger.arming, take=ledger.take, ms=ms)
    return then, (Disarm(state.arming), Finalize(state.floor.turn, ledger.take), arm)


def _theirs(state: Overlapping, *, settled: bool = False) -> UserSpeaking | UserPaused:
    """Leave the floor to them; their timer and their words go on."""
    ledger, arming, floor = state.ledger, state.arming, state.floor
    if not state.take:
        return UserSpeaking(ledger, arming, floor)
    return UserPaused(ledger, arming, floor, state.take, state.ms, settled, due=ledger.muted)


def _ceded(
    state: Overlapping, policy: Policy, *, settled: bool = False
) -> tuple[UserSpeaking | UserPaused, Commands]:
    """Fall silent and leave the floor to them."""
    closing: Commands = (CancelReply(state.answer.turn),)
    hushed = state.floor.verdict.kind is Kind.STOP and state.answer.announces
    if (state.heals or not state.audible) and not hushed:
        state, refused = _joined(state, policy)
        closing = (*closing, *refused)
    return _theirs(state, settled=settled), closing


def _joined(state: Overlapping, policy: Policy) -> tuple[Overlapping, Commands]:
    """Nobody heard our answer: answer what it was to together with their words."""
    ledger, before, refused = unheard(state.ledger, state.answer, policy)
    said = state.floor
    floor = replace(before, turn=said.turn, text=said.text, verdict=said.verdict)
    return replace(state, ledger=ledger, floor=floor), refused


def _deaf(state: Overlapping, policy: Policy) -> Step:
    """The ears failed: answer what was understood, or go on."""
    if not _wants_floor(state):
        return _resumed(state, policy)
    then, orders = _ceded(state, policy)
    return after(orders, committed(then, policy))


def _resumed(state: Overlapping, policy: Policy) -> Step:
    """It was a cough or an "mm-hmm": go on where we were."""
    ours = state.answer.turn
    disarm = (Disarm(state.arming),) if state.arming else ()
    closing = (*disarm, Forget(state.floor.turn))
    if alarm_waits(state.ledger) and not is_alarm(state.answer.announces):
        answer = None if state.audible else state.answer
        return after((*closing, CancelReply(ours)), alarm_first(state.ledger, answer, policy))
    resume = (Resume(ours),) if state.held else ()
    if not state.audible:
        ledger, arm = armed(state.ledger, Timer.FIRST_SOUND, policy.first_sound_s)
        then: State = Thinking(ledger, ledger.arming, state.answer)
        return then, (*closing, *resume, arm)
    ledger, arm = armed(state.ledger, Timer.VOICE, policy.sentence_s)
    then = Speaking(ledger, ledger.arming, state.answer, state.expecting)
    return then, (*closing, *resume, Unduck(ours), arm)


def _failed_under(state: Overlapping, notice: Notice, policy: Policy) -> Step:
    """Our reply broke while they speak: hear them out; what was unheard is answered with them."""
    if state.answer.announces:
        return _theirs(state), ()
    if state.heals or not state.audible:
        return _theirs(_joined(state, policy)[0]), ()
    ledger, refused = queued(state.ledger, notice, policy)
    return _theirs(noted(state, ledger)), refused


def _called_over(state: Overlapping, event: Event, policy: Policy) -> Step:
    """The name or the key while both speak: stop at once, what they say is a turn."""
    theirs, closing = _ceded(state, policy)
    then, orders = resumed_speech(theirs, policy)
    return replace(then, pressed=event == Poked(Action.PRESS)), (*closing, *orders)
