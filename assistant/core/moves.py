"""Moves that several states share: giving the floor, what comes next, what waits, timers."""

from dataclasses import replace
from typing import TypeVar, assert_never

from assistant.core.commands import (
    Announce,
    Arm,
    Command,
    Cue,
    Listen,
    Notice,
    Refuse,
    Reply,
    Tone,
)
from assistant.core.events import (
    NOTHING,
    Action,
    Asked,
    DraftFailed,
    Event,
    Muted,
    Poked,
    Timer,
    Urgency,
    WantsFloor,
    Woken,
)
from assistant.core.states import (
    Answer,
    Floor,
    Ledger,
    Mode,
    Policy,
    Quiet,
    State,
    Thinking,
    UserPaused,
    UserSpeaking,
    Waiting,
)

Commands = tuple[Command, ...]
Step = tuple[State, Commands]
S = TypeVar("S", bound=State)

NO_ORDERS: Commands = ()
NEW = Floor(NOTHING)
"""A turn that continues nothing."""


def opened(ledger: Ledger, policy: Policy, event: Event, *, like: Floor = NEW) -> Step:
    """Give the user the floor, because of an event."""
    ledger, arm = armed(ledger, Timer.FLOOR, policy.floor_s)
    ledger = replace(ledger, turn=ledger.turn + 1)
    called, pressed = isinstance(event, Woken), event == Poked(Action.PRESS)
    floor = replace(like, turn=ledger.turn, called=called)
    tone = (Cue(Tone.AWAKE),) if called and policy.earcons else ()
    return UserSpeaking(ledger, ledger.arming, floor, pressed), (Listen(ledger.turn), arm, *tone)


def next_up(ledger: Ledger, policy: Policy, *, answered: bool = False) -> Step:
    """Give the floor to who waits for it; nobody has it now."""
    if not ledger.waiting:
        return _rest(ledger, policy, answered=answered)
    first, *rest = ledger.waiting
    turn = ledger.turn + 1
    ledger = replace(ledger, turn=turn, waiting=tuple(rest))
    match first:
        case Asked(ask, text, attachments):
            order = Reply(turn, text, ask=ask, attachments=attachments)
            return thinks(ledger, Answer(turn, text, ask, attachments), (order,), policy)
        case Answer(turn=before, text=text, ask=ask, attachments=attachments):
            order = Reply(turn, text, before, ask, attachments)
            return thinks(ledger, Answer(turn, text, ask, attachments), (order,), policy)
        case WantsFloor(utterance, _, ask):
            return _says(ledger, Announce(turn, utterance, ask), first, policy)
        case Notice():
            return _says(ledger, Announce(turn, first), first, policy)
        case _:
            assert_never(first)


def _rest(ledger: Ledger, policy: Policy, *, answered: bool) -> Step:
    if not answered or policy.mode is not Mode.WAKE or ledger.muted:
        return Quiet(ledger), ()
    ledger, arm = armed(ledger, Timer.WINDOW, policy.window_s)
    return Quiet(ledger, ledger.arming), (arm,)


def thinks(ledger: Ledger, answer: Answer, orders: Commands, policy: Policy) -> Step:
    """Begin to answer."""
    ledger, arm = armed(ledger, Timer.MIND, policy.tone_s)
    return Thinking(ledger, ledger.arming, answer), (*orders, arm)


def _says(ledger: Ledger, order: Announce, what: WantsFloor | Notice, policy: Policy) -> Step:
    ledger, arm = armed(ledger, Timer.FIRST_SOUND, policy.first_sound_s)
    answer = Answer(order.turn, announces=what)
    return Thinking(ledger, ledger.arming, answer), (order, arm)


def elsewhere(state: State, event: Event, policy: Policy) -> Step:
    """Take what means the same in every state that is not quiet."""
    match event:
        case DraftFailed(_, draft):
            return _undraft(state, draft), ()
        case Asked() | WantsFloor():
            ledger, orders = queued(state.ledger, event, policy)
            return noted(state, ledger), orders
        case Muted(on):
            return noted(state, replace(state.ledger, muted=on)), ()
        case _:
            return state, ()


def _undraft(state: State, draft: int) -> State:
    match state:
        case UserSpeaking(floor=floor) | UserPaused(floor=floor):
            if floor.draft and floor.draft.draft == draft:
                return replace(state, floor=replace(floor, draft=None))
            return state
        case _:
            return state


def is_alarm(what: Waiting | None) -> bool:
    """Tell whether something waits for nobody but the user."""
    return isinstance(what, WantsFloor) and what.urgency is Urgency.NOW


def alarm_waits(ledger: Ledger) -> bool:
    """Tell whether the next to have the floor is an alarm."""
    return bool(ledger.waiting) and is_alarm(ledger.waiting[0])


def queued(
    ledger: Ledger, what: Asked | WantsFloor | Notice, policy: Policy
) -> tuple[Ledger, Commands]:
    """Let something wait; alarms and what there is to say of our own troubles go first."""
    if is_alarm(what) or isinstance(what, Notice):
        return _bounded(ledger, (what, *ledger.waiting), policy)
    return _bounded(ledger, (*ledger.waiting, what), policy)


def requeued(ledger: Ledger, answer: Answer, policy: Policy) -> tuple[Ledger, Commands]:
    """Let an answer that nobody heard wait to be tried again, before all others."""
    return _bounded(ledger, (answer.announces or answer, *ledger.waiting), policy)


def _bounded(
    ledger: Ledger, waiting: tuple[Waiting, ...], policy: Policy
) -> tuple[Ledger, Commands]:
    """When too much waits, the last is refused."""
    kept, over = waiting[: policy.waiting], waiting[policy.waiting :]
    refused = tuple(Refuse(late.ask) for late in over if not isinstance(late, Notice))
    return replace(ledger, waiting=kept), refused


def unheard(ledger: Ledger, answer: Answer, policy: Policy) -> tuple[Ledger, Floor, Commands]:
    """Lose no answer that the user cuts short before it is heard.

    The user's next turn continues the one that it answers; an announcement waits again.
    """
    if answer.announces:
        ledger, refused = requeued(ledger, answer, policy)
        return ledger, NEW, refused
    before = replace(
        NEW, before=answer.text, continues=answer.turn, attachments=answer.attachments
    )
    return ledger, before, ()


def alarm_first(ledger: Ledger, answer: Answer | None, policy: Policy) -> Step:
    """Give the floor to the alarm that waits first; an answer nobody heard is tried after it."""
    alarm, *rest = ledger.waiting
    ledger, refused = replace(ledger, waiting=tuple(rest)), NO_ORDERS
    if answer:
        ledger, refused = requeued(ledger, answer, policy)
    return after(refused, next_up(replace(ledger, waiting=(alarm, *ledger.waiting)), policy))


def meant(ledger: Ledger, policy: Policy) -> bool:
    """Tell whether speech out of the blue is meant for us."""
    return policy.mode is Mode.ALWAYS and not ledger.muted


def armed(ledger: Ledger, timer: Timer, seconds: float) -> tuple[Ledger, Arm]:
    """Arm a timer under a number that was never used."""
    ledger = replace(ledger, arming=ledger.arming + 1)
    return ledger, Arm(timer, ledger.arming, seconds)


def noted(state: S, ledger: Ledger) -> S:
    """Return the same state with another ledger."""
    return replace(state, ledger=ledger)


def muted(state: S) -> S:
    """Return the same state with the microphone closed."""
    return noted(state, replace(state.ledger, muted=True))


def after(first: Commands, then: Step) -> Step:
    """Give orders before those of a step."""
    return then[0], (*first, *then[1])
