"""Sound that nobody means for us, and engines that fail: each ends by a deadline, and is logged.

With the shipped settings. `QUESTION` ends at 2.0, its last voiced window at 2.016: it is answered
at 2.16, and `check_at_rest` looks at what is left of each scenario: nothing, and a log that
replays.
"""

import asyncio
from collections.abc import Iterable

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.errors import BackendUnavailable
from assistant.listening.streaming import as_transcriber
from assistant.ports import RATE
from assistant.testing.detector import FULL
from assistant.testing.ears import Script
from assistant.testing.mind import Answer, Finish, answer
from assistant.testing.recogniser import Line, ScriptedRecogniser
from assistant.testing.voice import ScriptedSynthesizer
from tests.scenarios.stage import Says, Stage, as_shipped, check_at_rest, perform, sounds

QUESTION = Script(((0.5, "what time"), (1.2, "what time is it")), final_s=0.07)
WORDLESS = Script(final_s=0.07)
LONG = "One two three four five. Six seven eight nine ten. Eleven twelve."
ASKED = (1.0, 2.0)
ANSWERED = 2.16
"""When it is decided to answer."""
BEGINS, ENDS = 2.37, 5.97
"""Of `LONG`, if all is well."""
LONGEST_S = as_shipped().ear.segmenter.longest_ms / 1000
RULES = as_shipped().policy
BROKEN = BackendUnavailable("tts", "broken")


def played(  # noqa: PLR0913 - a scenario has many actors
    speech: Iterable[Says],
    heard: Iterable[Script] = (QUESTION,),
    answers: Iterable[Answer | str] = ("I hear you.",),
    *,
    ends: float = 30.0,
    voice: ScriptedSynthesizer | None = None,
    second: ScriptedSynthesizer | None = None,
    recogniser: ScriptedRecogniser | None = None,
) -> Stage:
    """Play a scenario with the shipped settings; all must come to rest."""
    stage = perform(
        speech,
        heard,
        answers,
        settings=as_shipped(),
        ends=ends,
        synthesizer=voice,
        fallback=second,
        transcriber=as_transcriber(recogniser) if recogniser else None,
        keep_frames=False,
    )
    check_at_rest(stage)
    return stage


def told(stage: Stage) -> list[tuple[str, str, str]]:
    """Return what was heard, said and came of it, turn for turn."""
    return [(report.heard, report.said, report.outcome) for report in stage.reports]


def notice(stage: Stage, which: c.Notice) -> str:
    return stage.session._shared.pack.notices[which]


def announced(stage: Stage) -> list[tuple[float, object]]:
    """When the core ordered to say what of itself."""
    orders = stage.orders(c.Announce)
    return [(at, order.utterance) for at, order in orders if isinstance(order, c.Announce)]


def tones(stage: Stage) -> list[tuple[float, c.Tone]]:
    return [(at, cue.tone) for at, cue in stage.orders(c.Cue) if isinstance(cue, c.Cue)]


# ── silence ───────────────────────────────────────────────────────────────────────────────────


def sizes(stage: Stage) -> dict[str, int]:
    """Count what could grow."""
    session, conductor, ear = stage.session, stage.session._conductor, stage.session._ear
    return {
        "steps": len(session.flight._ring),
        "pages": len(session._book._pages),
        "turns": len(ear._turns),
        "sound": len(ear._segmenter._ring._buffer),
        "timers": len(conductor._timers),
        "drafts": len(conductor._drafts) + len(session._drafted),
        "inbox": conductor._inbox.qsize(),
        "asks": len(session._asks) + len(session._written),
        "tasks": len(asyncio.all_tasks()),
        "seen": len(stage.seen),
        "warmed": len(stage.mind.warmed),
        "done to the device": len(stage.device.log),
    }


def test_an_hour_of_silence_costs_nothing_and_then_it_listens() -> None:
    measured: list[dict[str, int]] = []

    async def look(stage: Stage) -> None:
        for at in (20.0, 3600.0):
            await asyncio.sleep(at - stage.device.now)
            measured.append(sizes(stage))

    stage = perform(
        [ASKED, (3604.0, 3605.0)],
        [QUESTION, QUESTION],
        settings=as_shipped(),
        ends=3608.0,
        keep_frames=False,
        meanwhile=look,
    )
    check_at_rest(stage)
    after_20_s, after_an_hour = measured
    assert after_an_hour == after_20_s
    assert not [record for record in stage.records if 4.0 < record.at < 3604.0], "no step at all"
    # the 64 ms of the first two windows, as at the start
    assert stage.instants(c.Listen) == [1.06, 3604.07]
    assert told(stage) == [("what time is it", "I hear you.", "answered")] * 2
    first, second = stage.mind.asked
    assert first == second, "after five minutes a new conversation begins"


