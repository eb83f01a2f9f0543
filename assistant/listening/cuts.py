"""Where sound and text can be parted together: between words, best where a pause can be heard."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assistant.listening.agreement import bare, units
from assistant.ports import FRAME, RATE, Samples, Transcript, Word

REACH_S = 0.15
"""A recogniser knows to about this time where a word ends; the pause after it is looked for."""
BREATH = 10
"""Frames of a pause, at least: 100 ms."""
QUIET = 0.03
"""A pause has this part of the window's power, at most: 15 dB less."""
_TITLE = len("Mr.")
_ENDS = ".?!\u3002\uff1f\uff01\u0964\u061f"


@dataclass(frozen=True, slots=True)
class Cut:
    """A place between two words of a window."""

    at: int
    """Samples before it; whole frames."""
    units: int
    """Units of the text before it."""
    words: int
    """Words of the transcript before it."""
    pause: bool
    """It is quiet there."""
    sentence: bool
    """A sentence ends there."""


def cuts(heard: Transcript, sound: Samples) -> list[Cut]:
    """List the places, in their order. `sound` is what the transcript is of, or more."""
    # Words and units are counted in different ways: they meet where as many letters lie before.
    ends, letters = {}, 0
    for number, unit in enumerate(units(heard.text), start=1):
        letters += len(bare(unit))
        ends[letters] = number
    power, found, letters = _power(sound), [], 0
    limit = QUIET * float(power.mean()) if len(power) else 0.0
    for number, (word, after) in enumerate(pairwise(heard.words), start=1):
        letters += len(bare(word.text))
        if letters in ends:
            frame, pause = _place(word, after, power, limit)
            sentence = word.text[-1:] in _ENDS and len(word.text) > _TITLE
            found.append(Cut(frame * FRAME, ends[letters], number, pause, sentence))
    return found


def anywhere(heard: Transcript, seconds: float) -> Cut:
    """Cut where no word's place is known: after all of the text, or in what gave none.

    `seconds`: the place, if there is no text.
    """
    count = len(units(heard.text))
    at = heard.covers if count else max(0, round(seconds * RATE))
    return Cut(at // FRAME * FRAME, count, len(heard.words), pause=False, sentence=False)


def _power(sound: Samples) -> NDArray[np.float64]:
    """Return the mean power of each `BREATH` frames, by the frame in their middle."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    return np.convolve((frames**2).mean(axis=1), np.ones(BREATH) / BREATH, "same")


def _place(word: Word, after: Word, power: NDArray[np.float64], limit: float) -> tuple[int, bool]:
    """Return the frame of the quietest place between two words, and whether it is a pause."""
    late = max(word.end, after.start)
    first = max(0, round((word.end - REACH_S) * RATE / FRAME))
    near = power[first : round((late + REACH_S) * RATE / FRAME)]
    if len(near) and near.min() <= limit:
        return first + int(near.argmin()), True
    return round((word.end + late) / 2 * RATE / FRAME), False
