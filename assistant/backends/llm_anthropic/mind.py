"""The model, with its patience and its failures."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from assistant import remote
from assistant.backends.llm_anthropic import wire
from assistant.backends.llm_anthropic.abilities import Abilities, abilities
from assistant.backends.llm_anthropic.reading import Reading
from assistant.backends.llm_anthropic.settings import Config
from assistant.completions import without_tools
from assistant.errors import BackendError, BackendUnavailable
from assistant.ports import Message, MindInfo, ToolCall, ToolSpec
from assistant.selfsaid import refusal, unseen

_WARM_SECONDS = 5.0
_REMEMBERED = 64
"""Calls of tools whose thoughts are kept, to be given back with their results."""
_LATE_STATUS = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Failures in the middle of an answer, as the statuses that they would have been before it."""


class Claude:
    """`ports.LanguageModel` through Anthropic's Messages."""

    def __init__(self, config: Config, sdk: Any) -> None:
        if config.api_key is None and not config.local:
            message = f"{config.host} wants a key; set llm.api_key: {{env: ANTHROPIC_API_KEY}}"
            raise BackendUnavailable("llm", message)
        self._config, self._sdk = config, sdk
        self.abilities = Abilities()
        """What the service says of the model, once `warm` or `probe` has asked."""
        self._thoughts: OrderedDict[str, list[wire.Block]] = OrderedDict()
        self._broken = (sdk.APIError, remote.http_of(sdk).HTTPError)
        seconds = max(config.first_seconds, config.between_seconds) + 1
        self._client = sdk.AsyncAnthropic(
            base_url=config.base_url,
            api_key=config.api_key.get_secret_value() if config.api_key else "none",
            max_retries=0,  # the SDK's own may wait for a minute
            timeout=sdk.Timeout(seconds, connect=config.connect_seconds),
            http_client=sdk.DefaultAsyncHttpxClient(
                # a proxy from the environment cannot reach this machine
                trust_env=not config.local,
                limits=remote.http_of(sdk).Limits(keepalive_expiry=remote.KEEP_ALIVE),
                event_hooks={"request": [remote.tell_when_sent]},
            ),
        )

    @property
    def info(self) -> MindInfo:
        """Name and abilities: as configured, as far as the service says so."""
        config, known = self._config, self.abilities
        sees = known.sees is not False if config.sees is None else config.sees
        return MindInfo(
            config.model,
            min(config.context, known.context or config.context),
            local=config.local,
            calls_tools=config.calls_tools,
            sees=sees,
            costs=not config.local,
        )

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[str | ToolCall]:
        """Yield pieces as they come, then tool calls; closing this closes the socket.

        An empty piece says that a call of a tool is being written.
        """
        config = self._config
        if not self.info.sees:
            messages = [_unseen(m, config.language) if m.images else m for m in messages]
        request = self._request(messages, tools if config.calls_tools else ())
        place = self._place(messages)
        async for piece in remote.attempts(lambda: self._attempt(request, place), config.retries):
            yield piece

    async def warm(self, messages: Sequence[Message]) -> None:
        """Open the connection and learn what the model can; nothing of the prompt is sent."""
        del messages
        with suppress(BackendError, TimeoutError):
            await self.probe()

    async def probe(self) -> None:
        """Find out whether the service answers and takes the key. Raises `BackendError`."""
        async with asyncio.timeout(_WARM_SECONDS):
            try:
                model = await self._client.models.retrieve(self._config.model)
            except self._broken as error:
                raise self._place().explained(error, self._sdk) from None
            except (json.JSONDecodeError, ValueError):
                raise self._place().foreign() from None
        self.abilities = abilities(model)

    def count(self, text: str) -> int:
        """Estimate tokens."""
        return remote.tokens(text)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _attempt(
        self, request: dict[str, Any], place: remote.Place
    ) -> AsyncGenerator[str | ToolCall]:
        config = self._config
        patience = remote.Patience(config.host, config.first_seconds, config.between_seconds)
        reading, stream, said = Reading(), None, False
        try:
            async with patience.wait():
                stream = await self._client.messages.create(**request)
            async for text in remote.texts(stream, reading, patience, place):
                said = said or bool(text)
                yield text
        except TimeoutError:
            raise patience.lost() from None
        except self._broken as error:
            raise self._explained(error, place) from None
        except json.JSONDecodeError:
            raise place.foreign() from None
        finally:
            if stream is not None:
                await stream.close()
        for piece in self._end(reading, place, said=said):
            yield piece

    def _end(self, reading: Reading, place: remote.Place, *, said: bool) -> list[str | ToolCall]:
        """Return what is left to say when the stream is over."""
        match reading.stopped:
            case "":
                raise place.broke_off()
            case "refusal" if not said:
                return [refusal(self._config.language)]
            case "model_context_window_exceeded" if not said:
                message = f"this does not fit {self._config.model}; lower llm.context"
                raise BackendError("llm", message)
            case _:
                pass
        calls = reading.calls()
        if calls and (thoughts := reading.thoughts()):
            self._thoughts[calls[0].id] = thoughts
            while len(self._thoughts) > _REMEMBERED:
                self._thoughts.popitem(last=False)
        return [*calls]

    def _explained(self, error: Any, place: remote.Place) -> BackendError:
        status = getattr(error, "status_code", 0)
        if status in _LATE_STATUS.values() or status >= 400:  # noqa: PLR2004 - where HTTP's failures begin
            return place.explained(error, self._sdk)
        kind = getattr(error, "type", None)  # it came within an answer, whose status was 200
        if isinstance(kind, str):
            return place.refused(_LATE_STATUS.get(kind, 0))
        return place.explained(error, self._sdk)

    def _request(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> dict[str, Any]:
        config = self._config
        thoughts = self._thoughts
        if not tools:  # the service refuses calls of tools that it is not told of
            messages = without_tools(messages)
        request: dict[str, Any] = {
            "model": config.model,
            "max_tokens": config.max_tokens,
            "messages": wire.conversation(
                messages, lambda call: thoughts.get(call.id, ()), cache=config.cache
            ),
            "stream": True,
        }
        if told := wire.system(messages, cache=config.cache):
            request["system"] = told
        if tools:
            request["tools"] = wire.tools_on_wire(tools)
        if thinking := self._thinking(with_tools=bool(tools)):
            request["thinking"] = {"type": thinking}
        return request

    def _thinking(self, *, with_tools: bool) -> str:
        """Return how it is told to think; "": nothing, as it is not known what it would take."""
        known, wanted = self.abilities, self._config.thinking
        if wanted == "off":
            return "disabled"
        if wanted == "between_tools":
            return "between_tools" if with_tools else "disabled"
        if with_tools and known.thinks_between_tools:
            return "between_tools"
        if known.thinking_off:
            return "disabled"
        return "between_tools" if known.thinks_between_tools else ""

    def _place(self, messages: Sequence[Message] = ()) -> remote.Place:
        pictures = any(message.images for message in messages)
        return remote.Place(self._config.base_url, self._config.model, pictures)


def _unseen(message: Message, language: str) -> Message:
    """Return a message for a mind that cannot see: it should say so, and not guess."""
    return replace(message, text=f"{unseen(language)} {message.text}".strip(), images=())
