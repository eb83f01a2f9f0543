"""Ending transfers because the program ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.models.terms import Stopped

if TYPE_CHECKING:
    import httpx


@dataclass(slots=True)
class Stop:
    """Ends transfers from another thread, those that wait for a byte too."""

    _event: threading.Event = field(default_factory=threading.Event)
    _sockets: set[socket.socket] = field(default_factory=set)

    def set(self) -> None:
        """End them all, now and from now on."""
        self._event.set()
        for connection in list(self._sockets):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended by itself

    def wait(self, seconds: float = 0.0) -> None:
        """Wait, and raise `Stopped` once that was asked for."""
        if self._event.wait(seconds):
            raise Stopped("stopped")

    @contextmanager
    def watching(self, response: "httpx.Response") -> Iterator[None]:
        """Let `set` break off this response."""
        connection = response.extensions["network_stream"].get_extra_info("socket")
        self._sockets.add(connection)
        try:
            self.wait()
            yield
        finally:
            self._sockets.discard(connection)
