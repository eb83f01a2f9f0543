"""A recogniser that understands a script of timed words: exact in virtual time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.ports import FRAME, RATE, UNTOLD, Samples, Tongue, Transcript, Word

if TYPE_CHECKING:
    from assistant.errors import BackendError

Line = tuple[str, float, float]
"""A word, and the seconds of the turn at which it begins and ends."""
Pause = tuple[float, float]
"""Seconds of the turn at which it begins and ends."""
_LOUD = 20_000
Hypothesis = Callable[[float, float, str], str]
"""What is understood of a window (its start and end in seconds) whose true text is given."""


def sound(start_s: float, seconds: float, pauses: Sequence[Pause] = ()) -> Samples:
    """Return sound that knows its place in the turn: a frame's first sample is its number.

    The rest of it is loud, but for the pauses.
    """
    first, count = round(start_s * RATE), round(seconds * RATE)
    at = np.arange(first, first + count)
    silent = np.zeros(count, bool)
    for begin, end in pauses:
        silent |= (begin * RATE <= at) & (at < end * RATE)
    loud = np.where(silent, 0, np.where(at % 2, _LOUD, -_LOUD))
    numbered: Samples = np.where(at % FRAME, loud, at // FRAME % (1 << 15)).astype(np.int16)
    return numbered


@dataclass(slots=True)
class Call:
    """One decode: the window in seconds, and the loop's time at which it began and ended."""

    start: float
    end: float
    final: bool
    began: float
    ended: float | None = None
    """`None`: it was cancelled, or failed, or runs still."""
    tongue: Tongue = UNTOLD


class ScriptedRecogniser:
    """Understands of a window the words that lie in it as a whole; for sound made by `sound`.

    `seconds`: how long a decode takes, of the loop's clock, or a function of the window's length.
    `mishears`: changes what is understood. `doubts`: which partial windows are doubtful. `timed`:
    words have times. `tongue`: what a window is in, by its start and end in seconds; `None`: what
    was spoken before. `failure` is raised by the next call only.
    """

    name = "scripted recogniser"

    def __init__(
        self,
        script: Sequence[Line] = (),
        *,
        seconds: float | Callable[[float], float] = 0.1,
        mishears: Hypothesis = lambda _start, _end, text: text,
        doubts: Callable[[float, float], bool] = lambda _start, _end: False,
        timed: bool = True,
        tongue: Callable[[float, float], Tongue] | None = None,
    ) -> None:
        self._script, self._seconds = tuple(script), seconds
        self._mishears, self._doubts, self._timed = mishears, doubts, timed
        self._tongue = tongue
        self.failure: BackendError | None = None
        self.calls: list[Call] = []

    async def recognise(
        self, samples: Samples, *, stream: int, final: bool, tongue: Tongue = UNTOLD
    ) -> Transcript:
        """Understand the words that lie in the window as a whole."""
        del stream
        length = len(samples) / RATE
        start = int(samples[0]) * FRAME / RATE if len(samples) else 0.0
        now = asyncio.get_running_loop().time
        call = Call(start, start + length, final, now(), tongue=tongue)
        self.calls.append(call)
        failure, self.failure = self.failure, None
        await asyncio.sleep(self._seconds(length) if callable(self._seconds) else self._seconds)
        if failure is not None:
            raise failure
        call.ended = now()
        said = [line for line in self._script if start <= line[1] and line[2] <= start + length]
        text = self._mishears(start, start + length, " ".join(word for word, *_ in said))
        texts = text.split() if len(text.split()) == len(said) else [word for word, *_ in said]
        return Transcript(
            text,
            covers=len(samples),
            words=tuple(
                Word(word, begin - start, end - start)
                for word, (_, begin, end) in zip(texts, said, strict=True)
                if self._timed
            ),
            doubtful=not final and self._doubts(start, start + length),
            tongue=tongue if self._tongue is None else self._tongue(start, start + length),
        )
