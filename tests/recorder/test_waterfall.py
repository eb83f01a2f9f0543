import io
import random

import pytest
from rich.console import Console

from assistant.ports import ANSWER, Moment, Span, TurnReport
from assistant.recorder.waterfall import Mark, Waterfall, critical, one_line, spans

PLAIN: dict[Moment, float] = {
    "last_voiced": 10.0,
    "finalized": 10.064,
    "words_ready": 10.135,
    "committed": 10.2,
    "first_token": 10.305,
    "first_clause": 10.325,
    "first_sound_ready": 10.405,
    "audible": 10.425,
    "ended": 12.925,
}
DRAFTED: dict[Moment, float] = PLAIN | {
    "words_ready": 9.9,
    "drafted": 9.95,
    "first_token": 10.02,
    "first_clause": 10.04,
    "first_sound_ready": 10.12,
    "audible": 10.22,
}


def made(marks: dict[Moment, float], turn: int = 3) -> tuple[Span, ...]:
    return spans([Mark(turn, name, at) for name, at in marks.items()])


def lengths(all_spans: tuple[Span, ...]) -> dict[str, int]:
    return {span.name: round((span.end - span.start) * 1000) for span in all_spans}


def drawn(all_spans: tuple[Span, ...], width: int = 80, encoding: str = "utf-8") -> list[str]:
    page = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    Console(file=page, width=width, color_system=None).print(Waterfall(all_spans))
    page.seek(0)
    return page.read().splitlines()


def test_each_span_has_its_length_and_the_setting_that_owns_it() -> None:
    result = made(PLAIN)
    assert lengths(result) == {
        "pause": 64,
        "answer": 425,
        "words": 71,
        "decision": 65,
        "mind": 105,
        "clause": 20,
        "voice": 80,
        "speaker": 20,
        "speech": 2500,
    }
    owners = {span.name: span.setting for span in result if span.setting}
    assert owners == {
        "pause": "turns.finalize_ms",
        "words": "stt.model",
        "decision": "turns.complete_ms",
        "mind": "llm.backend",
        "clause": "llm.model",
        "voice": "tts.voice",
        "speaker": "device.backend",
    }
    assert {span.turn for span in result} == {3}


def test_a_picture_is_captured_encoded_and_sent_before_the_mind_begins() -> None:
    marks: dict[Moment, float] = PLAIN | {
        "looked": 10.15,
        "captured": 10.18,
        "encoded": 10.21,
        "uploaded": 10.25,
    }
    found = lengths(made(marks))
    assert [found[name] for name in ("capture", "encode", "upload", "mind")] == [30, 30, 40, 55]
    assert one_line(made(marks)).startswith("pause 64 · words 71 · decision 15 · capture 30 ·")


def test_every_owner_is_a_key_of_the_configuration() -> None:
    marks: dict[Moment, float] = PLAIN | {"looked": 10.1, "captured": 10.21, "uploaded": 10.25}
    sections = {span.setting.partition(".")[0] for span in made(marks) if span.setting}
    assert sections <= {"turns", "stt", "llm", "tts", "device", "vision"}


def test_one_line_adds_up() -> None:
    assert one_line(made(PLAIN)) == (
        "pause 64 · words 71 · decision 65 · mind 105 · clause 20 · voice 80 · speaker 20 = 425 ms"
    )


def test_a_draft_that_was_held_waited_for_the_decision_alone() -> None:
    result = made(DRAFTED)
    assert "words" not in lengths(result)  # they were ready before the pause
    assert lengths(result)["decision"] == 136
    assert lengths(result)["voice"] == 80
    assert one_line(result) == "pause 64 · decision 136 · speaker 20 = 220 ms"


def test_a_draft_that_was_late_shows_what_was_waited_for() -> None:
    late = DRAFTED | {"first_sound_ready": 10.3, "audible": 10.32}
    assert one_line(made(late)) == "mind 20 · clause 20 · voice 260 · speaker 20 = 320 ms"


def test_a_typed_turn_counts_from_its_acceptance() -> None:
    typed = {name: at for name, at in PLAIN.items() if at >= 10.2}
    assert one_line(made(typed)) == "mind 105 · clause 20 · voice 80 · speaker 20 = 225 ms"


def test_the_first_mark_of_a_name_counts_and_the_order_of_marks_does_not() -> None:
    marks = [Mark(3, name, at) for name, at in PLAIN.items()]
    marks += [Mark(3, "first_token", 11.0), Mark(3, "first_sound_ready", 11.5)]
    marks.reverse()
    assert spans(marks) == made(PLAIN)


@pytest.mark.parametrize("marks", [{}, {"last_voiced": 1.0}, {"finalized": 1.0, "ended": 2.0}])
def test_a_turn_that_came_to_nothing_has_no_answer(marks: dict[Moment, float]) -> None:
    result = made(marks)
    assert critical(result) == ()
    assert one_line(result) == ""
    assert len(drawn(result)) == 1


def test_whatever_the_order_and_whatever_is_missing_the_pieces_add_up() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        marks = {name: rng.uniform(0, 3) for name in PLAIN if rng.random() < 0.8}
        result = made(marks)
        report = TurnReport(3, "", "", "answered", result)
        whole = report.latency
        pieces = critical(result)
        if whole is None:
            assert pieces == ()
        else:
            assert sum(seconds for _, seconds in pieces) == pytest.approx(whole)
            assert all(seconds > 0 for _, seconds in pieces)
        for line in drawn(result):
            assert len(line) <= 80


def test_the_chart_reads_at_eighty_columns() -> None:
    lines = drawn(made(PLAIN))
    assert lines[0] == "turn 3  answer after 425 ms, spoke for 2.5 s"
    assert [line.split()[0] for line in lines[1:]] == [
        "pause",
        "words",
        "decision",
        "mind",
        "clause",
        "voice",
        "speaker",
    ]
    ends = [line.rindex("█") for line in lines[1:]]
    starts = [line.index("█") for line in lines[1:]]
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    assert "105  llm.backend" in lines[4]
    bars = [line.count("█") for line in lines[1:]]
    assert max(bars) == bars[3]  # the mind took longest


def test_a_terminal_without_blocks_gets_ascii() -> None:
    text = "\n".join(drawn(made(PLAIN), encoding="ascii"))
    assert "#####" in text
    assert text.isascii()


def test_the_whole_is_named_for_everybody() -> None:
    assert ANSWER in lengths(made(PLAIN))
