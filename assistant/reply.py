"""One reply as one scope: model → sentences → voice. Cancelling it stops and silences all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Literal

from assistant import remote
from assistant.core import commands as c
from assistant.core import events as e
from assistant.errors import BackendError, ModelError, leaves
from assistant.ports import Device, Moment, Track
from assistant.speaking.sentences import sentences
from assistant.speaking.streams import closing
from assistant.speaking.voice import Audible, Said, Utterance

DUCK_DB = -14.0
"""How much lower we speak while the user speaks too: still there, clearly yielding."""

Outcome = Literal["answered", "interrupted", "failed"]


Marks = Callable[[int, Moment], None]
"""Takes note of when something happened in a turn, for the waterfall."""


@dataclass(frozen=True, slots=True)
class Told:
    """A reply that is over: what it wanted to say, what was heard of it."""

    order: c.Reply | c.Announce
    written: str
    heard: str
    outcome: Outcome
    failure: str = ""


@dataclass(slots=True)
class Speech:
    """A reply that is spoken (or only written, when there is no `utterance`)."""

    order: c.Reply | c.Announce | c.Draft
    pieces: AsyncIterator[str]
    """What the mind says; opened by the first read, closed with the scope."""
    utterance: Utterance | None
    device: Device
    emit: Callable[[e.Event], None]
    mark: Marks
    tell: Callable[[Told], None]
    """Called once when it is over, unless it was a draft that nobody heard of."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it may be heard, and things be done for it: by `commit`, where it is a draft."""
    level: Callable[[], float] = lambda: 0.0
    """The voice's loudness, in decibels."""

    _written: list[str] = field(default_factory=list)
    _blamed: e.Failure = e.Failure.VOICE
    _failure: str = ""
    _over: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.order, c.Draft):
            self.released.set()

    async def run(self) -> None:
        """Say it all."""
        outcome: Outcome = "interrupted"
        try:
            await self._speak()
            await self.released.wait()
            outcome = "answered"
        except asyncio.CancelledError:
            outcome = "failed" if self._failure else "interrupted"
            raise
        except Exception as error:
            outcome, self._failure = "failed", str(leaves(error)[0])
            raise
        finally:
            self._over = True
            self._restore()
            self._account(outcome)

    async def _speak(self) -> None:
        turn = self.order.turn
        remote.SENT.set(lambda: self.mark(turn, "uploaded"))
        if self.utterance is None:
            async for _ in self._thought():
                pass
            return
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._first_sound(self.utterance))
            chunks = self._marked(sentences(self._thought()))
            await self.utterance.run(chunks, self.released, self._progress)
            watch.cancel()
        self.mark(turn, "ended")

    async def _first_sound(self, utterance: Utterance) -> None:
        await utterance.ready.wait()
        self.mark(self.order.turn, "first_sound_ready")
        if isinstance(self.order, c.Draft):
            self.emit(e.DraftReady(self.order.turn, self.order.draft))

    async def _thought(self) -> AsyncIterator[str]:
        """Pass the mind's pieces on, and remember that it was the mind if they break."""
        try:
            async with closing(self.pieces) as pieces:
                async for piece in pieces:
                    if not self._written:
                        self.mark(self.order.turn, "first_token")
                    self._written.append(piece)
                    yield piece
        except (BackendError, ModelError):
            self._blamed = e.Failure.MIND
            raise

    async def _marked(self, chunks: AsyncIterator[str]) -> AsyncIterator[str]:
        first = True
        async with closing(chunks):
            async for chunk in chunks:
                if first:
                    self.mark(self.order.turn, "first_clause")
                    first = False
                yield chunk

    def _progress(self, news: Audible | Said) -> None:
        turn = self.order.turn
        match news:
            case Audible():
                self.mark(turn, "audible")
                self.emit(e.ReplyAudible(turn))
            case Said(sentence, asks):
                self.emit(e.ReplySaid(turn, sentence, asks))

    @property
    def said(self) -> str:
        """What was heard of it so far."""
        return "" if self.utterance is None else self.utterance.heard

    def commit(self, order: c.Commit) -> None:
        """Let it be heard."""
        self.order = c.Reply(order.turn, order.text, order.continues)
        self.released.set()

    def duck(self, *, on: bool) -> None:
        """Lower or raise the voice."""
        self.device.gain(Track.SPEECH, self.level() + (DUCK_DB if on else 0.0))

    def hold(self, *, on: bool) -> None:
        """Pause or go on."""
        self.device.hold(Track.SPEECH, on=on)

    def _restore(self) -> None:
        """Ducking and holding end with the reply that they were for."""
        if self.released.is_set():
            self.duck(on=False)
            self.hold(on=False)

    def give_up(self, why: str) -> None:
        """It will be cancelled because it takes too long: that is no interruption."""
        self._failure = why

    def blame(self, error: BaseException) -> e.Failure:
        """Tell which part an error came from."""
        for leaf in leaves(error):
            if isinstance(leaf, BackendError) and leaf.backend.startswith("device"):
                return e.Failure.SPEAKER
        return self._blamed

    def _account(self, outcome: Outcome) -> None:
        if isinstance(self.order, c.Draft):
            return
        written = "".join(self._written).strip()
        heard = written if self.utterance is None else self.utterance.heard
        self.tell(Told(self.order, written, heard, outcome, self._failure))
