"""Whole conversations in virtual time, at exact instants."""

import asyncio

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Policy, Quiet
from assistant.core.turns import step
from assistant.errors import BackendUnavailable
from assistant.ports import Echo, EchoReport
from assistant.recorder.replay import replay
from assistant.testing.ears import Script
from assistant.testing.mind import ENDLESS, FAILED, SILENT, STALLED, answer
from assistant.testing.voice import ScriptedSynthesizer
from tests.scenarios.stage import Stage, perform, sounds

QUESTION = Script(((0.5, "what time"), (1.2, "what time is it")), final_s=0.07)
"""Complete; its last word takes the transcriber 70 ms."""
LONG = "One two three four five. Six seven eight nine ten. Eleven twelve."
WORD_S = 0.3
"""How long the scripted voice needs for a word."""


def test_a_question_is_answered_as_soon_as_it_is_over() -> None:
    stage = perform([(1.0, 2.0)], [QUESTION])
    (report,) = stage.reports
    assert (report.heard, report.said, report.outcome) == (
        "what time is it",
        "I hear you.",
        "answered",
    )
    ((_, reply),) = stage.orders(c.Reply)
    assert isinstance(reply, c.Reply)
    assert reply.text == "what time is it"
    # Speech ends at 2.0; the window that holds it at 2.016: 200 ms of silence are over at 2.22,
    # the first token takes 100 ms, the clause two more, its sound 40.
    assert [at for at, _ in stage.orders(c.Reply)] == [2.22]
    assert sounds(stage) == [(2.4, 2.4 + 3 * WORD_S)]
    assert report.latency == pytest.approx(2.4 - 2.016, abs=0.001)
    assert [activity for _, activity in stage.activities] == [
        "listening",
        "hearing",
        "thinking",
        "speaking",
        "listening",
    ]


def test_an_incomplete_sentence_is_waited_for() -> None:
    stage = perform([(1.0, 2.0)], [Script(((0.5, "book a table for"),), final_s=0.07)])
    ((at, _),) = stage.orders(c.Reply)
    assert at == 3.22  # 1200 ms of silence


def test_a_pause_in_a_sentence_is_no_end() -> None:
    halves = Script(((0.5, "book a table for"), (2.0, "book a table for two")), final_s=0.07)
    stage = perform([(1.0, 1.6), (2.2, 3.0)], [halves])
    (report,) = stage.reports
    assert report.heard == "book a table for two"
    assert len(stage.orders(c.Finalize)) == 2
    assert [at for at, _ in stage.orders(c.Reply)] == [3.21]  # speech ends in a window to 3.008


def test_noise_is_not_answered() -> None:
    stage = perform([(1.0, 1.4)], [Script()])
    assert stage.reports == []
    assert stage.orders(c.Reply) == []
    assert isinstance(stage.session._conductor.state, Quiet)


def test_words_over_an_answer_end_it_and_are_answered() -> None:
    stage = perform(
        [(1.0, 2.0), (4.4, 5.4)],
        [QUESTION, Script(((0.4, "no I meant"), (1.3, "no I meant today")), final_s=0.07)],
        [answer(LONG), "All right."],
    )
    first, second = stage.reports
    assert first.outcome == "interrupted"
    assert first.said
    assert LONG.startswith(first.said.rstrip("."))
    assert second.heard == "no I meant today"
    assert second.said == "All right."
    ((cancelled, _),) = stage.orders(c.CancelReply)
    (end, _), _ = sounds(stage)[0][::-1], None
    assert end == pytest.approx(cancelled, abs=0.01), "silent in the step that cancelled"
    prompt = stage.mind.asked[1]
    assert any(first.said.rstrip(".") in message.text for message in prompt)
    assert not any("Eleven" in message.text for message in prompt), "only what was heard"


