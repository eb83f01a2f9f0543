"""`assistant setup` in a terminal, on a real sound server, with a voice that says something."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import yaml

from assistant.config import load
from assistant.ports import RATE
from assistant.testing.http_mind import HttpMind
from tests.real import virtual_audio
from tests.real.daemon import (
    ENDS_S,
    PATIENCE,
    PROGRAM,
    Terminal,
    assistant,
    environment,
    espeak,
    have_models,
    in_terminal,
    model_server,
    silence,
    without_sound_card,
)
from tests.real.virtual_audio import VirtualAudio

pytestmark = pytest.mark.real

WORDS = "Good morning. This is my voice, and I am speaking to you now, for a few seconds."


@pytest.fixture
def audio(tmp_path: Path) -> Iterator[VirtualAudio]:
    """Have a server whose default source is not the microphone, but an input that is silent."""
    with virtual_audio.virtual_audio(tmp_path / "audio") as server:
        server.ask("load-module", "module-null-sink", "sink_name=line", "channels=1")
        source = ("source_name=line_in", "master=line.monitor", "channels=1")
        server.ask("load-module", "module-remap-source", *source)
        server.ask("set-default-source", "line_in")
        yield server


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


def config_file(env: dict[str, str]) -> Path:
    return Path(env["HOME"]) / ".config" / "assistant" / "config.yaml"


def say(audio: VirtualAudio) -> Thread:
    """Say the words again and again, as people do who are not sure to be heard."""
    sound = np.concatenate((espeak(WORDS), silence(0.3)))
    speaking = Thread(target=lambda: [audio.say(sound, RATE).wait(30) for _ in range(3)])
    speaking.start()
    return speaking


def answer(terminal: Terminal, question: str, text: str = "") -> None:
    terminal.until(question)
    terminal.type(f"{text}\n")


@pytest.mark.slow
def test_it_finds_the_microphone_that_hears_and_writes_what_was_answered(
    audio: VirtualAudio, tmp_path: Path
) -> None:
    env = environment(tmp_path, **audio.client)
    peer = HttpMind()
    with model_server(peer), in_terminal("setup", env=env, columns=100) as terminal:
        terminal.until("please say something")
        speaking = say(audio)
        terminal.until("hears you")
        shown = terminal.until(r"microphone  microphone  \(speech -\d+ dBFS, room -\d+ dBFS\)")
        assert "█" in shown, "a meter"
        answer(terminal, "Play a chirp through", "y")
        answer(terminal, "Did you hear it", "y")
        terminal.until("headphones: it listens while it speaks")
        answer(terminal, "When should it listen", "wake")
        answer(terminal, "What should it be called", "alexa")
        answer(terminal, r"ms for 3 s of speech[\s\S]*With which ears", "tiny.en")
        answer(terminal, "With which mind", "server")
        answer(terminal, "Its address", "nonsense")
        answer(terminal, "an address such as", peer.base_url)
        shown = terminal.until("Write it")
        assert not config_file(env).exists(), "nothing before the last answer"
        terminal.type("\n")
        terminal.until("Ready: ")
        assert terminal.process.wait(PATIENCE) == 0
        speaking.join()
    assert "Traceback" not in terminal.shown
    text = config_file(env).read_text()
    assert "# A part of its name, or its number; null: the system's default." in text
    assert "# Address of the server, with its /v1." in text
    tree = yaml.safe_load(text)
    assert tree["device"]["microphone"] == "microphone"
    assert tree["device"]["duplex"] == "full"
    assert tree["turns"]["mode"] == "wake"
    assert tree["wake"]["names"] == ["alexa"]
    assert tree["stt"]["model"] == "tiny.en"
    assert tree["llm"]["backend"] == "openai"
    assert tree["llm"]["base_url"] == peer.base_url
    assert load(config_file(env), environ={}).turns.mode == "wake"
    assert config_file(env).stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_loudspeaker_that_comes_back_is_measured_and_a_second_run_keeps_all(
    audio: VirtualAudio, tmp_path: Path
) -> None:
    """The speaker is 120 ms and more away from the microphone, and 0 dB."""
    env = environment(tmp_path, **audio.client)
    place = config_file(env)
    place.parent.mkdir(parents=True)
    mine = "# mine\ndevice: {microphone: microphone}  # my desk\nturns:\n  mode: push  # a key\n"
    place.write_text(mine)
    loop = ("source=speaker.monitor", "sink=mic_in", "latency_msec=120")
    audio.ask("load-module", "module-loopback", *loop)
    with in_terminal("setup", env=env, columns=100) as terminal:
        terminal.until("please say something")
        speaking = say(audio)
        terminal.until(r"microphone  microphone  \(")
        speaking.join()
        answer(terminal, "Play a chirp through", "y")
        shown = terminal.until(r"the microphone heard it after (\d+) ms, [+-]\d+ dB")
        terminal.until("it does not listen to itself")
        for question in ("When should it listen", "With which ears", "With which mind"):
            answer(terminal, question)
        terminal.until("says all of that already")
        assert terminal.process.wait(PATIENCE) == 0
    delay = int(shown.split("heard it after ")[1].split(" ms")[0])
    assert 60 < delay < 500
    assert place.read_text() == mine


@pytest.mark.slow
def test_unattended_it_measures_and_writes_what_it_found(
    audio: VirtualAudio, tmp_path: Path
) -> None:
    env = environment(tmp_path, **audio.client)
    with subprocess.Popen(
        [*PROGRAM, "setup", "--yes"],
        env=env,
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        seen = []
        for line in process.stdout:
            seen.append(line)
            if "please say something" in line:
                speaking = say(audio)
        errors = process.stderr.read() if process.stderr else ""
    speaking.join()
    assert (process.returncode, errors) == (0, ""), "".join(seen)
    tree = yaml.safe_load(config_file(env).read_text())
    assert tree["device"]["microphone"] == "microphone"
    assert tree["device"]["duplex"] == "auto", "nobody said that they heard the chirp"
    assert tree["turns"]["mode"] == "always"


@pytest.mark.slow
def test_a_microphone_that_gives_only_zeros_is_told_and_nothing_is_guessed(
    audio: VirtualAudio, tmp_path: Path
) -> None:
    env = environment(tmp_path, **audio.client)
    ended = assistant("setup", "--yes", env=env)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "No voice was heard" in ended.stdout
    assert "no sound at all: is it muted?" in ended.stdout
    assert yaml.safe_load(config_file(env).read_text())["device"]["microphone"] is None


@pytest.mark.slow
def test_ctrl_c_while_it_listens_or_plays_changes_nothing(
    audio: VirtualAudio, tmp_path: Path
) -> None:
    env = environment(tmp_path, **audio.client)
    with in_terminal("setup", env=env, columns=100) as terminal:
        terminal.until("please say something")
        code, seconds = terminal.end(signal.SIGINT)
        terminal.until("Nothing was changed")
    assert code == 128 + signal.SIGINT
    assert seconds < ENDS_S
    with in_terminal("setup", env=env, columns=100) as terminal:
        answer(terminal, "Listen once more", "n")
        answer(terminal, "Play a chirp through", "y")
        code, _ = terminal.end(signal.SIGINT)
        terminal.until("Nothing was changed")
    assert code == 128 + signal.SIGINT
    assert not config_file(env).exists()


@pytest.mark.slow
def test_a_microphone_that_is_deaf_does_not_prove_headphones(
    audio: VirtualAudio, tmp_path: Path
) -> None:
    env = environment(tmp_path, **audio.client)
    with in_terminal("setup", env=env, columns=100) as terminal:
        answer(terminal, "Listen once more", "n")
        answer(terminal, "Play a chirp through", "y")
        answer(terminal, "Did you hear it", "y")
        for question in ("When should it", "With which ears", "With which mind", "Write it"):
            answer(terminal, question)
        terminal.until("Ready: ")
        assert terminal.process.wait(PATIENCE) == 0
    assert yaml.safe_load(config_file(env).read_text())["device"]["duplex"] == "auto"


# ── without sound, which is quicker ───────────────────────────────────────────────────────────

QUESTIONS = ("When should it listen", "With which ears", "With which mind", "Write it")


@pytest.mark.parametrize("at", range(len(QUESTIONS)))
def test_ctrl_c_at_any_question_changes_nothing(env: dict[str, str], at: int) -> None:
    without_sound_card()
    place = config_file(env)
    place.parent.mkdir(parents=True)
    place.write_text("turns: {mode: push}  # mine\n")
    with in_terminal("setup", env=env, columns=100) as terminal:
        for question in QUESTIONS[:at]:
            answer(terminal, question, "always" if question == QUESTIONS[0] else "")
        terminal.until(QUESTIONS[at])
        code, _ = terminal.end(signal.SIGINT)
        terminal.until("Nothing was changed")
    assert code == 128 + signal.SIGINT
    assert place.read_text() == "turns: {mode: push}  # mine\n"
    assert [path.name for path in place.parent.iterdir()] == ["config.yaml"]


def test_no_microphone_and_no_speaker_is_an_answer_too(env: dict[str, str]) -> None:
    without_sound_card()
    ended = assistant("setup", env=env, given="push\n\n\nbuilt-in\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "There is no microphone" in ended.stdout
    assert "Plug one in" in ended.stdout
    assert "nobody answers" in ended.stdout
    assert yaml.safe_load(config_file(env).read_text())["turns"]["mode"] == "push"


def test_stdin_may_be_closed(env: dict[str, str]) -> None:
    without_sound_card()
    script = 'exec "$@" <&-'
    ended = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *PROGRAM, "setup"],
        env=env,
        cwd=env["HOME"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    load(config_file(env), environ={})


def test_what_is_declined_is_not_written(env: dict[str, str]) -> None:
    without_sound_card()
    ended = assistant("setup", env=env, given="push\n\n\nn\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Nothing was changed" in ended.stdout
    assert not config_file(env).exists()


def test_a_credential_that_only_the_service_gets_may_be_named(env: dict[str, str]) -> None:
    without_sound_card()
    given = "\n\nkey\nhttps://models.invalid/v1\ncredential:llm\nbig-one\n\n"
    ended = assistant("setup", env=env, given=given)
    assert (ended.returncode, ended.stderr) == (0, "")
    tree = yaml.safe_load(config_file(env).read_text())
    assert tree["llm"]["api_key"] == {"credential": "llm"}
    assert tree["llm"]["model"] == "big-one"


def test_a_key_is_never_written(env: dict[str, str]) -> None:
    without_sound_card()
    key = "sk-abcdefghijklmnopqrstuvwxyz0123456789"
    peer = HttpMind()
    with model_server(peer):
        given = f"\n\nkey\n{peer.base_url}\n{key}\nMY_KEY\n\n\n\n\n"
        ended = assistant("setup", env=env | {"MY_KEY": key}, given=given)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "looks like the key itself" in ended.stdout
    text = config_file(env).read_text()
    assert yaml.safe_load(text)["llm"]["api_key"] == {"env": "MY_KEY"}
    assert key not in text
    assert key not in ended.stdout.replace(f"Where is the key? [OPENAI_API_KEY] {key}", "")


def test_models_are_fetched_only_when_asked_and_their_sizes_are_told_before(
    env: dict[str, str], tmp_path: Path
) -> None:
    without_sound_card()
    have_models()
    models = tmp_path / "models"
    there = env | {"ASSISTANT_MODEL_DIR": env["ASSISTANT_MODELS"], "ASSISTANT_MODELS": f"{models}"}
    declined = assistant("setup", env=there, given="\n\n\n\nn\n")
    assert (declined.returncode, declined.stderr) == (0, "")
    assert "whisper-tiny.en                  78 MB" in declined.stdout
    assert f"into {models}" in declined.stdout
    assert "fetches them when it starts" in declined.stdout
    assert not models.exists()
    taken = assistant("setup", "--yes", env=there)
    assert taken.returncode == 0, taken.stderr
    assert (models / "whisper-tiny.en" / "model.bin").stat().st_size > 70_000_000
    again = assistant("setup", "--yes", env=there)
    assert "Still to be fetched" not in again.stdout
    assert "ms for 3 s of speech" in again.stdout


def test_a_file_with_a_mistake_is_told_first_and_left_alone(env: dict[str, str]) -> None:
    place = config_file(env)
    place.parent.mkdir(parents=True)
    place.write_text("turns: {mode: sometimes}\n")
    ended = assistant("setup", "--yes", env=env)
    assert ended.returncode == os.EX_CONFIG
    assert "turns.mode: should be one of" in ended.stderr
    assert place.read_text() == "turns: {mode: sometimes}\n"