# ── voice without words ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("word", ["", "Aaaa"], ids=["understood as nothing", "as a word"])
def test_an_endless_vowel_ends_with_the_longest_turn(word: str) -> None:
    vowel = Script(((1.5, word),), final_s=0.07) if word else WORDLESS
    stage = played([(1.0, 100.0), (104.0, 105.0)], [vowel, QUESTION], ends=110.0)
    ((filled, _),) = stage.events(e.TurnFilled)
    # of the turn's own sound: its onset was in the window from 0.992 on
    assert filled == 1.0 + LONGEST_S
    assert stage.instants(c.Finalize)[0] == filled
    assert stage.instants(c.Forget)[0] == round(filled + 0.07, 3)
    answers = [("what time is it", "I hear you.", "answered")]
    if word:
        answers = [("Aaaa", "I hear you.", "answered"), *answers]
    assert told(stage) == answers
    assert len(stage.orders(c.Listen)) == 2, "what goes on after the turn is no turn of its own"
    assert stage.ears.opened[0].fed.size <= (LONGEST_S + 0.6) * RATE


def test_an_endless_vowel_over_an_answer_holds_it_no_longer_than_a_turn() -> None:
    stage = played([ASKED, (4.4, 100.0)], [QUESTION, WORDLESS], [answer(LONG)], ends=105.0)
    ((filled, _),) = stage.events(e.TurnFilled)
    assert filled == 64.39  # the onset was in the window from 4.384 on
    assert stage.instants(c.Resume) == [64.46]
    assert sounds(stage) == [(BEGINS, 4.52), (64.46, 65.91)]
    assert told(stage) == [("what time is it", LONG, "answered")]


def test_music_is_not_answered() -> None:
    """Bars of 0.9 s, rests of 0.3 s, no words."""
    bars = [(1.0 + 1.2 * n, 1.9 + 1.2 * n) for n in range(40)]
    stage = played([*bars, (52.0, 53.0)], [*[WORDLESS] * 40, QUESTION], ends=56.0)
    assert len(stage.orders(c.Listen)) == 41
    assert told(stage) == [("what time is it", "I hear you.", "answered")]
    listened, forgot = stage.instants(c.Listen)[:40], stage.instants(c.Forget)[:40]
    for began, ended in zip(listened, forgot, strict=True):
        # a bar has two windows behind it when it is noticed, and 140 ms of silence end it
        assert 0.9 <= ended - began <= 1.05
    assert all(heard.closed for heard in stage.ears.opened)
    assert not stage.session._book._pages


def test_music_over_an_answer_lets_it_end() -> None:
    beats = [(4.4 + 0.6 * n, 4.7 + 0.6 * n) for n in range(10)]
    stage = played([ASKED, *beats], [QUESTION], [answer(LONG)], ends=15.0)
    assert told(stage) == [("what time is it", LONG, "answered")]
    assert sounds(stage) == [
        *((BEGINS, 4.52), (4.77, 5.12), (5.38, 5.73)),
        *((5.99, 6.34), (6.56, 6.92), (7.17, 7.21)),
    ], "in each rest a piece, none of it lost or twice"
    assert len(stage.mind.asked) == 1


# ── voice with other words ────────────────────────────────────────────────────────────────────


def test_a_recording_that_starts_in_mid_word_is_heard_from_its_first_sample() -> None:
    stage = played([(0.0, 0.8)], [Script(((0.3, "time is it"),), final_s=0.07)])
    (heard,) = stage.ears.opened
    assert (heard.fed[: round(0.8 * RATE)] == FULL).all()
    ((_, began),) = stage.events(e.SpeechStarted)
    assert began == e.SpeechStarted(0)
    assert stage.instants(c.Listen) == [0.07]
    assert stage.instants(c.Commit) == [0.94]  # 140 ms after 0.8, in the frame to 0.94
    assert told(stage) == [("time is it", "I hear you.", "answered")]


def test_two_people_without_a_pause_are_one_turn_of_both_their_words() -> None:
    both = "What time is it? No, tell me the weather"
    begun = both.removesuffix(" the weather")
    said = Script(((0.9, "What time is it?"), (1.9, begun), (2.4, both)), final_s=0.07)
    stage = played([(1.0, 2.0), (2.0, 3.2)], [said])
    assert stage.instants(c.Draft) == [1.4, 3.34], "the first one had a whole sentence"
    assert stage.instants(c.Discard) == [3.34]
    assert stage.instants(c.Commit) == [3.34]
    assert told(stage) == [(both, "I hear you.", "answered")]
    assert [prompt[-1].text for prompt in stage.mind.asked] == ["What time is it?", both]
    assert sounds(stage) == [(3.52, 4.42)], "one answer"


