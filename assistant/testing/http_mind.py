"""A model server of our own on loopback, and its failures.

It speaks chat completions, Responses and Anthropic's Messages, each at its own path, and sees:
with `sees` its answers come from the pixels that it was sent.
"""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from assistant.testing import eyes
from assistant.testing.dialects import ChatDialect, Dialect, Event, Request, dialect_of, sse

_HEAD = "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n"
_CLOSE_SECONDS = 1.0
_STATUS = {
    400: "400 Bad Request",
    401: "401 Unauthorized",
    404: "404 Not Found",
    413: "413 Payload Too Large",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
    529: "529 Overloaded",
}
_CHANGELESS = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset."""


class Mode(Enum):
    """What the server does with a chat request."""

    ANSWER = auto()
    SILENT = auto()
    """Takes the request and says nothing at all."""
    STALL_AFTER_HEAD = auto()
    STALL_MIDWAY = auto()
    """Two pieces, then nothing."""
    DROP = auto()
    """Closes the connection instead of answering."""
    DROP_MIDWAY = auto()
    TRUNCATED = auto()
    """Two pieces, then the end of the stream, but no word of the answer's end."""
    RESET = auto()
    """Resets the connection instead of answering."""
    RESET_MIDWAY = auto()
    TROUBLE_MIDWAY = auto()
    """Two pieces, then the service's own word for a failure."""
    GARBAGE = auto()
    """Bytes that are no HTTP."""
    WEB_PAGE = auto()
    """A web page with status 200: another program listens there."""
    BROKEN_JSON = auto()
    WRONG_JSON = auto()
    """Good JSON that is no chunk of an answer."""
    EMPTY = auto()
    """A stream that ends without a word."""
    ENDLESS = auto()
    DRIP = auto()
    """Single bytes, so slowly that no word ever gets whole."""
    TOOL_CALLS = auto()
    """Calls `clock` each time, whatever the tool says."""
    USE_TOOL = auto()
    """Calls the first tool that it is offered, and answers from the result."""
    UNKNOWN_TOOL = auto()
    BROKEN_ARGUMENTS = auto()
    REFUSAL = auto()
    """Will not answer, and says so in the service's own way."""
    CUT = auto()
    """The answer is as long as it may be."""
    BLIND = auto()
    """Refuses pictures."""
    UNAUTHORISED = 401
    NO_MODEL = 404
    TOO_LARGE = 413
    BUSY = 429
    FAILING = 500
    OVERLOADED = 529


_MIDWAY = frozenset(
    {
        Mode.STALL_MIDWAY,
        Mode.DROP_MIDWAY,
        Mode.TRUNCATED,
        Mode.RESET_MIDWAY,
        Mode.TROUBLE_MIDWAY,
    }
)


@dataclass
class HttpMind:
    """Its behaviour, which may be changed at any time, and what it saw.

    `first` and `each`: seconds before the first piece and between the others.
    """

    text: str = "The capital of France is Paris."
    mode: Mode = Mode.ANSWER
    first: float = 0.0
    each: float = 0.0
    failures: int = 0
    """So many requests get `mode`, the later ones an answer; 0: all."""
    model: str = "peer-1"
    sees: bool = False
    """Answers with what is to be seen in the pictures, instead of `text`."""
    retry_after: str = ""
    """What it says with a failure of HTTP."""
    card: dict[str, Any] = field(default_factory=dict)
    """What Anthropic's Models API would tell of the model beside its name."""
    speaks: Callable[[], Dialect] | None = None
    """How it talks, whatever the path."""
    port: int = 0
    heard: list[Request] = field(default_factory=list)
    """The requests, read."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    connections: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """A chat request came."""
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """The client closed a connection while it was being answered."""

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def root_url(self) -> str:
        """The same for clients that add the version themselves."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["HttpMind"]:
        """Listen on a free port; at the end all connections are closed."""
        writers: set[asyncio.StreamWriter] = set()
        handlers: set[asyncio.Task[None] | None] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            writers.add(writer)
            handlers.add(asyncio.current_task())
            try:
                while await _Exchange(self, reader, writer).run():
                    pass
            except asyncio.IncompleteReadError:
                pass  # it closed an idle connection
            except (ConnectionError, _HungUp):
                self.hung_up.set()
            writer.close()
            writers.discard(writer)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in list(writers):
                writer.transport.abort()
            await server.wait_closed()
            if running := [task for task in handlers if task and not task.done()]:
                await asyncio.wait(running, timeout=_CLOSE_SECONDS)


