"""SIGINT and SIGTERM, whatever it is doing: a clean end within two seconds, and whole files."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
import soundfile

from assistant.testing.http_mind import HttpMind, Mode
from tests.real.daemon import (
    EARS,
    Terminal,
    assistant,
    clip,
    environment,
    espeak,
    have_models,
    in_terminal,
    model_server,
    piper,
    silence,
)

pytestmark = pytest.mark.real

QUESTION = "How many legs does a spider have?"
MONOLOGUE = "I would like to tell you about my day, " * 4
LONG = "This is a sentence of an answer that goes on and on. " * 8
SECONDS = 2.0
SIGNALS = {signal.SIGTERM: 0, signal.SIGINT: 130}
STATES = {
    "loading": r"loading ears",
    "listening": r"listening",
    "hearing": r"hearing",
    "thinking": r"thinking",
    "speaking": r"speaking  \w+ \w+",
    "demonstration": r"asked .*\n[^\n]*hearing",
}


@pytest.fixture(scope="module", autouse=True)
def _models() -> None:
    have_models()


@pytest.fixture
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """Start it, and wait until it does what the test is about."""
    state: str = request.param
    peer = HttpMind(text=LONG, mode=Mode.SILENT if state == "thinking" else Mode.ANSWER)
    sound = {
        "hearing": (espeak(MONOLOGUE),),
        "thinking": (piper(QUESTION), silence(20)),
        "speaking": (piper(QUESTION), silence(20)),
    }.get(state, (silence(30),))
    heard = clip(tmp_path / "heard.wav", *sound)
    device = ("--demonstrate",) if state == "demonstration" else asking_file(heard)
    with ExitStack() as stack:
        mind = stack.enter_context(model_server(peer))
        options = ("--record", tmp_path / "s.wav", "--flight", tmp_path / "f.jsonl")
        voice = ("-s", "tts.backend=espeak")
        terminal = stack.enter_context(
            in_terminal(
                *("run", *options, *EARS, *mind, *voice, *device), env=environment(tmp_path)
            )
        )
        terminal.until(STATES[state])
        if state == "listening":
            Event().wait(0.5)  # something is to be in the recording
        yield terminal


def asking_file(heard: Path) -> tuple[str, ...]:
    return ("-s", "device.backend=file", "-s", f"device.clips=['{heard}']")


@pytest.mark.parametrize("how", SIGNALS, ids=lambda how: how.name)
@pytest.mark.parametrize("running", STATES, indirect=True)
def test_it_ends_cleanly(running: Terminal, how: signal.Signals, tmp_path: Path) -> None:
    code, seconds = running.end(how)
    assert code == SIGNALS[how], running.shown
    assert seconds <= SECONDS
    assert "Traceback" not in running.shown
    assert "assistant: " not in running.shown
    assert not list((tmp_path / "run").glob("assistant/*.sock"))
    recorded = tmp_path / "s.wav"
    if not recorded.exists():  # it was still loading
        return
    sound, rate = soundfile.read(recorded, always_2d=True)
    assert (rate, sound.shape[1]) == (16_000, 2)
    assert recorded.stat().st_size == 44 + 4 * len(sound)
    assert len(sound) > 0
    replayed = assistant("replay", tmp_path / "f.jsonl", env=running.env)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def test_quit_ends_it_as_a_signal_does(tmp_path: Path) -> None:
    env = environment(tmp_path)
    heard = clip(tmp_path / "heard.wav", silence(30))
    with (
        model_server(HttpMind()) as mind,
        in_terminal(
            *("run", *EARS, *mind, "-s", "tts.backend=espeak", *asking_file(heard)), env=env
        ) as terminal,
    ):
        terminal.until("listening")
        ended = assistant("quit", env=env)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert terminal.process.wait(SECONDS) == 0
        assert not list(Path(env["XDG_RUNTIME_DIR"]).glob("assistant/*.sock"))


def test_a_second_interrupt_does_not_wait(tmp_path: Path) -> None:
    """Whoever presses Ctrl-C again means now."""
    with (
        model_server(HttpMind()) as mind,
        in_terminal(
            *("run", *EARS, *mind, "--demonstrate"), env=environment(tmp_path)
        ) as terminal,
    ):
        terminal.until("loading ears")
        terminal.process.send_signal(signal.SIGINT)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(SECONDS) == 130


@pytest.mark.parametrize("how", SIGNALS, ids=lambda how: how.name)
def test_a_signal_while_python_starts_is_quiet(how: signal.Signals, tmp_path: Path) -> None:
    """Nothing is set up yet, so that SIGTERM simply ends it, as every program."""
    with in_terminal("run", *EARS, env=environment(tmp_path)) as terminal:
        Event().wait(0.15)
        terminal.process.send_signal(how)
        code = terminal.process.wait(10)
        assert code in {SIGNALS[how], -how}
        assert "Traceback" not in terminal.shown
