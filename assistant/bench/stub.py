"""Stages of known cost, so that what is measured is the turn-taking, here and in other projects.

The recogniser is free: it knows what is said in each clip and tells its words as they are spoken.
The mind's first token takes 50 ms and each further one 20 ms; the voice is free. The same stages
were given to the peers in docs/benchmarks.md.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from assistant.bench.manifest import Known
from assistant.ports import RATE, UNTOLD, Samples, Tongue, Transcript
from assistant.session import Shared
from assistant.testing.mind import ScriptedMind, answer
from assistant.testing.voice import ScriptedSynthesizer

FIRST_TOKEN_S = 0.05
TOKEN_S = 0.02
WORD_S = 0.1
"""How long the voice sounds for a word: nobody listens, so it may hurry."""
ANSWER = (
    "It is half past nine over there. The sun is already up and the trains are running. "
    "Would you like me to set a reminder for your call?"
)


def mind() -> ScriptedMind:
    """Make a mind of known speed."""
    return ScriptedMind(answer(ANSWER, first=FIRST_TOKEN_S, each=TOKEN_S))


def voice() -> ScriptedSynthesizer:
    """Make a voice that costs nothing and hurries."""
    return ScriptedSynthesizer(delay=0.0, word=WORD_S, name="stub")


def staged(shared: Shared, ears: "KnowingEars") -> Shared:
    """Put the stages in the place of real ones; detectors and judges stay as they are."""
    listening = replace(shared.ears, transcriber=ears)
    return replace(shared, ears=listening, mind=mind(), voice=voice(), fallback=None)


class KnowingEars:
    """A `Transcriber` that reads the words off the manifest, as far as they have been spoken."""

    name = "stub"

    def __init__(self) -> None:
        self._words: list[str] = []
        self._voiced = 1
        self._heard = 0

    def expect(self, known: Known) -> None:
        """Take the clip that comes next."""
        self._words = (known.transcript or "something was said").split()
        starts = known.starts or 0.0
        ends = known.ends if known.ends is not None else known.clip.seconds
        silent = sum(end - start for start, end in known.pauses)
        self._voiced = max(1, round((ends - starts - silent) * RATE))
        self._heard = 0

    def open(self, tongue: Tongue = UNTOLD) -> "KnowingTranscription":  # noqa: ARG002 - as the port has it
        """Begin a turn."""
        return KnowingTranscription(self, self._spoken())

    def take(self, samples: int) -> None:
        """Count voiced sound of the clip."""
        self._heard += samples

    def words(self, first: int) -> str:
        """Return the words since the turn began, with a full stop when that was all."""
        last = self._spoken()
        text = " ".join(self._words[first:last])
        return f"{text}." if text and last == len(self._words) else text

    def _spoken(self) -> int:
        # A detector calls a little less voiced than the manifest: nine tenths are all of it.
        return min(len(self._words), int(len(self._words) * self._heard / (0.9 * self._voiced)))


class KnowingTranscription:
    """One turn; the text is there at once."""

    def __init__(self, ears: KnowingEars, first: int) -> None:
        self._ears, self._first = ears, first
        self._more = asyncio.Event()
        self._closed = False
        self._fed = 0

    def feed(self, samples: Samples, *, voiced: bool = True) -> None:
        """Count it."""
        self._fed += len(samples)
        if voiced:
            self._ears.take(len(samples))
            self._more.set()

    async def partials(self) -> AsyncIterator[Transcript]:
        """Yield the words whenever there are more."""
        told = ""
        while not self._closed:
            text = self._ears.words(self._first)
            if text != told:
                told = text
                yield Transcript(text, stable=len(text), covers=self._fed)
            self._more.clear()
            await self._more.wait()

    async def finalize(self) -> Transcript:
        """Return the words so far."""
        text = self._ears.words(self._first)
        return Transcript(text, stable=len(text), covers=self._fed)

    def close(self) -> None:
        """End the partials."""
        self._closed = True
        self._more.set()
