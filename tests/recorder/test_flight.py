import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.core.commands import Command, Forget, Listen, Reply
from assistant.core.events import (
    Asked,
    Event,
    Heard,
    Kind,
    PolicyChanged,
    SilenceReached,
    SpeechStarted,
    Verdict,
)
from assistant.errors import AssistantError, MediaError
from assistant.recorder.flight import FlightLog
from assistant.recorder.replay import read, replay


@dataclass(frozen=True, slots=True)
class Rules:
    patience: int = 500


@dataclass(frozen=True, slots=True)
class Idle:
    turns: int = 0
    text: str = ""


TYPES = (Rules, Idle)


def step(state: Idle, event: Event, policy: Rules) -> tuple[Idle, tuple[Command, ...]]:
    """A machine small enough to see through: it joins words until a silence is long enough."""
    match event:
        case SpeechStarted():
            return replace(state, turns=state.turns + 1), (Listen(state.turns + 1),)
        case Heard(_, text, verdict) if verdict.kind is Kind.WORDS:
            return replace(state, text=f"{state.text} {text}".strip()), ()
        case Asked(_, text):
            return replace(state, text=text), ()
        case SilenceReached(turn, ms) if ms >= policy.patience and state.text:
            return Idle(state.turns), (Forget(turn), Reply(turn, state.text))
        case _:
            return state, ()


def words(turn: int, text: str) -> Heard:
    return Heard(turn, text, Verdict(Kind.WORDS), take=1)


SAID = (
    SpeechStarted(100),
    words(1, "turn the light"),
    SilenceReached(1, 200),
    words(1, "off please"),
    SilenceReached(1, 500),
    PolicyChanged(Rules(patience=200)),
    SpeechStarted(90_000),
    words(2, "thank you"),
    SilenceReached(2, 200),
)


def fly(log: FlightLog, events: tuple[Event, ...] = SAID, rounds: int = 1) -> None:
    state, policy, at = Idle(), Rules(), 0.0
    for _ in range(rounds):
        for event in events:
            if isinstance(event, PolicyChanged):
                policy = event.policy  # type: ignore[assignment]  # plain data to the vocabulary
            before = state
            state, commands = step(state, event, policy)
            at += 0.125
            log.note(at, event, commands, before=before)


@pytest.mark.parametrize("masked", [True, False])
def test_a_file_replays_to_the_same_commands_with_and_without_its_words(
    tmp_path: Path, *, masked: bool
) -> None:
    path = tmp_path / "flight.jsonl"
    with FlightLog(Rules(), path=path, masked=masked) as log:
        fly(log)
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == 1 + len(SAID)
    assert json.loads(lines[0])["masked"] is masked
    assert ("light" in path.read_text()) is not masked
    assert list(replay(lines, step, Idle(), TYPES)) == []
    replies = [c for r in read(lines, TYPES).records for c in r.commands if isinstance(c, Reply)]
    assert [reply.text for reply in replies] == (
        ["xxxx xxx xxxxx xxx xxxxxx", "xxxxx xxx"]
        if masked
        else ["turn the light off please", "thank you"]
    )


def test_a_changed_machine_shows_where_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "flight.jsonl"
    with FlightLog(Rules(), path=path, masked=False) as log:
        fly(log)

    def hastier(state: Idle, event: Event, policy: Rules) -> tuple[Idle, tuple[Command, ...]]:
        return step(state, event, replace(policy, patience=policy.patience - 300))

    with path.open() as lines:
        first, *_ = replay(lines, hastier, Idle(), TYPES)
    assert (first.line, first.at, first.event) == (4, 0.375, SilenceReached(1, 200))
    assert first.logged == ()
    assert first.produced == (Forget(1), Reply(1, "turn the light"))


@pytest.mark.parametrize("turns", [1, 2, 3, 4, 1000])
def test_the_ring_holds_the_newest_turns_and_replays_from_where_it_begins(turns: int) -> None:
    log = FlightLog(Rules(), turns=turns)
    fly(log, rounds=3)
    lines = list(log.lines(masked=True))
    events = [record.event for record in read(lines, TYPES).records]
    assert sum(isinstance(event, SpeechStarted) for event in events) == min(turns, 6)
    assert list(replay(lines, step, Idle(), TYPES)) == []


