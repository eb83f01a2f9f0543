"""One answer: messages and a model to pieces of text, within bounds."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from assistant.errors import BackendError, BackendTimeout, ToolError
from assistant.ports import LanguageModel, Message, MindInfo, ToolCall
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
    mind: LanguageModel, messages: Sequence[Message], limits: Limits | None = None
) -> AsyncGenerator[str]:
    """Yield one answer as it comes; closing this stops the model.

    Raises `BackendTimeout` when the model is silent for too long, `BackendError` when it ends
    without a word, `ToolError` when it wants a tool, and what the model raises.
    """
    limits = limits or limits_for(mind.info)
    end = _End(limits)
    loop = asyncio.get_running_loop()
    async with _closed_after(mind.answer(messages)) as pieces:
        waited = 0.0
        while not end.reached:
            began = loop.time()
            piece = await _next(pieces, mind, limits.between if end.said else limits.first)
            waited += loop.time() - began
            if piece is None:
                break
            if text := end.take(piece, waited):
                yield text
    if not end.said:
        raise BackendError("llm", f"{mind.info.name} answered with nothing; ask again")


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
) -> str | None:
    try:
        async with asyncio.timeout(seconds):
            piece = await anext(pieces)
    except StopAsyncIteration:
        return None
    except TimeoutError:
        message = f"{mind.info.name} was silent for {seconds:g} s; ask again or use a faster one"
        raise BackendTimeout("llm", message, retryable=True) from None
    if isinstance(piece, ToolCall):
        raise ToolError(f"there is no tool {piece.name!r} here; answer without it")
    return piece


class _End:
    """Finds where an answer ends: at a sentence's end once a bound is reached."""

    def __init__(self, limits: Limits) -> None:
        self.reached = False
        self._limits = limits
        self._text = ""
        self._characters = 0
        self._ends = 0
        self._searched = 0

    @property
    def said(self) -> bool:
        """There was more than blanks."""
        return bool(self._text)

    def take(self, piece: str, waited: float) -> str:
        """Return what of this piece belongs to the answer."""
        self._characters += len(piece)
        if not self.said:
            piece = piece.lstrip()
        began = len(self._text)
        self._text += piece
        self.reached = self._full(waited, _GRACE)
        for match in _SENTENCE_END.finditer(self._text, self._searched):
            self._searched = match.end()
            self._ends += 1
            if self._ends == self._limits.sentences or self._full(waited, 1.0):
                self.reached = True
                return self._text[began : match.end()]
        return piece

    def _full(self, waited: float, share: float) -> bool:
        return (
            self._characters >= self._limits.characters * share
            or waited >= self._limits.seconds * share
        )
