"""What breaks while it runs: it says so, and listens again; files stay whole."""

import re
import resource
import signal
import socket
import stat
import subprocess
from pathlib import Path
from threading import Event

import pytest
import soundfile

from assistant.bench.outside import channels, first_audible
from assistant.bench.words import errors
from assistant.languages.pack import load as load_pack
from assistant.testing.http_mind import HttpMind, Mode
from tests.real.daemon import (
    EARS,
    ENDS_S,
    PATIENCE,
    PROGRAM,
    asking,
    assistant,
    clip,
    environment,
    have_models,
    in_terminal,
    lines_of,
    model_server,
    one_line,
    piper,
    silence,
    transcribed,
    without_sound_card,
)

pytestmark = pytest.mark.real

QUESTION = "How many legs does a spider have?"
ANSWER = "It has eight legs."
QUICK = ("-s", "tts.backend=espeak")
DEADLINES = ("-s", "turns.first_sound_deadline_s=2", "-s", "turns.sentence_deadline_s=2")


@pytest.fixture(scope="module", autouse=True)
def _models() -> None:
    have_models()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


@pytest.fixture
def question(tmp_path: Path) -> Path:
    return clip(tmp_path / "question.wav", piper(QUESTION))


# ── the mind ──────────────────────────────────────────────────────────────────────────────────


