"""A model server of our own on loopback: OpenAI-compatible chat completions, and its failures."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

_HEAD = "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n"
_CLOSE_SECONDS = 1.0
_STATUS = {
    401: "401 Unauthorized",
    404: "404 Not Found",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
}


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
    UNAUTHORISED = 401
    NO_MODEL = 404
    BUSY = 429
    FAILING = 500


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
    port: int = 0
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

    async def run(self) -> bool:
        """Return whether the connection can be used again."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await self._reader.readexactly(int(fields.get("content-length", 0)))
        if head.startswith("GET"):
            listing = {"object": "list", "data": [{"id": self._mind.model, "object": "model"}]}
            return await self._whole("200 OK", "application/json", json.dumps(listing))
        self._mind.requests.append(json.loads(body))
        self._mind.asked.set()
        self._mind.keys.append(fields.get("authorization", ""))
        failed = self._mind.failures and len(self._mind.requests) > self._mind.failures
        return await self._answer(Mode.ANSWER if failed else self._mind.mode)

    async def _answer(self, mode: Mode) -> bool:
        match mode:
            case Mode.SILENT:
                await self._pause(None)
            case Mode.DROP:
                return False
            case Mode.GARBAGE:
                self._writer.write(b"\x00\x15SSH-2.0 what is this\r\n\r\n")
                await self._writer.drain()
                return False
            case Mode.WEB_PAGE:
                return await self._whole("200 OK", "text/html", "<html>It works!</html>")
            case Mode.UNAUTHORISED | Mode.NO_MODEL | Mode.BUSY | Mode.FAILING:
                error = {"error": {"message": "as told", "type": "test", "code": None}}
                return await self._whole(
                    _STATUS[mode.value], "application/json", json.dumps(error)
                )
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
        match mode:
            case Mode.BROKEN_JSON:
                await self._send('{"choices": [{"delta": {"cont')
            case Mode.WRONG_JSON:
                await self._send('{"answer": "Paris"}')
            case Mode.DRIP:
                await self._drip()
            case Mode.TOOL_CALLS:
                await self._tool_calls()
            case Mode.EMPTY:
                pass
            case _:
                await self._words(mode)
        if mode is Mode.DROP_MIDWAY:
            return False
        await self._piece({}, finish="tool_calls" if mode is Mode.TOOL_CALLS else "stop")
        await self._send("[DONE]")
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()
        return True

    async def _words(self, mode: Mode) -> None:
        words = self._mind.text.split(" ")
        pieces = [words[0], *(f" {word}" for word in words[1:])]
        if mode in {Mode.STALL_MIDWAY, Mode.DROP_MIDWAY}:
            pieces = pieces[:2]
        while True:
            for number, piece in enumerate(pieces):
                if number:
                    await self._pause(self._mind.each)
                await self._piece({"content": piece})
            if mode is not Mode.ENDLESS:
                break
            pieces = [f" {word}" for word in words]
            await self._pause(max(self._mind.each, 0.001))
        if mode is Mode.STALL_MIDWAY:
            await self._pause(None)

    async def _tool_calls(self) -> None:
        call = {"index": 0, "id": "call-1", "type": "function"}
        await self._piece({"tool_calls": [call | {"function": {"name": "clock"}}]})
        for part in ('{"city": ', '"Paris"}'):
            await self._piece({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})

    async def _drip(self) -> None:
        for byte in b": " + b"." * 100_000:
            self._writer.write(b"1\r\n" + bytes([byte]) + b"\r\n")
            await self._writer.drain()
            await self._pause(max(self._mind.each, 0.005))

    async def _piece(self, delta: dict[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {
            "id": "chat-1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self._mind.model,
            "choices": [choice],
        }
        await self._send(json.dumps(chunk))

    async def _send(self, data: str) -> None:
        line = f"data: {data}\n\n".encode()
        self._writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        await self._writer.drain()

    async def _whole(self, status: str, kind: str, body: str) -> bool:
        head = _HEAD.format(status=status, kind=kind)
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await self._writer.drain()
        return True

    async def _pause(self, seconds: float | None) -> None:
        """Wait, for ever if need be, unless the client hangs up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._reader.read(1)
            raise _HungUp
