"""A transcriber that says given words when it was fed enough sound: exact in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import numpy as np

from assistant.errors import BackendError
from assistant.ports import RATE, UNTOLD, Samples, Tongue, Transcript


@dataclass(frozen=True, slots=True)
class Script:
    """One turn: pairs (seconds of sound that were fed, what is understood from there on)."""

    said: tuple[tuple[float, str], ...] = ()
    partial_s: float = 0.0
    """Seconds of the loop's clock from the sound to a partial."""
    final_s: float = 0.0
    """Seconds that `finalize` takes."""
    failure: BackendError | None = None
    """What `finalize` raises."""
    partial_failure: BackendError | None = None
    """What `partials` raises after the last of `said`."""
    language: str = ""
    """What it is in; empty: what was spoken before."""

    def heard(self, samples: int) -> str:
        """Return what is understood of so many samples."""
        reached = [text for seconds, text in self.said if samples >= round(seconds * RATE)]
        return reached[-1] if reached else ""


class ScriptedTranscriber:
    """Plays one script a turn, in order; a turn beyond the last is not understood at all.

    `opened` keeps the transcriptions, for tests that look at what they were fed.
    """

    name = "scripted ears"

    def __init__(self, scripts: Iterable[Script] = ()) -> None:
        self._scripts = iter(tuple(scripts))
        self.opened: list[ScriptedTranscription] = []

    def open(self, tongue: Tongue = UNTOLD) -> "ScriptedTranscription":
        """Begin the next script."""
        self.opened.append(ScriptedTranscription(next(self._scripts, Script()), tongue))
        return self.opened[-1]


class ScriptedTranscription:
    """One turn that is being understood."""

    def __init__(self, script: Script, before: Tongue = UNTOLD) -> None:
        self._script, self.before = script, before
        self._tongue = Tongue(script.language) if script.language else before
        self._pieces: list[Samples] = []
        self._fed = 0
        self._more = asyncio.Event()
        self.closed = False
        self.voiced_to = 0
        """So many samples were fed up to the last that may hold speech."""
        self.finals = 0
        """How many times the last word was asked for."""
        self.cancelled = 0
        """How many of them were not waited for."""

    @property
    def fed(self) -> Samples:
        """All sound that came."""
        return np.concatenate([np.zeros(0, np.int16), *self._pieces])

    def feed(self, samples: Samples, *, voiced: bool = True) -> None:
        """Take more sound."""
        if self.closed:
            raise RuntimeError("sound for a turn that is closed")
        self._pieces.append(samples.copy())
        self._fed += len(samples)
        if voiced:
            self.voiced_to = self._fed
        self._more.set()

    async def partials(self) -> AsyncIterator[Transcript]:
        """Yield the next words of the script when there was enough sound for them."""
        told = ""
        while not self.closed:
            covers, text = self._fed, self._script.heard(self._fed)
            if text != told:
                await asyncio.sleep(self._script.partial_s)
                told = text
                yield Transcript(  # it will stay
                    text, stable=len(text), covers=covers, tongue=self._tongue
                )
                continue
            if self._script.partial_failure and covers >= self._all:
                raise self._script.partial_failure
            self._more.clear()
            await self._more.wait()

    async def finalize(self) -> Transcript:
        """Return what is understood of all that was fed before this call."""
        self.finals += 1
        covers = self._fed
        try:
            await asyncio.sleep(self._script.final_s)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self._script.failure is not None:
            raise self._script.failure
        return Transcript(self._script.heard(covers), covers=covers, tongue=self._tongue)

    def close(self) -> None:
        """End the partials."""
        self.closed = True
        self._more.set()

    @property
    def _all(self) -> int:
        return round(self._script.said[-1][0] * RATE) if self._script.said else 0