def test_a_mind_that_fails_in_every_way(
    question: Path, env: dict[str, str], tmp_path: Path
) -> None:
    """Each time it apologises aloud and says what is wrong; the last question is answered."""
    failures = {
        Mode.GARBAGE: "broke off; check that it is a model server",
        Mode.SILENT: "nothing came within 2 s (turns.first_sound_deadline_s)",
        Mode.STALL_MIDWAY: "nothing came within 2 s",
        Mode.DROP_MIDWAY: "broke off",
        Mode.UNAUTHORISED: "wants another llm.api_key (401)",
        Mode.FAILING: "failed with status 500",
    }
    peer, wav = HttpMind(text=ANSWER), tmp_path / "s.wav"
    questions = [str(question)] * (len(failures) + 1)
    options = ("--json", "--gap", "0.5", "--out", str(wav), *EARS, *QUICK, *DEADLINES)
    peer.mode, *others = *failures, Mode.ANSWER
    with (
        model_server(peer) as mind,
        subprocess.Popen(
            [*PROGRAM, "converse", *questions, *options, *mind],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running,
    ):
        assert running.stdout is not None
        for failure, following in zip(failures.values(), others, strict=True):
            failed, apology = lines_of(running.stdout.readline() + running.stdout.readline())
            peer.mode = following  # there is half a second for it
            assert failed["outcome"] == "failed"
            assert failure in str(failed["failure"])
            assert apology["heard"] == ""
            assert str(apology["said"]).startswith("Sorry")
        rest, told = running.communicate(timeout=PATIENCE)
    (answered,) = lines_of(rest)
    assert running.returncode == 0
    assert (answered["outcome"], answered["said"]) == ("answered", ANSWER)
    assert "Traceback" not in told
    assert first_audible(channels(wav)[1], 0) is not None


def test_no_mind_at_all(question: Path, env: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"
        out = ("--out", tmp_path / "s.wav", "--json")
        ended = assistant("converse", question, *out, *EARS, *asking(url), env=env)
    assert ended.returncode == 0
    assert "start it or change llm.base_url" in ended.stdout
    apology = load_pack("en").notices
    spoken = transcribed(channels(tmp_path / "s.wav")[1])
    assert min(errors(text, spoken).wrong for text in apology.values()) <= 2, spoken
    assert "Traceback" not in ended.stderr


def test_asking_no_mind_is_one_line(env: dict[str, str]) -> None:
    ended = assistant("ask", "hello", *asking("http://127.0.0.1:9/v1"), env=env)
    assert ended.returncode == 69
    assert "127.0.0.1:9" in one_line(ended)


# ── files ─────────────────────────────────────────────────────────────────────────────────────


def test_a_disk_that_fills_up_ends_the_recording_and_nothing_else(
    question: Path, env: dict[str, str], tmp_path: Path
) -> None:
    wav = tmp_path / "s.wav"
    files = ("--out", str(wav), "--flight", f"{tmp_path}/f.jsonl")
    limit = 100_000  # bytes that a file may have: 1.5 seconds of a recording
    with (
        model_server(HttpMind(text=ANSWER)) as mind,
        subprocess.Popen(
            [*PROGRAM, "converse", str(question), "--json", *files, *EARS, *mind],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running,
    ):
        while not wav.exists():  # the models are loaded: from here on the disk is nearly full
            Event().wait(0.02)
            assert running.poll() is None
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (limit, limit))
        output, told = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, told
    assert lines_of(output)[0]["said"] == ANSWER
    assert f"{wav}: the recording ends here" in told
    assert "Traceback" not in told
    sound, _ = soundfile.read(wav, always_2d=True)
    assert limit / 2 < wav.stat().st_size <= limit
    assert len(sound) > 0


def test_a_recording_onto_a_full_disk_is_refused(env: dict[str, str]) -> None:
    with model_server(HttpMind()) as mind:
        options = ("--demonstrate", "--record", "/dev/full", *EARS, *QUICK, *mind)
        ended = assistant("run", *options, env=env)
    assert ended.returncode == 65
    assert one_line(ended).startswith("assistant: /dev/full: cannot be written: No space left")


@pytest.mark.parametrize(
    ("cut", "says"), [(0.6, "is cut off: 1."), (0.999, "")], ids=["much", "the last sample"]
)
def test_a_truncated_recording_is_used_as_far_as_it_goes(
    cut: float, says: str, question: Path, env: dict[str, str]
) -> None:
    data = question.read_bytes()
    question.write_bytes(data[: int(len(data) * cut)])
    with model_server(HttpMind(text=ANSWER)) as mind:
        ended = assistant("converse", question, "--json", *EARS, *QUICK, *mind, env=env)
    assert ended.returncode == 0
    assert lines_of(ended.stdout)[0]["heard"]
    assert says in ended.stderr


def test_who_stops_reading_ends_it(question: Path, env: dict[str, str]) -> None:
    with (
        model_server(HttpMind(text=ANSWER)) as mind,
        subprocess.Popen(
            [*PROGRAM, "converse", *([str(question)] * 3), "--json", *EARS, *QUICK, *mind],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running,
    ):
        assert running.stdout is not None
        assert running.stdout.readline().startswith("{")
        running.stdout.close()
        assert running.wait(PATIENCE) == 1
        assert running.stderr is not None
        told = running.stderr.read()
    assert "Traceback" not in told
    assert "Error" not in told


# ── the place where it runs ───────────────────────────────────────────────────────────────────


def listening(heard: Path) -> tuple[str, ...]:
    device = ("-s", "device.backend=file", "-s", f"device.clips=['{heard}']")
    return (*EARS, *QUICK, *device)


def test_a_second_one_is_refused_at_once(env: dict[str, str], tmp_path: Path) -> None:
    options = listening(clip(tmp_path / "quiet.wav", silence(40)))
    with (
        model_server(HttpMind()) as mind,
        in_terminal("run", *options, *mind, env=env) as first,
    ):
        first.until("listening")
        second = assistant("run", *options, *mind, env=env)
        assert second.returncode == 1
        told = one_line(second)
        pid = first.control("status")["pid"]  # not the shell's: that is its parent
        assert f"another assistant (pid {pid}) already runs" in told
        assert first.control("status")["activity"] == "listening"
        assert first.end(signal.SIGTERM)[0] == 0


def test_without_a_runtime_directory_it_finds_another_place(
    env: dict[str, str], tmp_path: Path
) -> None:
    del env["XDG_RUNTIME_DIR"]
    options = listening(clip(tmp_path / "quiet.wav", silence(40)))
    with (
        model_server(HttpMind()) as mind,
        in_terminal("run", *options, *mind, env=env) as terminal,
    ):
        terminal.until("listening")
        told = assistant("status", env=env)
        assert told.returncode == 0
        assert "listening" in told.stdout
        place = Path(env["XDG_STATE_HOME"]) / "assistant" / "control.sock"
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert terminal.end(signal.SIGTERM)[0] == 0
        assert not place.exists()


@pytest.mark.parametrize("place", ["/proc/none/control.sock", f"/tmp/{'x' * 120}.sock"])  # noqa: S108
def test_a_socket_that_cannot_be_made(place: str, env: dict[str, str], tmp_path: Path) -> None:
    options = listening(clip(tmp_path / "quiet.wav", silence(40)))
    with model_server(HttpMind()) as mind:
        ended = assistant("run", *options, *mind, "-s", f"control.socket={place}", env=env)
    assert ended.returncode == 1
    told = one_line(ended)
    assert place in told
    assert "set control.socket to a path that can, or control.enabled to false" in told


def test_no_speaker_and_no_microphone_that_were_asked_for(env: dict[str, str]) -> None:
    without_sound_card()
    with model_server(HttpMind()) as mind:
        ended = assistant(
            *("run", "-s", "device.backend=sounddevice", *EARS, *QUICK, *mind), env=env
        )
    assert ended.returncode == 69
    assert "there is no microphone" in one_line(ended)


def unwritable(env: dict[str, str]) -> dict[str, str]:
    return env | {"HOME": "/proc/self", "XDG_STATE_HOME": "", "XDG_RUNTIME_DIR": "/proc/self"}


def test_it_shows_itself_where_there_is_no_sound_and_no_writable_home(
    env: dict[str, str],
) -> None:
    without_sound_card()
    with model_server(HttpMind(text=ANSWER)) as mind:
        ended = assistant("run", *EARS, *QUICK, *mind, env=unwritable(env))
    assert (ended.returncode, ended.stderr) == (0, "")
    place = re.search(r"right what it said:\s+(\S+\.wav)", ended.stdout)
    assert place is not None, ended.stdout
    assert "asked       What is the capital of Japan?" in ended.stdout
    assert ended.stdout.count("heard ") == 3
    assert ended.stdout.count(ANSWER) >= 2  # one question is about itself
    assert ended.stdout.count("answer after") == 3
    assert "There is no microphone" in ended.stdout
    assert "To talk with it, attach a microphone" in ended.stdout
    assert "\x1b" not in ended.stdout
    sound, rate = soundfile.read(place[1], always_2d=True)
    assert (rate, sound.shape[1]) == (16_000, 2)
    assert first_audible(channels(Path(place[1]))[1], 0) is not None
    Path(place[1]).unlink()


@pytest.mark.parametrize(("columns", "term"), [(30, "xterm"), (80, "dumb")])
def test_a_narrow_or_dumb_terminal(
    columns: int, term: str, env: dict[str, str], tmp_path: Path
) -> None:
    """No line is wider than the terminal, and one without abilities gets plain lines."""
    options = listening(clip(tmp_path / "q.wav", silence(0.5), piper(QUESTION), silence(4)))
    with (
        model_server(HttpMind(text=ANSWER)) as mind,
        in_terminal(
            *("run", *options, *mind, "--waterfall"), env=env | {"TERM": term}, columns=columns
        ) as terminal,
    ):
        terminal.until(r"legs\.")
        assert terminal.process.wait(PATIENCE) == 0
        shown = terminal.shown
    assert "Traceback" not in shown
    lines = re.split(r"[\r\n]+", shown)
    if term == "dumb":
        assert "\r\x1b" not in terminal._output.decode()
        assert any(line.startswith("assistant: It has") for line in lines)
    else:
        assert max(len(line) for line in lines) <= columns


def test_a_terminal_that_goes_away_ends_it(env: dict[str, str], tmp_path: Path) -> None:
    """SIGHUP is what a closed window sends; the recording stays whole."""
    wav = tmp_path / "s.wav"
    options = listening(clip(tmp_path / "quiet.wav", silence(40)))
    with (
        model_server(HttpMind()) as mind,
        in_terminal("run", *options, *mind, "--record", wav, env=env) as terminal,
    ):
        terminal.until("listening")
        Event().wait(0.2)
        code, seconds = terminal.end(signal.SIGHUP)
    assert code == 128 + signal.SIGHUP
    assert seconds < ENDS_S
    sound, _ = soundfile.read(wav, always_2d=True)
    assert wav.stat().st_size == 44 + 4 * len(sound)
