"""What minds behind an address have in common: where it is, patience, new attempts."""

import asyncio
import importlib
import ipaddress
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from assistant.errors import BackendBusy, BackendError, BackendTimeout, BackendUnavailable

T = TypeVar("T")

KEEP_ALIVE = 300.0
"""Seconds that an idle connection is kept: a new one costs a remote server 100 ms and more."""
LONGEST_REST = 3600.0
"""Seconds; a server that wants to be left alone for longer is asked again all the same."""
_BUSY_REST, _OVERLOAD_REST = 20.0, 10.0
"""Seconds until a busy server is asked again, unless it says when."""
_OVERLOADED = 500
"""HTTP statuses from here on are the server's own trouble and may pass."""
_BUSY = frozenset({503, 529})
_UNREADABLE = frozenset({400, 415, 422})


SENT: ContextVar[Callable[[], None]] = ContextVar("SENT", default=lambda: None)
"""Called once a question has been sent as a whole, its pictures included."""


async def tell_when_sent(request: Any) -> None:
    """Hook of an HTTP client on a request; what is only looked up (GET) is no question."""
    told = SENT.get()

    async def trace(step: str, _: object) -> None:
        if step.endswith("send_request_body.complete"):
            told()

    if request.method == "POST":
        request.extensions["trace"] = trace


def tokens(text: str) -> int:
    """Estimate tokens: four letters each in English, 2.4 in German, less beyond ASCII.

    The quarter of the window that a conversation keeps free covers the difference.
    """
    plain = sum(character.isascii() for character in text)
    return math.ceil(plain / 3 + (len(text.encode()) - plain) / 1.5)


def checked_url(value: str, example: str) -> str:
    """Return an address without its last slash. Raises `ValueError` if it is none."""
    address = urlsplit(value)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ValueError(f"must be an address such as {example}")
    return value.rstrip("/")


def host_of(url: str) -> str:
    """Return the server's name, for people: without name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def is_near(url: str) -> bool:
    """Tell whether a server is on this machine or in a private network."""
    name = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ipaddress.ip_address(name).is_private
    return name == "localhost" or name.endswith((".local", ".lan", ".internal"))


class RemoteMind(BaseModel):
    """What can be set of any mind behind an address."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field(description="Address of the server.")
    api_key: SecretStr | None = Field(default=None, description="Its key, if it wants one.")
    language: str = Field(
        default="en", description="The language, filled in from the assistant's."
    )
    max_tokens: int = Field(default=400, ge=1, description="Longest answer in tokens.")
    calls_tools: bool = Field(default=True, description="It may use tools.")
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

    @property
    def host(self) -> str:
        """The server's name, for people."""
        return host_of(self.base_url)

    @property
    def local(self) -> bool:
        """The server is on this machine or in a private network."""
        return is_near(self.base_url)


async def attempts(attempt: Callable[[], AsyncGenerator[T]], retries: int) -> AsyncGenerator[T]:
    """Yield what an attempt does; before its first piece it may fail `retries` times."""
    tried = 0
    while True:
        began = False
        try:
            async with aclosing(attempt()) as pieces:
                async for piece in pieces:
                    began = True
                    yield piece
        except BackendTimeout:
            raise
        except BackendError as error:
            if began or not error.retryable or tried >= retries:
                raise
            tried += 1
        else:
            return


class Patience:
    """How long a server may be silent: before its first word, and between two.

    What is no word, as a sign that it is still there, does not renew it.
    """

    def __init__(self, host: str, first: float, between: float) -> None:
        self._host, self._seconds, self._between = host, first, between
        self._deadline = asyncio.get_running_loop().time() + first

    def spoke(self) -> None:
        """Begin to wait for the next word."""
        self._seconds = self._between
        self._deadline = asyncio.get_running_loop().time() + self._between

    def wait(self) -> asyncio.Timeout:
        """Bound what is awaited within by what is left."""
        return asyncio.timeout_at(self._deadline)

    def lost(self) -> BackendTimeout:
        """Return what is wrong once it is."""
        message = (
            f"{self._host} said nothing for {self._seconds:g} s; ask again or use a faster one"
        )
        return BackendTimeout("llm", message, retryable=True)


class Reads(Protocol):
    """Reads one answer, event by event."""

    def take(self, event: Any) -> Iterator[str] | None:
        """Return the texts in an event, "" as a sign of life; `None`: it is none of ours."""
        ...


