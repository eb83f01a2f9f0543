"""A language model behind any OpenAI-compatible address, through the `openai` SDK (Apache-2.0).

Chat completions, streamed: OpenAI itself, llama.cpp, Ollama, vLLM, LM Studio and many more.
"""

import asyncio
import base64
import importlib
import ipaddress
import json
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from assistant.errors import BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import Image, Message, MindInfo, ToolCall, ToolSpec

_KEEP_ALIVE = 300.0
"""Seconds that an idle connection is kept: a new one costs a remote server 100 ms and more."""
_REHEARSAL = (
    b'data: {"choices": [{"index": 0, "delta": {"content": "hello"}}]}\n\ndata: [DONE]\n\n'
)
_TALKATIVE = ("openai", "httpx2", "httpcore2")
"""Loggers that tell of each request; older versions log prompts, too."""
_WARM_SECONDS = 5.0
_REFUSALS = frozenset({401, 403, 404, 429})
_OVERLOADED = 500
"""HTTP statuses from here on are the server's own trouble and may pass."""


class Config(BaseModel):
    """`llm: {backend: openai, …}`."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field(
        default="http://127.0.0.1:8080/v1", description="Address of the server, with its /v1."
    )
    model: str = Field(
        default="", description="Name of the model; empty: the first one that the server lists."
    )
    api_key: SecretStr | None = Field(
        default=None, description="Key; local servers mostly need none."
    )
    context: int = Field(
        default=8192, ge=512, description="Tokens of conversation and answer together."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Empty: the server's own; some models refuse any."
    )
    max_tokens: int = Field(default=400, ge=1, description="Longest answer in tokens.")
    calls_tools: bool = Field(default=True, description="The model can use tools.")
    sees: bool = Field(default=False, description="The model understands pictures.")
    connect_seconds: float = Field(default=2.0, gt=0, description="Longest wait for a connection.")
    first_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait for the first word."
    )
    between_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait between two words."
    )
    retries: int = Field(
        default=1, ge=0, le=3, description="New attempts, before the first word only."
    )

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        address = urlsplit(value)
        if address.scheme not in {"http", "https"} or not address.hostname:
            message = "must be an address such as http://127.0.0.1:8080/v1"
            raise ValueError(message)
        return value.rstrip("/")

    @property
    def host(self) -> str:
        """The server's name, for people."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    @property
    def local(self) -> bool:
        """The server is on this machine or in a private network."""
        name = urlsplit(self.base_url).hostname or ""
        with suppress(ValueError):
            return ipaddress.ip_address(name).is_private
        return name == "localhost" or name.endswith((".local", ".lan", ".internal"))


