"""Messages and calls of tools as chat completions have them, for all backends that speak so."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.ports import Image, Message, ToolCall, ToolSpec

PICTURES = "(The pictures that the tool gave.)"
"""Stands with them: a tool's message takes no pictures here, so they follow as the user's."""


def data_url(image: Image) -> str:
    """Return a picture as an address that holds it."""
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"


def functions(tools: Iterable[ToolSpec]) -> list[dict[str, Any]]:
    """Return tools as a server wants them."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in tools
    ]


def on_wire(messages: Sequence[Message], detail: str | None = "high") -> Iterator[dict[str, Any]]:
    """Yield messages as a server wants them; all of a row of tools answer before pictures.

    `detail`: how closely pictures are looked at; `None` where nobody asks.
    """
    waiting: list[Image] = []
    for message in messages:
        if waiting and message.role != "tool":
            yield _wire(Message("user", PICTURES, tuple(waiting)), detail)
            waiting = []
        if message.role == "tool":
            waiting += message.images
            message = Message("tool", message.text, answers=message.answers)  # noqa: PLW2901 - what stands here
        yield _wire(message, detail)
    if waiting:
        yield _wire(Message("user", PICTURES, tuple(waiting)), detail)


def without_tools(messages: Iterable[Message]) -> list[Message]:
    """Tell in words what tools gave, for a mind or a server that knows none."""
    told: list[Message] = []
    for message in messages:
        if message.role == "tool":
            message = Message("user", f"(Found out: {message.text})", message.images)  # noqa: PLW2901 - what stands here
        if not message.text and not message.images:
            continue
        if told and told[-1].role == message.role != "system":
            joined = "\n".join(filter(None, (told[-1].text, message.text)))
            images = told[-1].images + message.images
            told[-1] = replace(told[-1], text=joined, images=images)
        else:
            told.append(replace(message, calls=(), answers=None))
    return told


class Calls:
    """Calls of tools, which come in parts: `(index, id, name, arguments)`."""

    def __init__(self) -> None:
        self._parts: dict[int, ToolCall] = {}

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, index: int, call: str | None, name: str | None, arguments: str | None) -> None:
        """Take a part."""
        old = self._parts.get(index, ToolCall("", "", ""))
        self._parts[index] = ToolCall(
            old.id or call or "", old.name + (name or ""), old.arguments + (arguments or "")
        )

    def add_wire(self, parts: Iterable[Mapping[str, Any]]) -> None:
        """Take parts as they stand in a chunk of JSON."""
        for part in parts:
            function = part.get("function") or {}
            self.add(
                part["index"], part.get("id"), function.get("name"), function.get("arguments")
            )

    def whole(self) -> list[ToolCall]:
        """Return them, once the answer is over."""
        return [
            ToolCall(call.id or f"call-{index}", call.name, call.arguments or "{}")
            for index, call in sorted(self._parts.items())
        ]


def _wire(message: Message, detail: str | None) -> dict[str, Any]:
    wire: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        more = {} if detail is None else {"detail": detail}
        wire["content"] = [
            {"type": "image_url", "image_url": {"url": data_url(image)} | more}
            for image in message.images
        ]
        if message.text:
            wire["content"].append({"type": "text", "text": message.text})
    if message.calls:
        wire["content"] = message.text or None
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.calls
        ]
    if message.answers is not None:
        wire["tool_call_id"] = message.answers
    return wire