def test_a_backchannel_lowers_the_voice_and_raises_it_again() -> None:
    stage = perform(
        [(1.0, 2.0), (4.4, 4.7)],
        [QUESTION, Script(((0.1, "mm-hmm"),), final_s=0.07)],
        [answer(LONG)],
    )
    nothing, report = stage.reports
    assert (nothing.heard, nothing.outcome) == ("mm-hmm", "nothing")
    assert (report.said, report.outcome) == (LONG, "answered")
    gains = [did.value for did in stage.device.did("gain")]
    assert gains[0] < 0
    assert gains[-1] == 0
    assert len(sounds(stage)) == 1, "without a gap"


def test_a_cough_while_thinking_costs_nothing() -> None:
    slow = answer("I hear you.", first=1.5)
    stage = perform([(1.0, 2.0), (2.6, 2.8)], [QUESTION, Script(final_s=0.07)], [slow])
    (report,) = stage.reports
    assert (report.said, report.outcome) == ("I hear you.", "answered")
    assert len(stage.mind.asked) == 1, "it was not asked again"
    assert [started for started, _ in sounds(stage)] == [3.8]  # + 1.5 s, two words, 40 ms


def test_the_answer_waits_while_the_user_coughs() -> None:
    stage = perform([(1.0, 2.0), (2.3, 2.9)], [QUESTION, Script(final_s=0.07)])
    (report,) = stage.reports
    assert report.outcome == "answered"
    ((at, _),) = stage.orders(c.Resume)
    ((started, _),) = sounds(stage)
    assert started >= at > 2.9


def test_who_goes_on_before_the_answer_is_answered_once_and_whole() -> None:
    stage = perform(
        [(1.0, 2.0), (2.4, 3.4)],
        [QUESTION, Script(((0.5, "in Paris"), (1.3, "in Paris, please")), final_s=0.07)],
        [answer("Never heard.", first=1.0), "Half past nine."],
    )
    (reply,) = [order for _, order in stage.orders(c.Reply)][1:]
    assert isinstance(reply, c.Reply)
    assert reply.text == "what time is it in Paris, please"
    assert reply.continues == 1
    last = stage.reports[-1]
    assert (last.heard, last.said) == ("what time is it in Paris, please", "Half past nine.")
    assert stage.mind.asked[-1][-1].text == "what time is it in Paris, please"
    assert not any("Never" in message.text for message in stage.mind.asked[-1])


def test_stop_silences_at_once_and_is_not_answered() -> None:
    stage = perform(
        [(1.0, 2.0), (4.4, 4.8)],
        [QUESTION, Script(((0.3, "stop"),), final_s=0.07)],
        [answer(LONG)],
    )
    assert stage.reports[0].outcome == "interrupted"
    assert len(stage.orders(c.Reply)) == 1
    ((cancelled, _),) = stage.orders(c.CancelReply)
    assert cancelled < 4.8
    assert sounds(stage)[0][1] == pytest.approx(cancelled, abs=0.01)


def test_yes_after_a_question_of_ours_is_a_turn() -> None:
    stage = perform(
        [(1.0, 2.0), (4.4, 4.8)],
        [QUESTION, Script(((0.2, "yes"),), final_s=0.07)],
        ["Shall I go on?", "Good."],
    )
    assert [(report.heard, report.said) for report in stage.reports] == [
        ("what time is it", "Shall I go on?"),
        ("yes", "Good."),
    ]


# ── turns that were ended too early ───────────────────────────────────────────────────────────


def test_who_goes_on_soon_is_answered_as_a_whole() -> None:
    """The answer holds at once; the mind sees one message, and nothing of the answer before."""
    stage = perform(
        [(1.0, 2.0), (3.0, 4.0)],
        [QUESTION, Script(((0.9, "in Paris"), (1.3, "in Paris, please")), final_s=0.07)],
        [answer(LONG), "Half past nine."],
    )
    ((held, _),) = stage.orders(c.Hold)
    assert held == 3.08, "as soon as two windows of 32 ms hold speech"
    assert sounds(stage)[0] == (2.44, 3.08)
    reply = stage.orders(c.Reply)[-1][1]
    assert isinstance(reply, c.Reply)
    assert (reply.text, reply.continues) == ("what time is it in Paris, please", 1)
    assert stage.mind.asked[-1][-1].text == "what time is it in Paris, please"
    assert len(stage.mind.asked[-1]) == len(stage.mind.asked[0]), "no trace of the first answer"
    last = stage.reports[-1]
    assert (last.said, last.continues) == ("Half past nine.", 1)


