"""What breaks around it, and in it: how long it is deaf then, and what is lost."""

import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from assistant.testing.http_mind import Mode
from tests.faults.rig import ANSWER, Rig, kill, rig
from tests.real.daemon import assistant

pytestmark = [pytest.mark.real, pytest.mark.slow]

NOTHING = "nothing"
SOUND = "what was said meanwhile"
AGAIN = "the conversation; settings are kept"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One daemon that outlives all of these."""
    with rig(tmp_path_factory.mktemp("faults")) as one:
        yield one


# ── the sound server ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [0.0, 5.0])
def test_the_server_is_killed(daemon: Rig, seconds: float) -> None:
    name = "sound server killed, started again " + ("at once" if not seconds else "after 5 s")
    with daemon.fault(name, SOUND):
        with daemon.lasting():
            daemon.audio.stop(signal.SIGKILL)
            daemon.until(4.0, activity="deaf")
            Event().wait(seconds)
            daemon.audio.start()
        daemon.until(4.0, trouble=False)


@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_the_server_is_still(daemon: Rig, seconds: float) -> None:
    with daemon.fault(f"sound server frozen for {seconds:.0f} s", SOUND), daemon.lasting():
        daemon.audio.freeze()
        Event().wait(seconds)
        daemon.audio.thaw()


def test_the_default_microphone_is_another_one(daemon: Rig) -> None:
    audio = daemon.audio
    with daemon.fault("default source changed, and back", SOUND), daemon.lasting():
        audio.ask("load-module", "module-null-sink", "sink_name=other", "channels=1")
        audio.ask("set-default-source", "other.monitor")
        Event().wait(1.0)
        audio.ask("set-default-source", "microphone")


@pytest.mark.parametrize(
    ("kind", "names"), [("source", ("microphone", "mic_in.monitor")), ("sink", ("speaker",))]
)
def test_the_server_suspends_a_device(daemon: Rig, kind: str, names: tuple[str, ...]) -> None:
    with daemon.fault(f"{kind} suspended for 3 s", SOUND), daemon.lasting():
        for name in names:
            daemon.audio.ask(f"suspend-{kind}", name, "1")
        Event().wait(3.0)
        for name in reversed(names):
            daemon.audio.ask(f"suspend-{kind}", name, "0")


def test_the_devices_return_at_another_rate(daemon: Rig) -> None:
    setup = daemon.audio.folder / "default.pa"
    usual = setup.read_text()
    with daemon.fault("devices return at 44 100 instead of 48 000 Hz", SOUND):
        with daemon.lasting():
            daemon.audio.stop(signal.SIGKILL)
            daemon.until(4.0, activity="deaf")
            setup.write_text(usual.replace("rate=48000", "rate=44100"))
            daemon.audio.start()
        daemon.until(4.0, trouble=False)
    setup.write_text(usual)


# ── time ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_the_clock_is_set(daemon: Rig, seconds: int) -> None:
    way = "forwards" if seconds > 0 else "back"
    with daemon.fault(f"wall clock set an hour {way}", NOTHING, 0.5):
        daemon.plant("clock", seconds)
        Event().wait(1.0)


def test_the_event_loop_is_blocked(daemon: Rig) -> None:
    with daemon.fault("event loop blocked for 3 s", "nothing; it is answered later", 1.0):
        daemon.plant("loop", 3)
        Event().wait(3.5)


def test_the_interpreter_is_busy_elsewhere(daemon: Rig) -> None:
    """Callbacks wait for the interpreter's lock: sound may be lost, never for good."""
    with daemon.fault("callbacks starved for 3 s by a busy thread", "pieces of sound", 1.0):
        daemon.plant("busy", 3)
        Event().wait(3.5)


def test_the_process_is_still(daemon: Rig) -> None:
    with daemon.fault("process stopped for 3 s, as by a suspend", SOUND), daemon.lasting():
        daemon.terminal.process.send_signal(signal.SIGSTOP)
        Event().wait(3.0)
        daemon.terminal.process.send_signal(signal.SIGCONT)


# ── the mind ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mode", "what"),
    [
        (Mode.DROP_MIDWAY, "model server breaks off in mid-answer"),
        (Mode.FAILING, "model server answers with an error"),
        (Mode.GARBAGE, "model server sends garbage"),
        (Mode.EMPTY, "model server answers with nothing"),
    ],
)
def test_the_mind_fails(daemon: Rig, mode: Mode, what: str) -> None:
    with daemon.fault(what, "that answer; it apologises", 0.5):
        daemon.peer.mode = mode
        daemon.answers()
        daemon.peer.mode = Mode.ANSWER


# ── what it keeps ─────────────────────────────────────────────────────────────────────────────


def test_a_model_is_removed_while_it_runs(daemon: Rig, tmp_path: Path) -> None:
    """What is loaded is loaded; the next start says what is missing, and what to do."""
    empty = {**daemon.terminal.env, "ASSISTANT_MODELS": str(tmp_path), "XDG_RUNTIME_DIR": ""}
    with daemon.fault("model files gone, no network", "the next start, with a clear error", 0.5):
        ended = assistant("run", "-s", "stt.model=tiny.en", env=empty)
    assert ended.returncode != 0
    assert "whisper-tiny.en" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_memory_of_the_conversation_is_kept(daemon: Rig) -> None:
    """After all of the above it is the same process, and knows what was said."""
    assert daemon.terminal.process.poll() is None
    told = daemon.peer.requests[-1]["messages"]
    assert sum(message["content"] == ANSWER for message in told) > 1


# ── what ends it ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Rig]:
    """A daemon for one fault."""
    with rig(tmp_path) as one:
        yield one


def test_a_server_that_is_frozen_for_good(mortal: Rig) -> None:
    """Its library never comes back: only another process helps."""
    with mortal.again("sound server frozen for good", AGAIN, 75):
        mortal.audio.freeze()
        mortal.until(4.0, activity="deaf")
        mortal.ended(15.0)
        mortal.audio.thaw()


def test_the_thread_of_the_sound_dies(mortal: Rig) -> None:
    with mortal.again("thread of the sound card dies", AGAIN, 75):
        mortal.plant("thread", "sound")
        mortal.ended(10.0)


def test_it_is_killed(mortal: Rig) -> None:
    """As by a lack of memory; it was muted by its user, and stays so."""
    assert assistant("mute", env=mortal.terminal.env).returncode == 0
    mortal.until(muted=True)
    with mortal.again("process killed", AGAIN, -signal.SIGKILL, "muted"):
        kill(mortal.terminal.process)
    mortal.until(muted=True)
    assert assistant("unmute", env=mortal.terminal.env).returncode == 0
    mortal.answers()
