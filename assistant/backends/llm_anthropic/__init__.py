"""Claude, through the `anthropic` SDK (MIT): streams, sees, uses tools, caches its prompts.

settings   what can be set
sdk        the SDK, loaded and warmed
wire       messages to the wire
reading    events to pieces
abilities  what the Models API tells of a model
mind       the model, with its patience and its failures
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.backends.llm_anthropic.mind import Claude
from assistant.backends.llm_anthropic.sdk import load
from assistant.backends.llm_anthropic.settings import Config

__all__ = ["Claude", "Config", "open"]


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Claude]:
    """Load the SDK in a thread; the service is first spoken to by `warm` or `answer`."""
    mind = await asyncio.to_thread(lambda: Claude(config, load()))
    try:
        yield mind
    finally:
        await mind.close()
