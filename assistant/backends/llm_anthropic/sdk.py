"""The SDK, imported when it is wanted, and used once: its first answer builds classes."""

import asyncio
import importlib
import json
import logging
from typing import Any

from assistant.errors import BackendUnavailable
from assistant.remote import http_of

_TALKATIVE = ("anthropic", "httpx2", "httpcore2")
"""Loggers that tell of each request."""
_MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "none",
    "content": [],
    "usage": {"input_tokens": 0, "output_tokens": 0},
}
_BLOCK = {"type": "text", "text": ""}
_REHEARSAL = b"".join(
    f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    for event in (
        {"type": "message_start", "message": _MESSAGE},
        {"type": "content_block_start", "index": 0, "content_block": _BLOCK},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 1},
        },
        {"type": "message_stop"},
    )
)


def load() -> Any:
    """Return the SDK. Takes a second or two: call it in a thread. Raises `BackendUnavailable`."""
    try:
        sdk = importlib.import_module("anthropic")
    except ImportError:
        message = "the anthropic package is not installed; run: pip install 'assistant[anthropic]'"
        raise BackendUnavailable("llm", message) from None
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)
    asyncio.run(_rehearse(sdk))
    return sdk


async def _rehearse(sdk: Any) -> None:
    """Have an answer read that never left this process: 100 ms and more are spent here."""
    http = http_of(sdk)

    def answered(request: Any) -> Any:
        if request.method == "GET":
            return http.Response(200, json={"id": "none", "type": "model", "display_name": "x"})
        head = {"Content-Type": "text/event-stream"}
        return http.Response(200, headers=head, content=_REHEARSAL)

    client = http.AsyncClient(transport=http.MockTransport(answered))
    async with sdk.AsyncAnthropic(
        base_url="http://localhost", api_key="none", http_client=client
    ) as mind:
        await mind.models.retrieve("none")
        stream = await mind.messages.create(
            model="none",
            max_tokens=1,
            messages=[{"role": "user", "content": "hello"}],
            stream=True,
        )
        async for _ in stream:
            pass
