"""Speech as an engine gives it becomes speech that can be joined: trimmed, paused, faded.

Engines put silence of their own around what they say; a conversation wants the answer at once
and the pauses of a calm reader.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Sound from -1 to 1."""

QUIET = 10 ** (-60 / 20)
"""RMS of full scale below which synthetic speech is silent: its noise floor is near -95 dB."""
LEAD = 0.02
"""Seconds of silence that are left before the first sound."""
CUT, CLAUSE, SENTENCE = 0.03, 0.12, 0.25
"""Seconds of silence after words that go on, after a comma, after a full stop."""
_FADE = 0.004  # seconds, at both ends, so that joins do not click
_PEAK = 10 ** (-1.5 / 20)
_STEP = 0.005  # seconds: the grain in which silence is looked for
_CLOSING = "\"')]*_ \u201d\u2019"


@dataclass(frozen=True, slots=True)
class Shaped:
    """Sound that is ready, and how it came about, in seconds."""

    samples: NDArray[np.int16]
    cut: float
    """So much was cut off its start."""
    ends: float
    """Speech ends here and the pause begins."""


def pause_after(text: str) -> float:
    """Return the seconds of silence that belong after a text."""
    mark = text.rstrip(_CLOSING)[-1:]
    if mark and mark in ".!?\u2026\u3002\uff01\uff1f":
        return SENTENCE
    return CLAUSE if mark and mark in ",;:-\u2014\u3001\uff0c" else CUT


def shaped(sound: Floats, rate: int, pause: float) -> Shaped:
    """Trim silence, leave a pause at the end, fade both ends, keep the peak below full scale."""
    step = max(1, round(_STEP * rate))
    padded = np.pad(sound, (0, -len(sound) % step)).reshape(-1, step)
    loud = np.flatnonzero(np.sqrt(np.mean(np.square(padded), axis=1)) > QUIET)
    first, last = (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, 0)
    start = max(0, first * step - round(LEAD * rate))
    stop = min(len(sound), last * step)
    length = stop - start + round(pause * rate)
    kept = sound[start : start + length].copy()
    peak = float(np.max(np.abs(kept), initial=0.0))
    if peak > _PEAK:
        kept *= _PEAK / peak
    fade = min(round(_FADE * rate), len(kept) // 2)
    ramp = np.linspace(0.0, 1.0, fade, endpoint=False, dtype=np.float32)
    kept[:fade] *= ramp
    kept[len(kept) - fade :] *= ramp[::-1]
    samples = np.zeros(length, np.int16)
    samples[: len(kept)] = np.rint(kept * 32767.0)
    return Shaped(samples, start / rate, (stop - start) / rate)
