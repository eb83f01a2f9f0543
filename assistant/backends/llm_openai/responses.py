"""Responses: messages to the wire, events to pieces."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

from assistant.backends.llm_openai.settings import Config
from assistant.completions import data_url
from assistant.ports import Message, ToolCall, ToolSpec

REMEMBERED = 64
"""Calls of tools whose reasoning is kept, to be given back with their results."""
_REASONING = "reasoning.encrypted_content"


class Responses:
    """How OpenAI is asked, and what it says. Nothing is stored there."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._reasons: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def create(self, client: Any) -> Any:
        """Return the SDK's function that sends a request."""
        return client.responses.create

    def request(
        self, model: str, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> dict[str, Any]:
        """Return a request for a streamed answer."""
        config = self._config
        system = [message.text for message in messages if message.role == "system"]
        request: dict[str, Any] = {
            "model": model,
            "input": list(self._items(messages)),
            "stream": True,
            "store": False,
            "max_output_tokens": config.max_tokens,
        }
        if system:
            request["instructions"] = "\n\n".join(system)
        if config.temperature is not None:
            request["temperature"] = config.temperature
        if config.effort is not None:
            request["reasoning"] = {"effort": config.effort}
            request["include"] = [_REASONING]
        if tools:
            request["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                    "strict": False,
                }
                for tool in tools
            ]
        return request

    def reading(self) -> "Events":
        """Return what reads one answer."""
        return Events(self._reasons)

    def _items(self, messages: Sequence[Message]) -> Iterator[dict[str, Any]]:
        for message in messages:
            match message.role:
                case "system":
                    pass  # stands in `instructions`
                case "user":
                    yield {"role": "user", "content": self._content(message)}
                case "assistant":
                    yield from self._said(message)
                case "tool":
                    output = self._content(message) if message.images else message.text
                    yield {
                        "type": "function_call_output",
                        "call_id": message.answers,
                        "output": output,
                    }

    def _said(self, message: Message) -> Iterator[dict[str, Any]]:
        for call in message.calls:
            yield from self._reasons.get(call.id, ())
        if message.text:
            yield {"role": "assistant", "content": message.text}
        for call in message.calls:
            yield {
                "type": "function_call",
                "call_id": call.id,
                "name": call.name,
                "arguments": call.arguments,
            }

    def _content(self, message: Message) -> list[dict[str, Any]]:
        content: list[dict[str, Any]] = [
            {"type": "input_image", "image_url": data_url(image), "detail": self._config.detail}
            for image in message.images
        ]
        if message.text or not content:
            content.append({"type": "input_text", "text": message.text})
        return content


class Events:
    """One answer, as it comes in events. `over`: it is whole; `refused`: a filter stopped it.

    `failed`: the server's name for what went wrong after the answer had begun.
    """

    def __init__(self, reasons: OrderedDict[str, list[dict[str, Any]]]) -> None:
        self.over = self.refused = False
        self.failed: str | None = None
        self._calls: list[ToolCall] = []
        self._reasons = reasons
        self._thought: list[dict[str, Any]] = []

    def take(self, event: Any) -> Iterator[str] | None:
        """Return the texts in an event, "" as a sign of life; `None`: it is none."""
        kind = getattr(event, "type", None)
        if not isinstance(kind, str):
            return None
        return self._texts(kind, event)

    def _texts(self, kind: str, event: Any) -> Iterator[str]:
        match kind:
            case "response.output_text.delta" | "response.refusal.delta":
                if event.delta:
                    yield event.delta
            case "response.function_call_arguments.delta":
                yield ""
            case "response.output_item.done" if event.item.type == "function_call":
                item = event.item
                self._calls.append(ToolCall(item.call_id, item.name, item.arguments or "{}"))
            case "response.output_item.done" if event.item.type == "reasoning":
                self._thought.append(event.item.to_dict())
            case "response.completed":
                self.over = True
            case "response.incomplete":
                self.over = True
                details = event.response.incomplete_details
                self.refused = bool(details) and details.reason == "content_filter"
            case "response.failed":
                error = event.response.error
                self.failed = (error and error.code) or "server_error"
            case "error":
                self.failed = event.code or "server_error"
            case _:
                pass

    def calls(self) -> list[ToolCall]:
        """Return the calls of tools, once the stream is over."""
        if self._calls and self._thought:
            # given back before the first call of this answer, once
            self._reasons[self._calls[0].id] = self._thought
            while len(self._reasons) > REMEMBERED:
                self._reasons.popitem(last=False)
        return self._calls
