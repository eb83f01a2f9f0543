"""Pieces of text become a first clause, then sentences, each as soon as it is there.

The first chunk ends at a clause, so that the voice can begin; later ones are whole sentences.
A sentence is never kept back for the next one: it goes when white space follows its mark, when
the stream pauses, or at the end. A long one is cut where a speaker would breathe. The chunks
joined are the text, white space included.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from assistant.speaking.cutter import MOST_WORDS, Cutter
from assistant.speaking.lexicon import lexicon
from assistant.speaking.streams import closing

PAUSE = 0.06
"""Seconds without a piece after which what is whole is not kept back: two or three tokens."""
_AHEAD = 64  # pieces that may wait; then the source is not read on


async def sentences(
    pieces: AsyncIterator[str],
    *,
    language: str = "en",
    pause: float = PAUSE,
    most_words: int = MOST_WORDS,
) -> AsyncGenerator[str, None]:
    """Yield the chunks of a text that comes in pieces; closing this closes the source.

    `pause` is in seconds of the loop's clock. Errors of the source are raised after the chunks
    that came before them; use it within `aclosing`.
    """
    cutter = Cutter(lexicon(language), most_words)
    async with aclosing(_Source(pieces)) as source:
        while not source.over:
            deadline = source.latest + pause if cutter.may_go() else None
            try:
                async with asyncio.timeout_at(deadline):
                    cutter.add(await source.get())
            except TimeoutError:
                if (chunk := cutter.paused()) is not None:
                    yield chunk
            while (chunk := cutter.cut()) is not None:
                yield chunk
        for chunk in cutter.rest():
            yield chunk
        source.check()


class _Source:
    """Reads pieces in a task of its own, so that a wait with a deadline loses none of them.

    That task is no part of a group: a generator must not yield inside of one. It ends with
    `aclose`, at the latest.
    """

    def __init__(self, pieces: AsyncIterator[str]) -> None:
        loop = asyncio.get_running_loop()
        self.over = False
        self.latest = loop.time()
        self._time = loop.time
        self._came: asyncio.Queue[tuple[float, str | None]] = asyncio.Queue()
        self._room = asyncio.Semaphore(_AHEAD)
        self._reader = loop.create_task(self._read(pieces), name="sentences: source")
        self._reader.add_done_callback(self._ended)

    async def _read(self, pieces: AsyncIterator[str]) -> None:
        async with closing(pieces):
            async for piece in pieces:
                await self._room.acquire()
                self._came.put_nowait((self._time(), piece))

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._came.put_nowait((self._time(), None))

    async def get(self) -> str:
        """Return the next piece; empty at the end. A cancelled call loses nothing."""
        self.latest, piece = await self._came.get()
        if piece is None:
            self.over = True
            return ""
        self._room.release()
        return piece

    def check(self) -> None:
        """Raise what ended the source, if that was an error."""
        self._reader.result()

    async def aclose(self) -> None:
        """Stop reading and close the source."""
        if not self._reader.done():
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if not self._reader.cancelled():
            self._reader.exception()  # it was raised by `check`, or nobody wants it any more
