"""One reply is spoken: chunks of text become sentences, sound, and time on a track."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from assistant.errors import AssistantError, BackendError, BackendTimeout
from assistant.ports import Device, Spoken, Synthesizer, Track
from assistant.speaking.ledger import Ledger
from assistant.speaking.plain import Plain, Sentence
from assistant.speaking.streams import closing

AHEAD = 2
"""Sentences of text, and sounds, that may wait; the device bounds what is queued in seconds."""
ASKING = 0.6
"""Seconds before the end of a question at which it is clear that it is one: people answer then."""
DEADLINE = 8.0
"""Seconds for one piece of sound: twice what a slow machine needs for twelve words."""


@dataclass(frozen=True, slots=True)
class Audible:
    """The first sample has left the speaker."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence was played to its end; `sentence` counts those that were spoken, from 0."""

    sentence: int
    asks: bool = False
    """It asked the user something."""


Progress = Callable[[Audible | Said], None]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where on the track some sound is, in seconds, and its rate."""

    start: float
    end: float
    rate: int


class _Interrupted(Exception):  # noqa: N818 - no error: somebody flushed the track
    """The stages of a reply end here."""


_Texts = asyncio.Queue[tuple[int, Sentence] | None]
_Sounds = asyncio.Queue[tuple[int, Spoken | Sentence] | None]
"""A sentence follows its last sound; `None` is the end of all."""
_Placed = asyncio.Queue[_Place | Sentence | None]


class Utterance:
    """Speaks one reply; cancel `run` to fall silent.

    `ready` is set once the first sound is made, whether or not it may be played yet.
    `fell_back`: the second voice had to take over, and keeps on for the rest of this reply.
    """

    def __init__(
        self,
        device: Device,
        synthesizer: Synthesizer,
        language: str = "en",
        *,
        fallback: Synthesizer | None = None,
        track: Track = Track.SPEECH,
    ) -> None:
        self.ready = asyncio.Event()
        self.fell_back = False
        self._device = device
        self._synthesizer = synthesizer
        self._fallback = fallback
        self._track = track
        self._plain = Plain(language)
        self._ledger = Ledger()
        self._wrote = False
        self._final: float | None = None
        self._error: AssistantError | None = None

    @property
    def written(self) -> str:
        """All that was to be spoken so far, as it was written."""
        return self._ledger.written

    @property
    def heard(self) -> str:
        """What of it was heard so far, cut after the last whole word."""
        if self._final is not None:
            return self.written if math.isinf(self._final) else self._ledger.heard(self._final)
        if not self._wrote:
            return ""
        return self._ledger.heard(self._device.played(self._track))

    async def run(
        self, chunks: AsyncIterator[str], released: asyncio.Event, progress: Progress
    ) -> None:
        """Speak; nothing is written to the device before `released`. Returns when all is played.

        What was made before a stage failed is still played; then its error is raised. Returns
        early if somebody else flushes the track.
        """
        texts: _Texts = asyncio.Queue(AHEAD)
        sounds: _Sounds = asyncio.Queue(AHEAD)
        placed: _Placed = asyncio.Queue()  # bounded by the device: 2 s of sound
        try:
            async with asyncio.TaskGroup() as scope:
                scope.create_task(self._prepare(chunks, texts))
                scope.create_task(self._synthesize(texts, sounds))
                scope.create_task(self._write(sounds, placed, released))
                # Followed here and not in a task: a cancellation reaches this line first, so
                # that the device is flushed before anything has to be waited for.
                await self._follow(placed, progress)
        except* _Interrupted:
            pass  # raised here to end the stages
        if self._error is not None:
            raise self._error

    # ── the stages ───────────────────────────────────────────────────────────────────────────

    async def _prepare(self, chunks: AsyncIterator[str], texts: _Texts) -> None:
        try:
            async with closing(chunks):
                async for chunk in chunks:
                    sentence = self._plain.feed(chunk)
                    number = self._ledger.add(sentence)
                    if sentence.spoken:
                        await texts.put((number, sentence))
        except AssistantError as error:
            self._error = error
        await texts.put(None)

    async def _synthesize(
        self,
        texts: _Texts,
        sounds: _Sounds,
    ) -> None:
        try:
            while (item := await texts.get()) is not None:
                number, sentence = item
                async with aclosing(self._speak(sentence.spoken)) as pieces:
                    async for spoken in pieces:
                        await sounds.put((number, spoken))
                        self.ready.set()
                await sounds.put((number, sentence))
        except AssistantError as error:
            self._error = error
        await sounds.put(None)

    async def _speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        """Yield the sound of a text; the second voice says what the first one cannot."""
        done = 0
        try:
            async with aclosing(_timed(self._synthesizer, text)) as pieces:
                async for spoken in pieces:
                    done = _covered(text, spoken, done)
                    yield spoken
        except BackendError:
            if self._fallback is None or self.fell_back:
                raise
            self.fell_back = True
            self._synthesizer = self._fallback
        else:
            return
        if not text[done:].strip():
            return
        async with aclosing(_timed(self._synthesizer, text[done:])) as pieces:
            async for spoken in pieces:
                marks = tuple((offset + done, at) for offset, at in spoken.marks)
                yield replace(spoken, marks=marks)

    async def _write(
        self,
        sounds: _Sounds,
        placed: _Placed,
        released: asyncio.Event,
    ) -> None:
        await released.wait()
        try:
            while (item := await sounds.get()) is not None:
                number, what = item
                if isinstance(what, Sentence):
                    self._ledger.whole(number)
                    placed.put_nowait(what)
                    continue
                self._wrote = True
                start, end = await self._device.write(self._track, what.audio)
                self._ledger.sound(number, what, start, end)
                placed.put_nowait(_Place(start, end, what.audio.rate))
        except AssistantError as error:
            self._error = error
        placed.put_nowait(None)

    async def _follow(self, placed: _Placed, progress: Progress) -> None:
        """Report what has been played, until all has been."""
        try:
            await self._report(placed, progress)
        except _Interrupted:  # the track is somebody else's by now: hands off
            self._final = self._device.played(self._track)
            raise
        except AssistantError as error:
            self._error = error
            self._silence()
            raise _Interrupted from error
        except asyncio.CancelledError:
            self._silence()
            raise
        if self._error is None:
            self._final = math.inf
            return
        self._final = self._device.played(self._track)
        raise _Interrupted  # the stages before the one that broke would wait for ever

    async def _report(self, placed: _Placed, progress: Progress) -> None:
        said, audible = 0, False
        what = await placed.get()
        while what is not None:
            if isinstance(what, Sentence):
                progress(Said(said, what.asks))
                said += 1
                what = await placed.get()
                continue
            if not audible:
                await self._reached(what.start + 1 / what.rate)
                audible = True
                progress(Audible())
            await self._reached(max(what.end - ASKING, what.start))
            following = await placed.get()
            if isinstance(following, Sentence) and following.asks:
                progress(Said(said, asks=True))
                said += 1
                following = await placed.get()
            await self._reached(what.end)
            what = following

    async def _reached(self, position: float) -> None:
        if not await self._device.reached(self._track, position):
            raise _Interrupted

    def _silence(self) -> None:
        """Drop what is queued, unless nothing on the track is ours: a draft is no sound."""
        self._final = self._device.flush(self._track) if self._wrote else 0.0


async def _timed(synthesizer: Synthesizer, text: str) -> AsyncGenerator[Spoken, None]:
    """Yield the sound of a text; raises `BackendTimeout` if the next piece takes too long."""
    pieces = synthesizer.synthesize(text)
    async with closing(pieces):
        while True:
            try:
                async with asyncio.timeout(DEADLINE):
                    spoken = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise BackendTimeout(
                    synthesizer.info.name, f"no sound within {DEADLINE:g} s; is the machine busy?"
                ) from error
            yield spoken


def _covered(text: str, spoken: Spoken, done: int) -> int:
    """Return up to where in the text there is sound now; without marks that is not known."""
    if not spoken.marks:
        return done
    space = text.find(" ", spoken.marks[-1][0])
    return len(text) if space < 0 else space + 1
