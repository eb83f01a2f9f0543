"""What `assistant doctor` finds on a real sound server, and on disks that are really full."""

# ruff: noqa: S607
# (mount and umount, wherever they are.)

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.care import machine, mixer, sound, user
from assistant.ports import Samples
from tests.real import virtual_audio
from tests.real.virtual_audio import RATE, VirtualAudio

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualAudio]:
    with virtual_audio.virtual_audio(tmp_path_factory.mktemp("audio")) as server:
        yield server


def hum() -> Samples:
    """Return a soft sound that lasts long enough for a recording."""
    random = np.random.default_rng(3)
    made: Samples = (random.standard_normal(8 * RATE) * 30).astype(np.int16)
    return made


def test_a_muted_microphone_is_named_with_what_unmutes_it(audio: VirtualAudio) -> None:
    assert mixer.volume("source").state == "ok"
    audio.ask("set-source-mute", "microphone", "1")
    finding = mixer.volume("source")
    assert finding.state == "fail"
    assert "muted" in finding.detail
    subprocess.run(finding.fix.strip("`").split(), check=True, timeout=10)
    assert mixer.volume("source").state == "ok"


def test_a_volume_of_nothing_or_hardly_anything_is_named(audio: VirtualAudio) -> None:
    for percent, state in ((0, "fail"), (7, "warn"), (100, "ok")):
        audio.ask("set-sink-volume", "speaker", f"{percent}%")
        finding = mixer.volume("sink")
        assert finding.state == state
        assert f"{percent} %" in finding.detail


def test_the_one_that_is_configured_is_asked_for_not_the_default(audio: VirtualAudio) -> None:
    audio.ask("set-source-mute", "mic_in.monitor", "1")
    assert mixer.volume("source", "mic_in.monitor").state == "fail"
    assert mixer.volume("source").state == "ok"
    audio.ask("set-source-mute", "mic_in.monitor", "0")


def test_a_server_that_does_not_answer_is_no_verdict_on_the_mixer() -> None:
    gone = {**os.environ, "PULSE_SERVER": "unix:/nonexistent"}
    finding = mixer.volume("source", environ=gone)
    assert (finding.state, finding.detail) == ("ok", "no sound server to ask")


def test_a_microphone_that_gives_only_zeros_is_told_from_one_that_hears(
    audio: VirtualAudio,
) -> None:
    silent = sound.recording("microphone")
    assert silent.state == "fail"
    assert "no sound at all" in silent.detail
    playing = audio.say(hum())
    try:
        hears = sound.recording("microphone")
    finally:
        playing.terminate()
        playing.wait(10)
    assert hears.state == "ok", hears
    assert "dBFS" in hears.detail


def test_devices_come_with_the_rates_that_they_take(audio: VirtualAudio) -> None:
    del audio  # its environment is ours
    found = {finding.what: finding for finding in sound.devices("microphone", "speaker")}
    assert list(found) == [
        *("PortAudio", "microphone", "microphone rates"),
        *("speaker", "speaker rates", "recording"),
    ]
    assert "48000 Hz" in found["microphone rates"].detail
    assert "48000 Hz" in found["speaker rates"].detail


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Have a disk of 256 kB, which takes root to make."""
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", f"{place}"]
    made = subprocess.run(words, capture_output=True, check=False)
    if made.returncode:
        pytest.skip("needs the right to mount a small tmpfs: run as root")
    try:
        yield place
    finally:
        subprocess.run(["umount", f"{place}"], check=True)


def test_a_disk_that_is_full_is_found_by_writing(small_disk: Path) -> None:
    assert user.writable("state folder", small_disk / "state", "").state == "ok"
    (found,) = machine.places({"logs": small_disk / "state"})
    assert found.state == "fail"
    assert "0 MB free" in found.detail
    (small_disk / "filling").write_bytes(b"\0" * 256 * 1024)
    finding = user.writable("state folder", small_disk / "state", "set XDG_STATE_HOME")
    assert finding.state == "fail"
    assert "No space left" in finding.detail
