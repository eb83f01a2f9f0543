"""What breaks around it, and in it: how long it is deaf then, and what is lost."""

import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event
from time import perf_counter

import pytest

from assistant.ports import RATE
from assistant.testing.http_mind import Mode
from tests.faults.rig import ANSWER, QUESTION, Rig, fill, kill, rig, small_disk
from tests.real.daemon import PATIENCE, assistant, piper

pytestmark = [pytest.mark.real, pytest.mark.slow]

END_S = 3.0
STATUS_S = 0.05
NOTHING = "nothing"
SOUND = "what was said meanwhile"
AGAIN = "the conversation; settings are kept"
MICROPHONE = (
    *("load-module", "module-remap-source", "source_name=microphone"),
    *("master=mic_in.monitor", "channels=1"),
)
SPEAKER = (
    *("load-module", "module-null-sink", "sink_name=speaker"),
    *("rate=48000", "channels=2", "norewinds=1"),
)
NAMED = ("-s", "device.microphone=microphone", "-s", "device.speaker=speaker")
ENGINES = {"whisper": "ears", "smart-turn": "judge of turns", "piper": "voice"}


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


def test_the_module_of_the_microphone_is_unloaded(daemon: Rig) -> None:
    """As when a headset is pulled out: another microphone takes its place, until it is back."""
    audio = daemon.audio
    with daemon.fault("microphone's module unloaded for 2 s", SOUND), daemon.lasting():
        audio.unload("module-remap-source")
        Event().wait(2.0)
        audio.ask(*MICROPHONE)


def test_the_module_of_the_speaker_is_unloaded(daemon: Rig) -> None:
    audio = daemon.audio
    audio.ask("load-module", "module-null-sink", "sink_name=spare")  # else into the microphone
    audio.ask("set-default-sink", "spare")
    with daemon.fault("speaker's module unloaded for 2 s", SOUND), daemon.lasting():
        audio.unload("sink_name=speaker")
        Event().wait(2.0)
        audio.ask(*SPEAKER)
        audio.ask("set-default-sink", "speaker")
    audio.unload("sink_name=spare")


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


def test_the_machine_is_still(daemon: Rig) -> None:
    """As in a suspend: the server and the process stop, and go on, as one."""
    process = daemon.terminal.process
    name = "sound server and process stopped for 10 s, as by a suspend"
    with daemon.fault(name, SOUND), daemon.lasting():
        process.send_signal(signal.SIGSTOP)
        daemon.audio.freeze()
        Event().wait(10.0)
        daemon.audio.thaw()
        process.send_signal(signal.SIGCONT)


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


# ── inside of it ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("thread", ENGINES)
def test_the_thread_of_an_engine_dies(daemon: Rig, thread: str) -> None:
    """What it was to do next fails, and another thread does what comes after that."""
    what = f"worker thread of the {ENGINES[thread]} dies"
    with daemon.fault(what, "the answer that needs it", 0.5):
        daemon.plant("thread", thread)
        daemon.audio.say(piper(QUESTION), RATE).wait(30)
        Event().wait(1.0)
        daemon.until(activity="listening")
        daemon.terminal.until(f"the thread of {thread.replace('-', ' ')} has ended")


def test_the_socket_is_flooded(daemon: Rig) -> None:
    """Garbage, what is too long, and what never ends: nobody else notices."""
    place = f"{daemon.terminal.env['XDG_RUNTIME_DIR']}/assistant/control.sock"
    said = (b"\0\xff garbage\n", b"{" * 200_000, b'{"v": 1, "do": ', b'{"v": 1, "do": "x"}\n')
    with (
        daemon.fault("garbage on the control socket", NOTHING, 0.5),
        ExitStack() as stack,
    ):
        for what in said:
            connection = stack.enter_context(socket.socket(socket.AF_UNIX))
            connection.settimeout(PATIENCE)
            connection.connect(place)
            with suppress(ConnectionError):  # it has closed the door already
                connection.sendall(what)
        for _ in range(20):
            began = perf_counter()
            daemon.status()
            assert perf_counter() - began < STATUS_S
            Event().wait(0.05)


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


def test_a_named_microphone_is_unplugged(tmp_path: Path) -> None:
    """The server moves us to another one, and tells nobody: that is a loss."""
    with rig(tmp_path, *NAMED) as one, one.fault("named microphone unplugged for 3 s", SOUND):
        with one.lasting():
            one.audio.unload("module-remap-source")
            one.until(4.0, activity="deaf")
            Event().wait(3.0)
            one.audio.ask(*MICROPHONE)
        one.until(4.0, trouble=False)


def test_the_microphone_gives_only_zeros(tmp_path: Path) -> None:
    with (
        rig(tmp_path, "-s", "device.zeros_s=2") as one,
        one.fault("microphone gives digital silence for 3 s", SOUND),
    ):
        with one.lasting(), one.noise.still():
            one.until(4.0, activity="deaf")
            assert "nothing but zeros" in str(one.status()["trouble"])
            Event().wait(1.0)
        one.until(4.0, trouble=False)


def test_the_disk_is_full(tmp_path: Path) -> None:
    """What it keeps cannot be kept: it goes on, and says so."""
    with small_disk(tmp_path / "disk") as disk:
        more = {"XDG_STATE_HOME": str(disk)}
        with rig(tmp_path, variables=more) as one:
            with one.fault("disk full", "what it would have kept", 0.5):
                fill(disk)
                one.answers()
            assert assistant("mute", env=one.terminal.env).returncode == 0
            one.until(muted=True)
            assert assistant("unmute", env=one.terminal.env).returncode == 0
            one.until(muted=False)
            one.answers()


STATES = ("starting", "listening", "hearing", "thinking", "speaking", "deaf", "muted")


@pytest.mark.parametrize("state", STATES)
def test_it_is_asked_to_end(mortal: Rig, state: str) -> None:
    """By SIGTERM: it ends by itself and at once, and the next one is as good as new."""
    audio = mortal.audio
    saying = []
    match state:
        case "starting":
            mortal.terminal.end(signal.SIGTERM)
            mortal.start()
            mortal.terminal.until("loading")
        case "hearing":
            saying.append(audio.say(piper(QUESTION), RATE))
            mortal.until(activity="hearing")
        case "thinking":
            mortal.peer.mode = Mode.SILENT
            saying.append(audio.say(piper(QUESTION), RATE))
            mortal.until(activity="thinking")
        case "speaking":
            saying.append(audio.say(piper(QUESTION), RATE))
            mortal.until(activity="speaking")
        case "deaf":
            audio.stop(signal.SIGKILL)
            mortal.until(4.0, activity="deaf")
        case "muted":
            assert assistant("mute", env=mortal.terminal.env).returncode == 0
            mortal.until(muted=True)
        case _:
            mortal.until(activity="listening")
    then = "muted" if state == "muted" else "listening"
    with mortal.again(f"SIGTERM while {state}", AGAIN, 0, then):
        _, took = mortal.terminal.end(signal.SIGTERM)
        assert took < END_S
        for one in saying:
            one.wait(30)
        mortal.peer.mode = Mode.ANSWER
        if state == "deaf":
            audio.start()


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
