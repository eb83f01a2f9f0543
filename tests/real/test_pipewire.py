"""The daemon on PipeWire: heard, answered, and back when it was killed."""

import signal
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest

from assistant.ports import RATE
from tests.real.daemon import assistant, piper
from tests.real.pipewire import PipeWireAudio, pipewire_audio
from tests.real.test_daemon_sound import QUESTION, running, until
from tests.real.test_sound_server import LOW, is_at, player, until_sync

pytestmark = pytest.mark.real

BACK_S = 3.0


@pytest.fixture
def audio(tmp_path: Path) -> Iterator[PipeWireAudio]:
    with pipewire_audio(tmp_path / "audio") as server:
        yield server


def test_it_hears_answers_and_comes_back(tmp_path: Path, audio: PipeWireAudio) -> None:
    with running(tmp_path, audio) as terminal:
        terminal.until("listening")
        audio.say(piper(QUESTION), RATE).wait(30)
        with audio.listen() as heard:
            terminal.until(r"assistant\s+A spider has eight legs\.")
        assert heard[0].any()
        audio.stop(signal.SIGKILL)
        until(terminal, 4.0, activity="deaf")
        audio.start()
        began = perf_counter()
        until(terminal, 10.0, trouble=False)
        assert perf_counter() - began < BACK_S
        audio.say(piper(QUESTION), RATE).wait(30)
        until(terminal, turns=2)
        assert "Traceback" not in terminal.shown


def test_others_are_lowered_and_put_back(tmp_path: Path, audio: PipeWireAudio) -> None:
    pytest.importorskip("pulsectl_asyncio", reason="needs the extra desktop")
    with player(audio), running(tmp_path, audio) as terminal:
        terminal.until("listening")
        asking = audio.say(piper(QUESTION), RATE)
        until_sync(is_at(audio, "music", LOW), 30)
        asking.wait(30)
        terminal.until(r"assistant\s+A spider has eight legs\.")
        until_sync(is_at(audio, "music", 1.0))


def test_mute_closes_the_microphone(tmp_path: Path, audio: PipeWireAudio) -> None:
    with running(tmp_path, audio) as terminal:
        terminal.until("listening")
        outputs = audio.ask("list", "source-outputs")
        assert outputs.count("ALSA plug-in") >= 1, outputs
        assert assistant("mute", env=terminal.env).returncode == 0
        until_sync(lambda: "ALSA plug-in" not in audio.ask("list", "source-outputs"), 3)
