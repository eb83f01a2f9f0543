"""The name, the key, and the time in which neither is needed, at exact instants."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import numpy as np
import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Mode, Policy
from assistant.listening.segmenter import SegmenterSettings
from assistant.ports import RATE, Samples, Track
from assistant.testing.detector import FULL, sound
from assistant.testing.ears import Script
from assistant.testing.mind import Answer, answer
from assistant.testing.wake import NAME_LEVEL, ScriptedWakeDetector, name, stop
from assistant.views import Status
from tests.scenarios.stage import Says, Stage, perform, sounds

WAKE = Policy(mode=Mode.WAKE, earcons=True)
PUSH = Policy(mode=Mode.PUSH)
QUESTION = Script(((0.5, "what time"), (0.9, "what time is it")), final_s=0.07)
SILENT = Script(final_s=0.07)
LONG = "One two three four five. Six seven eight nine ten. Eleven twelve."
LAG = 0.1
"""The name is recognised so long after its end."""
NAMED = 1.5
"""Where the name ends in most scenarios; it begins half a second earlier."""


def called(
    speech: Iterable[Says],
    heard: Iterable[Script],
    answers: Iterable[Answer | str] = ("I hear you.",),
    *,
    at: Iterable[float] = (NAMED,),
    also: Iterable[tuple[float, Samples]] = (),
    full_duplex: bool = True,
) -> Stage:
    """Play a scenario in which the name ends at these seconds."""
    names = [(end - 0.5, name(0.5)) for end in at]
    return perform(
        speech,
        heard,
        answers,
        policy=WAKE,
        full_duplex=full_duplex,
        also=[*names, *also],
        wake=ScriptedWakeDetector,
    )


def tones(stage: Stage) -> list[tuple[float, str]]:
    return [(at, cue.tone.name) for at, cue in stage.orders(c.Cue) if isinstance(cue, c.Cue)]


def instants(stage: Stage, kind: type[c.Command]) -> list[float]:
    return [at for at, _ in stage.orders(kind)]


def statuses(stage: Stage) -> list[str]:
    told = [seen for _, seen in stage.seen if isinstance(seen, Status)]
    return [f"{status.activity.value} {status.text}".strip() for status in told]


def test_speech_without_the_name_wakes_nothing() -> None:
    stage = perform([(1.0, 2.0)], [QUESTION], policy=WAKE, wake=ScriptedWakeDetector)
    assert stage.ears.opened == [], "the transcriber sleeps"
    assert stage.orders(c.Listen) == []
    assert stage.reports == []
    assert statuses(stage) == ['waiting for "Hey Ada"']


def test_name_and_question_in_one_breath() -> None:
    stage = called([(1.5, 2.5)], [QUESTION])
    assert instants(stage, c.Listen) == [NAMED + LAG]
    (heard,) = stage.ears.opened
    assert not (heard.fed == NAME_LEVEL).any(), "nothing of the name"
    assert (heard.fed[: RATE // 2] == FULL).all(), "all of the question"
    # the last window that is voiced ends at 2.496; 200 ms later is in the frame to 2.7
    assert instants(stage, c.Reply) == [2.7]
    (report,) = stage.reports
    assert (report.heard, report.said) == ("what time is it", "I hear you.")
    assert tones(stage) == [(NAMED + LAG, "AWAKE")]


def test_after_the_name_it_waits() -> None:
    stage = called([(5.0, 6.0)], [QUESTION])
    (heard,) = stage.ears.opened
    assert heard.finals == 1, "the silence before the question is nobody's end"
    assert instants(stage, c.Reply) == [6.22]  # the window to 6.016 is voiced
    assert statuses(stage)[:3] == ['waiting for "Hey Ada"', "hearing", "hearing what time"]


def test_nothing_comes() -> None:
    stage = called([], [SILENT])
    # 5 s after it woke its silence begins to count, and ends the turn after the longest wait
    assert instants(stage, c.Finalize) == [6.67]
    assert instants(stage, c.Forget) == [7.8]
    assert tones(stage) == [(1.6, "AWAKE"), (7.8, "ASLEEP")]
    assert stage.orders(c.Reply) == []
    assert statuses(stage)[-1] == 'waiting for "Hey Ada"'


def test_the_tones_sound_and_close_no_microphone() -> None:
    stage = called([(1.65, 2.65)], [QUESTION], full_duplex=False)
    ((started, ended), *_) = stage.device.sounding(Track.TONE)
    assert (started, ended) == pytest.approx((1.6, 1.75))
    (heard,) = stage.ears.opened
    at = round((1.65 - NAMED) * RATE)
    assert (heard.fed[at : at + RATE] == FULL).all(), "the first word is under the tone"
    assert stage.reports[0].heard == "what time is it"


def test_a_cough_after_the_name_does_not_end_the_waiting() -> None:
    question = Script(((1.6, "what time is it"),), final_s=0.07)
    stage = called([(2.0, 2.1), (4.0, 5.0)], [question])
    (report,) = stage.reports
    assert report.heard == "what time is it"
    assert instants(stage, c.Forget) == [5.2]
    assert tones(stage) == [(1.6, "AWAKE")]


def test_the_end_of_a_slow_name_is_no_question() -> None:
    """The detector was quick: 190 ms of the name are voiced still."""
    stage = called([(1.5, 1.79), (4.0, 5.0)], [QUESTION])
    assert instants(stage, c.Finalize) == [5.06]


@pytest.mark.parametrize("tail", [0.05, 0.12, 0.19])
@pytest.mark.parametrize("full_duplex", [True, False])
def test_the_end_of_the_name_becomes_no_words(tail: float, *, full_duplex: bool) -> None:
    """Recognisers read "of" and "you" in it, so none is asked to."""
    stage = called([(1.5, 1.5 + tail)], [SILENT], full_duplex=full_duplex)
    (heard,) = stage.ears.opened
    edge = SegmenterSettings().edge_ms * RATE // 1000
    assert np.count_nonzero(heard.fed == FULL) <= edge
    assert heard.voiced_to == 0, "nothing to understand"
    assert tones(stage)[-1][1] == "ASLEEP"


def test_the_end_of_the_name_over_an_answer_becomes_no_words_on_a_loudspeaker() -> None:
    """What was before its end is not known: the microphone was closed."""
    stage = called(
        [(1.5, 2.5), (5.0, 5.28)],
        [QUESTION, SILENT],
        [answer(LONG)],
        at=(NAMED, 5.0),
        full_duplex=False,
    )
    assert instants(stage, c.CancelReply) == [5.1]
    (_, heard) = stage.ears.opened
    assert heard.voiced_to == 0
    assert len(stage.orders(c.Reply)) == 1


def test_a_click_after_the_name_becomes_no_words() -> None:
    """One window, 32 ms, is no onset."""
    stage = called([(3.008, 3.04)], [SILENT])
    (heard,) = stage.ears.opened
    assert heard.voiced_to == 0


def test_a_question_after_the_name_is_not_mixed_with_its_end() -> None:
    stage = called([(1.5, 1.69), (3.0, 4.0)], [QUESTION])
    (heard,) = stage.ears.opened
    begun = np.flatnonzero(heard.fed == FULL)
    late = np.count_nonzero(begun < round((3.0 - 1.7) * RATE))
    assert late <= SegmenterSettings().edge_ms * RATE // 1000
    assert stage.reports[0].heard == "what time is it"


@pytest.mark.parametrize("tail", [0.0, 0.15])
def test_a_short_word_after_a_pause_is_no_end_of_the_name(tail: float) -> None:
    stage = called([(1.5, 1.5 + tail), (3.0, 3.13)], [Script(((1.5, "no"),), final_s=0.07)])
    assert instants(stage, c.Finalize) == [3.2]  # its last window ends at 3.136


def test_a_short_order_in_one_breath_is_heard() -> None:
    stage = called([(1.5, 1.9)], [Script(((0.3, "help"),), final_s=0.07)])
    assert instants(stage, c.Reply) == [2.12]


def test_the_name_silences_an_answer_at_once() -> None:
    script = [QUESTION, Script(((0.4, "and in Paris"),), final_s=0.07)]
    stage = called([(1.5, 2.5), (5.0, 6.0)], script, [answer(LONG), "Ten."], at=(NAMED, 5.0))
    first, second = stage.reports
    assert first.outcome == "interrupted"
    assert LONG.startswith(first.said.rstrip("."))
    assert instants(stage, c.CancelReply) == [5.1]
    assert sounds(stage)[0][1] == pytest.approx(5.1, abs=0.01)
    assert second.heard == "and in Paris"


def test_the_name_works_on_a_loudspeaker_and_no_word_is_clipped() -> None:
    script = [QUESTION, Script(((0.4, "and in Paris"),), final_s=0.07)]
    stage = called(
        [(1.5, 2.5), (5.0, 6.0)],
        script,
        [answer(LONG), "Ten."],
        at=(NAMED, 5.0),
        full_duplex=False,
    )
    assert instants(stage, c.CancelReply) == [5.1]
    assert (stage.ears.opened[1].fed[: RATE // 2] == FULL).all()
    assert stage.reports[1].heard == "and in Paris"


def test_speech_over_an_answer_without_the_name_is_not_for_us() -> None:
    stage = called([(1.5, 2.5), (4.0, 5.0)], [QUESTION, QUESTION], [answer(LONG)])
    (report,) = stage.reports
    assert (report.outcome, report.said) == ("answered", LONG)
    assert stage.orders(c.Duck) == []


def test_after_an_answer_no_name_is_needed_for_a_while() -> None:
    stage = called([(1.5, 2.5), (8.0, 9.0)], [QUESTION, QUESTION])
    assert [report.heard for report in stage.reports] == ["what time is it"] * 2
    (ended,) = [end for _, end in sounds(stage)[:1]]
    assert 8.0 - ended < WAKE.window_s
    assert "listening" in statuses(stage), "not: waiting for its name"


def test_then_it_is_needed_again() -> None:
    stage = called([(1.5, 2.5), (14.0, 15.0)], [QUESTION, QUESTION])
    assert len(stage.reports) == 1
    assert len(stage.ears.opened) == 1
    assert statuses(stage)[-1] == 'waiting for "Hey Ada"'
    assert tones(stage) == [(1.6, "AWAKE")], "no tone for an end that nobody waits for"


def test_the_name_where_none_is_needed_is_no_part_of_the_words() -> None:
    """The turn was opened by the onset of the name itself; what was heard of it is dropped."""
    misheard = Script(((0.4, "hey other"), (1.9, "hey other what time is it")), final_s=0.3)
    stage = called([(1.5, 2.5), (7.0, 8.0)], [QUESTION, misheard, QUESTION], at=(NAMED, 7.0))
    first, again, second = stage.ears.opened
    assert first.closed
    assert (again.fed == NAME_LEVEL).any()
    assert again.closed
    assert not (second.fed == NAME_LEVEL).any()
    assert [report.heard for report in stage.reports] == ["what time is it"] * 2
    assert len(stage.orders(c.Listen)) == 2, "it is one turn for the core"
    assert (7.1, "") in [
        (at, heard.text) for at, heard in stage.events(e.Heard) if isinstance(heard, e.Heard)
    ]


def test_the_name_alone_where_none_is_needed_waits_for_the_question() -> None:
    misheard = Script(((0.4, "okay not now"),), final_s=0.3)
    stage = called([(1.5, 2.5), (9.5, 10.5)], [QUESTION, misheard, QUESTION], at=(NAMED, 7.0))
    assert [report.heard for report in stage.reports] == ["what time is it"] * 2


def test_the_name_alone_where_none_is_needed_is_not_answered() -> None:
    misheard = Script(((0.4, "okay not now"),), final_s=0.3)
    stage = called([(1.5, 2.5)], [QUESTION, misheard, SILENT], at=(NAMED, 7.0))
    assert len(stage.orders(c.Reply)) == 1


def test_what_is_left_of_the_name_is_no_part_of_the_words() -> None:
    remains = Script(((0.5, "Ada, what time is it"),), final_s=0.07)
    stage = called([(1.5, 2.5)], [remains])
    assert stage.reports[0].heard == "what time is it"


def test_the_phrase_that_silences_works_on_a_loudspeaker() -> None:
    stage = called(
        [(1.5, 2.5)], [QUESTION], [answer(LONG)], also=[(4.0, stop(0.4))], full_duplex=False
    )
    (report,) = stage.reports
    assert report.outcome == "interrupted"
    assert instants(stage, c.CancelReply) == [4.5]
    assert sounds(stage)[0][1] == pytest.approx(4.5, abs=0.01)


def test_it_ends_no_turn_of_the_user() -> None:
    stage = called([(1.5, 2.0), (2.4, 3.0)], [QUESTION], also=[(2.0, stop(0.4))])
    assert stage.events(e.Poked) == []
    assert stage.reports[0].heard == "what time is it"


# ── the key ───────────────────────────────────────────────────────────────────────────────────


def pressed(*at: tuple[float, e.Action]) -> Callable[[Stage], Awaitable[None]]:
    async def meanwhile(stage: Stage) -> None:
        for second, action in at:
            await asyncio.sleep(second - stage.device.now)
            stage.session.inject(e.Poked(action))

    return meanwhile


PRESS, RELEASE = e.Action.PRESS, e.Action.RELEASE


def test_a_key_is_held_while_one_speaks() -> None:
    """However long the pauses; and released, the answer comes at once."""
    stage = perform(
        [(1.5, 2.0), (5.0, 5.8)],
        [Script(((0.5, "what time"), (3.0, "what time is it")), final_s=0.07)],
        policy=PUSH,
        meanwhile=pressed((1.0, PRESS), (6.0, RELEASE)),
    )
    assert instants(stage, c.Listen) == [1.0]
    assert instants(stage, c.Finalize) == [6.0]
    assert instants(stage, c.Reply) == [6.07]
    assert stage.reports[0].heard == "what time is it"
    assert statuses(stage)[0] == statuses(stage)[-1] == "waiting for your key"


def test_without_the_key_nothing_is_heard() -> None:
    stage = perform([(1.0, 2.0)], [QUESTION], policy=PUSH)
    assert stage.ears.opened == []
    assert stage.reports == []


def test_a_key_silences_an_answer() -> None:
    stage = perform(
        [(1.5, 2.4), (5.2, 6.2)],
        [QUESTION, QUESTION],
        [answer(LONG), "Ten."],
        policy=PUSH,
        meanwhile=pressed((1.0, PRESS), (2.5, RELEASE), (5.0, PRESS), (6.3, RELEASE)),
    )
    assert [report.outcome for report in stage.reports] == ["interrupted", "answered"]
    assert instants(stage, c.CancelReply) == [5.0]
    assert sounds(stage)[0][1] == pytest.approx(5.0, abs=0.01)


def test_a_key_pressed_for_nothing() -> None:
    stage = perform([], [SILENT], policy=PUSH, meanwhile=pressed((1.0, PRESS), (2.0, RELEASE)))
    assert instants(stage, c.Forget) == [2.07]
    assert stage.reports == []
    assert stage.orders(c.Cue) == []


def test_speech_over_thinking_is_heard_on_a_loudspeaker() -> None:
    """Nothing sounds yet, so the microphone is open."""
    late = Script(((0.5, "and in Paris"),), final_s=0.07)
    stage = perform(
        [(1.0, 2.0), (2.6, 3.6)],
        [Script(((0.5, "what time is it"),), final_s=0.07), late],
        [answer("Never heard.", first=2.0), "Ten."],
        full_duplex=False,
    )
    assert np.count_nonzero(stage.ears.opened[1].fed == FULL) >= RATE * 0.9
    assert stage.reports[-1].heard == "what time is it and in Paris"


def test_the_sounds_are_what_the_detectors_take_them_for() -> None:
    detector = ScriptedWakeDetector()
    assert detector.process(np.concatenate([sound(0.5), name(0.5), sound(0.09)])) is None
    told = detector.process(sound(0.01))
    assert told is not None
    assert (told.phrase, told.ago, told.stops) == ("Hey Ada", round(LAG * RATE), False)
    assert detector.process(stop(0.4)) is None
    told = detector.process(sound(0.1))
    assert told is not None
    assert told.stops
