"""Messages to the wire."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assistant.ports import Image, Message, ToolCall, ToolSpec

Block = dict[str, Any]
_CACHED = {"cache_control": {"type": "ephemeral"}}


def tools_on_wire(tools: Sequence[ToolSpec]) -> list[Block]:
    """Return tools as the service wants them."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": dict(tool.parameters),
        }
        for tool in tools
    ]


def system(messages: Sequence[Message], *, cache: bool) -> list[Block]:
    """Return the instructions; tools and these are the beginning that stays, and is cached."""
    blocks: list[Block] = [
        {"type": "text", "text": m.text} for m in messages if m.role == "system" and m.text.strip()
    ]
    if blocks and cache:
        blocks[-1] |= _CACHED
    return blocks


def conversation(
    messages: Sequence[Message],
    thoughts: Callable[[ToolCall], Sequence[Block]],
    *,
    cache: bool,
) -> list[Block]:
    """Return what was said. `thoughts`: what the model thought before a call, to be given back.

    The results of tools are the user's here, all those of one answer in one message; all but the
    newest message of the user is cached.
    """
    told: list[Block] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = list(_blocks(message, thoughts))
        if not blocks:
            continue
        if told and told[-1]["role"] == role:
            told[-1]["content"] += blocks
        else:
            told.append({"role": role, "content": blocks})
    if cache and len(told) > 1:
        _mark(told[-2]["content"])
    return told


def _mark(blocks: list[Block]) -> None:
    """Have the service keep all up to here; thoughts cannot be marked."""
    if not blocks[-1]["type"].endswith("thinking"):
        blocks[-1] = blocks[-1] | _CACHED


def _blocks(message: Message, thoughts: Callable[[ToolCall], Sequence[Block]]) -> Iterator[Block]:
    if message.role == "tool":
        yield {
            "type": "tool_result",
            "tool_use_id": message.answers or "",
            "content": list(_content(message)) or "(nothing)",
        }
        return
    for call in message.calls:
        yield from thoughts(call)
    yield from _content(message)
    for call in message.calls:
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": _input(call)}


def _content(message: Message) -> Iterator[Block]:
    """Yield pictures, then words: it sees better so. Empty words are refused."""
    for image in message.images:
        yield _picture(image)
    if message.text.strip():
        yield {"type": "text", "text": message.text}


def _picture(image: Image) -> Block:
    data = base64.b64encode(image.data).decode()
    source = {"type": "base64", "media_type": image.media_type, "data": data}
    return {"type": "image", "source": source}


def _input(call: ToolCall) -> Block:
    """Return the arguments of a call; those that were no JSON are not shown to it again."""
    try:
        found = json.loads(call.arguments or "{}")
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
