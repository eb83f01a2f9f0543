"""A real process with real timers, killed while it runs: none is lost, none is late."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RINGER = Path(__file__).with_name("ringer.py")
LATE_S = 0.05


def start(file: Path, *given: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(RINGER), str(file), *given],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )


def lines(process: "subprocess.Popen[str]", until: int) -> list[list[str]]:
    """Read so many lines."""
    assert process.stdout is not None
    found = [process.stdout.readline().split() for _ in range(until)]
    assert all(found), "it ended"
    return found


@pytest.mark.slow
def test_a_thousand_timers_outlive_a_kill(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    first = start(file, "1000", "30", "0.01")
    was_set = {number for what, number in (line[:2] for line in lines(first, 1000))}
    assert len(was_set) == 1000
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    with start(file) as again:
        rang = lines(again, 1000)
        again.kill()
    print("latest:", max(float(late) for _, _, late in rang))  # noqa: T201 - with -s
    assert {number for what, number, _ in rang if what == "rang"} == was_set
    assert max(float(late) for _, _, late in rang) < LATE_S


@pytest.mark.slow
def test_a_minute_of_timers_with_a_kill_in_the_middle(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    first = start(file, "60", "1", "1")
    told = lines(first, 60)
    while sum(line[0] == "rang" for line in told) < 25:
        told += lines(first, 1)
    os.kill(first.pid, signal.SIGKILL)
    rest, _ = first.communicate()
    told += [line.split() for line in rest.splitlines()]
    was_set = {line[1] for line in told if line[0] == "set"}
    before = {line[1]: float(line[2]) for line in told if line[0] == "rang"}
    with start(file) as again:
        rings = lines(again, 60)  # nobody has stopped those that rang: they ring again
        again.kill()
    after = {line[1]: float(line[2]) for line in rings if line[1] not in before}
    assert set(before) | set(after) == was_set
    assert len(was_set) == 60
    late = sorted([*before.values(), *after.values()])
    print("latest:", late[-5:])  # noqa: T201 - with -s
    # The two or so that were due while no process lived ring as soon as one does.
    assert late[-4] < LATE_S
    assert late[-1] < 5.0
