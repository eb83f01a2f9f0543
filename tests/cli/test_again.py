"""The small parent of `run`: what is started again, what is handed on, and how it all ends."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

from assistant.cli.again import LIMIT, wanted

DAEMON = """
import os, signal, sys
from pathlib import Path
from assistant.cli.again import keep
log, what, pause = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
keep(pause)

def note(text):
    with log.open("a") as file:
        file.write(f"{text}\\n")

note(os.getpid())
number = len(log.read_text().splitlines())
signal.signal(signal.SIGALRM, lambda *_: os._exit(99))
signal.alarm(20)
exec(what)
"""
WAIT = """
def told(sign, _):
    note(signal.Signals(sign).name)
    signal.setitimer(signal.ITIMER_REAL, 0.3)

signal.signal(signal.SIGALRM, lambda *_: os._exit(7))
for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(sign, told)
print("ready", flush=True)
while True:
    signal.pause()
"""
"""Notes each signal; ends with code 7 a little after the first."""
END = """
from contextlib import suppress
with suppress(OSError):
    signal.signal({0}, signal.SIG_DFL)
os.kill(os.getpid(), {0})
"""


def command(log: Path, what: str, pause: float = 0.02) -> list[str]:
    return [sys.executable, "-c", DAEMON, str(log), what, str(pause)]


def run(log: Path, what: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(log, what), capture_output=True, text=True, timeout=30, check=False
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_code_75_is_another_start_in_a_process_of_its_own(log: Path) -> None:
    ended = run(log, "os._exit(75 if number < 8 else 0)")
    assert ended.returncode == 0
    assert len(set(log.read_text().split())) == 8, "more often than crashes are allowed to"
    lines = ended.stderr.splitlines()
    assert lines[0] == "assistant: it has ended with code 75; starting it again in 0.02 s"
    assert lines[1].endswith("in 0.04 s")
    assert len(lines) == 7


@pytest.mark.parametrize("code", [0, 1, 78])
def test_other_codes_are_ends(log: Path, code: int) -> None:
    ended = run(log, f"os._exit({code})")
    assert (ended.returncode, ended.stderr) == (code, "")
    assert len(log.read_text().split()) == 1


def test_a_crash_is_another_start_until_there_were_too_many(log: Path) -> None:
    ended = run(log, "signal.raise_signal(signal.SIGSEGV)")
    assert ended.returncode == -signal.SIGSEGV
    assert len(log.read_text().split()) == LIMIT + 1
    last = ended.stderr.splitlines()[-1]
    assert last == f"assistant: it has crashed {LIMIT + 1} times (SIGSEGV); see `assistant doctor`"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_somebody_sent_is_the_end(log: Path, how: signal.Signals) -> None:
    ended = run(log, END.format(int(how)))
    assert (ended.returncode, ended.stderr) == (-how, "")
    assert len(log.read_text().split()) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_asks_for_the_end_is_handed_on_once(log: Path, how: signal.Signals) -> None:
    with subprocess.Popen(command(log, WAIT), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.send_signal(how)
        assert parent.wait(10) == 7
    assert log.read_text().split()[1:] == [how.name]


def test_ctrl_c_reaches_the_daemon_once(log: Path) -> None:
    """The terminal tells both; a second SIGINT would end it at once."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        ["/usr/bin/setsid", "--ctty", *command(log, WAIT)], stdin=slave, stdout=slave, stderr=slave
    ) as parent:
        os.close(slave)
        shown = b""
        while b"ready" not in shown:
            shown += os.read(master, 1024)
        os.write(master, b"\x03")
        assert parent.wait(10) == 7
        os.close(master)
    assert log.read_text().split()[1:] == ["SIGINT"]


def test_a_parent_that_is_killed_takes_the_daemon_along(log: Path) -> None:
    with subprocess.Popen(command(log, WAIT), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.kill()
        assert parent.stdout.read() == "", "its end of the pipe is closed when it is gone"
    assert log.read_text().split()[1:] == ["SIGTERM"]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_an_end_that_is_asked_for_between_two_starts(
    log: Path, how: signal.Signals, code: int
) -> None:
    with subprocess.Popen(
        command(log, "os._exit(75)", pause=30), stderr=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stderr is not None
        assert "starting it again in 30 s" in parent.stderr.readline()
        began = perf_counter()
        parent.send_signal(how)
        assert parent.wait(10) == code
        assert perf_counter() - began < 5
    assert len(log.read_text().split()) == 1


@pytest.mark.parametrize(
    ("arguments", "is_it"),
    [
        (["run"], True),
        (["--debug", "run", "-s", "stt.model=base"], True),
        (["run", "--once"], False),
        (["run", "--record=s.wav"], False),
        (["run", "--flight", "f.jsonl"], False),
        (["run", "--demonstrate"], False),
        (["run", "--help"], False),
        (["ask", "run"], False),
        ([], False),
    ],
)
def test_whom_it_watches_over(arguments: list[str], *, is_it: bool) -> None:
    assert wanted(arguments, {}) is is_it
    assert not wanted(arguments, {"NOTIFY_SOCKET": "/run/systemd/notify"})
