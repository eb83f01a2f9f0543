"""What is Claude's own: caching, thinking by capability, retirement, keys."""

import asyncio
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from assistant.backends import llm_anthropic
from assistant.backends.llm_anthropic import Claude, Config
from assistant.backends.llm_anthropic.wire import conversation, system
from assistant.errors import BackendUnavailable
from assistant.ports import LanguageModel, Message, ToolCall
from assistant.testing.dialects import MessagesDialect
from assistant.testing.http_mind import HttpMind, Mode
from tests.reasoning.wires import CLOCK, HELLO, during, read

TALK = [
    Message("system", "Be brief."),
    Message("user", "Hello."),
    Message("assistant", "Hello!"),
    Message("user", "How are you?"),
]


def card(**types: bool) -> dict[str, Any]:
    """What the Models API says of a model: which ways of thinking it takes."""
    yes, no = {"supported": True}, {"supported": False}
    ways = ("adaptive", "between_tools", "disabled", "enabled")
    thinking = {"supported": True, "types": {way: yes if types.get(way) else no for way in ways}}
    return {
        "display_name": "Peer",
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "deprecated",
        "retires_at": "2027-02-03T00:00:00Z",
        "max_input_tokens": 5000,
        "capabilities": {"image_input": no, "thinking": thinking},
    }


def test_what_stays_is_marked_to_be_cached() -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        await read(mind, TALK, [CLOCK])
        body = peer.requests[0]
        mark = {"type": "ephemeral"}
        assert body["system"] == [{"type": "text", "text": "Be brief.", "cache_control": mark}]
        first, second, newest = body["messages"]
        assert "cache_control" not in first["content"][-1]
        assert second["content"][-1]["cache_control"] == mark
        assert "cache_control" not in newest["content"][-1], "it is new each time"
        assert body["tools"][0]["input_schema"] == CLOCK.parameters
        assert not {"temperature", "top_p", "top_k"} & set(body)

    during("anthropic", HttpMind(), use)


def test_without_a_cache_nothing_is_marked() -> None:
    assert "cache_control" not in str(system(TALK, cache=False))
    assert "cache_control" not in str(conversation(TALK, lambda _: (), cache=False))


@pytest.mark.parametrize(
    ("types", "with_tools", "without"),
    [
        ({"disabled": True}, "disabled", "disabled"),
        ({"disabled": True, "between_tools": True}, "between_tools", "disabled"),
        ({"between_tools": True}, "between_tools", "between_tools"),
        ({"enabled": True, "adaptive": True}, None, None),
    ],
)
def test_it_thinks_as_little_as_the_model_allows(
    types: dict[str, bool], with_tools: str | None, without: str | None
) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        await mind.warm(HELLO)
        await read(mind, tools=[CLOCK])
        await read(mind)
        sent = [body.get("thinking", {}).get("type") for body in peer.requests]
        assert sent == [with_tools, without]

    during("anthropic", HttpMind(card=card(**types)), use)


def test_before_it_is_known_what_the_model_takes_nothing_is_said_of_thinking() -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        await read(mind)
        assert "thinking" not in peer.requests[0]

    during("anthropic", HttpMind(), use)


def test_the_service_tells_what_a_model_can_and_when_it_retires() -> None:
    async def use(_: HttpMind, mind: LanguageModel) -> None:
        assert mind.info.sees, "until it is known better"
        assert isinstance(mind, Claude)
        await mind.probe()
        assert (mind.info.context, mind.info.sees) == (5000, False)
        assert mind.abilities.retires == date(2027, 2, 3)
        assert not mind.abilities.retired

    during("anthropic", HttpMind(card=card(disabled=True)), use, sees=None)


def test_what_it_thought_before_a_call_is_given_back_with_the_result() -> None:
    class Thoughtful(MessagesDialect):
        def call(self, call: str, name: str, arguments: Any) -> Any:
            yield from self.thought("hm")
            yield from super().call(call, name, arguments)

    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        peer.speaks = Thoughtful
        (_, call), _ = await read(mind, tools=[CLOCK])
        assert isinstance(call, ToolCall)
        answered = Message("tool", "noon", answers=call.id)
        await read(mind, [*HELLO, Message("assistant", "", calls=(call,)), answered], [CLOCK])
        thought, used = peer.requests[1]["messages"][1]["content"]
        assert thought == {"type": "thinking", "thinking": "hm", "signature": "signed"}
        assert used["type"] == "tool_use"

    during("anthropic", HttpMind(mode=Mode.USE_TOOL), use)


def test_the_service_itself_wants_a_key() -> None:
    async def main() -> None:
        async with llm_anthropic.open(Config()):
            pass

    with pytest.raises(BackendUnavailable, match=r"llm\.api_key: {env: ANTHROPIC_API_KEY}"):
        asyncio.run(main())


def test_the_address_is_taken_with_or_without_its_version() -> None:
    assert Config(base_url="https://api.anthropic.com/v1/").base_url == "https://api.anthropic.com"
    with pytest.raises(ValidationError, match="must be an address"):
        Config(base_url="api.anthropic.com")
