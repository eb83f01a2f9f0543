"""Speech as an engine gives it becomes speech that can be joined: trimmed, paused, faded.

Engines put silence of their own around what they say; a conversation wants the answer at once
and the pauses of a calm reader.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Sound from -1 to 1."""

QUIET = 10 ** (-60 / 20)
"""RMS of full scale below which synthetic speech is silent: its noise floor is near -95 dB."""
LEAD = 0.008
"""Seconds of silence that are left before the first sound."""
CUT, CLAUSE, SENTENCE = 0.03, 0.12, 0.25
"""Seconds of silence after words that go on, after a comma, after a full stop."""
_FADE = 0.004  # seconds, at both ends, so that joins do not click
_PEAK, _KNEE = 10 ** (-1.5 / 20), 10 ** (-4 / 20)
"""Above the one nothing gets; above the other a wave is bent."""
_STEP = 0.005  # seconds: the grain in which silence is looked for
_CLOSING = "\"')]*_ \u201d\u2019"


def pause_after(text: str) -> float:
    """Return the seconds of silence that belong after a text."""
    mark = text.rstrip(_CLOSING)[-1:]
    if mark and mark in ".!?\u2026\u3002\uff01\uff1f":
        return SENTENCE
    return CLAUSE if mark and mark in ",;:-\u2014\u3001\uff0c" else CUT


class Shaping:
    """Trims silence, leaves a pause at the end, fades both ends, keeps peaks below full scale.

    Takes the sound in pieces; what it gives back, joined, does not depend on how it was cut.
    """

    def __init__(self, rate: int, pause: float) -> None:
        """`pause`: seconds of silence after the speech."""
        self.cut = 0.0
        """Seconds that were cut off the start."""
        self.given = 0
        """Samples that were given back so far."""
        self.ends = math.inf
        """Where speech ends and the pause begins, in seconds; known at the end."""
        self._rate, self._pause = rate, round(pause * rate)
        self._step = max(1, round(_STEP * rate))
        self._lead, self._fade = round(LEAD * rate), round(_FADE * rate)
        self._held = np.zeros(0, np.float32)
        self._began = False

    def feed(self, sound: Floats, *, last: bool = False) -> NDArray[np.int16]:
        """Take the next piece, return what is ready: silence waits for what follows it."""
        sound = np.concatenate([self._held, sound])
        loud = self._loud(sound)
        if not loud:
            self._held = sound
            return self._end(sound[:0], sound) if last else np.zeros(0, np.int16)
        start, stop = 0, min(loud[1], len(sound))
        if not self._began:
            start = max(0, loud[0] - self._lead)
            self.cut = start / self._rate
        if last:
            return self._end(sound[start:stop], sound[stop:])
        stop = max(start, stop - stop % self._step)
        self._held = sound[stop:]
        return self._ready(sound[start:stop].copy())

    def _loud(self, sound: Floats) -> tuple[int, int] | None:
        """Return where sound begins and ends, or `None` if all is silent."""
        padded = np.pad(sound, (0, -len(sound) % self._step)).reshape(-1, self._step)
        steps = np.flatnonzero(np.sqrt(np.mean(np.square(padded), axis=1)) > QUIET)
        return (steps[0] * self._step, (steps[-1] + 1) * self._step) if len(steps) else None

    def _end(self, sound: Floats, rest: Floats) -> NDArray[np.int16]:
        self.ends = (self.given + len(sound)) / self._rate
        pause = np.zeros(self._pause, np.float32)
        if self._began or len(sound):
            pause[: len(rest)] = rest[: self._pause]
        whole = np.concatenate([sound, pause])
        fade = min(self._fade, len(whole) // 2)
        whole[len(whole) - fade :] *= _ramp(fade)[::-1]
        return self._ready(whole)

    def _ready(self, sound: Floats) -> NDArray[np.int16]:
        if not self._began and len(sound):
            fade = min(self._fade, len(sound) // 2)
            sound[:fade] *= _ramp(fade)
            self._began = True
        self.given += len(sound)
        over = np.abs(sound) > _KNEE
        if over.any():  # bent where it would be cut: a whole sentence need not be known
            bent = np.tanh((np.abs(sound[over]) - _KNEE) / (_PEAK - _KNEE)) * (_PEAK - _KNEE)
            sound[over] = np.sign(sound[over]) * (_KNEE + bent)
        samples: NDArray[np.int16] = np.rint(sound * 32767.0).astype(np.int16)
        return samples


def _ramp(length: int) -> Floats:
    return np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)
