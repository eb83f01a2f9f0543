"""The daemon outside of systemd: it comes back after a crash, and ends when it is asked to."""

import os
import signal
from pathlib import Path
from threading import Event

import pytest

from assistant.errors import AssistantError
from tests.real import virtual_audio
from tests.real.daemon import (
    EARS,
    ENDS_S,
    PATIENCE,
    Terminal,
    asking,
    environment,
    have_models,
    in_terminal,
)

pytestmark = pytest.mark.real

ROOM = ("-s", "device.backend=file", "-s", "tts.backend=espeak", "-s", "turns.judges.sound=false")
NOBODY = asking("http://127.0.0.1:9/v1")


def another(terminal: Terminal, before: object) -> dict[str, object]:
    """Wait for the status of another process that has loaded what it needs."""
    for _ in range(int(PATIENCE * 10)):
        try:
            status = terminal.control("status")
        except AssistantError:  # it is between two lives
            status = {"pid": before}
        if status["pid"] != before and status.get("activity") != "starting":
            return status
        Event().wait(0.1)
    pytest.fail(f"it did not come back\n{terminal.shown}")


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_comes_back_after_a_crash_with_its_state(
    how: signal.Signals, code: int, tmp_path: Path
) -> None:
    have_models()
    env = environment(tmp_path)
    with in_terminal("run", *EARS, *ROOM, *NOBODY, env=env, columns=120) as terminal:
        terminal.until("listening")
        terminal.control("mute")
        pid = terminal.control("status")["pid"]
        assert pid != terminal.process.pid
        os.kill(int(str(pid)), signal.SIGSEGV)
        terminal.until("it has ended with SIGSEGV; starting it again in 1 s")
        status = another(terminal, pid)
        assert (status["activity"], status["muted"]) == ("muted", True)
        ended, seconds = terminal.end(how)
        assert (ended, seconds < ENDS_S) == (code, True)
        assert "Traceback" not in terminal.shown


def test_once_is_once(tmp_path: Path) -> None:
    have_models()
    env = environment(tmp_path)
    with in_terminal("run", "--once", *EARS, *ROOM, *NOBODY, env=env) as terminal:
        terminal.until("listening")
        assert terminal.control("status")["pid"] == terminal.process.pid
        assert terminal.end(signal.SIGSEGV)[0] == -signal.SIGSEGV


def test_it_comes_back_when_the_sound_system_hangs_for_good(tmp_path: Path) -> None:
    have_models()
    with virtual_audio.virtual_audio(tmp_path / "audio") as audio:
        env = environment(tmp_path, **audio.client)
        quiet = ("-s", "tts.backend=espeak", "-s", "turns.judges.sound=false")
        with in_terminal("run", *EARS, *quiet, *NOBODY, env=env, columns=120) as terminal:
            terminal.until("listening")
            pid = terminal.control("status")["pid"]
            audio.freeze()
            terminal.until("it has ended with code 75; starting it again in 1 s")
            audio.thaw()
            status = another(terminal, pid)
            assert (status["activity"], status["trouble"]) == ("listening", "")
            assert terminal.end(signal.SIGTERM)[0] == 0