class _HungUp(Exception):  # noqa: N818 - an event, not an error
    pass


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, mind: HttpMind, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._mind = mind
        self._reader = reader
        self._writer = writer
        self._dialect: Dialect = ChatDialect()
        self._request = Request("", "")

    async def run(self) -> bool:
        """Return whether the connection can be used again."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, path, _ = head.split(" ", 2)
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await self._reader.readexactly(int(fields.get("content-length", 0)))
        mind = self._mind
        key = fields.get("authorization", fields.get("x-api-key", ""))
        if method == "GET":
            if mind.mode is Mode.UNAUTHORISED and not mind.failures:
                return await self._refuse(ChatDialect(), 401)
            card = {"id": mind.model, "object": "model", "type": "model"} | mind.card
            listing = {"object": "list", "data": [card]}
            one = card if path.rstrip("/").endswith(mind.model) else listing
            return await self._whole("200 OK", "application/json", json.dumps(one))
        mind.requests.append(json.loads(body))
        made = mind.speaks
        self._dialect = made() if made else dialect_of(path.partition("?")[0])
        mind.asked.set()
        mind.keys.append(key)
        try:
            self._request = self._dialect.request(mind.requests[-1])
        except ValueError as wrong:
            return await self._refuse(self._dialect, 400, str(wrong))
        mind.heard.append(self._request)
        failed = mind.failures and len(mind.requests) > mind.failures
        return await self._answer(Mode.ANSWER if failed else mind.mode)

    async def _answer(self, mode: Mode) -> bool:
        match mode:
            case Mode.SILENT:
                await self._pause(None)
            case Mode.DROP:
                pass
            case Mode.RESET:
                self._reset()
            case Mode.GARBAGE:
                self._writer.write(b"\x00\x15SSH-2.0 what is this\r\n\r\n")
                await self._writer.drain()
            case Mode.WEB_PAGE:
                return await self._whole("200 OK", "text/html", "<html>It works!</html>")
            case Mode.BLIND if self._request.pictures:
                return await self._refuse(self._dialect, 400)
            case _ if isinstance(mode.value, int) and mode.value in _STATUS:
                return await self._refuse(self._dialect, mode.value)
            case _:
                return await self._stream(mode)
        return False

    async def _stream(self, mode: Mode) -> bool:
        head = _HEAD.format(status="200 OK", kind="text/event-stream")
        self._writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        await self._writer.drain()
        if mode is Mode.STALL_AFTER_HEAD:
            await self._pause(None)
        await self._pause(self._mind.first)
        if mode is Mode.DRIP:
            await self._drip()
            return False
        if mode is not Mode.EMPTY:
            await self._events(self._dialect.begin(self._mind.model))
        reason = "stop"
        match mode:
            case Mode.BROKEN_JSON:
                await self._send(b'event: message_start\ndata: {"choices": [{"delta": {"c\n\n')
            case Mode.WRONG_JSON:
                await self._send(b'event: answer\ndata: {"answer": "Paris"}\n\n')
            case Mode.TOOL_CALLS | Mode.UNKNOWN_TOOL | Mode.BROKEN_ARGUMENTS:
                await self._events(self._call(mode))
                reason = "tool"
            case Mode.USE_TOOL if self._request.tools and not self._request.results:
                await self._events(self._call(mode))
                reason = "tool"
            case Mode.EMPTY:
                pass
            case Mode.REFUSAL:
                reason = "refusal"
            case _:
                await self._words(mode)
                reason = "length" if mode is Mode.CUT else "stop"
        return await self._close(mode, reason)

    async def _close(self, mode: Mode, reason: str) -> bool:
        if mode is Mode.DROP_MIDWAY:
            return False
        if mode is Mode.RESET_MIDWAY:
            self._reset()
            return False
        if mode is Mode.TROUBLE_MIDWAY:
            await self._events(self._dialect.trouble("overloaded_error"))
        elif mode is not Mode.TRUNCATED:
            await self._events(self._dialect.end(reason))
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()
        return True

    async def _words(self, mode: Mode) -> None:
        mind, request = self._mind, self._request
        text = mind.text
        if mind.sees and request.pictures:
            text = eyes.told(request.pictures)
        if request.results:
            text = f"It says: {' / '.join(request.results)}. {text if mind.sees else ''}".strip()
        words = text.split(" ")
        pieces = [words[0], *(f" {word}" for word in words[1:])]
        if mode in _MIDWAY:
            pieces = pieces[:2]
        while True:
            for number, piece in enumerate(pieces):
                if number:
                    await self._pause(mind.each)
                await self._events(self._dialect.text(piece))
            if mode is not Mode.ENDLESS:
                break
            pieces = [f" {word}" for word in words]
            await self._pause(max(mind.each, 0.001))
        if mode is Mode.STALL_MIDWAY:
            await self._pause(None)

    def _call(self, mode: Mode) -> Iterable[Event]:
        name = self._request.tools[0] if mode is Mode.USE_TOOL else "clock"
        arguments = ['{"city": ', '"Paris"}']
        if mode is Mode.USE_TOOL:
            arguments = ["{}"]
        if mode is Mode.UNKNOWN_TOOL:
            name = "launch_rockets"
        if mode is Mode.BROKEN_ARGUMENTS:
            arguments = ['{"city": ', '"Par']
        return self._dialect.call("call-1", name, arguments)

    async def _drip(self) -> None:
        for byte in b": " + b"." * 100_000:
            self._writer.write(b"1\r\n" + bytes([byte]) + b"\r\n")
            await self._writer.drain()
            await self._pause(max(self._mind.each, 0.005))

    async def _events(self, events: Iterable[Event]) -> None:
        for line in sse(events):
            await self._send(line)

    async def _send(self, line: bytes) -> None:
        self._writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        await self._writer.drain()

    async def _refuse(self, dialect: Dialect, status: int, why: str = "as told") -> bool:
        body = json.dumps(dialect.error(status, why))
        more = f"Retry-After: {self._mind.retry_after}\r\n" if self._mind.retry_after else ""
        return await self._whole(_STATUS[status], "application/json", body, more)

    def _reset(self) -> None:
        """Close it so that the client sees a reset."""
        plug = self._writer.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CHANGELESS)
        self._writer.transport.abort()

    async def _whole(self, status: str, kind: str, body: str, more: str = "") -> bool:
        head = _HEAD.format(status=status, kind=kind) + more
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await self._writer.drain()
        return True

    async def _pause(self, seconds: float | None) -> None:
        """Wait, for ever if need be, unless the client hangs up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._reader.read(1)
            raise _HungUp
