"""Recordings with known answers: tones and silence at exact places."""

from pathlib import Path

import numpy as np
import soundfile

from assistant.ports import RATE, Samples

TONE_HZ = 220.0


def tone(seconds: float, dbfs: float = -20.0) -> Samples:
    count = round(seconds * RATE)
    wave = np.sin(2 * np.pi * TONE_HZ * np.arange(count) / RATE)
    samples: Samples = np.rint(wave * np.sqrt(2) * 10 ** (dbfs / 20) * 32767).astype(np.int16)
    return samples


def at(length_s: float, *spans: tuple[float, float], dbfs: float = -20.0) -> Samples:
    """Return sound that is a tone from and to these seconds, and silent elsewhere."""
    whole = np.zeros(round(length_s * RATE), np.int16)
    for start, end in spans:
        first, last = round(start * RATE), round(end * RATE)
        whole[first:last] = tone((last - first) / RATE, dbfs)[: last - first]
    return whole


def write(path: Path, samples: Samples) -> Path:
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path