def test_a_cough_soon_after_the_question_resumes_at_the_held_word() -> None:
    stage = perform([(1.0, 2.0), (3.0, 3.2)], [QUESTION, Script(final_s=0.07)], [answer(LONG)])
    report = stage.reports[-1]
    assert (report.said, report.outcome) == (LONG, "answered")
    ((held, _),) = stage.orders(c.Hold)
    ((resumed, _),) = stage.orders(c.Resume)
    first, second = sounds(stage)
    assert first[1] == held
    assert second[0] == resumed
    assert resumed - 3.2 < 0.25


def test_stop_soon_after_the_question_stops() -> None:
    stage = perform(
        [(1.0, 2.0), (3.0, 3.4)],
        [QUESTION, Script(((0.7, "stop"),), final_s=0.07)],
        [answer(LONG)],
    )
    assert len(stage.mind.asked) == 1
    assert len(stage.orders(c.Reply)) == 1
    assert isinstance(stage.session._conductor.state, Quiet)


# ── what fails ────────────────────────────────────────────────────────────────────────────────


def _said(stage: Stage) -> list[str]:
    return [report.said for report in stage.reports if report.said]


@pytest.mark.parametrize(
    ("mind", "failure"),
    [(FAILED, "MIND_FAILED"), (SILENT, "MIND_FAILED"), (STALLED, "MIND_FAILED")],
    ids=["breaks", "says nothing", "hangs"],
)
def test_a_mind_that_fails_is_apologised_for(mind: object, failure: str) -> None:
    stage = perform([(1.0, 2.0)], [QUESTION], [mind])  # type: ignore[list-item]
    notice = stage.session._shared.pack.notices[c.Notice[failure]]
    assert _said(stage) == [notice]
    assert stage.reports[0].outcome == "failed"
    assert isinstance(stage.session._conductor.state, Quiet)


def test_a_slow_mind_gives_a_tone_first() -> None:
    stage = perform([(1.0, 2.0)], [QUESTION], [answer("I hear you.", first=5.0)])
    ((at, _),) = stage.orders(c.Cue)
    assert at == pytest.approx(2.22 + 2.0)
    assert _said(stage) == ["I hear you."]


def test_a_mind_beyond_its_deadline_is_given_up() -> None:
    policy = Policy(first_sound_s=4.0)
    stage = perform([(1.0, 2.0)], [QUESTION], [answer("Late.", first=9.0)], policy=policy)
    ((cancelled, _),) = stage.orders(c.CancelReply)
    assert cancelled == pytest.approx(2.22 + 4.0)
    assert stage.mind.running == 0
    assert _said(stage) == [stage.session._shared.pack.notices[c.Notice.MIND_SLOW]]


def test_an_answer_without_end_ends() -> None:
    stage = perform([(1.0, 2.0)], [QUESTION], [ENDLESS], ends=400.0)
    assert stage.reports[0].outcome == "answered"
    assert len(stage.reports[0].said) < 3000
    assert stage.mind.running == 0


def test_a_voice_that_breaks_is_taken_over_by_the_second() -> None:
    broken = ScriptedSynthesizer(fails={1: BackendUnavailable("tts", "broken")})
    second = ScriptedSynthesizer(name="second")
    stage = perform([(1.0, 2.0)], [QUESTION], [answer(LONG)], synthesizer=broken, fallback=second)
    assert _said(stage) == [LONG]
    assert second.calls


