"""A server at a URL: an HTTP client whose answers are bounded and whose waits end."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx2
from mcp.client._transport import TransportStreams
from mcp.client.streamable_http import streamable_http_client

LONGEST = 4_000_000
"""Bytes of an answer; a picture may be one."""
CONNECT_S = 5.0
STREAM_S = 300.0
"""A stream of events may be silent for so long."""


@asynccontextmanager
async def http(url: str, headers: Mapping[str, str]) -> AsyncIterator[TransportStreams]:
    """Talk to a server. What it answers beyond the bound is an error of that request."""
    timeout = httpx2.Timeout(CONNECT_S, read=STREAM_S)
    async with (
        httpx2.AsyncClient(
            headers=dict(headers), timeout=timeout, transport=_Bounded(httpx2.AsyncHTTPTransport())
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=LONGEST) as streams,
    ):
        yield streams


class _Bounded(httpx2.AsyncBaseTransport):
    """Breaks off answers that are too long; streams of events are bounded event by event."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        events = response.headers.get("content-type", "").startswith("text/event-stream")
        if not events and isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Cut(response.stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Cut(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._inner:
            size += len(part)
            if size > LONGEST:
                raise httpx2.StreamError(f"the answer is longer than {LONGEST} bytes")
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()
