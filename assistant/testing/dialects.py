"""What model servers say on the wire: chat completions, Responses, Anthropic's Messages.

Written from the services' documentation, not from what a client of ours expects. A dialect reads
requests and gives events; `http_mind` sends them, and breaks them.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Event = tuple[str, Any]
"""A name, which chat completions have none of, and what is sent as JSON."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked: pictures decoded, in their order, and whether each came before text."""

    model: str
    text: str
    """The newest words of the user."""
    pictures: tuple[bytes, ...] = ()
    tools: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    """What tools have answered since the user's newest words."""


class Dialect(Protocol):
    """One way to talk."""

    def request(self, body: Mapping[str, Any]) -> Request:
        """Read a request. Raises `ValueError` for one that the real service refuses."""
        ...

    def begin(self, model: str) -> Iterable[Event]:
        """What comes before the first word."""
        ...

    def text(self, piece: str) -> Iterable[Event]:
        """Say a piece."""
        ...

    def call(self, call: str, name: str, arguments: Iterable[str]) -> Iterable[Event]:
        """Call a tool, its arguments in parts."""
        ...

    def end(self, reason: str) -> Iterable[Event]:
        """Say that the answer is over; `reason`: stop, tool, length or refusal."""
        ...

    def trouble(self, kind: str) -> Iterable[Event]:
        """Say in the middle of an answer that something broke."""
        ...

    def error(self, status: int, message: str) -> dict[str, Any]:
        """Return the body of a failure."""
        ...


@dataclass
class ChatDialect:
    """OpenAI's chat completions, as llama.cpp, Ollama, vLLM and others speak them."""

    _model: str = ""
    _calls: int = 0

    def request(self, body: Mapping[str, Any]) -> Request:
        """Read a request; pictures in a tool's message are refused, as OpenAI does."""
        newest = ""
        pictures: list[bytes] = []
        results: list[str] = []
        for message in body["messages"]:
            content = message["content"]
            texts, seen = _parts(content, "text", "image_url")
            pictures += seen
            match message["role"]:
                case "user":
                    newest, results = texts, []
                case "tool" if seen:
                    raise ValueError("tool messages take text only")
                case "tool":
                    results.append(texts)
                case _:
                    pass
        names = tuple(tool["function"]["name"] for tool in body.get("tools", ()))
        return Request(body["model"], newest, tuple(pictures), names, tuple(results))

    def begin(self, model: str) -> Iterable[Event]:
        """Give the role."""
        self._model, self._calls = model, 0
        yield self._chunk({"role": "assistant", "content": ""})

    def text(self, piece: str) -> Iterable[Event]:
        """Give a delta."""
        yield self._chunk({"content": piece})

    def call(self, call: str, name: str, arguments: Iterable[str]) -> Iterable[Event]:
        """Give the call's name, then parts of its arguments."""
        index, self._calls = self._calls, self._calls + 1
        head = {"index": index, "id": call, "type": "function", "function": {"name": name}}
        yield self._chunk({"tool_calls": [head]})
        for part in arguments:
            yield self._chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})

    def end(self, reason: str) -> Iterable[Event]:
        """Give the reason, then the mark."""
        names = {"tool": "tool_calls", "refusal": "content_filter"}
        yield self._chunk({}, names.get(reason, reason))
        yield "", "[DONE]"

    def trouble(self, kind: str) -> Iterable[Event]:
        """Give an error where a chunk should be."""
        yield "", {"error": {"message": "as told", "type": kind, "code": kind}}

    def error(self, status: int, message: str) -> dict[str, Any]:
        """Return an error object."""
        del status
        return {"error": {"message": message, "type": "test", "code": None, "param": None}}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return "", {
            "id": "chat-1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self._model,
            "choices": [choice],
        }


