"""Other settings while it runs, and when other programs are asked to be quieter."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from assistant import app
from assistant.config import load as load_config
from assistant.core import commands as c
from assistant.core import events as e
from assistant.listening.ear import EarSettings
from assistant.recorder.replay import replay
from assistant.session import Settings
from assistant.testing.ears import Script
from assistant.testing.mind import ScriptedMind
from assistant.testing.voice import ScriptedVoices
from assistant.testing.wake import ScriptedWakeDetector, name
from assistant.views import Activity, Status
from tests.scenarios.stage import POLICY, Stage, as_shipped, perform
from tests.scenarios.test_waking import WAKE

QUESTION = Script(((0.5, "what time"), (1.2, "what time is it")), final_s=0.07)
HALF = Script(((0.5, "book a table for"),), final_s=0.07)


def configured(**flags: object) -> Settings:
    named = {key.replace("__", "."): value for key, value in flags.items()}
    return app.settings(load_config(environ={}, flags=named), ScriptedMind().info)


def at(second: float, settings: Settings) -> Callable[[Stage], Awaitable[None]]:
    async def retune(stage: Stage) -> None:
        await asyncio.sleep(second - stage.device.now)
        stage.session.retune(settings)

    return retune


def replies(stage: Stage) -> list[float]:
    return sorted(stage.instants(c.Reply) + stage.instants(c.Commit))


def test_patience_changes_for_the_turn_that_comes_next() -> None:
    """Longer than any silence that the old rules have a milestone for."""
    spoken = [(1.0, 2.0), (10.0, 11.0)]
    quick, slow = configured(turns__patience="quick"), configured(turns__patience="patient")
    before = perform(spoken, [HALF, HALF], settings=quick)
    after = perform(spoken, [HALF, HALF], settings=quick, meanwhile=at(6.0, slow))
    ((first, second), (same, later)) = replies(before), replies(after)
    assert same == first
    waits = quick.policy.incomplete_ms, slow.policy.incomplete_ms
    assert waits[1] > quick.policy.broken_off_ms
    assert later - second == pytest.approx((waits[1] - waits[0]) / 1000, abs=0.04)


def test_a_turn_that_goes_on_ends_by_the_old_rules() -> None:
    quick, slow = configured(turns__patience="quick"), configured(turns__patience="patient")
    before = perform([(1.0, 2.0)], [HALF], settings=quick)
    after = perform([(1.0, 2.0)], [HALF], settings=quick, meanwhile=at(1.5, slow))
    assert replies(after) == replies(before)
    ((changed, event),) = after.events(e.PolicyChanged)
    assert isinstance(event, e.PolicyChanged)
    assert event.policy == slow.policy
    assert changed > replies(after)[0], "when the turn was over"


def test_what_was_decided_by_two_policies_replays() -> None:
    slow = configured(turns__patience="patient")
    stage = perform([(1.0, 2.0), (10.0, 11.0)], [HALF, HALF], meanwhile=at(6.0, slow))
    assert len(replies(stage)) == 2
    assert list(replay(stage.session.flight.lines())) == []


def test_another_name_and_the_conversation_goes_on() -> None:
    settings = as_shipped()
    bob = replace(settings, name="Bob", extra="You live in Oslo.")
    stage = perform(
        [(1.0, 2.0), (10.0, 11.0)],
        [QUESTION, QUESTION],
        ["Noon.", "Still noon."],
        settings=settings,
        meanwhile=at(6.0, bob),
    )
    first, second = (list(asked) for asked in stage.mind.asked[-2:])
    assert "Oslo" not in first[0].text
    assert "You live in Oslo." in second[0].text
    assert [m.text for m in second if m.role == "assistant"][-1] == "Noon.", "it remembers"


def test_the_conversation_ends_after_another_time() -> None:
    settings = replace(as_shipped(), idle_s=300.0)
    short = replace(settings, idle_s=5.0)
    stage = perform(
        [(1.0, 2.0), (20.0, 21.0)],
        [QUESTION, QUESTION],
        ["Noon.", "Still noon."],
        settings=settings,
        meanwhile=at(6.0, short),
    )
    assert "Noon." not in [m.text for m in stage.mind.asked[-1]]


def ducks(stage: Stage) -> list[tuple[float, bool]]:
    return [(round(did.at, 3), bool(did.value)) for did in stage.device.did("duck")]


def test_others_are_lowered_from_the_first_word_until_the_answer_has_ended() -> None:
    stage = perform([(1.0, 2.0)], [QUESTION], settings=Settings(POLICY, EarSettings()))
    (on, off) = ducks(stage)
    words = next(at for at, event in stage.events(e.Heard))
    assert on == (words, True)
    assert off == (stage.events(e.ReplyEnded)[0][0], False)


def test_noise_alone_lowers_nobody() -> None:
    stage = perform([(1.0, 2.0)], [Script(())])
    assert stage.events(e.SpeechStarted)
    assert ducks(stage) == []


def test_its_name_lowers_them_at_once() -> None:
    stage = perform(
        [(2.0, 3.0)],
        [QUESTION],
        policy=WAKE,
        also=[(1.0, name(0.5))],
        wake=ScriptedWakeDetector,
    )
    assert ducks(stage)[0] == (stage.events(e.Woken)[0][0], True)
    assert ducks(stage)[-1][1] is False


def test_another_voice_speaks_from_the_next_answer_on() -> None:
    """What is being said when it changes is said to its end as it began."""
    voice = ScriptedVoices("alba", "joe")

    async def other(stage: Stage) -> None:
        speaking = asyncio.Event()
        stage.session.watch(
            lambda seen: (
                speaking.set()
                if isinstance(seen, Status) and seen.activity is Activity.SPEAKING
                else None
            )
        )
        await speaking.wait()
        await voice.become(SimpleNamespace(voice="joe"))

    long = "It is noon in the town. All of the shops are closed. I would wait for an hour."
    stage = perform(
        [(1.0, 2.0), (14.0, 15.0)],
        [QUESTION, QUESTION],
        [long, "Still noon."],
        synthesizer=voice,
        meanwhile=other,
    )
    assert [report.said for report in stage.reports] == [long, "Still noon."]
    spoke = [name for name, _ in voice.spoke]
    assert spoke.index("joe") >= 3
    assert {name for name, text in voice.spoke if text in long} == {"alba"}
    assert {name for name, text in voice.spoke if "Still" in text} == {"joe"}