async def texts(
    stream: AsyncIterator[Any], reading: Reads, patience: Patience, place: "Place"
) -> AsyncGenerator[str]:
    """Yield what a stream says while patience lasts, signs of life only before the first word.

    Raises `TimeoutError`, and `BackendError` where no model server speaks.
    """
    events, alive = 0, False
    while True:
        async with patience.wait():
            event = await anext(stream, None)
        if event is None:
            break
        found, events = reading.take(event), events + 1
        if found is None:
            raise place.foreign()
        for text in found:
            patience.spoke()
            if text or not alive:
                alive = True
                yield text
    if not events:
        raise place.foreign()


def rest(headers: object, usual: float) -> float:
    """Return the seconds after which a busy server wants to be asked again."""
    value: Any = getattr(headers, "get", lambda _: None)("retry-after")
    try:
        seconds = float(value)
    except (TypeError, ValueError):  # none, or a date
        return usual
    return min(max(seconds, 0.0), LONGEST_REST) if math.isfinite(seconds) else usual


def http_of(sdk: Any) -> Any:
    """Return the HTTP library that an SDK stands on."""
    return importlib.import_module(type(sdk.DEFAULT_CONNECTION_LIMITS).__module__.split(".")[0])


def cannot_connect(error: BaseException) -> bool:
    """Tell whether nobody listens at an address, from an SDK's connection error."""
    return type(error.__cause__).__name__ in {"ConnectError", "ConnectTimeout"}


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a request was sent to, for people; `pictures`: there were some in it."""

    url: str
    model: str
    pictures: bool = False

    @property
    def host(self) -> str:
        """The server's name."""
        return host_of(self.url)

    def explained(self, error: Any, sdk: Any) -> BackendError:
        """Say in one line what is wrong and what to do; never with the server's own words."""
        if cannot_connect(error):
            message = f"no model server answers at {self.url}; start it or change llm.base_url"
            return BackendUnavailable("llm", message)
        if isinstance(error, sdk.APITimeoutError):
            message = f"{self.host} did not answer in time; ask again or use a faster one"
            return BackendTimeout("llm", message, retryable=True)
        status = getattr(error, "status_code", 0)
        if isinstance(error, sdk.APIConnectionError) or not isinstance(error, sdk.APIError):
            return self.broke_off()
        headers = getattr(getattr(error, "response", None), "headers", None)
        return self.refused(status, getattr(error, "code", None), headers)

    def broke_off(self) -> BackendError:
        """Say that the connection ended before the answer did."""
        message = f"{self.url} broke off; check that it is a model server and runs"
        return BackendUnavailable("llm", message, retryable=True)

    def foreign(self) -> BackendError:
        """Say that something else than a model server is there."""
        message = f"{self.url} does not answer as a model server does; check llm.base_url"
        return BackendError("llm", message)

    def refused(
        self, status: int, code: str | None = None, headers: object = None
    ) -> BackendError:
        """Say what a status of HTTP means here; `code` is the server's own name for it."""
        host, model = self.host, self.model
        if code == "context_length_exceeded":
            return BackendError("llm", f"this does not fit {model}; lower llm.context")
        if status == 429 or status in _BUSY:  # noqa: PLR2004 - HTTP's own number
            return self._busy(status, code, headers)
        match status:
            case 401 | 403:
                message = f"the key was refused: {host} wants another llm.api_key ({status})"
                return BackendUnavailable("llm", message)
            case 402:
                return BackendUnavailable("llm", f"the account at {host} is empty; pay")
            case 404:
                message = f"{host} has no model {model!r}; set llm.model, or /v1 is missing"
                return BackendUnavailable("llm", message)
            case 413:
                message = f"this is too large for {host}; take a smaller picture or llm.context"
            case 0:
                message = f"{host} broke the answer off; ask again"
            case _ if self.pictures and status in _UNREADABLE:
                message = f"{host} takes no pictures for {model} ({status}); set llm.sees: false"
            case _:
                message = f"{host} failed with status {status}; see what it logs"
        return BackendError("llm", message, retryable=status >= _OVERLOADED)

    def _busy(self, status: int, code: str | None, headers: object) -> BackendError:
        if code == "insufficient_quota":
            message = f"the account at {self.host} is empty; pay, or wait"
            return BackendBusy("llm", message, after=LONGEST_REST)
        if status in _BUSY:
            message = f"{self.host} is overloaded ({status}); ask again in a while"
            return BackendBusy("llm", message, after=rest(headers, _OVERLOAD_REST))
        message = f"{self.host} has too many requests, or the account is empty; wait or pay"
        return BackendBusy("llm", message, after=rest(headers, _BUSY_REST))