def test_somebody_else_who_goes_on_over_the_answer_is_heard_out() -> None:
    """They speak from the very sample on that ended the turn, for longer than we would wait."""
    other = Script(((0.9, "and I want"), (2.0, "and I want the weather")), final_s=0.07)
    stage = played([ASKED, (2.16, 4.2)], [QUESTION, other], [answer(LONG), "Fine."])
    last = stage.reports[-1]
    assert (last.heard, last.said) == ("what time is it and I want the weather", "Fine.")
    assert sounds(stage) == [(4.48, 4.78)]


# ── ears that are too slow ────────────────────────────────────────────────────────────────────

IS_IT: tuple[Line, ...] = (
    *(("what", 0.6, 0.7), ("time", 1.0, 1.2)),
    *(("is", 1.3, 1.5), ("it", 1.9, 2.2)),
)
"""Seconds of the turn, which begins half a second before the voice."""


def slow(words: tuple[Line, ...] = IS_IT) -> ScriptedRecogniser:
    """Return ears that need one and a half times as long as the sound."""
    return ScriptedRecogniser(words, seconds=lambda sound_s: 1.5 * sound_s)


def test_a_decode_slower_than_real_time_is_one_decode_in_the_pause() -> None:
    ears = slow()
    stage = played([(1.0, 3.0)], recogniser=ears)
    early, last = ears.calls
    # nobody knew how slow they are; that one is over before the pause
    assert (round(early.began, 3), round(early.end, 3)) == (1.3, 0.808)
    assert early.ended is not None
    assert early.ended < 3.0
    assert round(last.began, 3) == 3.04, "as soon as it is quiet"
    assert last.end >= 2.5, "all of it at once"
    assert last.ended is not None
    assert stage.instants(c.Reply) == [round(last.ended, 3)]
    assert told(stage) == [("what time is it", "I hear you.", "answered")]


def test_ears_that_are_known_to_be_slow_decode_a_turn_once() -> None:
    ears = slow()
    stage = played([(1.0, 3.0), (12.0, 14.0)], recogniser=ears)
    assert told(stage) == [("what time is it", "I hear you.", "answered")] * 2
    second = [round(call.began, 3) for call in ears.calls if call.began > 10]
    assert second == [14.05], "in the pause, and not beside it"


def test_slow_ears_never_run_behind() -> None:
    ears = slow()
    stage = played([(1.0, 3.0), (12.0, 14.0), (23.0, 25.0)], recogniser=ears, ends=40.0)
    assert [outcome for *_, outcome in told(stage)] == ["answered"] * 3
    for before, after in zip(ears.calls, ears.calls[1:], strict=False):
        assert before.ended is not None
        assert before.ended <= after.began, "one at a time, the next one after it"
    assert len(ears.calls) <= 2 * 3


@pytest.mark.parametrize("understood", [False, True], ids=["nothing", "the beginning"])
def test_a_last_word_that_takes_too_long_is_not_waited_for(*, understood: bool) -> None:
    """4.5 s of sound would take 6.7 s, and 5 s are allowed."""
    begins = ("what", 0.5, 0.7) if understood else ("what", 0.9, 1.1)
    ears = slow((begins, *IS_IT[1:]))
    stage = played([(1.0, 5.0)], recogniser=ears)
    asked = 5.06  # voiced to 4.992, and 64 ms
    assert stage.instants(c.Finalize) == [asked]
    assert ears.calls[-1].ended is None, "given up"
    deadline = round(asked + RULES.words_s, 3)
    if understood:
        assert stage.instants(c.Reply) == [deadline]
        assert told(stage) == [("what", "I hear you.", "answered")]
    else:
        assert announced(stage) == [(deadline, c.Notice.NOT_UNDERSTOOD)]
        assert sounds(stage)[0][0] == 10.1


# ── minds ─────────────────────────────────────────────────────────────────────────────────────


def test_a_mind_that_stalls_after_its_first_token() -> None:
    stage = played([ASKED], answers=[Answer(("One ",), finish=Finish.STALL)])
    # the draft began with the last word at 2.15; its token came at 2.25; 10 s are allowed
    assert tones(stage) == [(ANSWERED + RULES.tone_s, c.Tone.WAITING)]
    assert sounds(stage)[0] == (12.29, 12.59), "what there is of it"
    assert announced(stage) == [(12.59, c.Notice.MIND_FAILED)]
    assert told(stage) == [
        ("what time is it", "One", "failed"),
        ("", notice(stage, c.Notice.MIND_FAILED), "answered"),
    ]


