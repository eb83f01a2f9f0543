"""The control socket of the whole program: from the first second on, watched, reloaded, asked."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter

import pytest

from assistant.control.client import NotRunning, watch
from assistant.errors import AssistantError
from assistant.ports import Samples
from assistant.testing.http_mind import HttpMind
from tests.real.daemon import (
    EARS,
    PATIENCE,
    PROGRAM,
    Terminal,
    assistant,
    clip,
    environment,
    have_models,
    in_terminal,
    lines_of,
    model_server,
    piper,
    silence,
)

pytestmark = pytest.mark.real

ANSWER = "A spider has eight legs."
QUESTION = "How many legs does a spider have?"
SECRET = "sk-not-for-anybody"  # noqa: S105 - of nobody
QUICK_S = 0.05
PEER = HttpMind(text=ANSWER)


def instructions(terminal: Terminal, peer: HttpMind) -> str:
    """Return who the mind is told that it is."""
    terminal.control("ask", text="How many?", speak=False)
    return str(peer.requests[-1]["messages"][0]["content"])


@contextmanager
def running(
    folder: Path, *more: str, text: str = "", sound: Sequence[Samples] = (), peer: HttpMind = PEER
) -> Iterator[Terminal]:
    """Have a daemon that hears a file, with `text` as its configuration."""
    have_models()
    env = environment(folder)
    heard = clip(folder / "heard.wav", *(sound or (silence(120),)))
    config = folder / "config.yaml"
    if text:
        config.write_text(text)
        more = ("--config", str(config), *more)
    device = ("-s", "device.backend=file", "-s", f"device.clips=['{heard}']")
    with (
        model_server(peer) as mind,
        in_terminal("run", *EARS, *device, *mind, *more, env=env) as terminal,
    ):
        yield terminal


def first_answers(terminal: Terminal) -> list[tuple[float, dict[str, object]]]:
    """Ask for the status from the start until it listens: how long each took, and what it said."""
    told = []
    began = perf_counter()
    while perf_counter() - began < PATIENCE:
        asked = perf_counter()
        try:
            status = terminal.control("status")
        except NotRunning:
            Event().wait(0.02)
            continue
        told.append((perf_counter() - asked, status))
        if status["activity"] == "listening":
            return told
        Event().wait(0.01)
    pytest.fail(f"it never listened\n{terminal.shown}")


def test_it_answers_at_once_while_it_loads(tmp_path: Path) -> None:
    with running(tmp_path) as terminal:
        told = first_answers(terminal)
        starting = [took for took, status in told if status["activity"] == "starting"]
        assert len(starting) > 5
        assert sorted(starting)[len(starting) // 2] <= QUICK_S
        assert told[-1][1]["mind"] == "peer-1"
        print(f"while it loaded: {len(starting)} answers, {max(starting) * 1000:.0f} ms at most")  # noqa: T201


def test_what_is_wished_for_while_it_loads_is_done(tmp_path: Path) -> None:
    with running(tmp_path) as terminal:
        while True:
            try:
                terminal.control("mute")
                break
            except NotRunning:
                Event().wait(0.02)
        with pytest.raises(AssistantError, match="still starting"):
            terminal.control("stop")
        assert terminal.control("ask", text="How many?", speak=False)["said"] == ANSWER
        assert terminal.control("status")["muted"] is True
        terminal.until("muted")
        assert assistant("quit", env=terminal.env).returncode == 0


def test_it_may_be_ended_while_it_loads(tmp_path: Path) -> None:
    with running(tmp_path) as terminal:
        while True:
            try:
                terminal.control("quit")
                break
            except NotRunning:
                Event().wait(0.02)
        assert terminal.process.wait(5) == 0
        assert "Traceback" not in terminal.shown


def test_a_watcher_sees_a_whole_turn(tmp_path: Path) -> None:
    sound = (silence(6), piper(QUESTION), silence(60))
    with running(tmp_path, sound=sound) as terminal:
        terminal.until("listening")
        place = f"{terminal.env['XDG_RUNTIME_DIR']}/assistant/control.sock"
        seen: list[dict[str, object]] = []
        for status in watch(place):
            seen.append(status)
            if status["turns"] == 1 and status["activity"] == "listening":
                break
        activities = [str(status["activity"]) for status in seen]
        # what is overtaken is left out, so thinking may be missing, the others take too long
        order = [name for name in activities if name != "thinking"]
        assert order[0] == "listening"
        assert "hearing" in order
        assert order.index("hearing") < order.index("speaking")
        assert isinstance(seen[-1]["last_latency"], float)
        assert QUESTION[:8] not in json.dumps(seen), "no word of what was said"


def test_the_living_line(tmp_path: Path) -> None:
    with running(tmp_path) as terminal:
        terminal.until("listening")
        with in_terminal("status", "--watch", env=terminal.env, columns=60) as line:
            line.until("listening +0 turns")
            assert assistant("mute", env=terminal.env).returncode == 0
            line.until("muted +0 turns")
            assert assistant("unmute", env=terminal.env).returncode == 0
            assert line.shown.count("\n") == 0, "it is one line"
            terminal.control("quit")
            line.until("the assistant has ended")
            assert line.process.wait(5) == 0
    gone = assistant("status", "--watch", env=terminal.env)
    assert gone.returncode == 69


def test_watching_in_a_pipe(tmp_path: Path) -> None:
    with running(tmp_path) as terminal:
        terminal.until("listening")
        command = [*PROGRAM, "status", "--watch", "--json"]
        with subprocess.Popen(
            command, env=terminal.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as watching:
            assert watching.stdout is not None
            assert json.loads(watching.stdout.readline())["muted"] is False
            terminal.control("mute")
            assert json.loads(watching.stdout.readline())["muted"] is True
            watching.stdout.close()
            terminal.control("unmute")
            assert watching.wait(5) == 141  # as others do whose reader has gone
            assert watching.stderr is not None
            assert watching.stderr.read() == ""
        with in_terminal("status", "--watch", env=terminal.env) as line:
            line.until("listening")
            code, _ = line.end(signal.SIGINT)
            assert (code, "Traceback" in line.shown) == (130, False)
        assert terminal.control("status")["activity"] == "listening"


def test_reload_takes_what_it_can_and_names_the_rest(tmp_path: Path) -> None:
    before = "turns: {patience: quick}\npersona: {name: Ada}\n"
    with running(tmp_path, text=before) as terminal:
        terminal.until("listening")
        assert assistant("reload", env=terminal.env).stdout == "nothing has changed\n"
        asked = terminal.control("ask", text="How many?", speak=False)
        assert asked["said"] == ANSWER
        config = tmp_path / "config.yaml"
        config.write_text(
            "turns: {patience: patient, mode: push}\npersona: {name: Bob}\n"
            "log: {level: debug}\ntts: {backend: espeak}\n"
        )
        answer = terminal.control("reload")
        assert answer["taken"] == ["persona.name", "turns.patience", "log.level"]
        assert answer["restart"] == ["tts.backend", "turns.mode"]
        again = assistant("reload", env=terminal.env)
        assert again.stdout == "needs a restart: tts.backend, turns.mode\n"
        assert terminal.control("status")["turns"] == 1, "the conversation goes on"
        assert "Bob" in instructions(terminal, PEER)
        remembered = [message["content"] for message in PEER.requests[-1]["messages"]]
        assert ANSWER in remembered


def test_a_wrong_configuration_changes_nothing(tmp_path: Path) -> None:
    with running(tmp_path, text="persona: {name: Ada}\n") as terminal:
        terminal.until("listening")
        config = tmp_path / "config.yaml"
        config.write_text("persona: {name: Bob}\nturns:\n  patience: endless\n  pause: 1\n")
        refused = assistant("reload", env=terminal.env)
        assert refused.returncode == 1
        for line in refused.stderr.splitlines():
            assert line.startswith("assistant: ")
        assert "turns.patience" in refused.stderr
        assert "config.yaml:3" in refused.stderr
        assert "turns.pause" in refused.stderr
        config.unlink()
        assert assistant("reload", env=terminal.env).returncode == 1
        assert "Ada" in instructions(terminal, PEER)
        assert terminal.end(signal.SIGHUP)[0] == 128 + signal.SIGHUP, "SIGHUP asks for the end"


def test_a_report_tells_of_its_health_and_of_nobodys_words(tmp_path: Path) -> None:
    sound = (silence(6), piper(QUESTION), silence(90))
    with running(tmp_path, "-s", f"llm.api_key={SECRET}", sound=sound) as terminal:
        terminal.until(r"assistant\s+A spider has eight legs\.")
        report = terminal.control("report")
        gauges = {g["name"]: g for g in report["health"]}  # type: ignore[attr-defined]
        assert gauges["memory"]["now"] > 50
        assert gauges["open files"]["now"] < gauges["open files"]["limit"]
        assert 0 <= gauges["last frame"]["now"] < 2
        assert gauges["events waiting"]["now"] <= 5
        for name in ("threads", "tasks", "loop held up", "gaps in sound", "frames unread"):
            assert gauges[name]["now"] >= 0, name
        text = assistant("report", env=terminal.env).stdout
        assert "memory " in text
        assert "peer-1" in text
        for word in (SECRET, "spider", "eight", str(tmp_path), os.environ.get("HOME", "\0") + "/"):
            assert word not in text, word
        (told,) = lines_of(assistant("report", "--json", env=terminal.env).stdout)
        assert told["text"]


def test_a_limit_that_is_passed_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may open few files, and somebody connects to it again and again."""
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        pytest.skip("needs prlimit: apt install util-linux")
    files = 48
    monkeypatch.setattr("tests.real.daemon.PROGRAM", (prlimit, f"--nofile={files}", *PROGRAM))
    with running(tmp_path) as terminal, ExitStack() as stack:
        terminal.until("listening")
        place = f"{terminal.env['XDG_RUNTIME_DIR']}/assistant/control.sock"
        before = gauge(terminal, "open files")
        assert before["limit"] == round(files * 0.8)
        assert before["over"] is False
        for _ in range(20):
            connection = stack.enter_context(socket.socket(socket.AF_UNIX))
            connection.connect(place)
        if float(str(before["now"])) + 20 <= files * 0.8:
            pytest.skip(f"it has {before['now']} files open only")
        assert gauge(terminal, "open files")["over"] is True
        terminal.until(r"open files: \d+, more than 38; see")
        assert (
            "open files" in assistant("report", env=terminal.env).stdout.partition("TOO MUCH")[0]
        )
        assert terminal.shown.count("open files: ") == 1


def gauge(terminal: Terminal, name: str) -> dict[str, object]:
    report = terminal.control("report")
    return next(g for g in report["health"] if g["name"] == name)  # type: ignore[attr-defined]
