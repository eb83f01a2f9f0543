"""One answer: messages, a model and its tools to pieces of text, within bounds."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from assistant.completions import without_tools
from assistant.errors import BackendError, BackendTimeout, ToolError
from assistant.ports import LanguageModel, Message, MindInfo, ToolCall
from assistant.reasoning.errand import Errand
from assistant.reasoning.persona import is_tiny

_GRACE = 1.25
"""A bound that is reached waits for the end of the sentence, until this much of it."""
_SENTENCE_END = re.compile(
    r"(?<!\b\w)(?<!\b\w\w)[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s)"
    r"|[\u3002\uff01\uff1f]+|\n+"  # Chinese and Japanese have no blank between sentences
)
"""Not after one or two letters: "Dr.", "e.g."."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of an answer: seconds of waiting for the model, characters, sentences."""

    first: float = 10.0
    """Seconds until the first word."""
    between: float = 10.0
    """Seconds between two pieces."""
    seconds: float = 60.0
    """Seconds of waiting for the model in all; the listener's time does not count."""
    characters: int = 2000
    """About two minutes of speech."""
    sentences: int | None = None
    """A tiny mind does not know when to stop."""


_TINY_SENTENCES = 3


def limits_for(info: MindInfo) -> Limits:
    """Return the bounds that fit a mind: a tiny one is stopped after three sentences."""
    return replace(Limits(), sentences=_TINY_SENTENCES) if is_tiny(info) else Limits()


async def think(
    mind: LanguageModel,
    messages: Sequence[Message],
    limits: Limits | None = None,
    errand: Errand | None = None,
) -> AsyncGenerator[str]:
    """Yield one answer as it comes; closing this stops the model.

    `errand` carries out what the model calls, round after round, until it has said all.

    Raises `BackendTimeout` when the model is silent for too long, `BackendError` when it ends
    without a word, `ToolError` when it wants a tool and has none, and what the model raises.
    """
    limits = limits or limits_for(mind.info)
    end, goes_on = _End(limits, errand), True
    if errand is not None:
        async with aclosing(errand.begin()) as sentences:
            async for sentence in sentences:
                yield end.sentence(sentence)
    while goes_on:
        calls: list[ToolCall] = []
        written = ""
        end.begin()
        async with aclosing(_round(mind, messages, errand, end)) as pieces:
            async for piece in pieces:
                if isinstance(piece, ToolCall):
                    calls.append(piece)
                    continue
                written += piece
                yield piece
        goes_on = (
            errand is not None
            and not end.reached
            and (bool(calls) or bool(errand.rounds.promised))
        )
        if errand is not None and goes_on:
            text = written.strip()
            doing = errand.answer(calls, text) if calls else errand.rest(text)
            async with aclosing(doing) as sentences:
                async for sentence in sentences:
                    yield end.sentence(sentence)
            goes_on = not errand.over
    if not end.answered and (errand is None or not errand.over):
        if errand is None or not errand.runs:
            raise BackendError("llm", f"{mind.info.name} answered with nothing; ask again")
        yield end.sentence(errand.errands.words.done)


async def _round(
    mind: LanguageModel, messages: Sequence[Message], errand: Errand | None, end: "_End"
) -> AsyncGenerator[str | ToolCall]:
    """Ask the model once; yield what of it belongs to the answer, and what it calls."""
    limits, told = end.limits, [*messages]
    tools = () if errand is None else errand.specs(mind.info)
    if errand is not None:
        told += errand.rounds.messages(mind.info)
    if not mind.info.sees:
        told = [replace(m, images=()) if m.role == "tool" else m for m in told]
    if not mind.info.calls_tools:
        told = without_tools(told)
    loop, heard = asyncio.get_running_loop(), False
    async with _closed_after(mind.answer(told, tools)) as pieces:
        while not end.reached:
            began = loop.time()
            piece = await _next(pieces, mind, limits.between if heard else limits.first)
            end.waited += loop.time() - began
            if isinstance(piece, ToolCall):
                if errand is None:
                    raise ToolError(f"there is no tool {piece.name!r} here; answer without it")
                heard = True
                yield piece
            elif piece is None:
                break
            elif text := end.take(piece):
                heard = heard or bool(text.strip())
                yield text


@asynccontextmanager
async def _closed_after(
    pieces: AsyncIterator[str | ToolCall],
) -> AsyncIterator[AsyncIterator[str | ToolCall]]:
    try:
        yield pieces
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()


async def _next(
    pieces: AsyncIterator[str | ToolCall], mind: LanguageModel, seconds: float
) -> str | ToolCall | None:
    try:
        async with asyncio.timeout(seconds):
            return await anext(pieces)
    except StopAsyncIteration:
        return None
    except TimeoutError:
        message = f"{mind.info.name} was silent for {seconds:g} s; ask again or use a faster one"
        raise BackendTimeout("llm", message, retryable=True) from None


class _End:
    """Finds where an answer ends: at a sentence's end once a bound is reached."""

    def __init__(self, limits: Limits, errand: Errand | None) -> None:
        self.reached = False
        self.answered = False
        """The model itself has said something."""
        self.limits = limits
        self.waited = 0.0
        """Seconds of waiting for the model."""
        self._errand = errand
        self._fresh = True
        self._text = ""
        self._characters = 0
        self._ends = 0
        self._searched = 0

    @property
    def said(self) -> bool:
        """There was more than blanks."""
        return bool(self._text)

    def begin(self) -> None:
        """Begin a round: its first word does not stick to the last one of the round before."""
        self._fresh = True

    def sentence(self, text: str) -> str:
        """Return a sentence that is not the model's as it stands in the answer."""
        self.begin()
        text = self._spaced(text)
        self._text += text
        self._searched = len(self._text)
        self.begin()
        return text

    def _spaced(self, piece: str) -> str:
        if not self._fresh:
            return piece
        piece = piece.lstrip()
        self._fresh = not piece
        if piece and self._errand is not None:
            self._errand.spoke()
        return f" {piece}" if piece and self.said and not self._text[-1].isspace() else piece

    def take(self, piece: str) -> str:
        """Return what of this piece belongs to the answer."""
        self._characters += len(piece)
        piece = self._spaced(piece)
        self.answered = self.answered or bool(piece)
        began = len(self._text)
        self._text += piece
        self.reached = self._full(_GRACE)
        for match in _SENTENCE_END.finditer(self._text, self._searched):
            self._searched = match.end()
            self._ends += 1
            if self._ends == self.limits.sentences or self._full(1.0):
                self.reached = True
                return self._text[began : match.end()]
        return piece

    def _full(self, share: float) -> bool:
        return (
            self._characters >= self.limits.characters * share
            or self.waited >= self.limits.seconds * share
        )
