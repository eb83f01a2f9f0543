import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.bench.converse import Exchange
from assistant.bench.latency import Row, _inside, grouped, median, summarise, timed
from assistant.bench.manifest import Known, read
from assistant.bench.pausing import inside as inside_a_sentence
from assistant.bench.recorded import Drafts, Step, drafts, ended
from assistant.core import commands as c
from assistant.core import events as e
from assistant.errors import MediaError
from assistant.ports import RATE, Span, Transcript, TurnReport, Word
from assistant.sound.clips import Clip
from tests.bench.sounds import at, tone, write

PLAIN = Row(
    name="a",
    group="complete",
    latency_ms=None,
    wait_ms=None,
    early=False,
    mended=False,
    heard="",
    said="",
    wrong=0,
    words=0,
    turns=1,
)


def known(transcript: str | None = None, **more: object) -> Known:
    clip = Clip(Path("clip.wav"), np.zeros(RATE, np.int16))
    return replace(Known(clip, transcript, scored=True, complete="yes"), **more)  # type: ignore[arg-type]  # fields by name


def turn(number: int, heard: str, said: str = "Well.", **more: object) -> TurnReport:
    outcome = "answered" if said else "interrupted"
    return replace(TurnReport(number, heard, said, outcome), **more)  # type: ignore[arg-type]  # fields by name


def inside(message: Known, *turns: TurnReport) -> Row:
    return _inside(message, Exchange(message.clip, 0, RATE, turns))


def second(seconds: float) -> int:
    return round(seconds * RATE)


def test_latency_runs_from_the_last_voiced_sample_to_the_first_sound() -> None:
    row = timed(PLAIN, at(4, (2.25, 3)), second(0.5), second(2))
    assert row.latency_ms == pytest.approx(250, abs=5)
    assert row.wait_ms == pytest.approx(250, abs=5)
    assert not row.early


def test_sound_before_the_clip_is_not_its_answer() -> None:
    row = timed(PLAIN, at(4, (0, 0.4), (2.3, 3)), second(0.5), second(2))
    assert row.latency_ms == pytest.approx(300, abs=5)


def test_an_answer_before_the_end_is_early_and_gives_no_latency() -> None:
    row = timed(PLAIN, at(4, (1.5, 3)), second(0.5), second(2))
    assert row.early
    assert row.latency_ms == pytest.approx(-500, abs=5)
    assert row.wait_ms == pytest.approx(0, abs=5)
    assert math.isnan(summarise([row]).p50_ms)
    assert summarise([row]).early == 1


def test_a_few_milliseconds_before_the_end_are_not_early() -> None:
    assert not timed(PLAIN, at(4, (1.95, 3)), second(0.5), second(2)).early


def test_no_answer_is_no_latency() -> None:
    row = timed(PLAIN, at(4), second(0.5), second(2))
    assert row.latency_ms is None
    assert row.wait_ms is None
    assert summarise([row]).unanswered == 1


def test_who_was_answered_too_early_waits_for_the_mended_answer() -> None:
    taken_back = replace(PLAIN, early=True, mended=True)
    still = timed(taken_back, at(5, (1.5, 2.2), (2.9, 4)), second(0.5), second(2))
    assert still.wait_ms == pytest.approx(900, abs=5)
    gone = timed(taken_back, at(5, (1.2, 1.5), (2.4, 4)), second(0.5), second(2))
    assert gone.wait_ms == pytest.approx(400, abs=5)
    assert gone.mended


def test_a_turn_that_was_taken_in_is_not_heard_twice() -> None:
    message = known("set a timer for five minutes")
    row = inside(
        message,
        turn(1, "Set a timer", said=""),
        turn(2, "Set a timer for five minutes.", continues=1),
    )
    assert (row.wrong, row.words) == (0, 6)
    assert row.early
    assert row.mended


def test_an_answer_to_a_piece_is_not_mended() -> None:
    message = known("set a timer for five minutes please")
    row = inside(message, turn(1, "Set a timer."), turn(2, "For five minutes please."))
    assert row.early
    assert not row.mended
    assert row.wrong == 0


def test_a_mended_turn_that_lost_the_beginning_is_not_mended() -> None:
    message = known("set a timer for five minutes please")
    row = inside(message, turn(1, "Set a", said=""), turn(2, "five minutes", continues=1))
    assert row.early
    assert not row.mended


def test_one_answer_to_the_whole_is_neither() -> None:
    row = inside(known("good morning"), turn(1, "Good morning."))
    assert not row.early
    assert not row.mended


