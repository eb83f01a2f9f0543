"""The daemon while its sound server dies, returns, or is late; and muted over a restart."""

import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter

import pytest

from assistant.control.client import NotRunning
from assistant.ports import RATE
from assistant.testing.http_mind import HttpMind
from tests.real import virtual_audio
from tests.real.daemon import (
    EARS,
    PATIENCE,
    Terminal,
    assistant,
    environment,
    have_models,
    in_terminal,
    model_server,
    piper,
)
from tests.real.virtual_audio import VirtualAudio

pytestmark = pytest.mark.real

QUESTION = "How many legs does a spider have?"
ANSWER = "A spider has eight legs."
BACK_S = 4.0
"""From the return of the server until it is heard again, as seen from outside."""


@contextmanager
def running(folder: Path, audio: VirtualAudio, **more: str) -> Iterator[Terminal]:
    """Have a daemon on a sound server, with a mind that answers the same to all."""
    have_models()
    with ExitStack() as stack:
        mind = stack.enter_context(model_server(HttpMind(text=ANSWER)))
        env = environment(folder, **audio.client, **more)
        yield stack.enter_context(in_terminal("run", *EARS, *mind, env=env, columns=100))


def until(terminal: Terminal, seconds: float = PATIENCE, **wanted: object) -> float:
    """Wait until its status is as wanted; return how long that took."""
    began = perf_counter()
    while (took := perf_counter() - began) < seconds:
        try:
            status = terminal.control("status")
        except NotRunning:
            pytest.fail(f"it has ended\n{terminal.shown}")
        if all(
            bool(status[name]) is value or status[name] == value for name, value in wanted.items()
        ):
            return took
        Event().wait(0.05)
    pytest.fail(f"not within {seconds} s: {wanted}\n{terminal.shown}")


@pytest.fixture
def audio(tmp_path: Path) -> Iterator[VirtualAudio]:
    with virtual_audio.virtual_audio(tmp_path / "audio") as server:
        yield server


def test_a_sound_server_dies_and_returns(tmp_path: Path, audio: VirtualAudio) -> None:
    with running(tmp_path, audio) as terminal:
        terminal.until("listening")
        audio.stop(signal.SIGKILL)
        until(terminal, 4.0, trouble=True, activity="deaf")
        terminal.until("sound is lost: 'default' ")
        shown = assistant("status", env=terminal.env).stdout
        assert "deaf, running for" in shown
        assert "sound       " in shown
        audio.start()
        assert until(terminal, BACK_S, trouble=False) < BACK_S
        terminal.until("sound is back: ")
        audio.say(piper(QUESTION), RATE).wait(30)
        terminal.until(r"assistant\s+A spider has eight legs\.")
        assert "Traceback" not in terminal.shown
        for chatter in ("Expression '", "ALSA lib", "PaAlsa"):
            assert chatter not in terminal.shown, "of libraries, from threads of their own"


def test_who_looks_for_what_is_wrong_is_shown_what_libraries_say(
    tmp_path: Path, audio: VirtualAudio
) -> None:
    """Else the test above would show nothing: there is something to be kept away."""
    with running(tmp_path, audio, ASSISTANT_LOG__LEVEL="debug") as terminal:
        terminal.until("listening")
        audio.stop(signal.SIGKILL)
        terminal.until("Expression '")
        terminal.until("sound is lost: 'default' ")


def test_what_was_muted_stays_muted_over_a_restart(tmp_path: Path, audio: VirtualAudio) -> None:
    for number in range(2):
        with running(tmp_path, audio) as terminal:
            terminal.until("muted" if number else "listening")
            assert audio.recorders() == 1 - number
            verb = "unmute" if number else "mute"
            assert assistant(verb, env=terminal.env).returncode == 0
            until(terminal, 3.0, muted=not number)
            assert audio.recorders() == number
            assert assistant("quit", env=terminal.env).returncode == 0
    assert not (tmp_path / "state/assistant/muted").exists()


def test_a_service_waits_for_sound_and_tells_its_manager(
    tmp_path: Path, audio: VirtualAudio
) -> None:
    audio.stop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)

        def told(what: str) -> str:
            began = perf_counter()
            while perf_counter() - began < PATIENCE:
                lines = manager.recv(4096).decode()
                if what in lines:
                    return lines
            pytest.fail(f"the manager was never told {what!r}")

        watched = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
        with running(tmp_path, audio, **watched) as terminal:
            assert "deaf: there is no microphone" in told("READY=1")
            assert "deaf" in told("WATCHDOG=1"), "that is no reason to be killed"
            audio.start()
            terminal.until("sound is back: ")
            assert until(terminal, BACK_S, trouble=False) < BACK_S
            assert "listening" in told("listening; 0 turns")
            assert terminal.end(signal.SIGTERM)[0] == 0
            told("STOPPING=1")
