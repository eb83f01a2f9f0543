"""What network cameras on loopback have in common: who connects is served until it hangs up."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self


class NetworkCamera(ABC):
    """A camera that comes and goes with `serve`, and whose failures can be switched on and off."""

    stalls = False
    """Connections stay open, and no frame comes."""

    def __init__(self) -> None:
        self.port = self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()

    def drop(self) -> None:
        """Close all connections in the middle of what they are sending."""
        for writer in self._writers:
            writer.transport.abort()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Self]:
        """Be there for as long as the context lasts; again at the same port."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.drop()
            server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            await self.talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    @abstractmethod
    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one who has connected; what it raises on hanging up ends it."""
