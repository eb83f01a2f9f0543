"""Who speaks over an answer, and what becomes of it, as the shipped settings have it.

The first question is always the same. Speech ends at 2.0, its last voiced window at 2.016; the
answer is decided on at 2.16 and sounds from 2.37 on, 0.3 s a word, if nobody interrupts it.
"""

import gc
from collections.abc import Iterable

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.errors import BackendUnavailable
from assistant.ports import Echo, EchoReport
from assistant.reply import DUCK_DB, Speech
from assistant.testing.ears import Script
from assistant.testing.mind import Answer, answer
from tests.scenarios.stage import Says, Stage, as_shipped, check_at_rest, perform, sounds

QUESTION = Script(((0.5, "what time"), (1.2, "what time is it")), final_s=0.07)
MEANT = Script(((0.9, "no I meant"), (1.3, "no I meant today")), final_s=0.07)
"""Words after 0.4 s; the sound that was fed begins 0.5 s before the onset."""
WORDLESS = Script(final_s=0.07)
LONG = "One two three four five. Six seven eight nine ten. Eleven twelve."
ASKED = (1.0, 2.0)
OVER = 4.4
"""Where most interruptions begin: the window from 4.384 on is half voice, which is enough."""
DUCKED, HELD = 4.45, 4.52
"""Then two windows are voiced (to 4.448), and 120 ms are with the fourth (to 4.512)."""
KEPT = 2
"""Answers that are kept when all is over: the newest, and the newest that was interrupted."""
BEGINS, ENDS = 2.37, 5.97
"""Of the whole answer, if it is left alone."""


def interrupted(
    speech: Iterable[Says],
    heard: Iterable[Script],
    answers: Iterable[Answer | str] = (answer(LONG), "All right."),
) -> Stage:
    """Ask the question, then speak as given; all must come to rest."""
    stage = perform(
        [ASKED, *speech],
        [QUESTION, *heard],
        answers,
        settings=as_shipped(),
        ends=14.0,
        keep_frames=False,
    )
    check_at_rest(stage)
    return stage


def prompt(stage: Stage, number: int) -> list[str]:
    """Return the messages that the mind got, without the one that tells who it is."""
    return [message.text for message in stage.mind.asked[number][1:]]


def heard(stage: Stage) -> float:
    """Seconds of speech that were played."""
    return sum(end - start for start, end in sounds(stage))


def check_whole(stage: Stage) -> None:
    """Check that the answer was heard to its end, every sample of it once."""
    report = stage.reports[-1]
    assert (report.heard, report.said, report.outcome) == ("what time is it", LONG, "answered")
    assert heard(stage) == pytest.approx(ENDS - BEGINS)
    assert len(stage.mind.asked) == 1


def test_these_are_the_shipped_rules() -> None:
    rules, told = as_shipped().policy, as_shipped().ear.segmenter
    assert (rules.finalize_ms, rules.complete_ms, rules.hold_ms) == (64, 140, 120)
    assert told.voiced_ms[0] == rules.hold_ms


# ── noise, and words that want nothing ────────────────────────────────────────────────────────


def test_quieter_at_the_onset_silent_after_120_ms_of_voice() -> None:
    stage = interrupted([(OVER, 4.9)], [WORDLESS])
    assert stage.instants(c.Duck) == [DUCKED]
    assert stage.instants(c.Hold) == [HELD]
    gains = [(round(did.at, 3), did.value) for did in stage.device.did("gain")]
    assert gains[0] == (DUCKED, DUCK_DB)
    assert sounds(stage)[0] == (BEGINS, HELD), "silent in the step that says so"


def test_a_click_shorter_than_120_ms_only_lowers_the_voice() -> None:
    stage = interrupted([(OVER, 4.47)], [WORDLESS])
    assert stage.instants(c.Duck) == [DUCKED]
    assert stage.instants(c.Hold) == []
    # 96 ms, to 4.48; 64 ms later its words are asked for, 70 ms later there are none
    assert stage.instants(c.Unduck) == [4.62]
    assert sounds(stage) == [(BEGINS, ENDS)]
    check_whole(stage)


def test_a_dog_that_barks_for_three_seconds_costs_three_seconds() -> None:
    stage = interrupted([(OVER, OVER + 3.0)], [WORDLESS])
    assert stage.instants(c.Hold) == [HELD]
    assert [ms.ms for _, ms in stage.events(e.VoiceLasted) if isinstance(ms, e.VoiceLasted)] == [
        *(120, 500),
        *(120, 500),
    ], "500 ms were told, and yielded to nobody"
    # voiced to 7.392; 64 ms later its words are asked for, 70 ms later there are none
    assert stage.instants(c.Resume) == [7.53]
    assert sounds(stage) == [(BEGINS, HELD), (7.53, 7.53 + ENDS - HELD)]
    check_whole(stage)


