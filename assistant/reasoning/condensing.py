"""The older half of a long conversation becomes a summary, while nobody speaks."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from assistant.errors import BackendError
from assistant.ports import LanguageModel, Message
from assistant.reasoning.conversation import Conversation
from assistant.reasoning.persona import is_tiny

SUM_UP = (
    "(Nobody hears this. Sum up our conversation so far for yourself, in at most five short"
    " sentences: names, facts, wishes, what was agreed and what is still open. Only what was"
    " said; no greeting.)"
)
_SECONDS = 30.0
_LOOK_S = 0.05
"""How soon it makes way for a turn: a mind of this machine does one thing at a time."""
_LONGEST = 1500
"""Characters."""


async def condense(talk: Conversation, mind: LanguageModel, quiet: Callable[[], bool]) -> bool:
    """Have the older half summed up if it is time; returns whether that was done.

    `quiet`: nobody has the floor; when that ends, so does this. Where it fails, or the mind is
    too small for it, the older half is dropped when the window is full.
    """
    older = None if is_tiny(mind.info) else talk.older()
    if older is None:
        return False
    said: list[str] = []
    whole = False
    with suppress(BackendError, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            whole = await _undisturbed(
                mind, [*older.messages, Message("user", SUM_UP)], said, quiet
            )
    if not whole and not quiet():
        return False  # the next quiet moment will do
    return talk.sum_up(older, "".join(said) if whole else "")


async def _undisturbed(
    mind: LanguageModel, messages: Sequence[Message], said: list[str], quiet: Callable[[], bool]
) -> bool:
    """Take an answer down while it stays quiet; returns whether it is whole."""
    failures: list[BackendError] = []
    async with asyncio.TaskGroup() as tasks:

        async def read() -> None:
            pieces = mind.answer(messages)
            try:
                async for piece in pieces:
                    if isinstance(piece, str):
                        said.append(piece)
                    if sum(map(len, said)) > _LONGEST:
                        return
            except BackendError as error:
                failures.append(error)
            finally:
                if isinstance(pieces, AsyncGenerator):
                    await pieces.aclose()

        reading = tasks.create_task(read(), name="sum up")
        while not reading.done() and quiet():
            await asyncio.wait({reading}, timeout=_LOOK_S)
        reading.cancel()
    if failures:
        raise failures[0]
    return not reading.cancelled()
