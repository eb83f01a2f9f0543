"""Reads recordings: any rate, width and number of channels, as the assistant hears them."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from assistant.errors import MediaError
from assistant.ports import RATE, Samples

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff")
"""What is taken from a directory."""

_LOUDEST = 32_767
_AT_A_TIME = 1024
"""Frames: a read that meets damage gives nothing at all."""
_UNKNOWN_LENGTH = 0x7FFF_0000
"""Programs that write a WAV into a pipe put this or more where they do not know the size."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A recording as mono sound at `RATE`; `warning` says what was wrong with it, if anything."""

    path: Path
    samples: Samples
    warning: str = ""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / RATE


def load_all(paths: Iterable[Path]) -> list[Clip]:
    """Read files, and the sound files of directories in the order of their names."""
    return [load(path) for path in expand(paths)]


def expand(paths: Iterable[Path]) -> list[Path]:
    """Replace directories by their sound files, sorted. Raises `MediaError`."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
        if not inside:
            raise MediaError(str(path), "holds no sound files; name one with WAV or FLAC files")
        found += inside
    return found


def load(path: Path) -> Clip:
    """Read one file. Raises `MediaError`, one line that says what is wrong with it."""
    name = str(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise MediaError(name, f"cannot be read: {error.strerror}; check the path") from error
    if not size:
        raise MediaError(name, "is empty (0 bytes); record it again")
    try:
        sound, rate, promised = _read(path)
    except soundfile.LibsndfileError as error:
        raise MediaError(
            name, f"is no sound file that can be read ({_reason(error)}); give a WAV or FLAC file"
        ) from error
    except OSError as error:
        raise MediaError(name, f"cannot be read: {error.strerror}") from error
    if not len(sound):
        raise MediaError(name, "holds no samples; record it again")
    warning = ""
    if promised > len(sound):
        warning = (
            f"is cut off: {len(sound) / rate:.1f} s of {promised / rate:.1f} s are there and used"
        )
    return Clip(path, _mono(sound, rate), warning)


def _read(path: Path) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float32]], int, int]:
    """Return sound (frames, channels), its rate, and how many frames the file claims to hold."""
    with soundfile.SoundFile(path) as file:
        rate, claimed = file.samplerate, max(file.frames, 0)
        parts = []
        while True:
            try:
                part = file.read(_AT_A_TIME, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:  # what came before the damage is still good
                break
            if not len(part):
                break
            parts.append(part)
        width = file.channels
    sound = np.concatenate(parts) if parts else np.zeros((0, width), np.float32)
    return sound, rate, max(claimed, _claim_of_wav(path))


def _claim_of_wav(path: Path) -> int:
    """Return how many frames the header of a WAV promises: libsndfile believes the file's size."""
    with path.open("rb") as file:
        if (head := file.read(12))[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return 0
        block = 0
        while len(head := file.read(8)) == 8:  # noqa: PLR2004 - a chunk's name and its size
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                return size // block if block and size < _UNKNOWN_LENGTH else 0
            if name == b"fmt " and len(content := file.read(16)) == 16:  # noqa: PLR2004 - as named
                block = struct.unpack("<12xH", content[:14])[0]
                size -= 16
            file.seek(size + size % 2, 1)
    return 0


def _mono(sound: np.ndarray[tuple[int, ...], np.dtype[np.float32]], rate: int) -> Samples:
    mixed = np.nan_to_num(sound.mean(axis=1), posinf=0, neginf=0)
    if rate != RATE:
        mixed = soxr.resample(mixed, rate, RATE, quality="HQ")
    scaled = np.rint(mixed * (_LOUDEST + 1))
    samples: Samples = np.clip(scaled, -_LOUDEST - 1, _LOUDEST).astype(np.int16)
    return samples


def _reason(error: soundfile.LibsndfileError) -> str:
    return str(error.error_string).strip().rstrip(".") or "unknown format"
