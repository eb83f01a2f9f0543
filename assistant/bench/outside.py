"""What a stereo recording tells from outside: when somebody spoke, and when we did.

Nothing here trusts the program's own clocks: the left channel is what the microphone heard, the
right one what the speaker played, at one clock.
"""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.ports import RATE, Samples

AUDIBLE_DBFS = -50.0
"""Sound above this level, for `AUDIBLE_MS`, is heard in a quiet room."""
AUDIBLE_MS = 5
_FULL_SCALE = 32768.0
_PER_MS = RATE // 1000


def channels(path: Path) -> tuple[Samples, Samples]:
    """Read a stereo recording: what was heard, what was played; both at `RATE`."""
    both, _ = soundfile.read(str(path), dtype="int16", always_2d=True)
    return both[:, 0], both[:, 1]


def audible(samples: Samples, dbfs: float = AUDIBLE_DBFS) -> NDArray[np.bool_]:
    """Tell for each millisecond whether it belongs to `AUDIBLE_MS` louder than `dbfs` (RMS)."""
    whole = len(samples) // _PER_MS * _PER_MS
    energy = (samples[:whole].astype(np.float64) / _FULL_SCALE) ** 2
    each = energy.reshape(-1, _PER_MS).mean(axis=1)
    if len(each) < AUDIBLE_MS:
        return np.zeros(len(each), bool)
    smooth = np.convolve(each, np.ones(AUDIBLE_MS) / AUDIBLE_MS, "valid")
    loud = np.zeros(len(each), bool)
    for start in np.flatnonzero(smooth > 10 ** (dbfs / 10)):
        loud[start : start + AUDIBLE_MS] = True
    return loud


def first_audible(
    samples: Samples, start: int, end: int | None = None, dbfs: float = AUDIBLE_DBFS
) -> int | None:
    """Return the first sample between `start` and `end` that is heard; `None`: none is."""
    loud = np.flatnonzero(audible(samples[start:end], dbfs))
    return start + int(loud[0]) * _PER_MS if len(loud) else None


def last_audible(samples: Samples, start: int, end: int | None = None) -> int | None:
    """Return the sample behind the last one between `start` and `end` that is heard."""
    loud = np.flatnonzero(audible(samples[start:end]))
    return start + (int(loud[-1]) + 1) * _PER_MS if len(loud) else None


def longest_gap(samples: Samples, start: int, end: int) -> int:
    """Return the longest silence, in samples, between the first and the last sound in a span."""
    loud = np.flatnonzero(audible(samples[start:end]))
    return 0 if len(loud) < 2 else int(np.diff(loud).max() - 1) * _PER_MS  # noqa: PLR2004


def falls_silent(samples: Samples, start: int, end: int, silence_ms: int) -> int | None:
    """Return the first sample from `start` on of a silence of so many milliseconds.

    `None`: there is none.
    """
    loud = np.flatnonzero(audible(samples[start:end]))
    whole = (min(end, len(samples)) - start) // _PER_MS
    edges = np.concatenate([[-1], loud, [whole]])
    gaps = np.flatnonzero(np.diff(edges) > silence_ms)
    return start + (int(edges[gaps[0]]) + 1) * _PER_MS if len(gaps) else None


def begins(samples: Samples, start: int, end: int, before_ms: int = 50) -> int | None:
    """Return where sound begins in a span; `None`: there is none, or it sounded already."""
    first = first_audible(samples, start, end)
    if first is None or first_audible(samples, max(0, start - before_ms * _PER_MS), start):
        return None
    return first