@dataclass
class ResponsesDialect:
    """OpenAI's Responses."""

    _response: dict[str, Any] = field(default_factory=dict)
    _number: int = 0
    _index: int = 0

    def request(self, body: Mapping[str, Any]) -> Request:
        """Read the items of the input."""
        newest, pictures, results = "", [], []
        for item in body["input"]:
            kind = item.get("type", "message")
            content = item.get("output" if kind == "function_call_output" else "content", "")
            texts, seen = _parts(content, "input_text", "input_image")
            pictures += seen
            if kind == "function_call_output":
                results.append(texts)
            elif item.get("role") == "user":
                newest, results = texts, []
        names = tuple(tool["name"] for tool in body.get("tools", ()))
        return Request(body["model"], newest, tuple(pictures), names, tuple(results))

    def begin(self, model: str) -> Iterable[Event]:
        """Tell that there is a response, and a message in it."""
        self._number = self._index = 0
        self._response = {
            "id": "resp_1",
            "object": "response",
            "created_at": 0,
            "model": model,
            "output": [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
        }
        yield self._event("response.created", response=self._with("in_progress"))
        item = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
        item["status"] = "in_progress"
        yield self._event("response.output_item.added", output_index=0, item=item)

    def text(self, piece: str) -> Iterable[Event]:
        """Give a delta."""
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        yield self._event("response.output_text.delta", **place, delta=piece, logprobs=[])

    def call(self, call: str, name: str, arguments: Iterable[str]) -> Iterable[Event]:
        """Give an item, the deltas of its arguments, and the item as a whole."""
        self._index += 1
        place = {"output_index": self._index}
        item = {"id": f"fc_{call}", "type": "function_call", "call_id": call, "name": name}
        started = item | {"arguments": "", "status": "in_progress"}
        yield self._event("response.output_item.added", **place, item=started)
        parts = list(arguments)
        delta = "response.function_call_arguments.delta"
        for part in parts:
            yield self._event(delta, **place, item_id=item["id"], delta=part)
        whole = item | {"arguments": "".join(parts), "status": "completed"}
        yield self._event("response.output_item.done", **place, item=whole)

    def end(self, reason: str) -> Iterable[Event]:
        """Give the whole response, or why it is not whole."""
        if reason in {"length", "refusal"}:
            why = "max_output_tokens" if reason == "length" else "content_filter"
            cut = self._with("incomplete") | {"incomplete_details": {"reason": why}}
            yield self._event("response.incomplete", response=cut)
        else:
            yield self._event("response.completed", response=self._with("completed"))

    def trouble(self, kind: str) -> Iterable[Event]:
        """Tell that the response failed."""
        code = "rate_limit_exceeded" if kind == "rate_limit_error" else "server_error"
        failed = self._with("failed") | {"error": {"code": code, "message": "as told"}}
        yield self._event("response.failed", response=failed)

    def error(self, status: int, message: str) -> dict[str, Any]:
        """Return an error object."""
        return ChatDialect().error(status, message)

    def _with(self, status: str) -> dict[str, Any]:
        return self._response | {"status": status}

    def _event(self, kind: str, **fields: Any) -> Event:
        self._number += 1
        return kind, {"type": kind, "sequence_number": self._number} | fields


_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
_MEDIA = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_UNKNOWN = frozenset({"temperature", "top_p", "top_k"})
"""What the newest models refuse."""


@dataclass
class MessagesDialect:
    """Anthropic's Messages."""

    _index: int = -1
    _talks: bool = False

    def request(self, body: Mapping[str, Any]) -> Request:
        """Read a request, and refuse what the real service refuses."""
        if strange := _UNKNOWN & set(body):
            raise ValueError(f"{min(strange)}: this model takes none")
        newest, pictures, results = "", [], []
        for message in body["messages"]:
            if message["role"] not in {"user", "assistant"}:
                raise ValueError(f"messages: unknown role {message['role']}")
            content = message["content"]
            if isinstance(content, str):
                content = [{"type": "text", "text": content}]
            if not content:
                raise ValueError("messages: content must not be empty")
            answered = [block for block in content if block["type"] == "tool_result"]
            texts, seen = _parts(content, "text", "image")
            pictures += seen
            for block in answered:
                said, shown = _parts(block.get("content", ""), "text", "image")
                pictures += shown
                results.append(said)
            if message["role"] == "user" and texts:
                newest, results = texts, [] if not answered else results
        _refuse_lonely_results(body["messages"])
        names = tuple(tool["name"] for tool in body.get("tools", ()))
        if not names and any("tool_use" in str(message) for message in body["messages"]):
            raise ValueError("requests with tool_use blocks must define tools")
        return Request(body["model"], newest, tuple(pictures), names, tuple(results))

    def begin(self, model: str) -> Iterable[Event]:
        """Tell that there is a message."""
        self._index, self._talks = -1, False
        message: dict[str, Any] = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 1},
        }
        yield "message_start", {"type": "message_start", "message": message}
        yield "ping", {"type": "ping"}

    def text(self, piece: str) -> Iterable[Event]:
        """Give a delta, in a block of text."""
        if not self._talks:
            yield from self._open({"type": "text", "text": ""})
            self._talks = True
        yield self._delta({"type": "text_delta", "text": piece})

    def call(self, call: str, name: str, arguments: Iterable[str]) -> Iterable[Event]:
        """Give a block for a tool, its arguments in deltas."""
        yield from self._close()
        yield from self._open({"type": "tool_use", "id": call, "name": name, "input": {}})
        for part in arguments:
            yield self._delta({"type": "input_json_delta", "partial_json": part})
        self._talks = True
        yield from self._close()

    def thought(self, text: str) -> Iterable[Event]:
        """Give a block of thought, with the signature that it must come back with."""
        yield from self._open({"type": "thinking", "thinking": "", "signature": ""})
        yield self._delta({"type": "thinking_delta", "thinking": text})
        yield self._delta({"type": "signature_delta", "signature": "signed"})
        self._talks = True
        yield from self._close()

    def end(self, reason: str) -> Iterable[Event]:
        """Give the reason and the sum."""
        yield from self._close()
        names = {"stop": "end_turn", "tool": "tool_use", "length": "max_tokens"}
        delta = {"stop_reason": names.get(reason, reason), "stop_sequence": None}
        usage = {"output_tokens": 10}
        yield "message_delta", {"type": "message_delta", "delta": delta, "usage": usage}
        yield "message_stop", {"type": "message_stop"}

    def trouble(self, kind: str) -> Iterable[Event]:
        """Give an event of an error."""
        yield "error", {"type": "error", "error": {"type": kind, "message": "as told"}}

    def error(self, status: int, message: str) -> dict[str, Any]:
        """Return an error object."""
        kind = _ANTHROPIC.get(status, "api_error")
        error = {"type": kind, "message": message}
        return {"type": "error", "error": error, "request_id": "req_1"}

    def _open(self, block: dict[str, Any]) -> Iterable[Event]:
        self._index += 1
        start = {"type": "content_block_start", "index": self._index, "content_block": block}
        yield "content_block_start", start

    def _delta(self, delta: dict[str, Any]) -> Event:
        event = {"type": "content_block_delta", "index": self._index, "delta": delta}
        return "content_block_delta", event

    def _close(self) -> Iterable[Event]:
        if self._talks:
            yield "content_block_stop", {"type": "content_block_stop", "index": self._index}
        self._talks = False


