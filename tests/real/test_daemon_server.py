"""The daemon on a sound server that others use, too: they are lowered, and it is told of mutes."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from assistant.ports import RATE
from tests.real import virtual_audio
from tests.real.daemon import PATIENCE, assistant, piper
from tests.real.test_daemon_sound import QUESTION, running, until
from tests.real.test_sound_server import LOW, is_at, player, until_sync, volume
from tests.real.virtual_audio import VirtualAudio

pytest.importorskip("pulsectl_asyncio", reason="needs the extra desktop")
pytestmark = pytest.mark.real

STORY = "One two three four five six seven eight nine ten. " * 6


@pytest.fixture
def audio(tmp_path: Path) -> Iterator[VirtualAudio]:
    with virtual_audio.virtual_audio(tmp_path / "audio") as server:
        yield server


def test_others_are_lowered_for_a_turn_and_after_a_kill_they_are_put_back(
    tmp_path: Path, audio: VirtualAudio
) -> None:
    kept = tmp_path / "state/assistant/ducked.json"
    with player(audio):
        with running(tmp_path, audio) as terminal:
            terminal.until("listening")
            assert volume(audio, "music") == 1.0
            asking = audio.say(piper(QUESTION), RATE)
            until_sync(is_at(audio, "music", LOW), 30)
            asking.wait(30)
            terminal.until(r"assistant\s+A spider has eight legs\.")
            until_sync(is_at(audio, "music", 1.0))
            until_sync(lambda: not kept.exists())
            saying = Thread(target=assistant, args=("say", STORY), kwargs={"env": terminal.env})
            saying.start()
            until(terminal, activity="speaking")
            until_sync(is_at(audio, "music", LOW))
            os.kill(int(str(terminal.control("status")["pid"])), signal.SIGKILL)
            assert terminal.process.wait(PATIENCE) == -signal.SIGKILL
            saying.join(30)
        assert is_at(audio, "music", LOW)()
        assert kept.exists()
        with running(tmp_path, audio) as terminal:
            until_sync(is_at(audio, "music", 1.0), 30)
            terminal.until("listening")
            assert not kept.exists()
            assert terminal.end(signal.SIGTERM)[0] == 0


def test_what_the_server_does_to_its_microphone_is_to_be_seen(
    tmp_path: Path, audio: VirtualAudio
) -> None:
    with running(tmp_path, audio) as terminal:
        terminal.until("listening")
        audio.ask("set-source-mute", "microphone", "1")
        until(terminal, 3.0, activity="deaf")
        terminal.until(r"deaf .*pactl set-source-mute microphone 0")
        told = assistant("status", env=terminal.env).stdout
        assert "pactl set-source-mute microphone 0" in told
        audio.ask("set-source-mute", "microphone", "0")
        until(terminal, 3.0, activity="listening")
        audio.say(piper(QUESTION), RATE).wait(30)
        terminal.until(r"assistant\s+A spider has eight legs\.")
        Event().wait(0.1)
        assert "Traceback" not in terminal.shown
