"""Recordings of every shape, and files that are none."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.errors import MediaError
from assistant.ports import RATE
from assistant.sound import clips


def tone(
    rate: int, seconds: float = 1.0, channels: int = 1
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    one = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
    return np.stack([one] * channels, axis=1)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("a.wav", 16_000, 1, "PCM_16"),
        ("b.wav", 8_000, 1, "PCM_16"),
        ("c.wav", 44_100, 2, "PCM_24"),
        ("d.wav", 48_000, 2, "FLOAT"),
        ("e.flac", 22_050, 1, "PCM_16"),
        ("f.wav", 8_000, 1, "ULAW"),
        ("g.wav", 96_000, 6, "PCM_32"),
        ("h.wav", 11_025, 1, "PCM_U8"),
    ],
)
def test_any_rate_width_and_channels(
    tmp_path: Path, name: str, rate: int, channels: int, subtype: str
) -> None:
    path = tmp_path / name
    soundfile.write(path, tone(rate, channels=channels), rate, subtype=subtype)
    clip = clips.load(path)
    wanted = tone(RATE)[:, 0] * 32_768
    assert clip.samples.dtype == np.int16
    assert clip.warning == ""
    assert len(clip.samples) == pytest.approx(RATE, abs=2)
    inner = slice(400, RATE - 400)
    assert np.abs(clip.samples[inner] - wanted[inner]).max() < 400


def test_16_khz_is_read_exactly(tmp_path: Path) -> None:
    sound = np.array([0, 1, -1, 32_767, -32_768, 12_345], np.int16)
    soundfile.write(tmp_path / "x.wav", sound, RATE)
    assert np.array_equal(clips.load(tmp_path / "x.wav").samples, sound)


def test_files_that_are_no_recordings(tmp_path: Path) -> None:
    wrong = {"text.wav": b"this is no sound at all, is it?\n" * 9, "empty.wav": b""}
    for name, content in wrong.items():
        (tmp_path / name).write_bytes(content)
    soundfile.write(tmp_path / "none.wav", np.zeros(0), RATE)
    (tmp_path / "folder").mkdir()
    cases = {
        "text.wav": "is no sound file that can be read",
        "empty.wav": "is empty",
        "none.wav": "holds no samples",
        "missing.wav": "cannot be read: No such file or directory",
        "folder": "holds no sound files",
    }
    for name, message in cases.items():
        with pytest.raises(MediaError, match=message) as caught:
            clips.load_all([tmp_path / name])
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith(str(tmp_path / name))


@pytest.mark.parametrize("name", ["cut.wav", "cut.flac"])
def test_what_is_left_of_a_truncated_file_is_used_and_said(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    noise = np.random.default_rng(0).standard_normal(RATE * 4) * 0.1
    soundfile.write(path, noise, RATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    clip = clips.load(path)
    assert 1.5 < clip.seconds < 2.1
    assert "is cut off" in clip.warning
    assert "of 4.0 s" in clip.warning


def test_a_wav_from_a_pipe_has_no_length_and_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "pipe.wav"
    soundfile.write(path, tone(RATE), RATE)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    clip = clips.load(path)
    assert clip.warning == ""
    assert len(clip.samples) == RATE


def test_directories_give_their_sound_files_sorted(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("b.wav", "a.flac", "c.WAV"):
        soundfile.write(folder / name, tone(RATE, 0.1), RATE, format=name[-4:].strip(".").upper())
    (folder / "notes.txt").write_text("not a sound")
    soundfile.write(tmp_path / "single.wav", tone(RATE, 0.1), RATE)
    found = clips.load_all([tmp_path / "single.wav", folder])
    assert [clip.path.name for clip in found] == ["single.wav", "a.flac", "b.wav", "c.WAV"]


def test_numbers_that_are_no_sound_become_silence(tmp_path: Path) -> None:
    sound = np.array([0.1, np.nan, np.inf, -np.inf, 2.0], np.float32)
    soundfile.write(tmp_path / "x.wav", sound, RATE, subtype="FLOAT")
    assert list(clips.load(tmp_path / "x.wav").samples) == [3277, 0, 0, 0, 32_767]
