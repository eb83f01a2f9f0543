"""A real process with real timers, killed while it runs: none is lost, none is late."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

RINGER = Path(__file__).with_name("ringer.py")
LATE_S = 0.05


class Line(NamedTuple):
    """What the ringer tells: see there."""

    what: str
    number: int
    late: float
    at: float
    in_line: float


def start(file: Path, *given: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(RINGER), str(file), *given],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )


def line(text: str) -> Line:
    what, number, *seconds = text.split()
    return Line(what, int(number), *map(float, seconds))


def lines(process: "subprocess.Popen[str]", until: int) -> list[Line]:
    """Read so many lines."""
    assert process.stdout is not None
    return [line(process.stdout.readline()) for _ in range(until)]


def delays(told: Sequence[Line]) -> list[float]:
    """Return how late each bell was by its own fault, the most first.

    A machine that has other work may give it no core for a while: what its threads have stood in
    line since the bell was due is none of its own time. Waiting for anything else is.
    """
    found: list[float] = []
    for index, rang in enumerate(told):
        if rang.what != "rang":
            continue
        due = rang.at - rang.late
        before = next((earlier for earlier in told[index::-1] if earlier.at <= due), told[0])
        found.append(rang.late - (rang.in_line - before.in_line))
    return sorted(found, reverse=True)


def ids(told: Sequence[Line], what: str) -> set[int]:
    return {line.number for line in told if line.what == what}


@pytest.mark.slow
def test_a_thousand_timers_outlive_a_kill(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    first = start(file, "1000", "30", "0.01")
    was_set = ids(lines(first, 1001), "set")
    assert len(was_set) == 1000
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    with start(file) as again:
        told = lines(again, 1001)
        again.kill()
    own = delays(told)
    print(f"latest: {max(rang.late for rang in told)}, by its own fault: {own[0]:.4f}")  # noqa: T201
    assert ids(told, "rang") == was_set
    assert own[0] < LATE_S


@pytest.mark.slow
def test_a_minute_of_timers_with_a_kill_in_the_middle(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    first = start(file, "60", "1", "1")
    before = lines(first, 61)
    while len(ids(before, "rang")) < 25:
        before += lines(first, 1)
    os.kill(first.pid, signal.SIGKILL)
    rest, _ = first.communicate()
    before += map(line, rest.splitlines())
    was_set, rang = ids(before, "set"), ids(before, "rang")
    with start(file) as again:
        after = lines(again, 61)  # nobody has stopped those that rang: they ring again
        again.kill()
    assert len(was_set) == 60
    assert rang | ids(after, "rang") == was_set
    # The two or so that were due while no process lived ring as soon as one does.
    lived = [
        told for told in after if told.number not in rang and told.at - told.late > after[0].at
    ]
    assert len(lived) >= 60 - len(rang) - 5
    own = delays(before)[0], delays([after[0], *lived])[0]
    print("latest by its own fault:", own)  # noqa: T201 - with -s
    assert max(own) < LATE_S
    assert max(told.late for told in after if told.number not in rang) < 5.0