@pytest.mark.parametrize("seconds", [0.3, 0.9], ids=["short", "longer than 500 ms"])
@pytest.mark.parametrize("word", ["mm-hmm", "okay", "right", "yeah okay"])
def test_a_listeners_word_is_no_turn(word: str, seconds: float) -> None:
    stage = interrupted([(OVER, OVER + seconds)], [Script(((0.7, word),), final_s=0.07)])
    resumed = {0.3: 4.84, 0.9: 5.45}[seconds]
    assert stage.instants(c.Hold) == [HELD]
    assert stage.instants(c.Resume) == [resumed]
    assert sounds(stage) == [(BEGINS, HELD), (resumed, round(resumed + ENDS - HELD, 3))]
    assert [report.outcome for report in stage.reports] == ["nothing", "answered"]
    check_whole(stage)


def test_a_listeners_word_that_becomes_a_turn() -> None:
    said = Script(((0.8, "okay"), (1.4, "okay but in Rome")), final_s=0.07)
    stage = interrupted([(OVER, 5.9)], [said])
    assert stage.instants(c.Hold) == [HELD]
    assert stage.instants(c.CancelReply) == [5.29], "with the word that makes it one"
    assert stage.reports[-1].heard == "okay but in Rome"


# ── two coughs ────────────────────────────────────────────────────────────────────────────────


def test_two_coughs_in_one_breath_are_one() -> None:
    """The second begins before it is known that the first held no words."""
    stage = interrupted([(OVER, 4.6), (4.7, 4.9)], [WORDLESS])
    assert stage.instants(c.Finalize) == [2.08, 4.68, 4.96]
    assert stage.instants(c.Hold) == [HELD]
    assert stage.instants(c.Resume) == [5.03]
    check_whole(stage)


def test_two_coughs_apart_are_two() -> None:
    stage = interrupted([(OVER, 4.6), (5.0, 5.2)], [WORDLESS, WORDLESS])
    assert stage.instants(c.Hold) == [HELD, 5.12]
    assert stage.instants(c.Resume) == [4.75, 5.35]
    assert sounds(stage) == [(BEGINS, HELD), (4.75, 5.12), (5.35, 6.43)]
    check_whole(stage)


@pytest.mark.parametrize("before_ms", range(0, 290, 10))
def test_a_cough_at_the_very_end(before_ms: int) -> None:
    """Before, at and behind each instant at which the end can meet the onset or the hold."""
    start = ENDS - before_ms / 1000
    stage = interrupted([(start, start + 0.2)], [WORDLESS])
    check_whole(stage)
    assert len(stage.orders(c.Hold)) == len(stage.orders(c.Resume)) == (before_ms > 120)
    assert sounds(stage)[-1][1] <= ENDS + 0.25


@pytest.mark.parametrize("after_ms", range(-320, 100, 20))
def test_a_cough_at_the_very_beginning(after_ms: int) -> None:
    """Between the question and the first words, where the answer holds at once."""
    start = BEGINS + after_ms / 1000
    stage = interrupted([(start, start + 0.2)], [WORDLESS])
    check_whole(stage)
    assert sounds(stage)[-1][1] <= start + 0.2 + 0.4 + ENDS - BEGINS


# ── words ─────────────────────────────────────────────────────────────────────────────────────


def test_the_mind_knows_what_was_heard_and_that_it_was_interrupted() -> None:
    """So that it can go on from there."""
    stage = interrupted(
        [(OVER, 5.4), (9.0, 10.0)],
        [MEANT, Script(((0.9, "and what were you saying"),), final_s=0.07)],
        [answer(LONG), "All right then.", "As I was saying."],
    )
    assert stage.instants(c.Hold) == [HELD]
    assert stage.instants(c.CancelReply) == [4.79], "with the first words"
    # 2.15 s were heard: seven words of 0.3 s, and a piece of the eighth
    assert stage.reports[0].said == "One two three four five. Six seven"
    cut = "One two three four five. Six seven—"
    assert prompt(stage, 1) == ["what time is it", cut, "no I meant today"]
    assert prompt(stage, 2) == [
        *prompt(stage, 1),
        "All right then.",
        "and what were you saying",
    ]
    assert "ends in — was interrupted" in stage.mind.asked[1][0].text, "it knows the mark"
    assert [report.outcome for report in stage.reports] == ["interrupted", "answered", "answered"]
    assert sounds(stage)[1:] == [(5.73, 6.63), (10.35, 11.55)]