def test_spans_count_from_the_last_voiced_sample() -> None:
    spans = (Span(1, "answer", 10.0, 10.3), Span(1, "words", 9.9, 10.05))
    row = inside(known(), turn(1, "Hi.", spans=spans))
    [(name, start, end)] = row.spans
    assert name == "words"
    assert [start, end] == pytest.approx([-100, 50])


def test_a_summary_of_known_times() -> None:
    rows = [replace(PLAIN, latency_ms=ms, wait_ms=ms) for ms in (200.0, 300.0, 400.0)]
    late = replace(PLAIN, latency_ms=-500.0, wait_ms=900.0, early=True, mended=True)
    words = replace(rows[0], wrong=1, words=10, drafts=Drafts(3, 1, 2, (120.0,)))
    one = summarise([words, *rows[1:], late, PLAIN])
    assert (one.p50_ms, one.worst_ms, one.longest_wait_ms) == (300, 400, 900)
    assert (one.clips, one.unanswered, one.early, one.mended) == (5, 1, 1, 1)
    assert one.wer == pytest.approx(10)
    assert (one.drafts, one.drafts_used, one.draft_saved_ms) == (3, 1, 120)


def test_groups_are_apart_and_the_median_turn_is_a_real_one() -> None:
    span = (("words", 0.0, 10.0),)
    rows = [replace(PLAIN, name=str(ms), latency_ms=ms, spans=span) for ms in (300.0, 100.0, 200)]
    other = replace(PLAIN, group="so762")
    assert list(grouped([other, *rows])) == ["complete", "so762"]
    middle = median(rows)
    assert middle is not None
    assert middle.name == "200"
    assert median([PLAIN]) is None


def test_drafts_that_were_used_and_what_they_saved() -> None:
    def step(at: float, event: e.Event, *orders: c.Command) -> Step:
        return Step(at, round(at * RATE), event, orders)

    silent = e.SilenceReached(1, 200)
    steps = [
        step(1.0, silent, c.Draft(1, 1, "what")),
        step(1.2, silent, c.Discard(1, 1), c.Draft(1, 2, "what time")),
        step(1.3, e.DraftReady(1, 2)),
        step(1.45, silent, c.Commit(1, 2, "what time")),
        step(2.0, silent, c.Draft(2, 3, "and")),
        step(2.05, silent, c.Commit(2, 3, "and")),
        step(3.0, silent, c.Reply(3, "so")),
    ]
    found = drafts(steps)
    assert (found.begun, found.used, found.discarded) == (3, 2, 1)
    assert list(found.saved_ms) == pytest.approx([100, 50])
    assert ended(steps) == [second(1.45), second(2.05), second(3)]


def test_a_manifest_tells_pauses_groups_and_kinds(tmp_path: Path) -> None:
    for name in ("a", "so762-b"):
        write(tmp_path / f"{name}.wav", tone(1))
    (tmp_path / "manifest.tsv").write_text(
        "file\tpauses_s\tcomplete\tkind\n"
        "a.wav\t0.20-0.55;0.7-1\tlong\tread\n"
        "so762-b.wav\t\tyes\tchild\n"
    )
    first, other = read(tmp_path)
    assert first.pauses == ((0.2, 0.55), (0.7, 1.0))
    assert (first.group, first.kind) == ("long", "read")
    assert (other.group, other.pauses) == ("so762", ())
    assert [one.name for one in read(tmp_path, only="yes")] == ["so762-b"]


def test_a_damaged_manifest_says_so(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", tone(1))
    (tmp_path / "manifest.tsv").write_text("file\tpauses_s\na.wav\tsoon\n")
    with pytest.raises(MediaError, match="a line is damaged"):
        read(tmp_path)


def test_pauses_inside_a_sentence_are_read_off_the_whole_transcript() -> None:
    spoken = (("Well,", 0.2), ("I", 0.9), ("see.", 1.2), ("Now", 2.5), ("go", 2.8))
    whole = Transcript("", words=tuple(Word(text, start, start + 0.6) for text, start in spoken))
    pauses = ((0.5, 0.85), (1.6, 2.4), (3.2, 3.6))
    message, said = known(pauses=pauses), ["Well,", "Well, I see", "Well, I see. Now go"]
    assert inside_a_sentence(message, whole, said) == (True, False, True)
    late = replace(whole, text="Well, I see. Now go")
    assert inside_a_sentence(message, late, ["Well I see", *said[1:]]) == (False, False, True)
