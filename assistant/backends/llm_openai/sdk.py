"""The SDK, imported when it is wanted, and used once: its first answer builds classes."""

import asyncio
import importlib
import json
import logging
from typing import Any, Literal

from assistant.errors import BackendUnavailable
from assistant.remote import http_of

_CHAT = b'data: {"choices": [{"index": 0, "delta": {"content": "hello"}}]}\n\ndata: [DONE]\n\n'
_RESPONSE = {
    "id": "r",
    "object": "response",
    "created_at": 0,
    "model": "none",
    "output": [],
    "status": "completed",
}
_RESPONSES = b"".join(
    f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    for event in (
        {"type": "response.output_text.delta", "item_id": "m", "delta": "hello"},
        {"type": "response.completed", "response": _RESPONSE},
    )
)
_TALKATIVE = ("openai", "httpx2", "httpcore2")
"""Loggers that tell of each request; older versions log prompts, too."""

Speech = Literal["responses", "chat"]


def load(speaks: Speech) -> Any:
    """Return the SDK. Takes a second or two: call it in a thread. Raises `BackendUnavailable`."""
    try:
        sdk = importlib.import_module("openai")
    except ImportError:
        message = "the openai package is not installed; run: pip install 'assistant[openai]'"
        raise BackendUnavailable("llm", message) from None
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)
    asyncio.run(_rehearse(sdk, speaks))
    return sdk


async def _rehearse(sdk: Any, speaks: Speech) -> None:
    """Have an answer read that never left this process: 100 ms and more are spent here."""
    http = http_of(sdk)

    def answered(request: Any) -> Any:
        if request.method == "GET":
            return http.Response(200, json={"object": "list", "data": []})
        head = {"Content-Type": "text/event-stream"}
        content = _CHAT if speaks == "chat" else _RESPONSES
        return http.Response(200, headers=head, content=content)

    client = http.AsyncClient(transport=http.MockTransport(answered))
    async with sdk.AsyncOpenAI(
        base_url="http://localhost", api_key="none", http_client=client
    ) as mind:
        await mind.models.list()
        messages = [{"role": "user", "content": "hello"}]
        if speaks == "chat":
            stream = await mind.chat.completions.create(
                model="none", messages=messages, stream=True
            )
        else:
            stream = await mind.responses.create(model="none", input=messages, stream=True)
        async for _ in stream:
            pass
