"""What a user gets wrong: one clear line, an exit code that means it, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

SOUND = np.zeros(1600, np.int16)
NO_CONFIG = ("--config", "/dev/null")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a user who has nothing: no models, no network, no sound."""
    for name in ("home", "run", "models"):
        (tmp_path / name).mkdir(mode=0o700)
    kept = {"PATH", "LANG", "TMPDIR", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name in kept} | {
        "HOME": f"{tmp_path}/home",
        "XDG_RUNTIME_DIR": f"{tmp_path}/run",
        "ASSISTANT_MODELS": f"{tmp_path}/models",
        "ASSISTANT_OFFLINE": "1",
        "LC_ALL": "C.UTF-8",
    }


def run(
    env: dict[str, str], *arguments: object, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assistant", *map(str, arguments)],
        env=env,
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


def complaint(
    env: dict[str, str], code: int, *arguments: object, stdout: int = subprocess.PIPE
) -> str:
    """Run a verb that cannot work; return its one line."""
    ended = run(env, *arguments, stdout=stdout)
    assert ended.returncode == code, ended.stderr
    assert not ended.stdout
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("assistant: ")
    return lines[0].removeprefix("assistant: ")


# ── recordings ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def files(env: dict[str, str]) -> Path:
    folder = Path(env["HOME"])
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("this is no sound\n")
    soundfile.write(folder / "nothing.wav", SOUND[:0], 16_000)
    soundfile.write(folder / "good.wav", SOUND, 16_000)
    (folder / "header.wav").write_bytes((folder / "good.wav").read_bytes()[:30])
    (folder / "folder").mkdir()
    return folder


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.wav", "No such file"),
        ("empty.wav", "is empty (0 bytes)"),
        ("text.wav", "is no sound file"),
        ("header.wav", "is no sound file"),
        ("nothing.wav", "holds no samples"),
        ("folder", "holds no sound files"),
    ],
)
@pytest.mark.parametrize("verb", ["converse", "captions"])
def test_a_recording_that_is_none(env: dict[str, str], verb: str, name: str, says: str) -> None:
    told = complaint(env, 65, verb, name)
    assert told.startswith(f"{name}: ")
    assert says in told


@pytest.mark.usefixtures("files")
def test_one_bad_recording_among_good_ones_is_found_before_any_is_played(
    env: dict[str, str],
) -> None:
    assert complaint(env, 65, "converse", "good.wav", "text.wav").startswith("text.wav: ")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("name", ["missing", "folder"])
def test_a_benchmark_of_nothing(env: dict[str, str], name: str) -> None:
    assert complaint(env, 65, "bench", "latency", name).startswith(f"{name}: ")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("converse", "good.wav", "--out", "no/s.wav"), "no/s.wav: there is no directory"),
        (("converse", "good.wav", "--out", "folder"), "folder: it is a directory"),
        (("converse", "good.wav", "--flight", "no/f.jsonl"), "no/f.jsonl: there is no directory"),
        (("run", "--record", "no/s.wav"), "no/s.wav: there is no directory"),
        (("run", "--flight", "folder"), "folder: it is a directory"),
        (("say", "hello", "--out", "no/s.wav"), "no/s.wav: there is no directory"),
        (("say", "hello", "--out", "hello.xyz"), "hello.xyz: should end in one of .wav"),
    ],
)
def test_a_place_that_cannot_be_written(
    env: dict[str, str], arguments: tuple[str, ...], says: str
) -> None:
    assert complaint(env, 65, *arguments).startswith(says)


# ── the configuration ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tts: {vocie: x}", "tts.vocie: unknown key; did you mean voice?"),
        ("stt: {threads: many}", "stt.threads: should be a whole number, is 'many'"),
        ("llm: {backend: llamacp}", "llm.backend: there is no llm backend 'llamacp'"),
        ("turns: 5", "turns: should be"),
        ("- a", "should hold sections"),
        ("a: [", "check the indentation"),
        ("llm: {backend: openai, model: m, api_key: {env: NOPE}}", "llm.api_key: "),
        ("llm: {backend: nowhere.to.be.found}", "llm.backend: there is no module nowhere"),
    ],
)
@pytest.mark.parametrize("verb", [("run",), ("ask", "hello")])
def test_a_configuration_that_is_wrong(
    env: dict[str, str], verb: tuple[str, ...], text: str, says: str
) -> None:
    mine = Path(env["HOME"]) / ".config" / "assistant" / "config.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text(text + "\n")
    assert says in complaint(env, 78, *verb)


def test_every_mistake_is_told_at_once(env: dict[str, str]) -> None:
    ended = run(env, "run", *NO_CONFIG, "-s", "turns.mode=x", "-s", "tts.vocie=y")
    assert ended.returncode == 78
    assert len(ended.stderr.splitlines()) == 2


def test_the_environment_is_checked_as_a_file_is(env: dict[str, str]) -> None:
    told = complaint(env | {"ASSISTANT_STT__THREADS": "many"}, 78, "run")
    assert told.startswith("stt.threads: should be a whole number")
    assert "ASSISTANT_STT__THREADS" in told


# ── models ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "verb", [("run",), ("ask", "hello"), ("say", "hello"), ("captions",), ("chat",)]
)
def test_no_model_and_no_network(env: dict[str, str], verb: tuple[str, ...]) -> None:
    told = complaint(env, 69, *verb)
    assert "could not be fetched (hub: offline)" in told
    assert "Allow it the network" in told


def test_a_model_of_no_known_name(env: dict[str, str]) -> None:
    told = complaint(env, 69, "captions", "-s", "stt.model=tinny.en")
    assert "did you mean whisper-tiny.en" in told


def test_a_model_with_a_wrong_checksum(env: dict[str, str], tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    with (given / "en_US-joe-medium.onnx").open("wb") as file:
        file.truncate(63_201_294)  # of its size, but nothing in it
    (given / "en_US-joe-medium.onnx.json").write_text("{}")
    ended = run(env | {"ASSISTANT_MODEL_DIR": str(given)}, "say", "hello")
    assert ended.returncode == 69
    told = ended.stderr.splitlines()[-1]
    assert told.startswith("assistant: piper-en_US-joe-medium: ")
    assert "en_US-joe-medium.onnx has the wrong checksum" in told
    assert not list(Path(env["ASSISTANT_MODELS"]).glob("piper*/*.onnx"))


# ── words ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", ["ask", "say"])
def test_nothing_to_say(env: dict[str, str], verb: str) -> None:
    assert complaint(env, 1, verb, " ").startswith("there is nothing to ")


@pytest.mark.parametrize("verb", ["status", "mute", "unmute", "stop", "quit"])
def test_nobody_runs(env: dict[str, str], verb: str) -> None:
    told = complaint(env, 69, verb)
    assert told == "no assistant runs here; start it with `assistant run`"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is no flight log"),
        (b"\xff\xfe\x00", "is no flight log"),
        (b'{"format": 99}\n', "flight log"),
        (b'{"a": 1}\n{"b"', "flight log"),
    ],
)
def test_a_flight_log_that_is_none(env: dict[str, str], content: bytes | None, says: str) -> None:
    if content is not None:
        (Path(env["HOME"]) / "f.jsonl").write_bytes(content)
    assert says in complaint(env, 65, "replay", "f.jsonl")


# ── the machine ───────────────────────────────────────────────────────────────────────────────


def test_a_reader_that_is_gone(env: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = run(env, "config", "show", stdout=writing)
    finally:
        os.close(writing)
    assert ended.returncode != 0
    assert ended.stderr == ""