def test_a_voice_that_breaks_alone_is_given_up_and_we_listen_again() -> None:
    always = dict.fromkeys(range(9), BackendUnavailable("tts", "broken"))
    stage = perform([(1.0, 2.0)], [QUESTION], synthesizer=ScriptedSynthesizer(fails=always))
    assert stage.reports[0].outcome == "failed"
    assert isinstance(stage.session._conductor.state, Quiet)


def test_ears_that_never_finish_are_apologised_for() -> None:
    stage = perform([(1.0, 2.0)], [Script(final_s=60.0)])
    ((at, announced),) = stage.orders(c.Announce)
    assert at == pytest.approx(2.08 + 5.0)
    assert isinstance(announced, c.Announce)
    assert announced.utterance is c.Notice.NOT_UNDERSTOOD


def test_ears_that_break_are_apologised_for() -> None:
    broken = Script(failure=BackendUnavailable("stt", "broken"))
    stage = perform([(1.0, 2.0)], [broken])
    (announced,) = [order for _, order in stage.orders(c.Announce)]
    assert isinstance(announced, c.Announce)
    assert announced.utterance is c.Notice.NOT_LISTENING


# ── without ears, and beside them ─────────────────────────────────────────────────────────────


def test_what_is_asked_in_writing_is_answered_aloud() -> None:
    async def ask(stage: Stage) -> None:
        report = await stage.session.ask("How are you?")
        assert (report.said, report.outcome) == ("I hear you.", "answered")

    stage = perform([], [], ends=10.0, meanwhile=ask)
    assert len(sounds(stage)) == 1


def test_what_is_asked_silently_is_answered_in_writing() -> None:
    async def ask(stage: Stage) -> None:
        report = await stage.session.ask("How are you?", speak=False)
        assert report.said == "I hear you."

    stage = perform([], [], ends=10.0, meanwhile=ask)
    assert sounds(stage) == []


def test_what_is_to_be_said_waits_for_its_turn() -> None:
    async def say(stage: Stage) -> None:
        await asyncio.sleep(1.5)
        report = await stage.session.say("Dinner is ready.")
        assert report.said == "Dinner is ready."

    stage = perform([(1.0, 2.0)], [QUESTION], meanwhile=say)
    assert _said(stage) == ["I hear you.", "Dinner is ready."]


def test_a_job_outlives_the_answer_and_tells_when_it_is_done() -> None:
    async def work(stage: Stage) -> None:
        async def paint() -> str:
            await asyncio.sleep(5.0)
            return "The picture is ready."

        stage.session.jobs.start("The picture", paint, deadline=60.0)

    stage = perform(
        [(1.0, 2.0), (3.0, 4.0)],
        [QUESTION, Script(((0.3, "no I meant"), (1.2, "no I meant today")), final_s=0.07)],
        [answer(LONG), "All right."],
        meanwhile=work,
    )
    assert "interrupted" in [report.outcome for report in stage.reports]
    assert _said(stage)[-1] == "The picture is ready."


def test_cancel_that_ends_a_job() -> None:
    ended: list[str] = []

    async def work(stage: Stage) -> None:
        async def paint() -> str:
            try:
                await asyncio.sleep(50.0)
            finally:
                ended.append("ended")
            return "The picture is ready."

        stage.session.jobs.start("The picture", paint, deadline=60.0)

    stage = perform(
        [(1.0, 2.0)],
        [Script(((0.3, "cancel that"),), final_s=0.07)],
        ends=20.0,
        meanwhile=work,
    )
    assert ended == ["ended"]
    assert "The picture is ready." not in _said(stage)
    assert stage.orders(c.CancelJob)


def test_half_duplex_does_not_hear_itself() -> None:
    """The voice comes back through the microphone, 20 ms later; nobody speaks but we."""
    stage = perform(
        [(1.0, 2.0), (2.44, 3.28)], [QUESTION, Script(((0.2, "I hear you"),))], full_duplex=False
    )
    (report,) = stage.reports
    assert report.outcome == "answered"
    assert stage.orders(c.Duck) == []