def test_stop_silences_with_its_first_partial() -> None:
    said = Script(((0.9, "please stop"),), final_s=0.07)
    stage = interrupted([(OVER, 6.4)], [said])
    assert stage.instants(c.Hold) == [HELD]
    assert stage.instants(c.CancelReply) == [4.79], "they speak on until 6.4"
    assert sounds(stage) == [(BEGINS, HELD)]
    assert stage.instants(c.Forget)[1] == 6.54
    assert len(stage.mind.asked) == 1
    assert stage.reports[0].outcome == "interrupted"


def test_stop_is_quicker_than_the_hold() -> None:
    stage = interrupted([(OVER, 4.8)], [Script(((0.55, "stop"),), final_s=0.07)])
    assert stage.instants(c.CancelReply) == [DUCKED]
    assert sounds(stage) == [(BEGINS, DUCKED)]


def test_what_only_begins_like_stop_is_answered() -> None:
    said = Script(((0.9, "stop"), (1.9, "stop by the bakery")), final_s=0.07)
    stage = interrupted([(OVER, 6.4)], [said])
    assert stage.instants(c.CancelReply) == [4.79]
    report = stage.reports[-1]
    assert (report.heard, report.said) == ("stop by the bakery", "All right.")


def test_the_resumed_part_is_interrupted_again() -> None:
    stage = interrupted([(OVER, 4.8), (5.3, 6.3)], [WORDLESS, MEANT])
    assert stage.instants(c.Hold) == [HELD, 5.44]
    assert stage.instants(c.Resume) == [4.94]
    assert stage.instants(c.CancelReply) == [5.72]
    assert sounds(stage)[:2] == [(BEGINS, HELD), (4.94, 5.44)]
    # 2.65 s in two pieces: eight words
    assert stage.reports[0].said == "One two three four five. Six seven eight"
    assert prompt(stage, 1)[1] == "One two three four five. Six seven eight—"


def test_the_answer_to_an_interruption_is_interrupted() -> None:
    tomorrow = Script(((0.9, "and tomorrow"),), final_s=0.07)
    other = "Red orange yellow green blue. Indigo violet black white grey."
    stage = interrupted(
        [(OVER, 5.4), (8.0, 9.0)], [MEANT, tomorrow], [answer(LONG), answer(other), "Fine."]
    )
    assert stage.instants(c.Hold) == [HELD, 8.13]
    assert stage.instants(c.CancelReply) == [4.79, 8.4]
    assert sounds(stage) == [(BEGINS, HELD), (5.77, 8.13), (9.27, 9.57)]
    assert prompt(stage, 2) == [
        "what time is it",
        "One two three four five. Six seven—",
        "no I meant today",
        "Red orange yellow green blue. Indigo violet—",
        "and tomorrow",
    ]


# ── before the first sound ────────────────────────────────────────────────────────────────────

PARIS = Script(((0.9, "in Paris"), (1.3, "in Paris, please")), final_s=0.07)
JOINED = "what time is it in Paris, please"


def test_before_the_first_sound_the_words_are_joined_however_late() -> None:
    """3 s after the question nobody goes on with it; but nothing was heard of the answer."""
    stage = interrupted([(5.0, 6.0)], [PARIS], [answer("Never heard.", first=5.0), "Ten."])
    assert stage.instants(c.Cue) == [4.16]
    assert stage.instants(c.Hold) == [5.06], "before it sounds it holds with the onset"
    assert stage.instants(c.CancelReply) == [6.15], "with the last word"
    assert [r.text for _, r in stage.orders(c.Reply) if isinstance(r, c.Reply)] == [JOINED]
    assert prompt(stage, 1) == [JOINED]
    assert [(r.heard, r.said) for r in stage.reports] == [
        ("what time is it", ""),
        (JOINED, "Ten."),
    ]
    assert sounds(stage) == [(6.3, 6.6)]


@pytest.mark.parametrize("after_ms", range(-220, 180, 20))
def test_who_goes_on_around_the_first_sound_is_answered_as_a_whole(after_ms: int) -> None:
    start = BEGINS + after_ms / 1000
    stage = interrupted([(start, start + 1.0)], [PARIS], [answer(LONG), "Ten."])
    assert prompt(stage, 1) == [JOINED], "no trace of the first answer"
    assert stage.reports[-1].said == "Ten."
    assert heard(stage) <= 0.25 + 0.3


