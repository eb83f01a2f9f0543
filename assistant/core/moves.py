"""Moves that several states share: giving the floor, what comes next, what waits, timers."""

from dataclasses import replace
from typing import TypeVar, assert_never

from assistant.core.commands import Announce, Arm, Command, Listen, Notice, Refuse, Reply
from assistant.core.events import (
    NOTHING,
    Asked,
    DraftFailed,
    Event,
    Muted,
    Timer,
    Urgency,
    WantsFloor,
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
)

Commands = tuple[Command, ...]
Step = tuple[State, Commands]
S = TypeVar("S", bound=State)

NEW = Floor(NOTHING)
"""A turn that continues nothing."""


def opened(ledger: Ledger, policy: Policy, *, pressed: bool = False, like: Floor = NEW) -> Step:
    """Give the user the floor."""
    ledger, arm = armed(ledger, Timer.FLOOR, policy.floor_s)
    ledger = replace(ledger, turn=ledger.turn + 1)
    floor = replace(like, turn=ledger.turn)
    return UserSpeaking(ledger, ledger.arming, floor, pressed), (Listen(ledger.turn), arm)


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
        case WantsFloor(utterance, _, ask):
            return _says(ledger, Announce(turn, utterance, ask), policy)
        case Notice():
            return _says(ledger, Announce(turn, first), policy)
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


def _says(ledger: Ledger, order: Announce, policy: Policy) -> Step:
    ledger, arm = armed(ledger, Timer.FIRST_SOUND, policy.first_sound_s)
    answer = Answer(order.turn, ask=order.ask, announced=True)
    return Thinking(ledger, ledger.arming, answer), (order, arm)


def elsewhere(state: State, event: Event, policy: Policy) -> Step:
    """Take what means the same in every state that is not quiet."""
    match event:
        case DraftFailed(turn, draft):
            return _undraft(state, turn, draft), ()
        case Asked() | WantsFloor():
            ledger, orders = queued(state.ledger, event, policy)
            return noted(state, ledger), orders
        case Muted(on):
            return noted(state, replace(state.ledger, muted=on)), ()
        case _:
            return state, ()


def _undraft(state: State, turn: int, draft: int) -> State:
    match state:
        case UserSpeaking(floor=floor) | UserPaused(floor=floor) if floor.turn == turn:
            if floor.draft and floor.draft.draft == draft:
                return replace(state, floor=replace(floor, draft=None))
            return state
        case _:
            return state


def queued(
    ledger: Ledger, what: Asked | WantsFloor | Notice, policy: Policy
) -> tuple[Ledger, Commands]:
    """Let something wait. What is urgent goes first; when too much waits, the last is refused."""
    urgent = isinstance(what, Notice) or (
        isinstance(what, WantsFloor) and what.urgency is Urgency.NOW
    )
    waiting = (what, *ledger.waiting) if urgent else (*ledger.waiting, what)
    kept, over = waiting[: policy.waiting], waiting[policy.waiting :]
    refused = tuple(Refuse(late.ask) for late in over if not isinstance(late, Notice))
    return replace(ledger, waiting=kept), refused


def unheard(answer: Answer) -> Floor:
    """Make a floor for the user's next turn that continues one that nobody heard an answer to."""
    return replace(NEW, before=answer.text, continues=answer.turn if answer.text else NOTHING)


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