def dialect_of(path: str) -> Dialect:
    """Return how one talks at an address."""
    if path.endswith("/messages"):
        return MessagesDialect()
    return ResponsesDialect() if path.endswith("/responses") else ChatDialect()


def _refuse_lonely_results(messages: Iterable[Mapping[str, Any]]) -> None:
    """Each call of a tool is answered in the message after it, and nothing else is."""
    called: set[str] = set()
    for message in messages:
        content = message["content"] if isinstance(message["content"], list) else []
        results = {b["tool_use_id"] for b in content if b["type"] == "tool_result"}
        if results != called:
            raise ValueError("tool_use ids and tool_result ids differ")
        called = {b["id"] for b in content if b["type"] == "tool_use"}


def _parts(content: Any, text: str, picture: str) -> tuple[str, list[bytes]]:
    """Return the words of a message, and its pictures. They must come first."""
    if isinstance(content, str) or content is None:
        return content or "", []
    words, pictures = [], []
    for part in content:
        if part["type"] == text:
            if not part["text"].strip():
                raise ValueError("text content blocks must be non-empty")
            words.append(part["text"])
        elif part["type"] == picture:
            if words:
                raise ValueError("this peer wants pictures first, as the services advise")
            pictures.append(_picture(part))
    return "\n".join(words), pictures


def _picture(part: Mapping[str, Any]) -> bytes:
    """Return the bytes of a picture; each service wraps them in its own way."""
    if "source" in part:  # Anthropic
        source = part["source"]
        if source["media_type"] not in _MEDIA:
            raise ValueError(f"media_type {source['media_type']} is not one of ours")
        return base64.b64decode(source["data"], validate=True)
    url = part["image_url"]
    holder = url if isinstance(url, dict) else part
    if holder.get("detail") not in {"low", "high", "auto"}:
        raise ValueError("detail is to be said")
    address: str = url["url"] if isinstance(url, dict) else url
    head, comma, data = address.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise ValueError("image_url is no picture")
    return base64.b64decode(data, validate=True)


def sse(events: Iterable[Event]) -> Iterator[bytes]:
    """Yield events as they go over the wire."""
    for name, data in events:
        head = f"event: {name}\n" if name else ""
        body = data if isinstance(data, str) else json.dumps(data)
        yield f"{head}data: {body}\n\n".encode()
