"""The model, with its patience and its failures."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from assistant import remote
from assistant.backends.llm_openai.chat import Chat
from assistant.backends.llm_openai.paligemma import formed
from assistant.backends.llm_openai.responses import Responses
from assistant.backends.llm_openai.settings import Config
from assistant.errors import BackendError, BackendUnavailable
from assistant.ports import Message, MindInfo, ToolCall, ToolSpec
from assistant.selfsaid import refusal, unseen

_WARM_SECONDS = 5.0
_LATE_STATUS = {"rate_limit_exceeded": 429, "server_error": 500, "overloaded": 529}
"""Failures in the middle of an answer, as the statuses that they would have been before it."""


class OpenAIMind:
    """`ports.LanguageModel` over HTTP."""

    def __init__(self, config: Config, sdk: Any) -> None:
        self._config = config
        self._sdk = sdk
        self._model = config.model
        self._wire: Chat | Responses = (
            Responses(config) if config.speaks == "responses" else Chat(config)
        )
        key = config.api_key.get_secret_value() if config.api_key else "none"
        seconds = max(config.first_seconds, config.between_seconds) + 1
        self._client = sdk.AsyncOpenAI(
            base_url=config.base_url,
            api_key=key,
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
        """Name and abilities as configured; the name may be found out at the first request."""
        config = self._config
        return MindInfo(
            self._model or f"the model of {config.host}",
            config.context,
            local=config.local,
            calls_tools=config.calls_tools and config.prompt_form == "chat",
            sees=config.sees or config.prompt_form == "paligemma",
            costs=not config.local,
        )

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[str | ToolCall]:
        """Yield pieces as they come, then tool calls; closing this closes the socket.

        An empty piece says that a call of a tool is being written.
        """
        config = self._config
        if config.prompt_form == "paligemma":
            messages, tools = formed(messages, config.language), ()
        elif not config.sees:
            messages = [_unseen(m, config.language) if m.images else m for m in messages]
        offered = tools if config.calls_tools else ()
        async for piece in remote.attempts(
            lambda: self._attempt(messages, offered), config.retries
        ):
            yield piece

    async def warm(self, messages: Sequence[Message]) -> None:
        """Open the connection and find out the model's name; nothing of the prompt is sent."""
        del messages
        with suppress(BackendError, TimeoutError):
            await self.probe()

    async def probe(self) -> None:
        """Find out whether the server answers and takes the key. Raises `BackendError`."""
        async with asyncio.timeout(_WARM_SECONDS):
            await self._find_model(anew=True)

    def count(self, text: str) -> int:
        """Estimate tokens."""
        return remote.tokens(text)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _attempt(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[str | ToolCall]:
        config, wire = self._config, self._wire
        patience = remote.Patience(config.host, config.first_seconds, config.between_seconds)
        place = self._place(messages)
        reading, stream, said = wire.reading(), None, False
        try:
            async with patience.wait():
                await self._find_model()
                request = wire.request(self._model, messages, tools)
                stream = await wire.create(self._client)(**request)
            async for text in remote.texts(stream, reading, patience, place):
                said = said or bool(text)
                yield text
        except TimeoutError:
            raise patience.lost() from None
        except self._sdk.APIError as error:
            raise place.explained(error, self._sdk) from None
        except json.JSONDecodeError:
            raise place.foreign() from None
        finally:
            if stream is not None:
                await stream.close()
        for piece in self._end(reading, place, said=said):
            yield piece

    def _end(self, reading: Any, place: remote.Place, *, said: bool) -> list[str | ToolCall]:
        """Return what is left to say when the stream is over."""
        failed = getattr(reading, "failed", None)
        if failed is not None:
            raise place.refused(_LATE_STATUS.get(failed, 400), failed)
        if not reading.over:
            raise place.broke_off()
        if reading.refused and not said:
            return [refusal(self._config.language)]
        return reading.calls()  # type: ignore[no-any-return]

    def _place(self, messages: Sequence[Message] = ()) -> remote.Place:
        pictures = any(message.images for message in messages)
        return remote.Place(self._config.base_url, self._model, pictures)

    async def _find_model(self, *, anew: bool = False) -> None:
        """Ask the server which models it has, unless the name is known."""
        if self._model and not anew:
            return
        try:
            page = await self._client.models.list()
        except self._sdk.APIError as error:
            raise self._place().explained(error, self._sdk) from None
        except json.JSONDecodeError:
            raise self._place().foreign() from None
        listed: Sequence[Any] = getattr(page, "data", None) or ()
        if not self._model:
            if not listed:
                message = f"{self._config.base_url} lists no model; set llm.model"
                raise BackendUnavailable("llm", message)
            self._model = listed[0].id


def _unseen(message: Message, language: str) -> Message:
    """Return a message for a mind that cannot see: it should say so, and not guess."""
    return replace(message, text=f"{unseen(language)} {message.text}".strip(), images=())