class OpenAIMind:
    """`ports.LanguageModel` over HTTP."""

    def __init__(self, config: Config, sdk: Any) -> None:
        self._config = config
        self._sdk = sdk
        self._model = config.model
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
                limits=_http(sdk).Limits(keepalive_expiry=_KEEP_ALIVE),
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
            calls_tools=config.calls_tools,
            sees=config.sees,
            costs=not config.local,
        )

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[str | ToolCall]:
        """Yield pieces as they come, then tool calls; closing this closes the socket."""
        config, attempts = self._config, 0
        while True:
            began = False
            try:
                async with aclosing(self._attempt(messages, tools)) as pieces:
                    async for piece in pieces:
                        began = True
                        yield piece
            except BackendTimeout:
                raise
            except BackendError as error:
                if began or not error.retryable or attempts >= config.retries:
                    raise
                attempts += 1
            else:
                return

    async def warm(self, messages: Sequence[Message]) -> None:
        """Open the connection and find out the model's name; nothing of the prompt is sent."""
        del messages
        with suppress(BackendError, TimeoutError):
            async with asyncio.timeout(_WARM_SECONDS):
                await self._find_model(anew=True)

    def count(self, text: str) -> int:
        """Estimate tokens: four letters each in English, 2.4 in German, less beyond ASCII.

        The quarter of the window that a conversation keeps free covers the difference.
        """
        plain = sum(character.isascii() for character in text)
        return math.ceil(plain / 3 + (len(text.encode()) - plain) / 1.5)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _attempt(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[str | ToolCall]:
        config, loop = self._config, asyncio.get_running_loop()
        calls = _Calls()
        seconds, chunks = config.first_seconds, 0
        deadline = loop.time() + seconds
        stream = None
        try:
            async with asyncio.timeout_at(deadline):
                await self._find_model()
                request = self._request(messages, tools)
                stream = await self._client.chat.completions.create(**request)
            while True:
                async with asyncio.timeout_at(deadline):
                    chunk = await anext(stream, None)
                if chunk is None:
                    break
                chunks += 1
                for text in self._texts(chunk, calls):
                    yield text
                    seconds = config.between_seconds
                    deadline = loop.time() + seconds
        except TimeoutError:
            message = (
                f"{config.host} said nothing for {seconds:g} s; ask again or use a faster one"
            )
            raise BackendTimeout("llm", message, retryable=True) from None
        except self._sdk.APIError as error:
            raise self._explained(error) from None
        except json.JSONDecodeError:
            raise self._foreign() from None
        finally:
            if stream is not None:
                await stream.close()
        if not chunks:
            raise self._foreign()
        for call in calls.whole():
            yield call

    async def _find_model(self, *, anew: bool = False) -> None:
        """Ask the server which models it has, unless the name is known."""
        if self._model and not anew:
            return
        try:
            page = await self._client.models.list()
        except self._sdk.APIError as error:
            raise self._explained(error) from None
        except json.JSONDecodeError:
            raise self._foreign() from None
        listed: Sequence[Any] = getattr(page, "data", None) or ()
        if not self._model:
            if not listed:
                message = f"{self._config.base_url} lists no model; set llm.model"
                raise BackendUnavailable("llm", message)
            self._model = listed[0].id

    def _request(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> dict[str, Any]:
        config = self._config
        # OpenAI's newer models refuse the name that everybody else knows
        limit = "max_completion_tokens" if config.host == "api.openai.com" else "max_tokens"
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [_wire(message) for message in messages],
            "stream": True,
            limit: config.max_tokens,
        }
        if config.temperature is not None:
            request["temperature"] = config.temperature
        if tools and config.calls_tools:
            request["tools"] = [
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
        return request

    def _texts(self, chunk: Any, calls: "_Calls") -> list[str]:
        choices = getattr(chunk, "choices", None)
        if choices is None:
            raise self._foreign()
        texts = []
        for choice in choices:
            calls.add(choice.delta.tool_calls or ())
            if choice.delta.content:
                texts.append(choice.delta.content)
        return texts

    def _explained(self, error: Any) -> BackendError:
        """Say in one line what is wrong and what to do; never with the server's own words."""
        config, sdk = self._config, self._sdk
        if type(error.__cause__).__name__ in {"ConnectError", "ConnectTimeout"}:
            message = f"no model server answers at {config.base_url}; start it or change"
            return BackendUnavailable("llm", f"{message} llm.base_url")
        if isinstance(error, sdk.APITimeoutError):
            message = f"{config.host} did not answer in time; ask again or use a faster one"
            return BackendTimeout("llm", message, retryable=True)
        if isinstance(error, sdk.APIConnectionError):
            message = f"{config.base_url} broke off; check that it is a model server and runs"
            return BackendUnavailable("llm", message, retryable=True)
        return self._refused(getattr(error, "status_code", 0), error.code)

    def _refused(self, status: int, code: str | None) -> BackendError:
        host, model = self._config.host, self._model
        if code == "context_length_exceeded":
            return BackendError("llm", f"this does not fit {model}; lower llm.context")
        match status:
            case 401 | 403:
                message = f"the key was refused: {host} wants another llm.api_key ({status})"
            case 404:
                message = f"{host} has no model {model!r}; set llm.model, or /v1 is missing"
            case 429:
                message = f"{host} has too many requests, or the account is empty; wait or pay"
            case 0:
                message = f"{host} broke the answer off; ask again"
            case _:
                message = f"{host} failed with status {status}; see what it logs"
        kind = BackendUnavailable if status in _REFUSALS else BackendError
        return kind("llm", message, retryable=status >= _OVERLOADED)

    def _foreign(self) -> BackendError:
        message = (
            f"{self._config.base_url} does not answer as a model server does; check llm.base_url"
        )
        return BackendError("llm", message)


class _Calls:
    """Tool calls, which come in parts."""

    def __init__(self) -> None:
        self._parts: dict[int, ToolCall] = {}

    def add(self, parts: Sequence[Any]) -> None:
        for part in parts:
            old = self._parts.get(part.index, ToolCall("", "", ""))
            function = part.function
            self._parts[part.index] = ToolCall(
                old.id or part.id or "",
                old.name + ((function and function.name) or ""),
                old.arguments + ((function and function.arguments) or ""),
            )

    def whole(self) -> list[ToolCall]:
        return [self._parts[index] for index in sorted(self._parts)]


def _wire(message: Message) -> dict[str, Any]:
    """Return a message as the server wants it."""
    wire: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        wire["content"] = [
            *(
                {"type": "image_url", "image_url": {"url": _data_url(image), "detail": "auto"}}
                for image in message.images
            ),
            {"type": "text", "text": message.text},
        ]
    if message.calls:
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


def _data_url(image: Image) -> str:
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"


def _http(sdk: Any) -> Any:
    """Return the HTTP library that this version of the SDK stands on."""
    return importlib.import_module(type(sdk.DEFAULT_CONNECTION_LIMITS).__module__.split(".")[0])


def _load() -> Any:
    """Import the SDK, and use it once: its first answer builds classes for 100 ms and more."""
    try:
        sdk = importlib.import_module("openai")
    except ImportError:
        message = "the openai package is not installed; run: pip install 'assistant[openai]'"
        raise BackendUnavailable("llm", message) from None
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)
    asyncio.run(_rehearse(sdk))
    return sdk


async def _rehearse(sdk: Any) -> None:
    """Have an answer read that never left this process."""
    http = _http(sdk)

    def answered(request: Any) -> Any:
        if request.method == "GET":
            return http.Response(200, json={"object": "list", "data": []})
        head = {"Content-Type": "text/event-stream"}
        return http.Response(200, headers=head, content=_REHEARSAL)

    client = http.AsyncClient(transport=http.MockTransport(answered))
    async with sdk.AsyncOpenAI(
        base_url="http://localhost", api_key="none", http_client=client
    ) as mind:
        await mind.models.list()
        messages = [{"role": "user", "content": "hello"}]
        stream = await mind.chat.completions.create(model="none", messages=messages, stream=True)
        async for _ in stream:
            pass


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[OpenAIMind]:
    """Load the SDK in a thread; the server is first spoken to by `warm` or `answer`."""
    mind = await asyncio.to_thread(lambda: OpenAIMind(config, _load()))
    try:
        yield mind
    finally:
        await mind.close()
