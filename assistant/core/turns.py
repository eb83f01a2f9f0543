"""The turn-taking machine: `step` is the only place that decides who speaks."""

from dataclasses import replace
from typing import assert_never

from assistant.core.commands import Disarm, Show
from assistant.core.events import (
    Action,
    Asked,
    Event,
    JobEnded,
    JobStarted,
    Muted,
    Poked,
    SpeechStarted,
    Timer,
    TimerFired,
    Urgency,
    WantsFloor,
    Woken,
)
from assistant.core.floor_both import overlapping
from assistant.core.floor_ours import speaking, thinking
from assistant.core.floor_theirs import user_paused, user_speaking
from assistant.core.moves import Step, after, meant, next_up, noted, opened
from assistant.core.states import (
    Overlapping,
    Policy,
    Quiet,
    Speaking,
    State,
    Thinking,
    UserPaused,
    UserSpeaking,
)


def step(state: State, event: Event, policy: Policy) -> Step:
    """Return the next state and what to do; an event without meaning here changes nothing."""
    ledger = state.ledger
    match event:
        case JobStarted(job):
            return noted(state, replace(ledger, jobs=(*ledger.jobs, job))), ()
        case JobEnded(job):
            others = tuple(other for other in ledger.jobs if other != job)
            return noted(state, replace(ledger, jobs=others)), ()
        case WantsFloor(urgency=Urgency.SILENT):
            return state, (Show(event.utterance),)
        case _:
            return _by_state(state, event, policy)


def _by_state(state: State, event: Event, policy: Policy) -> Step:
    match state:
        case Quiet():
            return _quiet(state, event, policy)
        case UserSpeaking():
            return user_speaking(state, event, policy)
        case UserPaused():
            return user_paused(state, event, policy)
        case Thinking():
            return thinking(state, event, policy)
        case Speaking():
            return speaking(state, event, policy)
        case Overlapping():
            return overlapping(state, event, policy)
        case _:
            assert_never(state)


def _quiet(state: Quiet, event: Event, policy: Policy) -> Step:
    calm = (Disarm(state.window),) if state.window else ()
    match event:
        case SpeechStarted() if meant(state.ledger, policy) or state.window:
            return after(calm, opened(state.ledger, policy, event))
        case Woken() | Poked(Action.PRESS):
            return after(calm, opened(state.ledger, policy, event))
        case Asked() | WantsFloor():
            return after(calm, next_up(replace(state.ledger, waiting=(event,)), policy))
        case TimerFired(Timer.WINDOW, state.window):
            return Quiet(state.ledger), ()
        case Muted(on):
            return Quiet(replace(state.ledger, muted=on)), calm
        case _:
            return state, ()
