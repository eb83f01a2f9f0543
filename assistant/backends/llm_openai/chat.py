"""Chat completions: messages to the wire, chunks to pieces."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from assistant.backends.llm_openai.settings import OPENAI, Config
from assistant.completions import Calls, functions, on_wire
from assistant.ports import Message, ToolCall, ToolSpec


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
            "messages": list(on_wire(messages, config.detail)),
            "stream": True,
            limit: config.max_tokens,
        }
        if config.temperature is not None:
            request["temperature"] = config.temperature
        if config.effort is not None:
            request["reasoning_effort"] = config.effort
        if tools:
            request["tools"] = functions(tools)
        return request

    def reading(self) -> "Chunks":
        """Return what reads one answer."""
        return Chunks()


class Chunks:
    """One answer, as it comes in chunks. `over`: it is whole; `refused`: a filter stopped it."""

    def __init__(self) -> None:
        self.over = self.refused = False
        self._calls = Calls()

    def take(self, chunk: Any) -> Iterator[str] | None:
        """Return the texts in a chunk, "" as a sign of life; `None`: it is none."""
        choices = getattr(chunk, "choices", None)
        return None if choices is None else self._texts(choices)

    def _texts(self, choices: Iterable[Any]) -> Iterator[str]:
        for choice in choices:
            for part in choice.delta.tool_calls or ():
                function = part.function
                self._calls.add(
                    part.index,
                    part.id,
                    function and function.name,
                    function and function.arguments,
                )
                yield ""
            reason = getattr(choice, "finish_reason", None)
            self.over |= bool(reason)
            self.refused |= reason == "content_filter"
            for text in (choice.delta.content, getattr(choice.delta, "refusal", None)):
                if text:
                    yield text

    def calls(self) -> list[ToolCall]:
        """Return the calls of tools, once the stream is over: they come in parts."""
        return self._calls.whole()
