"""How the embedded broker hears a client: it introduces itself soon, and no packet is huge."""

import asyncio

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.errors import AMQTTError

INTRODUCTION_S = 10.0
"""For a client to say who it is: else a hundred that say nothing would keep all others out."""
LARGEST = 1024 * 1024
"""Bytes of a message that are taken; MQTT allows 256 MB, and all of it is held in memory."""


class Listening(StreamReaderAdapter):  # type: ignore[misc]  # amqtt has no types
    """What a client says; raises `AMQTTError` for what ends the connection."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__(reader)
        self.until: float | None = asyncio.get_running_loop().time() + INTRODUCTION_S

    async def read(self, n: int = -1) -> bytes:
        """Return so many bytes."""
        if n > LARGEST:
            raise AMQTTError(f"a packet of {n} bytes is not taken")
        until = self.until
        try:
            async with asyncio.timeout_at(until):
                return bytes(await super().read(n))
        except TimeoutError:
            raise AMQTTError(f"it did not say who it is within {INTRODUCTION_S:g} s") from None


class Answering(StreamWriterAdapter):  # type: ignore[misc]  # amqtt has no types
    """What a client is told; with the first answer, its introduction is over."""

    def __init__(self, writer: asyncio.StreamWriter, listening: Listening) -> None:
        super().__init__(writer)
        self._listening = listening

    def write(self, data: bytes) -> None:
        """Tell it."""
        self._listening.until = None
        super().write(data)
