"""Chat completions: messages to the wire, chunks to pieces."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from assistant.backends.llm_openai.settings import OPENAI, Config
from assistant.ports import Image, Message, ToolCall, ToolSpec

PICTURES = "(The pictures that the tool gave.)"
"""Stands with them: a tool's message takes no pictures here, so they follow as the user's."""


class Chat:
    """How a server is asked, and what it says."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def create(self, client: Any) -> Any:
        """Return the SDK's function that sends a request."""
        return client.chat.completions.create

    def request(
        self, model: str, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> dict[str, Any]:
        """Return a request for a streamed answer."""
        config = self._config
        # OpenAI's newer models refuse the name that everybody else knows
        limit = "max_completion_tokens" if config.host == OPENAI else "max_tokens"
        request: dict[str, Any] = {
            "model": model,
            "messages": list(_wires(messages, config.detail)),
            "stream": True,
            limit: config.max_tokens,
        }
        if config.temperature is not None:
            request["temperature"] = config.temperature
        if config.effort is not None:
            request["reasoning_effort"] = config.effort
        if tools:
            request["tools"] = [{"type": "function", "function": _function(t)} for t in tools]
        return request

    def reading(self) -> "Chunks":
        """Return what reads one answer."""
        return Chunks()


class Chunks:
    """One answer, as it comes in chunks. `refused`: a filter stopped it."""

    def __init__(self) -> None:
        self.refused = False
        self._calls: dict[int, ToolCall] = {}

    def take(self, chunk: Any) -> Iterator[str] | None:
        """Return the texts in a chunk; `None`: it is none."""
        choices = getattr(chunk, "choices", None)
        return None if choices is None else self._texts(choices)

    def _texts(self, choices: Iterable[Any]) -> Iterator[str]:
        for choice in choices:
            self._add(choice.delta.tool_calls or ())
            self.refused |= getattr(choice, "finish_reason", None) == "content_filter"
            for text in (choice.delta.content, getattr(choice.delta, "refusal", None)):
                if text:
                    yield text

    def _add(self, parts: Iterable[Any]) -> None:
        for part in parts:
            old = self._calls.get(part.index, ToolCall("", "", ""))
            function = part.function
            self._calls[part.index] = ToolCall(
                old.id or part.id or "",
                old.name + ((function and function.name) or ""),
                old.arguments + ((function and function.arguments) or ""),
            )

    def calls(self) -> list[ToolCall]:
        """Return the calls of tools, once the stream is over: they come in parts."""
        return [
            ToolCall(call.id or f"call-{index}", call.name, call.arguments or "{}")
            for index, call in sorted(self._calls.items())
        ]


def data_url(image: Image) -> str:
    """Return a picture as an address that holds it."""
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"


def _function(tool: ToolSpec) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }


def _wires(messages: Sequence[Message], detail: str) -> Iterator[dict[str, Any]]:
    """Yield messages as the server wants them; all of a row of tools answer before pictures."""
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


def _wire(message: Message, detail: str) -> dict[str, Any]:
    wire: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        wire["content"] = [
            {"type": "image_url", "image_url": {"url": data_url(image), "detail": detail}}
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
