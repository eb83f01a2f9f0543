"""ask, chat, say, captions, converse: with a running assistant and without one."""

import json
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
import soundfile
import soxr

from assistant.bench.outside import audible
from assistant.bench.words import errors
from assistant.ports import RATE
from assistant.testing.http_mind import HttpMind, Mode
from tests.real.daemon import (
    EARS,
    ENDS_S,
    PATIENCE,
    PROGRAM,
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
)

pytestmark = pytest.mark.real

ANSWER = "A spider has eight legs."
SAID = "The weather will be fine tomorrow."
ANSWERED = {"heard", "said", "outcome", "failure", "latency"}


@pytest.fixture(scope="module", autouse=True)
def _models() -> None:
    have_models()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


# ── ask ───────────────────────────────────────────────────────────────────────────────────────


def test_ask_thinks_by_itself(env: dict[str, str]) -> None:
    ended = assistant("ask", "What", "is the capital of France?", env=env)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Paris" in ended.stdout
    assert ended.stdout.endswith("\n")
    assert not ended.stdout.endswith("\n\n")


def test_ask_tells_what_it_is(env: dict[str, str]) -> None:
    ended = assistant("ask", "--json", "Who are you?", env=env)
    (told,) = lines_of(ended.stdout)
    assert told.keys() == ANSWERED
    assert told["heard"] == "Who are you?"
    assert "135 million parameters" in str(told["said"])


def test_an_answer_comes_as_it_is_thought(env: dict[str, str]) -> None:
    peer = HttpMind(text="One two three four.", mode=Mode.STALL_MIDWAY)
    with model_server(peer) as mind, in_terminal("ask", "Count!", *mind, env=env) as terminal:
        terminal.until("One two")
        assert terminal.process.poll() is None
        code, seconds = terminal.end(signal.SIGINT)
        assert (code, "Traceback" in terminal.shown) == (130, False)
        assert seconds < ENDS_S


@pytest.mark.parametrize("json_", [(), ("--json",)])
def test_a_failure_is_an_exit_code(json_: tuple[str, ...], env: dict[str, str]) -> None:
    with model_server(HttpMind(mode=Mode.UNAUTHORISED)) as mind:
        ended = assistant("ask", "hello", *json_, *mind, env=env)
    assert ended.returncode == 69
    assert ended.stdout == ""
    assert "wants another llm.api_key" in one_line(ended)


# ── chat ──────────────────────────────────────────────────────────────────────────────────────


def test_chat_from_a_pipe_prints_the_answers_alone(env: dict[str, str]) -> None:
    peer = HttpMind(text=ANSWER)
    with model_server(peer) as mind:
        ended = assistant("chat", *mind, env=env, given="How many?\n\n  \nAnd why?")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{ANSWER}\n{ANSWER}\n"
    told = [message["content"] for message in peer.requests[-1]["messages"]]
    assert told[-3:] == ["How many?", ANSWER, "And why?"]


