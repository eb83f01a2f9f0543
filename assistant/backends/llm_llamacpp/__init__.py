"""A language model in this process: llama.cpp through xllamacpp (MIT), any GGUF file.

It also judges whether a message has ended (`ports.EndJudge`), on a sequence of its own, so that
the conversation stays in the model's cache. With a projector it sees.

settings  what can be set
files     which files a model is
engine    llama.cpp, called in threads
mind      answers, what is read ahead, ends of messages
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# OpenMP's threads may wait for each other but briefly awake: when they spin, one other busy thread
# on two cores makes llama.cpp forty times slower (80 tokens/s become 2); when they sleep at once,
# a prompt takes 1.7 times as long. libgomp reads this when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from assistant.backends.llm_llamacpp.engine import Engine
from assistant.backends.llm_llamacpp.files import needs, projector, weights
from assistant.backends.llm_llamacpp.mind import LlamaCpp
from assistant.backends.llm_llamacpp.settings import Config
from assistant.cores import MIND
from assistant.worker import Worker

__all__ = ["Config", "LlamaCpp", "needs", "open"]

_NICE = 5


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[LlamaCpp]:
    """Load the model in a thread, fetching it first if need be. Raises `ModelError`."""
    gguf = await asyncio.to_thread(weights, config.model)
    eyes = await asyncio.to_thread(projector, config, gguf)
    # The engine's threads inherit this thread's niceness: words that are being understood and
    # sound that is being made go before an answer that may only be a draft.
    loader = Worker("llama.cpp", nice=_NICE, cores=MIND)
    try:
        mind = LlamaCpp(config, await loader.run(lambda: Engine(config, gguf, eyes)))
    finally:
        loader.close()
    try:
        yield mind
    finally:
        await mind.close()
