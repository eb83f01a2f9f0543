"""Every mind behind an address, talking to the same peer in its own way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from assistant.backends import llm_anthropic, llm_openai
from assistant.errors import BackendError
from assistant.ports import LanguageModel, Message, ToolCall, ToolSpec
from assistant.testing.http_mind import HttpMind

KEY = "very-secret"
HELLO = [Message("user", "hello, this is private")]
CLOCK = ToolSpec("clock", "Tell the time.", {"type": "object", "properties": {}})
FIRST, BETWEEN = 0.6, 0.3
PATIENCE = 20.0
IMPATIENT = {"first_seconds": FIRST, "between_seconds": BETWEEN}
WIRES = ("anthropic", "chat", "responses")

Use = Callable[[HttpMind, LanguageModel], Coroutine[None, None, None]]


@asynccontextmanager
async def mind_at(wire: str, peer: HttpMind, **more: Any) -> AsyncIterator[LanguageModel]:
    given: dict[str, Any] = {
        "model": peer.model,
        "api_key": SecretStr(KEY),
        "retries": 0,
        "sees": True,
    } | more
    if wire == "anthropic":
        config = llm_anthropic.Config(base_url=peer.root_url, **given)
        async with llm_anthropic.open(config) as mind:
            yield mind
        return
    speaks: Any = wire
    async with llm_openai.open(
        llm_openai.Config(base_url=peer.base_url, api=speaks, **given)
    ) as mind:
        yield mind


def during(wire: str, peer: HttpMind, use: Use, **more: Any) -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE), peer.serve(), mind_at(wire, peer, **more) as mind:
            await use(peer, mind)

    asyncio.run(main())


async def read(
    mind: LanguageModel, messages: Sequence[Message] = HELLO, tools: Sequence[ToolSpec] = ()
) -> tuple[list[str | ToolCall], BackendError | None]:
    pieces: list[str | ToolCall] = []
    try:
        async for piece in mind.answer(messages, tools):
            pieces.append(piece)  # noqa: PERF401 - those before a failure count
    except BackendError as error:
        return pieces, error
    return pieces, None


def text_of(pieces: Sequence[str | ToolCall]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))