@pytest.mark.parametrize("running", [False, True])
def test_chat_for_programs(env: dict[str, str], tmp_path: Path, *, running: bool) -> None:
    peer = HttpMind(text=ANSWER)
    with ExitStack() as stack:
        mind = stack.enter_context(model_server(peer))
        if running:
            heard = clip(tmp_path / "heard.wav", silence(120))
            device = ("-s", "device.backend=file", "-s", f"device.clips=['{heard}']")
            daemon = stack.enter_context(in_terminal("run", *EARS, *device, *mind, env=env))
            daemon.until("listening")
        ended = assistant("chat", "--json", *mind, env=env, given="How many?\nWhy?\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    told = lines_of(ended.stdout)
    assert [line.keys() for line in told] == [ANSWERED, ANSWERED]
    assert [(line["heard"], line["said"]) for line in told] == [
        ("How many?", ANSWER),
        ("Why?", ANSWER),
    ]


def test_chat_in_a_terminal(env: dict[str, str]) -> None:
    peer = HttpMind(text=ANSWER)
    with model_server(peer) as mind, in_terminal("chat", *mind, env=env) as terminal:
        terminal.until("peer-1 answers; an empty line or Ctrl-D ends this")
        terminal.until("> ")
        terminal.type("How manx\x7fy?\n")  # backspace edits
        terminal.until(rf"{ANSWER}\r?\n> ")
        terminal.type("\x1b[A\n")  # the arrow brings the question back
        terminal.until(rf"(?s:{ANSWER}.*{ANSWER}\r?\n> )")
        terminal.type("\x04")
        assert terminal.process.wait(5) == 0
    asked = [request["messages"][-1]["content"] for request in peer.requests]
    assert [text for text in asked if "?" in text] == ["How many?", "How many?"]


def test_chat_ends_by_an_interrupt(env: dict[str, str]) -> None:
    with (
        model_server(HttpMind()) as mind,
        in_terminal("chat", *mind, env=env) as terminal,
    ):
        terminal.until("> ")
        code, seconds = terminal.end(signal.SIGINT)
        assert (code, "Traceback" in terminal.shown) == (130, False)
        assert seconds < ENDS_S


def test_chat_goes_on_after_a_failure(env: dict[str, str]) -> None:
    peer = HttpMind(text=ANSWER, mode=Mode.UNAUTHORISED, failures=1)
    with model_server(peer) as mind:
        ended = assistant("chat", *mind, env=env, given="One?\nTwo?\n")
    assert ended.returncode == 0
    assert ended.stdout == f"{ANSWER}\n"
    assert "wants another llm.api_key" in one_line(ended)


# ── say ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["said.wav", "said.flac"])
def test_say_writes_a_file(name: str, env: dict[str, str], tmp_path: Path) -> None:
    ended = assistant("say", SAID, "--out", tmp_path / name, env=env)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    sound, rate = soundfile.read(tmp_path / name)
    heard = (soxr.resample(sound, rate, RATE) * 32767).astype("int16")
    assert errors(SAID, transcribed(heard)).wrong <= 1


def test_say_nothing_that_can_be_spoken(env: dict[str, str], tmp_path: Path) -> None:
    """Marks alone: the file holds no sound, and that is no error."""
    ended = assistant("say", "***", "--out", tmp_path / "said.wav", env=env)
    assert ended.returncode == 0
    assert len(soundfile.read(tmp_path / "said.wav")[0]) == 0


# ── a running assistant ───────────────────────────────────────────────────────────────────────


def test_the_running_one_is_used(env: dict[str, str], tmp_path: Path) -> None:
    quiet = clip(tmp_path / "quiet.wav", silence(60))
    device = ("-s", "device.backend=file", "-s", f"device.clips=['{quiet}']")
    peer = HttpMind(text=ANSWER)
    wav = tmp_path / "s.wav"
    with (
        model_server(peer) as mind,
        in_terminal("run", *EARS, *device, *mind, "--record", wav, env=env) as terminal,
    ):
        terminal.until("listening")
        asked = assistant("ask", "How many?", env=env)
        assert (asked.returncode, asked.stdout) == (0, f"{ANSWER}\n")
        (told,) = lines_of(assistant("ask", "--json", "Why?", env=env).stdout)
        assert told.keys() == ANSWERED
        assert (told["heard"], told["said"], told["outcome"]) == ("Why?", ANSWER, "answered")
        chat = assistant("chat", env=env, given="One?\nTwo?\n")
        assert (chat.returncode, chat.stdout) == (0, f"{ANSWER}\n{ANSWER}\n")
        assert not audible(soundfile.read(wav, dtype="int16")[0][:, 1]).any()
        said = assistant("say", "Please bring seven green apples.", env=env)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
        aloud = assistant("ask", "--speak", "How many?", env=env)
        assert (aloud.returncode, aloud.stdout) == (0, f"{ANSWER}\n")
        peer.mode = Mode.UNAUTHORISED
        failed = assistant("ask", "Why?", env=env)
        assert failed.returncode == 1
        assert "wants another llm.api_key" in one_line(failed)
        assert terminal.end(signal.SIGTERM)[0] == 0
    spoken = transcribed(soundfile.read(wav, dtype="int16")[0][:, 1])
    assert errors(f"Please bring seven green apples. {ANSWER}", spoken).wrong <= 2, spoken


# ── captions ──────────────────────────────────────────────────────────────────────────────────

FIRST = "I would like to know how many legs a spider has."
SECOND = "And please tell me what it eats in the winter."


def test_captions_do_not_flicker(env: dict[str, str], tmp_path: Path) -> None:
    """What was called stable stays, word for word, until the caption is finished."""
    talk = clip(tmp_path / "talk.wav", silence(1), piper(FIRST), silence(1.5), piper(SECOND))
    ended = assistant("captions", talk, "--json", *EARS, env=env)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = lines_of(ended.stdout)
    finals = [line for line in lines if line["final"]]
    assert errors(FIRST, str(finals[0]["text"])).wrong <= 1
    assert errors(f"{FIRST} {SECOND}", " ".join(str(f["text"]) for f in finals)).wrong <= 3
    assert len(lines) >= len(finals) + 8  # they came while it was spoken
    for number in {line["caption"] for line in lines}:
        stable = ""
        for line in (line for line in lines if line["caption"] == number and not line["final"]):
            text = str(line["text"])
            assert text.startswith(stable), (stable, text)
            stable = text[: int(str(line["stable"]))]
        assert len(stable) > 10
    assert float(str(finals[0]["start"])) == pytest.approx(1, abs=0.3)
    assert float(str(finals[-1]["start"])) > len(piper(FIRST)) / RATE + 1


def test_captions_are_lines(env: dict[str, str], tmp_path: Path) -> None:
    one = clip(tmp_path / "1.wav", piper(FIRST))
    two = clip(tmp_path / "2.wav", piper(SECOND))
    ended = assistant("captions", one, two, *EARS, env=env)
    assert (ended.returncode, ended.stderr) == (0, "")
    first, second = ended.stdout.splitlines()
    assert errors(FIRST, first).wrong <= 1
    assert errors(SECOND, second).wrong <= 1


def test_captions_live_in_a_terminal(env: dict[str, str], tmp_path: Path) -> None:
    long = clip(tmp_path / "1.wav", *[piper(FIRST)] * 6)
    with in_terminal("captions", long, *EARS, env=env) as terminal:
        terminal.until("hearing +I would like")
        code, seconds = terminal.end(signal.SIGINT)
        assert (code, "Traceback" in terminal.shown) == (130, False)
        assert seconds < ENDS_S


# ── converse, for people ──────────────────────────────────────────────────────────────────────


def test_converse_shows_a_turn_as_soon_as_it_is_over(env: dict[str, str], tmp_path: Path) -> None:
    question = clip(tmp_path / "q.wav", piper(FIRST))
    with (
        model_server(HttpMind(text=ANSWER)) as mind,
        subprocess.Popen(
            [*PROGRAM, "converse", str(question), str(tmp_path), *EARS, *mind],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running,
    ):
        assert running.stdout is not None
        lines = [running.stdout.readline() for _ in range(3)]
        assert lines[0] == f"{question}\n"
        assert lines[1].startswith("  heard  ")
        assert lines[2] == f"  said   {ANSWER}\n"
        Event().wait(0.3)
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 128 + signal.SIGTERM
        assert running.stderr is not None
        assert "Traceback" not in running.stderr.read()


def test_replay_tells_what_is_decided_differently(env: dict[str, str], tmp_path: Path) -> None:
    flight = tmp_path / "f.jsonl"
    question = clip(tmp_path / "q.wav", piper(FIRST))
    with model_server(HttpMind(text=ANSWER)) as mind:
        quick = ("-s", "tts.backend=espeak", "--flight", flight)
        assert assistant("converse", question, *EARS, *mind, *quick, env=env).returncode == 0
    good = assistant("replay", flight, env=env)
    assert good.returncode == 0
    lines = flight.read_text().splitlines()
    header = json.loads(lines[0])
    header["policy"]["words_s"] += 1  # it waited for the words for longer then
    flight.write_text("\n".join([json.dumps(header), *lines[1:]]) + "\n")
    bad = assistant("replay", flight, env=env)
    assert bad.returncode == 1
    assert "steps are decided differently now" in bad.stdout
