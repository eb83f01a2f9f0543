"""A session that is spoken to in several languages: each turn is answered in its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.company import Kept
from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Policy
from assistant.hands.furnishing import watched
from assistant.keeping.store import Store
from assistant.languages.pack import known, load
from assistant.languages.spoken import spoken
from assistant.looking.sight import Lookout, SightSettings
from assistant.ports import MindInfo
from assistant.session import Settings, Shared
from assistant.testing.camera import ScriptedCamera
from assistant.testing.clock import InPlace, ScriptedClock
from assistant.testing.ears import Script
from assistant.testing.mind import ScriptedMind
from assistant.testing.voice import ScriptedSynthesizer
from tests.hands.home import SATURDAY, hands
from tests.scenarios.stage import Stage, check_at_rest, perform

Furnish = Callable[[], AbstractAsyncContextManager[Kept]]
EXAMPLE = MindInfo("Peer 8B", context=4096, local=True)
TURNS = [(1.0, 2.0), (8.0, 9.0), (15.0, 16.0), (22.0, 23.0)]


def says(code: str, text: str) -> Script:
    return Script(((0.5, text),), final_s=0.07, language=code)


@pytest.fixture
def furnish(tmp_path: Path) -> Furnish:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Kept]:
        store = Store(tmp_path / "kept.sqlite", InPlace())
        async with watched(hands(), store, ScriptedClock(SATURDAY)) as kept:
            yield kept
        await store.close()

    return opened


class Voices:
    """English, and a voice of its own for each other language."""

    def __init__(self) -> None:
        self.of = {code: ScriptedSynthesizer(name=code) for code in ("de", "es", "fr")}

    def share(self, shared: Shared) -> Shared:
        return replace(shared, others=tuple(self._in(code, shared) for code in self.of))

    def _in(self, code: str, shared: Shared) -> Shared:
        kept = None if shared.kept is None else replace(shared.kept, hands=hands(code))
        return replace(shared, pack=load(code), voice=self.of[code], kept=kept)


def said(stage: Stage) -> list[str]:
    return [report.said for report in stage.reports]


def heard(stage: Stage) -> list[e.Heard]:
    return [event for _, event in stage.events(e.Heard) if isinstance(event, e.Heard)]


def test_each_order_is_answered_in_its_language_by_a_voice_that_speaks_it(
    furnish: Furnish,
) -> None:
    voices = Voices()
    stage = perform(
        TURNS,
        [
            says("de", "Wie spät ist es?"),
            says("es", "¿Qué hora es?"),
            says("fr", "Quelle heure est-il ?"),
            says("en", "What time is it?"),
        ],
        furnish=furnish,
        share=voices.share,
    )
    assert said(stage) == [
        "Es ist 20 Uhr 42.",
        "Son las 20 y 42.",
        "Il est 20 heures 42.",
        "It's 8:42 PM.",
    ]
    spoke = [voices.of[code].texts for code in ("de", "es", "fr")]
    assert all(len(texts) == 1 for texts in spoke), spoke
    assert len(stage.voice.texts) == 1
    assert stage.mind.asked == []
    before = [turn.before.code for turn in stage.ears.opened]
    assert before == ["en", "de", "es", "fr"], "the ears are told what was spoken before"
    check_at_rest(stage)


def test_dates_and_what_was_asked_stay_in_the_language_of_the_turn(furnish: Furnish) -> None:
    stage = perform(
        TURNS[:3],
        [
            says("de", "Erinnere mich."),
            says("de", "den Müll rausbringen"),
            says("de", "morgen um neun"),
        ],
        furnish=furnish,
        share=Voices().share,
        ends=25.0,
    )
    assert said(stage) == [
        "Woran soll ich dich erinnern?",
        "Wann soll ich dich erinnern?",
        "Ich erinnere dich morgen um 9 Uhr.",
    ]


@pytest.mark.parametrize(
    ("code", "stop"), [("de", "Hör auf."), ("fr", "Arrête."), ("es", "Para.")]
)
def test_it_is_stopped_in_the_language_that_is_spoken(code: str, stop: str) -> None:
    stage = perform(
        [(1.0, 2.0), (3.5, 4.2)],
        [says("en", "Tell me a story."), says(code, stop)],
        [" ".join(["word"] * 60) + "."],
        share=Voices().share,
        ends=20.0,
    )
    (kind, *_) = [event.verdict.kind for event in heard(stage) if event.text == stop]
    assert kind in {e.Kind.STOP, e.Kind.CANCEL}
    assert stage.orders(c.CancelReply)
    assert len(stage.mind.asked) == 1


def test_a_mind_is_told_what_to_answer_in_and_its_beginning_stays_the_same() -> None:
    mind = ScriptedMind("Das Meer.", "The sea.", info=EXAMPLE)
    voices = Voices()
    stage = perform(
        TURNS[:2],
        [says("de", "Was ist blau und tief?"), says("en", "And now in English?")],
        mind=mind,
        share=voices.share,
        ends=15.0,
    )
    first, second = mind.asked
    assert first[0] == second[0]
    assert "the language of the question (English, German, Spanish, French)" in first[0].text
    assert first[-1].text == "(Answer in German.) Was ist blau und tief?"
    assert second[-1].text == "And now in English?"
    assert voices.of["de"].texts == ["Das Meer."]
    assert stage.voice.texts == ["The sea."]


@pytest.mark.parametrize("code", [code for code in known() if code != "en"])
def test_a_mind_that_does_not_know_the_language_says_so_in_it(code: str) -> None:
    mind = ScriptedMind("Hello.", info=MindInfo("SmolLM2 135M", context=2048, local=True))
    stage = perform(
        [(1.0, 2.0), (15.0, 16.0)],
        [says(code, "blah bluh blih"), says("en", "What is blue and deep?")],
        mind=mind,
        share=Voices().share,
        ends=22.0,
    )
    assert said(stage) == [spoken(code).say("no_free_talk"), "Hello."]
    assert len(mind.asked) == 1
    assert not any("blah" in message.text for message in mind.asked[0]), "it would imitate it"
    system = mind.asked[0][0].text
    assert "German" not in system, "it answers in English alone"


def test_a_draft_in_another_language_is_no_answer_though_the_words_are_the_same() -> None:
    stage = perform(
        [(1.0, 2.0), (8.0, 9.0)],
        [says("de", "Radio Berlin?"), says("en", "Radio Berlin?")],
        ["Das Radio.", "The radio."],
        policy=Policy(drafts=8),
        share=Voices().share,
        ends=15.0,
    )
    digests = {event.verdict.digest for event in heard(stage)}
    assert len(digests) == 2
    assert said(stage) == ["Das Radio.", "The radio."]


def test_a_word_of_assent_changes_nothing() -> None:
    voices = Voices()
    stage = perform(
        [(1.0, 2.0), (8.0, 8.4), (15.0, 16.0)],
        [says("en", "What is blue?"), says("es", "Sí."), says("en", "What is deep?")],
        ["The sea.", "The sea again."],
        share=voices.share,
        ends=20.0,
    )
    assert stage.ears.opened[2].before.code == "en"
    assert stage.voice.texts[-1] == "The sea again."


def test_questions_about_things_to_be_seen_are_known_in_each_language() -> None:
    camera = ScriptedCamera()
    settings = Settings(sight=SightSettings(mode="auto"))
    stage = perform(
        TURNS[:2],
        [
            says("de", "Was halte ich in der Hand?"),
            says("fr", "Qu'est-ce que je tiens dans la main ?"),
        ],
        ["Ein Apfel.", "Une pomme."],
        mind=ScriptedMind("Ein Apfel.", "Une pomme.", info=replace(EXAMPLE, sees=True)),
        eyes=Lookout(camera),
        settings=settings,
        share=Voices().share,
        ends=15.0,
    )
    assert said(stage) == ["Ein Apfel.", "Une pomme."]
    assert all(asked[-1].images for asked in stage.mind.asked)