@pytest.mark.parametrize(
    ("state", "outcomes"),
    [
        ("cancelled", ["interrupted", "answered"]),
        ("none", ["interrupted", "answered"]),
        ("reduced", ["answered"]),
        ("loud", ["answered"]),
    ],
)
def test_what_is_measured_of_its_echo_decides_whether_it_can_be_interrupted(
    state: Echo, outcomes: list[str]
) -> None:
    """It is measured while it speaks: from then on the ear is open, or stays closed."""
    report = EchoReport(state, 30, 20)

    async def measure(stage: Stage) -> None:
        await asyncio.sleep(3.0)
        stage.device.measures(report)

    stage = perform(
        [(1.0, 2.0), (4.0, 5.2)],
        [QUESTION, Script(((0.9, "no I meant"), (1.1, "no I meant today")), final_s=0.07)],
        [LONG, "All right."],
        full_duplex=False,
        meanwhile=measure,
    )
    assert [told.outcome for told in stage.reports] == outcomes
    assert stage.session.state.echo == report


def test_mute_closes_the_microphone() -> None:
    async def mute(stage: Stage) -> None:
        await stage.session.mute(on=True)

    stage = perform([(1.0, 2.0)], [QUESTION], meanwhile=mute)
    assert stage.reports == []
    assert stage.device.muted
    assert stage.session.state.muted


# ── drafts ────────────────────────────────────────────────────────────────────────────────────

ENDED = Script(((0.5, "what time"), (0.9, "What time is it?")), final_s=0.07)


def test_a_draft_is_heard_as_soon_as_the_turn_is_over() -> None:
    stage = perform([(1.0, 2.0)], [ENDED], policy=Policy(drafts=4))
    (report,) = stage.reports
    assert report.outcome == "answered"
    assert len(stage.mind.asked) == 1
    assert [at for at, _ in stage.orders(c.Commit)] == [2.22]
    assert sounds(stage)[0][0] == 2.22, "with the decision, not after it"
    assert stage.events(e.DraftReady)


def test_a_draft_leaves_no_trace_when_the_words_change() -> None:
    changed = Script(
        ((0.5, "what time"), (0.9, "What time is it?"), (1.3, "What time is it in Rome?")),
        final_s=0.07,
    )
    stage = perform([(1.0, 2.0)], [changed], policy=Policy(drafts=4))
    (report,) = stage.reports
    assert report.heard == "What time is it in Rome?"
    assert len(stage.orders(c.Discard)) == 1
    assert len(stage.orders(c.Commit)) == 1
    assert len(stage.mind.asked[-1]) == len(stage.mind.asked[0]), "no history of the draft"


# ── the log ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("masked", [False, True])
def test_a_flight_log_replays_exactly(*, masked: bool) -> None:
    stage = perform(
        [(1.0, 2.0), (4.4, 5.4)],
        [QUESTION, Script(((0.4, "no I meant"), (1.3, "no I meant today")), final_s=0.07)],
        [answer(LONG), "All right."],
        policy=Policy(drafts=4),
    )
    lines = [f"{line}\n" for line in stage.session.flight.lines(masked=masked)]
    assert len(lines) > 10
    assert list(replay(lines)) == []
    if masked:
        assert "time" not in "".join(line for line in lines if "Heard" in line)


def test_the_same_scenario_is_the_same_each_time() -> None:
    logs = [
        [
            (record.at, record.event, record.commands)
            for record in perform([(1.0, 2.0)], [QUESTION]).records
        ]
        for _ in range(2)
    ]
    assert logs[0] == logs[1]
    state: object = Quiet()
    for _, event, commands in logs[0]:
        state, again = step(state, event, Policy())  # type: ignore[arg-type]
        assert again == commands