def test_a_mind_that_stalls_in_mid_answer() -> None:
    stalls = answer("Well, that is one. And then", finish=Finish.STALL)
    stage = played([ASKED], answers=[stalls])
    assert sounds(stage)[0][0] == 2.35
    # its last token came at 2.35, too; 10 s later what is left is said, and then the apology
    assert announced(stage) == [(12.99, c.Notice.MIND_FAILED)]
    assert [outcome for *_, outcome in told(stage)] == ["failed", "answered"]


@pytest.mark.parametrize("pieces", [(" ", "\n"), ("",)], ids=["blanks", "empty pieces"])
def test_a_mind_that_answers_with_nothing_is_apologised_for(pieces: tuple[str, ...]) -> None:
    stage = played([ASKED], answers=[Answer(pieces)])
    ((at, what),) = announced(stage)
    assert what is c.Notice.MIND_FAILED
    assert at <= 2.27
    assert [outcome for *_, outcome in told(stage)] == ["failed", "answered"]


def test_an_answer_that_cannot_be_spoken_ends_quietly() -> None:
    stage = played([ASKED], answers=[Answer(("***", "\n"))])
    assert sounds(stage) == []
    assert [at for at, _ in stage.events(e.ReplyEnded)] == [2.27]


def test_a_mind_that_never_says_a_word_and_never_stops() -> None:
    stage = played([ASKED], answers=[Answer((" ",), finish=Finish.NEVER)])
    deadline = round(ANSWERED + RULES.first_sound_s, 3)
    assert stage.instants(c.CancelReply) == [deadline]
    assert announced(stage) == [(deadline, c.Notice.MIND_SLOW)]


@pytest.mark.parametrize(
    ("piece", "each"),
    [("and so ", 0.02), ("and so. ", 0.0), ("andso", 0.02)],
    ids=["no full stop", "no pause at all", "no space"],
)
def test_a_mind_that_never_stops_is_stopped(piece: str, each: float) -> None:
    endless = Answer((piece,), each=each, finish=Finish.NEVER)
    stage = played([ASKED], answers=[endless], ends=250.0)
    ((ended, _),) = stage.events(e.ReplyEnded)
    assert ended < 240, "two minutes of real speech; the scripted voice is slower"
    ((_, said, outcome),) = told(stage)
    assert outcome == "answered"
    assert len(said) <= 2500 + len(piece)


# ── voices ────────────────────────────────────────────────────────────────────────────────────


def test_a_voice_that_fails_in_mid_sentence_is_continued_at_the_word() -> None:
    voice = ScriptedSynthesizer(fails={1: BROKEN}, late=True)
    second = ScriptedSynthesizer(name="second")
    stage = played([ASKED], answers=[answer(LONG)], voice=voice, second=second)
    assert second.texts == ["seven eight nine ten.", "Eleven twelve."]
    assert sounds(stage) == [(BEGINS, ENDS)], "without a gap"
    assert told(stage) == [("what time is it", LONG, "answered")]


def test_a_voice_that_hangs_is_continued_by_the_second() -> None:
    second = ScriptedSynthesizer(name="second")
    stage = played(
        [ASKED], answers=[answer(LONG)], voice=ScriptedSynthesizer(delay=100.0), second=second
    )
    assert tones(stage) == [(ANSWERED + RULES.tone_s, c.Tone.WAITING)]
    assert sounds(stage) == [(10.37, 13.97)], "it has 8 s for each piece"
    assert told(stage) == [("what time is it", LONG, "answered")]


def fails_in_mid_sentence() -> Stage:
    """Have one voice fail after a word, and the other one after the next."""
    return played(
        [ASKED],
        answers=[answer(LONG)],
        voice=ScriptedSynthesizer(fails={0: BROKEN}, late=True),
        second=ScriptedSynthesizer(name="second", fails={0: BROKEN}, late=True),
    )


def test_two_voices_that_fail_are_apologised_for_by_a_deadline() -> None:
    stage = fails_in_mid_sentence()
    assert sounds(stage)[0] == (BEGINS, 2.97), "two words"
    ((at, what),) = announced(stage)
    assert what is c.Notice.VOICE_FAILED
    assert at <= BEGINS + RULES.sentence_s
    assert told(stage) == [
        ("what time is it", "One two", "failed"),
        ("", notice(stage, c.Notice.VOICE_FAILED), "answered"),
    ]


def test_two_voices_that_fail_are_apologised_for_at_once() -> None:
    assert announced(fails_in_mid_sentence()) == [(2.97, c.Notice.VOICE_FAILED)]


def test_a_voice_that_breaks_alone_is_given_up_at_once_however_long_the_answer() -> None:
    always = dict.fromkeys(range(9), BROKEN)
    stage = played([ASKED], answers=[answer(LONG)], voice=ScriptedSynthesizer(fails=always))
    assert [at for at, _ in stage.events(e.ReplyFailed)] == [BEGINS, BEGINS + 0.04]
