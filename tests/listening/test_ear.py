"""The ear in virtual time: a scripted device, detector and transcriber, exact instants."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pytest

from assistant.core.events import (
    NOTHING,
    Event,
    Heard,
    Kind,
    ListeningFailed,
    SilenceReached,
    SpeechStarted,
    TurnFilled,
    VoiceLasted,
)
from assistant.errors import BackendError, BackendTimeout, BackendUnavailable
from assistant.languages.pack import load
from assistant.listening.completeness import UNDECIDED, Evidence, combine
from assistant.listening.ear import Ear, EarBackends, EarSettings
from assistant.listening.inquiry import NOBODY, Judges
from assistant.listening.segmenter import SegmenterSettings
from assistant.ports import FRAME, RATE, Frame, Samples
from assistant.testing.detector import ScriptedDetector, sound
from assistant.testing.device import ScriptedDevice
from assistant.testing.ears import Script, ScriptedTranscriber
from assistant.testing.virtual_time import VirtualLoop, run

E = TypeVar("E")
WINDOW = 512 / RATE
ONSET = 0.992
"""Where the speech begins: at the edge of a window, so that all else is exact."""
END = ONSET + 0.64
SPEECH = (ONSET, sound(0.64))


def frame_after(seconds: float) -> float:
    return -(-round(seconds * RATE) // FRAME) * FRAME / RATE


@dataclass
class Scene:
    """An ear, its device, and what it told when."""

    device: ScriptedDevice
    ears: ScriptedTranscriber
    ear: Ear
    told: list[tuple[float, Event]] = field(default_factory=list)

    def of(self, kind: type[E]) -> list[tuple[float, E]]:
        return [(at, event) for at, event in self.told if isinstance(event, kind)]

    def heard(self) -> list[tuple[float, str, int]]:
        return [(at, heard.text, heard.take) for at, heard in self.of(Heard)]


Act = Callable[[Scene], Coroutine[Any, Any, None]]


class Judge:
    """Answers after a time, and notes what it was asked."""

    def __init__(self, answer: float, seconds: float = 0.05, *, fails: bool = False) -> None:
        self.answer, self.seconds, self.fails = answer, seconds, fails
        self.asked: list[tuple[float, str, int]] = []

    async def finished(self, words: str, sound: Samples) -> float:
        loop = asyncio.get_running_loop()
        self.asked.append((round(loop.time(), 3), words, len(sound)))
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise BackendTimeout("judge", "gave no answer: wait or choose another")
        return self.answer


def play(  # noqa: PLR0913 - each scene differs in another one
    script: Iterable[tuple[float, Samples]],
    *scripts: Script,
    until: float = 6.0,
    act: Act | None = None,
    judges: Judges = NOBODY,
    settings: EarSettings | None = None,
    listen: bool = True,
    device: type[ScriptedDevice] = ScriptedDevice,
    ends: float | None = None,
) -> Scene:
    """Let an ear hear a script; by default each onset opens a turn, as the core would."""
    scenes: list[Scene] = []

    async def main() -> None:
        now = asyncio.get_running_loop().time
        card = device(script, ends=ends)
        ears = ScriptedTranscriber(scripts)

        def emit(event: Event) -> None:
            scene.told.append((round(now(), 3), event))
            if listen and isinstance(event, SpeechStarted) and len(ears.opened) < len(scripts):
                ear.listen(len(ears.opened) + 1)

        backends = EarBackends(ears, ScriptedDetector, judges=judges)
        ear = Ear(card, backends, load("en"), emit, settings or EarSettings(digest_key=b"k"))
        scene = Scene(card, ears, ear)
        scenes.append(scene)
        with suppress(TimeoutError):
            async with asyncio.timeout(until), asyncio.TaskGroup() as tasks:
                acting = tasks.create_task(act(scene)) if act else None
                await ear.run()
                if acting:
                    acting.cancel()

    run(main())
    return scenes[0]


def at(second: float, *calls: Callable[[Ear], None]) -> Act:
    async def act(scene: Scene) -> None:
        await asyncio.sleep(second)
        for call in calls:
            call(scene.ear)

    return act


def test_events_come_at_their_exact_instants() -> None:
    scene = play([SPEECH], Script())
    assert scene.told == [
        (frame_after(ONSET + 2 * WINDOW), SpeechStarted(round(ONSET * RATE))),
        (frame_after(ONSET + 4 * WINDOW), VoiceLasted(1, 120)),
        (frame_after(ONSET + 16 * WINDOW), VoiceLasted(1, 500)),
        *(
            (pytest.approx(frame_after(END + ms / 1000), abs=1e-3), SilenceReached(1, ms))
            for ms in (64, 100, 200, 500, 1200)
        ),
    ]


def test_onsets_are_told_without_a_turn() -> None:
    scene = play([SPEECH, (3.008, sound(0.32))], listen=False)
    assert [event for _, event in scene.told] == [
        SpeechStarted(round(ONSET * RATE)),
        SpeechStarted(round(3.008 * RATE)),
    ]


def test_the_transcriber_gets_the_preroll_and_every_sample_after_it_once() -> None:
    scene = play([SPEECH], Script(), until=3.0)
    (opened,) = scene.ears.opened
    before = round(0.5 * RATE)
    assert not opened.fed[:before].any()
    assert opened.fed[before : before + round(0.64 * RATE)].all()
    assert len(opened.fed) == before + round((2.99 - ONSET) * RATE)
    assert opened.voiced_to == pytest.approx(before + 0.64 * RATE, abs=512 + FRAME)


def test_words_come_as_they_are_understood() -> None:
    script = Script(((0.8, "what"), (1.0, "what time"), (1.1, "What time is it?")), partial_s=0.04)
    scene = play([SPEECH], script)
    heard = scene.of(Heard)
    start = ONSET - 0.5
    assert [event.text for _, event in heard] == [text for _, text in script.said]
    for (when, _), (seconds, _) in zip(heard, script.said, strict=True):
        assert when == pytest.approx(frame_after(start + seconds) + 0.04, abs=0.011)
    assert all(event.turn == 1 and not event.final for _, event in heard)
    assert heard[-1][1].verdict.kind is Kind.WORDS
    assert heard[-1][1].verdict.ends_sentence


def test_the_last_word_answers_its_take() -> None:
    def act(scene: Scene) -> Coroutine[Any, Any, None]:
        return at(1.8, lambda ear: ear.finalize(1, 7))(scene)

    scene = play([SPEECH], Script(((0.8, "Stop."),), final_s=0.2), act=act)
    when, heard = scene.of(Heard)[-1]
    assert (when, heard.text, heard.take) == (2.0, "Stop.", 7)
    assert heard.verdict.kind is Kind.STOP


def test_a_newer_take_ends_an_older_one() -> None:
    async def act(scene: Scene) -> None:
        for second, take in ((1.7, 1), (1.8, 2)):
            await asyncio.sleep(second - asyncio.get_running_loop().time())
            scene.ear.finalize(1, take)

    scene = play([SPEECH], Script(((1.0, "hi"),), final_s=0.2), act=act)
    assert [(when, take) for when, _, take in scene.heard() if take] == [(2.0, 2)]
    assert (scene.ears.opened[0].finals, scene.ears.opened[0].cancelled) == (2, 1)


def test_the_user_goes_on_in_the_same_turn() -> None:
    script = Script(((1.0, "book a table"), (2.2, "book a table for two")))

    async def act(scene: Scene) -> None:
        await asyncio.sleep(1.8)
        scene.ear.finalize(1, 1)
        await asyncio.sleep(1.4)
        scene.ear.finalize(1, 2)

    scene = play([SPEECH, (2.016, sound(0.64))], script, act=act)
    assert [(text, take) for _, text, take in scene.heard() if take] == [
        ("book a table", 1),
        ("book a table for two", 2),
    ]
    silences = [event.ms for _, event in scene.of(SilenceReached)]
    assert silences == [64, 100, 200, 64, 100, 200, 500, 1200]
    assert len(scene.of(SpeechStarted)) == 2
    assert [event.ms for _, event in scene.of(VoiceLasted)] == [120, 500]


def test_a_forgotten_turn_is_closed_and_silent() -> None:
    act = at(1.8, lambda ear: ear.finalize(1, 1), lambda ear: ear.forget(1))
    scene = play([SPEECH], Script(((1.0, "hi"),), final_s=0.1), act=act)
    assert scene.ears.opened[0].closed
    assert scene.told[-1][0] <= 1.8
    assert not [take for *_, take in scene.heard() if take]


def test_orders_for_a_turn_that_is_not_open_are_no_news() -> None:
    act = at(1.8, lambda ear: ear.finalize(9, 1), lambda ear: ear.forget(9))
    assert {event.turn for _, event in play([SPEECH], Script(), act=act).of(SilenceReached)} == {1}


def test_words_that_are_known_are_not_told_again_as_a_partial() -> None:
    script = Script(((1.1, "hi"),), partial_s=0.5)
    scene = play([SPEECH], script, act=at(1.8, lambda ear: ear.finalize(1, 1)))
    assert [(text, take) for _, text, take in scene.heard()] == [("hi", 1)]


def test_after_a_turn_a_click_is_a_click_again() -> None:
    act = at(1.8, lambda ear: ear.forget(1))
    scene = play([SPEECH, (2.016, sound(WINDOW))], Script(), act=act)
    assert len(scene.of(SpeechStarted)) == 1


def test_an_older_turn_gives_its_last_word_while_a_newer_one_is_open() -> None:
    async def act(scene: Scene) -> None:
        await asyncio.sleep(2.3)
        scene.ear.finalize(1, 1)

    first, second = Script(((0.9, "one"),), final_s=0.3), Script(((0.7, "two"),))

    async def second_turn(scene: Scene) -> None:
        await asyncio.sleep(2.2)
        scene.ear.listen(2)
        await act(scene)

    scene = play([SPEECH, (2.112, sound(0.64))], first, second, act=second_turn)
    finals = [(heard.turn, heard.text) for _, heard in scene.of(Heard) if heard.final]
    assert (1, "one") in finals
    late = [event.turn for when, event in scene.of(SilenceReached) if when > 2.7]
    assert set(late) == {2}


def test_a_key_opens_a_turn_without_an_onset() -> None:
    act = at(0.6, lambda ear: ear.listen(4))
    scene = play([(ONSET, sound(0.64))], Script(((0.9, "hello"),)), act=act, listen=False)
    when, first = scene.of(SilenceReached)[0]
    assert (first.turn, first.ms) == (4, 64)
    assert when > END
    assert len(scene.ears.opened[0].fed) > 0.5 * RATE
    assert scene.heard()[0][1] == "hello"


def test_a_turn_fills_and_hears_nothing_more() -> None:
    settings = EarSettings(segmenter=SegmenterSettings(longest_ms=1000), digest_key=b"k")
    scene = play([(ONSET, sound(3.0))], Script(), settings=settings)
    ((when, _),) = scene.of(TurnFilled)
    assert when == pytest.approx(frame_after(ONSET + 1.0), abs=1e-3)
    assert len(scene.ears.opened[0].fed) == pytest.approx(1.5 * RATE, abs=FRAME)


def test_yes_is_an_answer_when_we_expect_one() -> None:
    def answered(*, expecting: bool) -> Heard:
        act = at(0.5, lambda ear: setattr(ear, "expecting", expecting))
        return play([SPEECH], Script(((1.0, "Yes."),)), act=act).of(Heard)[0][1]

    assert answered(expecting=True).verdict.complete > answered(expecting=False).verdict.complete
    assert answered(expecting=True).verdict.kind is Kind.ASSENT


# ── judges of the end ─────────────────────────────────────────────────────────────────────────

WORDS = "turn on the kitchen light"


def finalizing(second: float = 1.71) -> Act:
    return at(second, lambda ear: ear.finalize(1, 3))


def by_words(judged: float, *, hesitated: bool = False) -> float:
    evidence = Evidence(0.7, ends_sentence=False, hesitated=hesitated, words=judged)
    return combine(evidence)


def test_words_are_judged_as_they_come_and_that_counts_in_the_pause() -> None:
    judge = Judge(0.02)
    script = Script(((1.1, WORDS),), final_s=0.01)
    scene = play([SPEECH], script, judges=Judges(words=judge), act=finalizing())
    assert judge.asked == [(1.6, WORDS, 0)]
    paused = round(frame_after(END + 0.064), 3)
    told = [(when, heard.take, heard.verdict.complete) for when, heard in scene.of(Heard)]
    assert told == [
        (1.6, 0, UNDECIDED),  # nobody has finished who still speaks
        (paused, 0, by_words(0.02)),
        (1.72, 3, by_words(0.02)),
    ]


@pytest.mark.parametrize(("judged", "worth"), [(0.01, False), (0.05, True)])
def test_an_answer_is_worth_beginning_while_they_speak_if_a_message_may_end_there(
    judged: float, *, worth: bool
) -> None:
    closed = f"{WORDS.capitalize()}."
    scene = play([SPEECH], Script(((0.9, closed),)), judges=Judges(words=Judge(judged)))
    speaking = [(when, h.verdict.ends_sentence) for when, h in scene.of(Heard) if when < END]
    assert speaking == [(1.4, False), *([(1.45, True)] if worth else [])]
    assert scene.of(Heard)[-1][1].verdict.ends_sentence, "in the pause it is"


def test_words_that_probably_end_are_worth_a_draft_without_a_full_stop() -> None:
    def worth(probability: float, words: str = WORDS) -> bool:
        script = Script(((0.9, words),))
        scene = play([SPEECH], script, judges=Judges(words=Judge(probability)))
        return any(heard.verdict.ends_sentence for when, heard in scene.of(Heard) if when < END)

    assert worth(0.1)
    assert not worth(0.03)
    assert not worth(0.1, WORDS + " and"), "the words themselves speak against it"


def test_the_sound_is_judged_before_there_are_words() -> None:
    sound, words = Judge(0.9, 0.05), Judge(0.03, 0.01)
    script = Script(((1.1, WORDS),), partial_s=0.5)
    judges = Judges(sound, words)
    scene = play([SPEECH], script, judges=judges)
    asked, came = round(frame_after(END + 0.064), 3), scene.of(Heard)[0][0]
    assert came > END + 0.3
    assert sound.asked == [(asked, "", round((asked - ONSET + 0.5) * RATE))]
    assert words.asked == [(came, WORDS, 0)]
    assert [(when, heard.verdict.complete) for when, heard in scene.of(Heard)] == [
        (came, UNDECIDED),
        (
            round(came + 0.01, 3),
            pytest.approx(combine(Evidence(0.7, ends_sentence=False, sound=0.9, words=0.03))),
        ),
    ]


def test_one_answer_alone_is_not_told() -> None:
    sound, words = Judge(0.9, 0.05), Judge(0.03, 0.1)
    scene = play([SPEECH], Script(((1.1, WORDS),)), judges=Judges(sound, words))
    asked = round(frame_after(END + 0.064), 3)
    assert [when for when, _ in scene.of(Heard)] == [1.6, round(asked + 0.05, 3)]


def test_who_is_late_or_broken_is_left_out() -> None:
    for late in (Judge(0.01, 5.0), Judge(0.01, 0.01, fails=True)):
        judges = Judges(late, Judge(0.03, 0.01), seconds=0.25)
        scene = play([SPEECH], Script(((1.1, WORDS),)), judges=judges)
        first, last = scene.of(Heard)
        assert first[1].verdict.complete == UNDECIDED
        assert last[1].verdict.complete == by_words(0.03)
        waited = last[0] - round(frame_after(END + 0.064), 3)
        assert waited == pytest.approx(0.01 if late.fails else 0.25)


def test_who_hesitated_once_is_waited_for_longer() -> None:
    judge = Judge(0.03)
    speech = [SPEECH, (2.016, sound(0.64))]
    scene = play(speech, Script(((1.1, WORDS),)), judges=Judges(words=judge))
    told = [heard.verdict.complete for _, heard in scene.of(Heard)]
    assert told == [UNDECIDED, by_words(0.03), by_words(0.03, hesitated=True)]
    short = [SPEECH, (1.76, sound(0.64))]
    scene = play(short, Script(((1.1, WORDS),)), judges=Judges(words=Judge(0.03, 0.01)))
    assert scene.of(Heard)[-1][1].verdict.complete == by_words(0.03), "128 ms are no hesitation"


def test_who_goes_on_after_a_turn_was_taken_for_ended_has_hesitated() -> None:
    def told(again: float, words: str = WORDS) -> float:
        speech = [SPEECH, (again, sound(0.64))]
        scripts = Script(((1.1, words),)), Script(((0.6, "with the red shade"),))
        forgetting = at(2.2, lambda ear: ear.forget(1))
        scene = play(speech, *scripts, judges=Judges(words=Judge(0.03)), act=forgetting)
        last = scene.of(Heard)[-1][1]
        assert last.turn == 2
        return last.verdict.complete

    assert told(3.04) == by_words(0.03, hesitated=True)
    assert told(4.0) == by_words(0.03), "that is something new"
    assert told(3.04, "Mm-hmm.") == by_words(0.03)


def test_who_goes_on_is_judged_by_all_that_they_said() -> None:
    def asked(again: float, *more: Callable[[Ear], None]) -> tuple[str, int]:
        speech = [SPEECH, (again, sound(0.64))]
        scripts = Script(((1.1, WORDS),)), Script(((0.6, "with the red shade"),))
        judge = Judge(0.03)
        forgetting = at(2.2, lambda ear: ear.forget(1), *more)
        play(speech, *scripts, judges=Judges(words=judge, sound=judge), act=forgetting)
        return judge.asked[-2][1] + judge.asked[-1][1], max(asked[2] for asked in judge.asked)

    words, longer = asked(3.04)
    assert words == f"{WORDS} with the red shade"
    words, shorter = asked(4.0)
    assert words == "with the red shade", "that is something new"
    assert longer - shorter > RATE
    words, _ = asked(3.04, Ear.answered)
    assert words == "with the red shade", "and so is what comes after a whole answer"


def test_a_noise_before_the_first_words_is_no_hesitation() -> None:
    speech = [SPEECH, (2.016, sound(0.64))]
    script = Script(((2.7, WORDS),))
    scene = play(speech, script, judges=Judges(words=Judge(0.03)))
    assert scene.of(Heard)[-1][1].verdict.complete == by_words(0.03)


def test_pauses_inside_a_turn_are_told() -> None:
    pauses: list[float] = []

    async def act(scene: Scene) -> None:
        scene.ear.on_pause = pauses.append
        await asyncio.sleep(0)

    play([SPEECH, (2.016, sound(0.32))], Script(((1.1, WORDS),)), act=act)
    assert pauses == [pytest.approx((2.016 - END) * 1000)]


def test_the_same_words_are_judged_once_in_a_pause() -> None:
    judge = Judge(0.02)
    script = Script(((1.1, WORDS),), final_s=0.3)
    scene = play([SPEECH], script, judges=Judges(words=judge), act=finalizing())
    assert len(judge.asked) == 1
    when, last = scene.of(Heard)[-1]
    assert (when, last.take) == (2.01, 3)
    assert last.verdict.complete == by_words(0.02)  # known already, so no second telling
    assert len([1 for *_, take in scene.heard() if take]) == 1


def test_who_goes_on_is_judged_anew() -> None:
    judge = Judge(0.02)
    script = Script(((1.1, WORDS), (2.2, WORDS + " please")))
    scene = play([SPEECH, (2.016, sound(0.64))], script, judges=Judges(words=judge))
    assert [words for _, words, _ in judge.asked] == [WORDS, WORDS + " please"]
    resumed = scene.of(SpeechStarted)[1][0]
    assert judge.asked[1][0] > resumed


def test_the_same_words_are_judged_once_but_each_pause_by_its_sound() -> None:
    sound_judge, judge = Judge(0.9), Judge(0.02)
    speech = [SPEECH, (2.016, sound(0.64))]
    scene = play(speech, Script(((1.1, WORDS),)), judges=Judges(sound_judge, judge))
    assert [words for _, words, _ in judge.asked] == [WORDS]
    (first, _, sound_before), (second, _, sound_after) = sound_judge.asked
    assert first < scene.of(SpeechStarted)[1][0] < second
    assert sound_after > sound_before + 0.6 * RATE
    again = [heard.verdict.complete for when, heard in scene.of(Heard) if when >= second]
    assert again[0] == UNDECIDED, "what the first pause told means nothing any more"


def test_words_that_have_become_a_stop_wait_for_no_judge() -> None:
    judge = Judge(0.02, 0.5)
    script = Script(((1.1, WORDS), (1.3, "Stop.")))
    scene = play([SPEECH], script, judges=Judges(words=judge, seconds=1.0))
    assert len(judge.asked) == 1
    assert [text for _, text, _ in scene.heard()] == [WORDS, "Stop."]


def test_an_answer_that_comes_after_the_user_went_on_is_dropped() -> None:
    judge = Judge(0.9, 0.2)
    speech = [SPEECH, (1.76, sound(0.32))]
    scene = play(speech, Script(((1.1, WORDS),)), judges=Judges(sound=judge), until=2.05)
    assert len(judge.asked) == 1
    assert all(heard.verdict.complete == UNDECIDED for _, heard in scene.of(Heard))


@pytest.mark.parametrize("judge", [Judge(0.0, 5.0), Judge(0.0, fails=True)])
def test_where_no_judge_answers_the_words_decide(judge: Judge) -> None:
    scene = play([SPEECH], Script(((1.1, WORDS),)), judges=Judges(words=judge))
    assert len(judge.asked) == 1
    told = [heard.verdict.complete for _, heard in scene.of(Heard)]
    assert told == [UNDECIDED, 0.7]
    assert not scene.of(ListeningFailed)


def test_no_judge_is_asked_about_a_stop() -> None:
    judge = Judge(0.0)
    play([SPEECH], Script(((1.1, "Stop."),)), judges=Judges(judge, judge))
    assert judge.asked == []


# ── half duplex ───────────────────────────────────────────────────────────────────────────────


def gating(closed: float, opened: float) -> Act:
    async def act(scene: Scene) -> None:
        await asyncio.sleep(closed)
        scene.ear.gated = True
        await asyncio.sleep(opened - closed)
        scene.ear.gated = False

    return act


def test_our_own_speech_and_its_tail_are_silence() -> None:
    scene = play([(ONSET, sound(1.0))], Script(), act=gating(0.9, ONSET + 0.85))
    assert scene.told == []


def test_speech_after_the_tail_is_heard() -> None:
    scene = play([(ONSET, sound(1.6))], Script(), act=gating(0.9, 1.4))
    ((_, started),) = scene.of(SpeechStarted)
    assert started.at / RATE == pytest.approx(1.6, abs=WINDOW)
    assert (
        not scene.ears.opened[0].fed[: round(0.45 * RATE)].any()
    )  # nothing of us in the pre-roll


def test_a_turn_that_is_open_falls_silent() -> None:
    scene = play([(ONSET, sound(2.0))], Script(), act=gating(1.5, 4.0), until=4.0)
    assert [event.ms for _, event in scene.of(SilenceReached)] == [64, 100, 200, 500, 1200]


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────


def test_a_last_word_that_fails_is_told() -> None:
    failure = BackendError("whisper", "ran out of memory: choose a smaller model")
    scene = play([SPEECH], Script(failure=failure), act=finalizing())
    assert [event for _, event in scene.of(ListeningFailed)] == [ListeningFailed(1, str(failure))]


def test_partials_that_fail_are_told_and_the_ear_goes_on() -> None:
    failure = BackendError("whisper", "broke: see the log")
    scene = play(
        [SPEECH, (3.008, sound(0.32))], Script(((1.0, "hi"),), partial_failure=failure), Script()
    )
    assert [event for _, event in scene.of(ListeningFailed)] == [ListeningFailed(1, str(failure))]
    assert len(scene.of(SpeechStarted)) == 2


def lost(device: type[ScriptedDevice]) -> list[tuple[float, Event]]:
    """Return what was told by an ear that ended because of its device."""
    told: list[tuple[float, Event]] = []

    async def main() -> None:
        now = asyncio.get_running_loop().time
        backends = EarBackends(ScriptedTranscriber([Script()]), ScriptedDetector)

        def emit(event: Event) -> None:
            told.append((round(now(), 3), event))
            if isinstance(event, SpeechStarted):
                ear.listen(1)

        ear = Ear(device([SPEECH]), backends, load("en"), emit)
        with pytest.raises(BackendUnavailable):
            await ear.run()

    run(main())
    return told


class Unplugged(ScriptedDevice):
    """Is gone after 1.5 s."""

    async def frames(self) -> AsyncGenerator[Frame, None]:
        async for frame in super().frames():
            if frame.position > 1.5 * RATE:
                self.lose()
            yield frame


class Stalled(ScriptedDevice):
    """Yields no frame after 1.5 s, and no error either."""

    async def frames(self) -> AsyncGenerator[Frame, None]:
        async for frame in super().frames():
            yield frame
            if frame.position >= 1.5 * RATE:
                await asyncio.sleep(3600)


class Skipping(ScriptedDevice):
    """Loses 0.1 s of sound twice; the clock goes on."""

    async def frames(self) -> AsyncGenerator[Frame, None]:
        async for frame in super().frames():
            lost = frame.position // 1600
            if lost not in {4, 8}:
                yield frame


def test_a_device_that_is_gone_ends_the_ear() -> None:
    when, last = lost(Unplugged)[-1]
    assert isinstance(last, ListeningFailed)
    assert last.turn == 1
    assert when == pytest.approx(1.53, abs=0.02)


def test_a_device_that_falls_silent_is_lost_after_two_seconds() -> None:
    when, last = lost(Stalled)[-1]
    assert isinstance(last, ListeningFailed)
    assert last.turn == 1
    assert when == pytest.approx(3.75, abs=0.25)
    assert "2 s" in last.reason


def test_a_process_that_was_still_for_a_while_has_not_lost_its_device() -> None:
    """The clock goes on meanwhile, frames do not: as after Ctrl-Z, or a pause of the machine."""
    heard: list[Frame] = []

    async def main() -> None:
        device = ScriptedDevice([SPEECH], ends=12.0)
        backends = EarBackends(ScriptedTranscriber(), ScriptedDetector)
        ear = Ear(device, backends, load("en"), lambda _: None, tap=heard.append)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.call_later(1.005, loop.stop_for, 8.0)  # while it waits for a frame
        await ear.run()

    run(main())
    assert heard[-1].position == 12 * RATE - len(heard[-1].near)


def test_without_a_turn_the_loss_is_told_of_none() -> None:
    told: list[Event] = []

    async def main() -> None:
        backends = EarBackends(ScriptedTranscriber(), ScriptedDetector)
        ear = Ear(Stalled(), backends, load("en"), told.append)
        with pytest.raises(BackendUnavailable):
            await ear.run()
        ear.listen(5)

    run(main())
    first, then = told
    assert isinstance(first, ListeningFailed)
    assert isinstance(then, ListeningFailed)
    assert (first.turn, then.turn) == (NOTHING, 5)


def test_gaps_are_counted_and_positions_stay_the_devices() -> None:
    scene = play([(ONSET + 0.04, sound(0.64))], Script(), device=Skipping)
    assert scene.ear.gaps == 2
    ((_, started),) = scene.of(SpeechStarted)
    assert started.at / RATE == pytest.approx(ONSET + 0.04, abs=WINDOW)


def test_no_gap_is_seen_in_whole_sound() -> None:
    assert play([SPEECH], Script()).ear.gaps == 0


def test_when_the_sound_is_over_that_is_silence_and_open_turns_may_be_answered() -> None:
    act = at(1.75, lambda ear: ear.finalize(1, 1))
    scene = play([SPEECH], Script(((1.0, "hi"),), final_s=0.3), ends=1.7, act=act, until=60)
    assert [event.ms for _, event in scene.of(SilenceReached)] == [64, 100, 200, 500, 1200]
    assert scene.heard()[-1] == (2.05, "hi", 1)
    assert scene.ears.opened[0].closed


def test_frames_go_to_the_tap_as_they_are() -> None:
    seen: list[Frame] = []

    async def main() -> None:
        backends = EarBackends(ScriptedTranscriber(), ScriptedDetector)
        device = ScriptedDevice([(0.0, sound(0.1))], ends=0.2)
        ear = Ear(device, backends, load("en"), lambda _: None, tap=seen.append)
        ear.gated = True
        await ear.run()

    run(main())
    assert len(seen) == 20
    assert np.concatenate([frame.near for frame in seen]).any()