@pytest.mark.parametrize("records", [1, 4, 7])
def test_the_ring_is_bounded_when_no_turn_begins(
    monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    monkeypatch.setattr("assistant.recorder.flight.RECORDS", records)
    log = FlightLog(Rules())
    fly(log, rounds=3)
    assert len(list(log.lines())) == 1 + records
    assert list(replay(log.lines(), step, Idle(), TYPES)) == []


def test_a_ring_whose_beginning_is_lost_says_so() -> None:
    log = FlightLog(Rules(), turns=2)
    for at in range(3):
        log.note(at, SpeechStarted(at), ())
    with pytest.raises(MediaError, match="the beginning is lost"):
        list(replay(log.lines(), step, Idle(), TYPES))


def test_without_a_path_nothing_reaches_the_disk_and_no_thread_runs(tmp_path: Path) -> None:
    with FlightLog(Rules()) as log:
        fly(log)
        assert not any(thread.name == "flight log" for thread in threading.enumerate())
    assert list(tmp_path.iterdir()) == []


def test_a_log_is_for_its_owner_only(tmp_path: Path) -> None:
    with FlightLog(Rules(), path=tmp_path / "flight.jsonl"):
        pass
    assert (tmp_path / "flight.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_path_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=r"gone/flight\.jsonl.*No such file.*--flight"):
        FlightLog(Rules(), path=tmp_path / "gone" / "flight.jsonl")


def test_a_full_disk_is_one_warning_and_the_ring_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        caplog.at_level(logging.WARNING),
        FlightLog(Rules(), path=Path("/dev/full"), turns=3) as log,
    ):
        fly(log, rounds=50)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "No space left on device" in caplog.text
    assert "/dev/full" in caplog.text
    assert len(list(log.lines())) > 6


LIMITED = """
    import resource, sys
    from pathlib import Path
    from assistant.core.events import SpeechStarted
    from assistant.recorder.flight import FlightLog
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
    with FlightLog(None, path=Path(sys.argv[1])) as log:
        for at in range(1000):
            log.note(at, SpeechStarted(at), ())
"""


def test_a_disk_that_fills_within_a_line_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "flight.jsonl"
    code = textwrap.dedent(LIMITED)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stderr.count("the flight log ends here") == 1
    text = path.read_text()
    assert text == "" or text.endswith("\n")
    for line in text.splitlines():
        json.loads(line)


KILLED = """
    import sys, threading
    from pathlib import Path
    from assistant.core.events import SpeechStarted
    from assistant.recorder.flight import FlightLog
    log = FlightLog(None, path=Path(sys.argv[1]))
    for at in range(500):
        log.note(at, SpeechStarted(at), ())
    print("noted", flush=True)
    threading.Event().wait(60)
"""


def test_what_was_noted_is_on_disk_within_a_second_without_any_closing(tmp_path: Path) -> None:
    path = tmp_path / "flight.jsonl"
    code = textwrap.dedent(KILLED)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "noted\n"
        patience = threading.Event()
        for _ in range(100):
            if path.read_bytes().count(b"\n") == 501:
                break
            patience.wait(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == 501
    assert len(list(read(lines).records)) == 500


def test_a_disk_that_hangs_costs_the_loop_nothing_and_ends_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("assistant.recorder.flight.BACKLOG", 10)
    monkeypatch.setattr("assistant.recorder.flight.CLOSING", 0.05)
    pipe = tmp_path / "flight.jsonl"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that the log can open its end
    try:
        with FlightLog(Rules(), path=pipe) as log:
            for at in range(20_000):  # far more than a pipe holds, and nobody reads it
                log.note(at, words(1, "a" * 100), ())
        assert "does not keep up" in caplog.text
        assert len(caplog.records) == 1
    finally:
        os.close(reader)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([], "no flight log"),
        (["garbage\n"], "no flight log"),
        (['["format"]\n'], "no flight log"),
        (['{"format": 99}\n'], "format 99"),
        (['{"format":1,"started":"","masked":true,"policy":null}\n', "}{\n", "{}\n"], "line 2"),
        (['{"format":1,"started":"","masked":true,"policy":null}\n', "{}\n"], "line 2"),
    ],
)
def test_what_is_no_log_is_one_clear_error(lines: list[str], names: str) -> None:
    with pytest.raises(MediaError, match=names):
        list(replay(lines, step, Idle(), TYPES, name="f.jsonl"))


def test_a_torn_last_line_is_left_out() -> None:
    log = FlightLog(Rules())
    fly(log)
    whole = "\n".join(log.lines(masked=False))
    torn = whole[:-5].splitlines(keepends=True)
    assert len(list(read(torn, TYPES).records)) == len(SAID) - 1
    assert list(replay(torn, step, Idle(), TYPES)) == []