@pytest.mark.parametrize("after_ms", range(-220, 400, 20))
def test_a_late_first_sound_meets_words(after_ms: int) -> None:
    """Of an answer of which no word was heard there is no trace; of others the words heard."""
    begins = BEGINS + 2.4
    start = begins + after_ms / 1000
    stage = interrupted([(start, start + 1.0)], [PARIS], [answer(LONG, first=2.5), "Ten."])
    first, last = stage.reports
    told = " ".join(" | ".join(prompt(stage, 1)).split())
    if first.said:
        assert after_ms > 100, "120 ms of voice and two windows before the first word is over"
        assert told == f"what time is it | {first.said}— | in Paris, please"
    else:
        assert after_ms < 200
        assert told == JOINED
    assert last.said == "Ten."


# ── after a question of ours ──────────────────────────────────────────────────────────────────

ASKS = "Shall I go on? I have much more to tell."
"""Its first sentence is over at 3.55."""


@pytest.mark.parametrize("word", ["yes", "okay", "no", "sure"])
def test_after_our_question_a_listeners_word_is_a_turn(word: str) -> None:
    """We have not waited for it: the next sentence sounds already."""
    stage = interrupted(
        [(OVER, 4.8)], [Script(((0.7, word),), final_s=0.07)], [answer(ASKS), "Good."]
    )
    assert stage.instants(c.CancelReply) == [4.59], "with the word"
    assert prompt(stage, 1) == ["what time is it", "Shall I go on? I have much—", word]
    assert stage.instants(c.Reply) == [4.94]
    assert stage.reports[-1].said == "Good."


def test_a_cough_after_our_question_is_none() -> None:
    stage = interrupted([(OVER, 4.8)], [WORDLESS], [answer(ASKS)])
    assert stage.instants(c.Resume) == [4.94]
    assert stage.reports[-1].said == ASKS


@pytest.mark.parametrize("word", ["yes", "okay", "no"])
def test_the_answer_to_our_question_over_its_last_syllables(word: str) -> None:
    """People do not wait for the end; the question ends at 5.39."""
    asks = "I know some more about it. Shall I go on?"
    stage = interrupted(
        [(5.0, 5.4)], [Script(((0.7, word),), final_s=0.07)], [answer(asks), "Good."]
    )
    report = stage.reports[-1]
    assert (report.heard, report.said, report.outcome) == (word, "Good.", "answered")


# ── ears that fail in an interruption ─────────────────────────────────────────────────────────


def test_ears_that_hang_do_not_hold_the_answer_for_ever() -> None:
    stage = interrupted([(OVER, 4.9)], [Script(final_s=60.0)])
    # voiced to 4.896; the last word is asked for 64 ms later and may take 5 s
    assert stage.instants(c.Resume) == [4.96 + 5.0]
    check_whole(stage)


def test_ears_that_break_do_not_hold_the_answer() -> None:
    broken = Script(failure=BackendUnavailable("stt", "broken"))
    stage = interrupted([(OVER, 4.9)], [broken])
    assert stage.instants(c.Resume) == [4.96]
    check_whole(stage)


# ── on a loudspeaker ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "words", "turns"),
    [
        ("cancelled", "four five", 1),  # what the canceller let through is what was just said
        ("cancelled", "five to four", 2),
        ("none", "four five", 2),  # headphones: who repeats our words wants something
    ],
)
def test_our_own_words_in_the_microphone_are_no_turn(state: Echo, words: str, turns: int) -> None:
    async def measured(stage: Stage) -> None:
        stage.device.measures(EchoReport(state))

    stage = perform(
        [ASKED, (OVER, 4.9)],
        [QUESTION, Script(((0.6, words),), final_s=0.07)],
        (answer(LONG), "All right."),
        settings=as_shipped(),
        ends=14.0,
        keep_frames=False,
        meanwhile=measured,
    )
    check_at_rest(stage)
    assert len(stage.mind.asked) == turns
    if turns == 1:
        check_whole(stage)


def test_who_interrupts_all_day_fills_no_memory() -> None:
    """A cancelled task keeps its traceback, and that the tasks which its frames know."""
    times = 8
    stage = perform(
        [ASKED, *((OVER + 3 * n, OVER + 0.8 + 3 * n) for n in range(times))],
        [QUESTION, *[MEANT] * times],
        [answer(LONG)] * (times + 1),
        settings=as_shipped(),
        ends=OVER + 3 * times + 10,
        keep_frames=False,
    )
    check_at_rest(stage)
    assert [report.outcome for report in stage.reports].count("interrupted") == times
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, Speech)]
    mine = [one for one in kept if one.device is stage.device]
    assert len(mine) <= KEPT
