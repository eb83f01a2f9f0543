"""Who is asked while models load: a process of its own, which answers though nothing else can."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter

import pytest

from assistant.control import porter
from assistant.control.client import LIMIT, NotRunning, call, running
from assistant.errors import AssistantError

pytestmark = pytest.mark.skipif(not porter.can_be(), reason="needs Linux")

STATUS = b'{"v": 1, "do": "status"}\n'
MUTE = b'{"v": 1, "do": "mute"}\n'
PATIENCE = 20.0


class Held:
    """The other process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.control.held", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.until("there")

    def order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "it has ended"
        return line.strip()

    def until(self, word: str) -> None:
        assert self.line() == word

    def hold(self, seconds: float) -> None:
        self.order(f"hold {seconds}")
        self.until("held")

    def visit(self) -> "Visit":
        return Visit(self.path)

    def children(self) -> list[int]:
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in told.split()]

    def relieved(self) -> None:
        """Let it have loaded, and wait until it stands at the door itself."""
        self.order("load")
        while self.line() != "serving":
            pass
        assert not self.children()


class Visit:
    """A connection."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(os.fspath(path))
        self._lines = self._socket.makefile("rb")

    def say(self, said: bytes) -> None:
        self._socket.sendall(said)

    def answer(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self._lines.readline())
        return found

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@contextmanager
def begun(folder: Path) -> Iterator[Held]:
    one = Held(folder / "control.sock")
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()
        for pipe in (one.process.stdin, one.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """One that loads for ever."""
    with begun(tmp_path_factory.mktemp("held")) as one:
        yield one


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Held]:
    """One for a single test."""
    with begun(tmp_path) as one:
        yield one


def test_the_status_is_told_while_nothing_else_can_run(held: Held) -> None:
    held.hold(2.0)
    began, told = perf_counter(), []
    for _ in range(20):
        asked = perf_counter()
        status = call(held.path, {"do": "status"})
        told.append(perf_counter() - asked)
    assert perf_counter() - began < 2.0, "all of them while it was held"
    assert sorted(told)[10] < 0.05
    assert (status["activity"], status["pid"]) == ("listening", held.process.pid)
    held.until("free")
    assert running(held.path) == held.process.pid


def test_what_is_more_than_that_is_done_as_soon_as_it_can_be(held: Held) -> None:
    held.hold(0.5)
    visit = held.visit()
    visit.say(STATUS + MUTE + STATUS)
    assert [visit.answer()["ok"] for _ in range(3)] == [True, True, True]
    visit.say(STATUS)
    assert visit.answer()["turns"] == 3
    visit.close()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"what?\n", "not a line of JSON"),
        (b"[" * 30_000 + b"\n", "not a line of JSON"),
        (b'{"v": 9, "do": "status"}\n', "version 1"),
        (b"7\n", "not an object"),
        (b"x" * (LIMIT + 10), "longer than"),
        (b'{"v": 1, "do": "dance"}\n', "nothing is called"),
    ],
    ids=["garbage", "deep", "another version", "a number", "huge", "unknown"],
)
def test_what_is_no_request_is_answered_as_ever(held: Held, said: bytes, why: str) -> None:
    visit = held.visit()
    visit.say(said)
    assert why in str(visit.answer()["error"])
    visit.close()
    assert call(held.path, {"do": "status"})["ok"] is True


def test_what_ends_in_the_middle_is_told_so(held: Held) -> None:
    visit = held.visit()
    visit.say(STATUS[:9])
    visit._socket.shutdown(socket.SHUT_WR)
    assert "in the middle" in str(visit.answer()["error"])
    visit.close()


def test_who_is_there_already_stays_when_it_has_loaded(mortal: Held) -> None:
    early, half = mortal.visit(), mortal.visit()
    early.say(STATUS)
    early.answer()
    half.say(STATUS[:9])
    mortal.relieved()
    assert mortal.children() == [], "it has gone, and is no zombie"
    early.say(MUTE)
    half.say(STATUS[9:])
    assert early.answer()["ok"] is True
    assert half.answer()["turns"] == 3
    late = mortal.visit()
    late.say(STATUS)
    assert late.answer()["turns"] == 3
    for visit in (early, half, late):
        visit.close()


def test_many_at_once_cost_nobody_an_answer(held: Held) -> None:
    visits = [held.visit() for _ in range(porter.VISITORS + 8)]
    for visit in visits:
        visit.say(STATUS)
        assert visit.answer()["ok"] is True
    for visit in visits:
        visit.close()


def test_without_the_porter_it_answers_itself(mortal: Held) -> None:
    (pid,) = mortal.children()
    os.kill(pid, signal.SIGKILL)
    assert call(mortal.path, {"do": "status"}, PATIENCE)["pid"] == mortal.process.pid


def test_the_porter_goes_when_its_parent_is_killed(mortal: Held) -> None:
    mortal.process.kill()
    mortal.process.wait()
    began = perf_counter()
    while perf_counter() - began < PATIENCE:
        try:
            call(mortal.path, {"do": "status"})
        except NotRunning:
            return
        except AssistantError:  # just then
            pass
        Event().wait(0.01)
    pytest.fail("it stands there yet")


def test_it_may_end_while_it_loads(mortal: Held) -> None:
    assert mortal.process.stdin is not None
    mortal.process.stdin.close()
    assert mortal.process.wait(PATIENCE) == 0
    assert not mortal.path.exists()
