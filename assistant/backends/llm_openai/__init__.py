"""A language model behind an OpenAI-compatible address, through the `openai` SDK (Apache-2.0).

Responses where OpenAI itself answers; chat completions for llama.cpp, Ollama, vLLM, LM Studio,
`transformers serve` and many more.

settings   what can be set
sdk        the SDK, loaded and warmed
chat       chat completions: messages to the wire, chunks to pieces
responses  the same for Responses
paligemma  questions in the words that PaliGemma was trained on
mind       the model, with its patience and its failures
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.backends.llm_openai.mind import OpenAIMind
from assistant.backends.llm_openai.sdk import load
from assistant.backends.llm_openai.settings import Config

__all__ = ["Config", "OpenAIMind", "open"]


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[OpenAIMind]:
    """Load the SDK in a thread; the server is first spoken to by `warm` or `answer`."""
    mind = await asyncio.to_thread(lambda: OpenAIMind(config, load(config.speaks)))
    try:
        yield mind
    finally:
        await mind.close()
