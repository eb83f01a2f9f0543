"""Events to pieces: one answer, as it comes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assistant.backends.llm_anthropic.wire import Block
from assistant.ports import ToolCall

_KNOWN = frozenset(
    {
        "message_start",
        "message_delta",
        "message_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "ping",
    }
)


@dataclass
class Opened:
    """A block that is being written; its texts come in parts."""

    kind: str
    id: str = ""
    name: str = ""
    text: str = ""
    signature: str = ""
    data: str = ""


class Reading:
    """One answer. `stopped`: the service's word for why it is over; "": it is not."""

    def __init__(self) -> None:
        self.stopped = ""
        self._blocks: dict[int, Opened] = {}

    def take(self, event: Any) -> Iterator[str] | None:
        """Return the texts in an event, "" as a sign of life; `None`: it is no event."""
        kind = getattr(event, "type", None)
        return self._texts(kind, event) if kind in _KNOWN else None

    def _texts(self, kind: str, event: Any) -> Iterator[str]:
        match kind:
            case "content_block_start":
                block = event.content_block
                self._blocks[event.index] = Opened(
                    block.type,
                    getattr(block, "id", ""),
                    getattr(block, "name", ""),
                    data=getattr(block, "data", ""),
                )
            case "content_block_delta":
                yield from self._delta(self._blocks.get(event.index), event.delta)
            case "message_delta":
                self.stopped = event.delta.stop_reason or self.stopped
            case _:
                pass

    @staticmethod
    def _delta(block: Opened | None, delta: Any) -> Iterator[str]:
        if block is None:
            return
        match delta.type:
            case "text_delta":
                if delta.text:
                    yield delta.text
            case "input_json_delta":
                block.text += delta.partial_json
                yield ""
            case "thinking_delta":
                block.text += delta.thinking
            case "signature_delta":
                block.signature += delta.signature
            case _:
                pass

    def calls(self) -> list[ToolCall]:
        """Return the calls of tools, once the answer is over."""
        return [
            ToolCall(block.id, block.name, block.text or "{}")
            for _, block in sorted(self._blocks.items())
            if block.kind == "tool_use"
        ]

    def thoughts(self) -> list[Block]:
        """Return what it thought, as it wants it back."""
        found: list[Block] = []
        for _, block in sorted(self._blocks.items()):
            if block.kind == "thinking":
                thought = {"thinking": block.text, "signature": block.signature}
                found.append({"type": "thinking"} | thought)
            elif block.kind == "redacted_thinking":
                found.append({"type": "redacted_thinking", "data": block.data})
        return found
