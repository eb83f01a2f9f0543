"""The name in all sound: whose it is, where it ends, and what is left of it in the words."""

import numpy as np
import pytest

from assistant.core.events import Action, Cause, Poked, Woken
from assistant.listening.calls import AT_ONCE, MEMORY, Calls
from assistant.listening.names import without_name
from assistant.ports import FRAME, RATE, Frame, Samples
from assistant.testing.detector import sound
from assistant.testing.wake import ScriptedWakeDetector, name, stop

WOKEN = Woken(Cause.NAME)
STOPPED = Poked(Action.STOP)
NOTHING = np.zeros(FRAME, np.int16)
NAMES = ("Okay Nabu", "Hey Jarvis", "Alexa", "Hey Mycroft")


def heard(
    calls: Calls,
    near: Samples,
    far: Samples | None = None,
    *,
    stirs: bool = True,
    talking: bool = False,
) -> list[tuple[float, object]]:
    """Let it hear sound; return what it told, and after how many seconds."""
    events: list[tuple[float, object]] = []
    for start in range(0, len(near), FRAME):
        played = NOTHING if far is None else far[start : start + FRAME]
        frame = Frame(near[start : start + FRAME], played, start)
        event = calls.hear(frame, stirs=stirs, talking=talking)
        if event is not None:
            events.append(((start + FRAME) / RATE, event))
    return events


def quiet(seconds: float) -> Samples:
    return np.ones(round(seconds * RATE), np.int16)


def test_the_name_wakes_and_where_it_ended_is_known_once() -> None:
    calls = Calls(ScriptedWakeDetector)
    said = np.concatenate([quiet(1.0), name(0.5), sound(0.1)])
    assert heard(calls, said) == [(1.6, WOKEN)]
    assert calls.take_name() == round(1.5 * RATE)
    assert calls.take_name() is None


def test_the_sound_behind_the_name_is_all_there() -> None:
    calls = Calls(ScriptedWakeDetector)
    behind = np.arange(RATE // 10, dtype=np.int16)
    heard(calls, np.concatenate([quiet(1.0), name(0.5), behind]))
    named = calls.take_name()
    assert named is not None
    assert (calls.sound(named) == behind).all()


def test_a_name_of_long_ago_begins_no_turn() -> None:
    calls = Calls(ScriptedWakeDetector)
    heard(calls, np.concatenate([name(0.5), quiet(0.1 + MEMORY / RATE)]))
    assert calls.take_name() is None


def test_in_a_quiet_room_it_listens_in_pieces() -> None:
    calls = Calls(ScriptedWakeDetector)
    ((at, event),) = heard(calls, np.concatenate([name(0.5), quiet(0.5)]), stirs=False)
    assert event == WOKEN
    assert 0.6 <= at < 0.6 + AT_ONCE / RATE


def test_what_was_not_listened_to_is_made_up_for_when_something_stirs() -> None:
    calls = Calls(ScriptedWakeDetector)
    piece = AT_ONCE / RATE - 0.01
    said = np.concatenate([name(0.5), quiet(0.3)])
    before, after = said[: round(piece * RATE)], said[round(piece * RATE) :]
    assert heard(calls, before, stirs=False) == []
    assert len(heard(calls, after)) == 1


def test_we_do_not_wake_ourselves() -> None:
    """The room gives our own voice back, 20 ms later."""
    calls = Calls(ScriptedWakeDetector)
    far = np.concatenate([name(0.5), sound(0.5)])
    near = np.concatenate([quiet(0.02), far])[: len(far)]
    assert heard(calls, near, far) == []
    assert heard(calls, np.concatenate([quiet(1.0), name(0.5), quiet(0.2)])) != [], "others do"


def test_others_wake_us_while_we_speak_of_something_else() -> None:
    calls = Calls(ScriptedWakeDetector)
    near = np.concatenate([quiet(1.0), name(0.5), quiet(0.2)])
    assert len(heard(calls, near, sound(1.7))) == 1


@pytest.mark.parametrize("talking", [True, False])
def test_the_phrase_that_silences_does_so_only_while_we_talk(talking: bool) -> None:  # noqa: FBT001
    calls = Calls(ScriptedWakeDetector)
    told = heard(calls, np.concatenate([stop(0.4), sound(0.2)]), talking=talking)
    assert [event for _, event in told] == ([STOPPED] if talking else [])
    assert calls.take_name() is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hey, Jarvis, what time is it?", "what time is it?"),
        ("Jarvis what's up", "what's up"),
        ("Okay, naboo, stop.", "stop."),
        ("Alexa.", ""),
        ("Hey Minecraft, play some music.", "play some music."),
        ("Hey my croft - what time is it", "what time is it"),
        ("OK Nabu", ""),
        ("Travis is here.", "Travis is here."),
        ("Okay, what time is it?", "Okay, what time is it?"),
        ("Okay, now turn off the lights.", "Okay, now turn off the lights."),
        ("Hey there", "Hey there"),
        ("What does Alexa mean?", "What does Alexa mean?"),
        ("  Relax.", "  Relax."),
        ("", ""),
    ],
)
def test_the_name_is_no_part_of_the_words(text: str, left: str) -> None:
    assert without_name(text, NAMES) == left


def test_without_names_nothing_is_left_out() -> None:
    assert without_name("Alexa, stop.", ()) == "Alexa, stop."
