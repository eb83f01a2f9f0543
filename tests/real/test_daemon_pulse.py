"""The daemon on a real sound server: spoken to through a microphone, heard through a speaker."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
import soxr

from assistant.bench.outside import audible
from assistant.bench.words import errors
from assistant.ports import RATE, Samples
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
    one_line,
    piper,
    transcribed,
)
from tests.real.virtual_audio import VirtualAudio

pytestmark = pytest.mark.real

QUESTION = "How many legs does a spider have?"
ANSWER = "A spider has eight legs."
ALIKE = 0.8
"""Of the letters; the voice varies, and one time in ten Whisper hears an aspirator."""
STORY = "This is a story about a dog and a cat, and it goes on for a long time. " * 4


@dataclass
class Daemon:
    """A running daemon, the sound server that it uses, and the mind that it asks."""

    terminal: Terminal
    audio: VirtualAudio
    peer: HttpMind

    def verb(self, *words: object) -> str:
        """Run a verb against it; return what it prints."""
        ended = assistant(*words, env=self.terminal.env)
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
        return ended.stdout

    def status(self) -> dict[str, object]:
        return self.terminal.control("status")

    def until(self, activity: str) -> None:
        for _ in range(int(PATIENCE * 50)):
            if self.status()["activity"] == activity:
                return
            Event().wait(0.02)
        pytest.fail(f"it never was {activity}: {self.status()}")

    def ask_aloud(self) -> None:
        self.audio.say(piper(QUESTION), RATE).wait(30)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have_models()
    folder = tmp_path_factory.mktemp("pulse")
    peer = HttpMind(text=ANSWER)
    with ExitStack() as stack:
        audio = stack.enter_context(virtual_audio.virtual_audio(folder / "audio"))
        mind = stack.enter_context(model_server(peer))
        env = environment(folder, **audio.client)
        terminal = stack.enter_context(in_terminal("run", *EARS, *mind, env=env, columns=100))
        terminal.until("listening")
        yield Daemon(terminal, audio, peer)


def at_rate(sound: Samples) -> Samples:
    heard = soxr.resample(sound.astype(np.float32), virtual_audio.RATE, RATE)
    clipped: Samples = np.clip(heard, -32768, 32767).astype(np.int16)
    return clipped


def test_the_first_screen_says_what_runs(daemon: Daemon) -> None:
    shown = daemon.terminal.shown
    for line in ("microphone", "speaker", "ears  ", "mind ", "voice"):
        assert line in shown
    assert "Ctrl-C ends the conversation" in shown
    told = daemon.verb("status")
    assert "listening" in told
    assert "peer-1" in told


def test_a_spoken_question_is_answered_aloud(daemon: Daemon) -> None:
    before = daemon.status()["turns"]
    with daemon.audio.listen() as recorded:
        daemon.ask_aloud()
        daemon.terminal.until(r"assistant\s+A spider has eight legs\.")
        daemon.until("listening")
    heard = transcribed(at_rate(recorded[0]))
    assert SequenceMatcher(None, ANSWER.lower(), heard.lower()).ratio() > ALIKE, heard
    status = daemon.status()
    assert status["turns"] == int(str(before)) + 1
    assert isinstance(status["last_latency"], float)
    assert daemon.peer.requests


def test_what_is_muted_does_not_hear(daemon: Daemon) -> None:
    assert "closed" in daemon.verb("mute")
    assert daemon.status()["muted"] is True
    assert daemon.audio.recorders() == 0
    turns = daemon.status()["turns"]
    daemon.ask_aloud()
    assert daemon.status()["activity"] == "muted"
    assert "open" in daemon.verb("unmute")
    daemon.until("listening")
    assert daemon.status()["turns"] == turns
    with daemon.audio.listen() as recorded:
        daemon.ask_aloud()
        daemon.until("speaking")
        daemon.until("listening")
    assert audible(at_rate(recorded[0])).any()


def test_it_says_what_it_is_told(daemon: Daemon) -> None:
    with daemon.audio.listen() as recorded:
        assert daemon.verb("say", "Please bring seven green apples.") == ""
    assert errors("Please bring seven green apples.", transcribed(at_rate(recorded[0]))).wrong <= 1


def test_it_answers_in_writing(daemon: Daemon) -> None:
    with daemon.audio.listen() as recorded:
        assert daemon.verb("ask", "How", "many?") == f"{ANSWER}\n"
    assert not audible(at_rate(recorded[0])).any()


def test_stop_silences_it(daemon: Daemon) -> None:
    daemon.peer.text = STORY
    asking = Thread(target=daemon.verb, args=("ask", "--speak", "Tell me a story."))
    with daemon.audio.listen() as recorded:
        asking.start()
        daemon.until("speaking")
        Event().wait(1.0)
        daemon.terminal.control("stop")
        daemon.until("listening")
        Event().wait(1.0)
        asking.join(PATIENCE)
    daemon.peer.text = ANSWER
    each_ms = audible(at_rate(recorded[0]))
    loud = np.flatnonzero(each_ms)
    assert 500 < loud[-1] - loud[0] < 4000  # of a story of 15 seconds
    assert len(each_ms) - loud[-1] > 800


def test_a_second_one_is_sent_away(daemon: Daemon) -> None:
    second = assistant("run", *EARS, env=daemon.terminal.env)
    assert second.returncode == 1
    assert "already runs" in one_line(second)


def test_quit_ends_it(daemon: Daemon) -> None:
    assert daemon.verb("quit") == "the assistant has ended\n"
    assert daemon.terminal.process.wait(5) == 0
    assert "Traceback" not in daemon.terminal.shown
    gone = assistant("status", env=daemon.terminal.env)
    assert gone.returncode == 69
    assert Path(daemon.terminal.env["HOME"]).is_dir()
