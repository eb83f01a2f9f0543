"""A small process that stands at the door while models load, and says what is going on.

Engines hold the interpreter's lock while they are imported and while they load, for as long as a
second, and nothing in this process can answer then. So it forks, before it has any thread: the
child answers `status`, and nothing else. Whoever asks for more, or for what is no request, is
handed over as they are, with what they have said so far; at the end so is everybody who is left.
"""

import asyncio
import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn, Protocol

from assistant.control.client import LIMIT, VERSION

VISITORS = 16
"""At once; more are handed over, to be refused there."""
_ONE = b"."
"""A byte that says nothing."""

Welcome = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Door(Protocol):
    """Who lets visitors in, and what the porter is to say."""

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""

    def status(self) -> dict[str, object]:
        """Return the answer to a question for the status."""


def can_be() -> bool:
    """Tell whether this system has what it takes."""
    return sys.platform == "linux"


@asynccontextmanager
async def attended(
    server: asyncio.Server,
    listener: socket.socket,
    door: Door,
    until: Callable[[], Awaitable[object]],
    relieved: Callable[[], None],
) -> AsyncIterator[None]:
    """Have `status` answered by another process until `until` has come; then serve here.

    `relieved` is called then.

    The door's `status` is called in that process, which knows what we know now: beyond that it
    asks files.
    """
    porter = _Hired(listener, door.status)

    async def relieve() -> None:
        await until()
        porter.dismiss()

    async def receive() -> None:
        await porter.visitors(door.welcome)
        porter.end()
        await server.start_serving()
        relieved()

    try:
        async with asyncio.TaskGroup() as tasks:
            relieving = tasks.create_task(relieve(), name="relieve the porter")
            receiving = tasks.create_task(receive(), name="receive from the porter")
            try:
                yield
            finally:
                relieving.cancel()
                receiving.cancel()
    finally:
        porter.end()


class _Hired:
    """The child, as its parent sees it."""

    def __init__(self, listener: socket.socket, status: Callable[[], dict[str, object]]) -> None:
        listener.listen()  # in this process, whose number the system tells to who connects
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The child keeps all signals blocked: those of a terminal are for its parent.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self._pid = os.fork()
        if not self._pid:
            self._channel.close()
            gc.disable()  # what it would take down is its parent's
            _Porter(listener, theirs, status).stand()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self._channel.settimeout(0)

    async def visitors(self, welcome: Welcome) -> None:
        """Let in whoever is handed over, until the porter has gone."""
        loop = asyncio.get_running_loop()
        news = asyncio.Event()
        loop.add_reader(self._channel, news.set)
        try:
            while True:
                await news.wait()
                news.clear()
                with suppress(BlockingIOError):
                    while True:
                        said, handed, _, _ = socket.recv_fds(self._channel, LIMIT + 2, 1)
                        if not handed:
                            return
                        os.set_inheritable(handed[0], False)  # noqa: FBT003 - the library's own
                        await _let_in(socket.socket(fileno=handed[0]), said[1:], welcome)
        except ConnectionError:
            return
        finally:
            loop.remove_reader(self._channel)

    def dismiss(self) -> None:
        """Have it hand over everybody, and go."""
        with suppress(OSError):  # gone already
            self._channel.send(_ONE)

    def end(self) -> None:
        """See to it that it is gone, if it is not."""
        pid, self._pid = self._pid, 0
        if pid:
            self._channel.close()
            os.kill(pid, signal.SIGKILL)  # ours to wait for, so the number is nobody else's
            os.waitpid(pid, 0)


async def _let_in(visitor: socket.socket, said: bytes, welcome: Welcome) -> None:
    """Serve a connection as if it had come here, and said all that here."""
    visitor.settimeout(0)
    reader = asyncio.StreamReader(limit=LIMIT)
    reader.feed_data(said)
    loop = asyncio.get_running_loop()
    protocol = asyncio.StreamReaderProtocol(reader, welcome)
    await loop.connect_accepted_socket(lambda: protocol, visitor)


class _Porter:
    """The child itself: one thread, no event loop, nothing that blocks."""

    def __init__(
        self,
        listener: socket.socket,
        channel: socket.socket,
        status: Callable[[], dict[str, object]],
    ) -> None:
        self._listener, self._channel, self._status = listener, channel, status
        self._said: dict[socket.socket, bytes] = {}
        self._handing: deque[tuple[socket.socket, bytes]] = deque()
        self._leaves = False
        self._watch = selectors.DefaultSelector()

    def stand(self) -> NoReturn:
        """Answer until dismissed, or until the parent has ended; never returns."""
        try:
            for door, what in ((self._listener, self._accept), (self._channel, self._told)):
                door.settimeout(0)
                self._watch.register(door, selectors.EVENT_READ, what)
            while self._handing or not self._leaves:
                for key, _ in self._watch.select():
                    if key.fileobj is self._channel or not self._leaves:
                        key.data(key.fileobj)
        finally:
            os._exit(0)

    def _accept(self, listener: socket.socket) -> None:
        try:
            visitor, _ = listener.accept()
        except OSError:  # they went away
            return
        visitor.settimeout(0)
        self._said[visitor] = b""
        self._watch.register(visitor, selectors.EVENT_READ, self._listen)
        if len(self._said) > VISITORS:
            self._hand_over(visitor)

    def _listen(self, visitor: socket.socket) -> None:
        try:
            part = visitor.recv(LIMIT + 1 - len(self._said[visitor]))
        except BlockingIOError:
            return
        except OSError:
            part = b""
        said = self._said[visitor] = self._said[visitor] + part
        while _asks_for_status(said):
            answer = json.dumps(self._status()).encode() + b"\n"
            try:
                whole = visitor.send(answer) == len(answer)
            except OSError:
                whole = False
            if not whole:  # gone, or does not read
                self._forget(visitor)
                return
            said = self._said[visitor] = said.partition(b"\n")[2]
        if not part or b"\n" in said or len(said) > LIMIT:
            self._hand_over(visitor)

    def _told(self, channel: socket.socket) -> None:
        """Leave: our parent said so, or has ended; or hand over those who wait."""
        try:
            said = channel.recv(1)
        except BlockingIOError:
            self._send()
            return
        except OSError:
            said = b""
        if not said:
            os._exit(0)
        self._leaves = True
        self._watch.unregister(self._listener)
        for visitor in tuple(self._said):
            self._hand_over(visitor)

    def _hand_over(self, visitor: socket.socket) -> None:
        self._watch.unregister(visitor)
        self._handing.append((visitor, self._said.pop(visitor)))
        self._send()

    def _send(self) -> None:
        """Send who waits, as far as there is room; the selector tells when there is more."""
        with suppress(BlockingIOError):
            while self._handing:
                visitor, said = self._handing[0]
                # An empty message would look like the end.
                socket.send_fds(self._channel, [_ONE + said], [visitor.fileno()])
                visitor.close()
                self._handing.popleft()
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._handing else 0)
        self._watch.modify(self._channel, events, self._told)

    def _forget(self, visitor: socket.socket) -> None:
        self._watch.unregister(visitor)
        del self._said[visitor]
        visitor.close()


def _asks_for_status(said: bytes) -> bool:
    line, end, _ = said.partition(b"\n")
    try:
        request = json.loads(line) if end else None
    except (ValueError, RecursionError):
        return False
    wanted = {"v": VERSION, "do": "status"}
    return isinstance(request, dict) and wanted.items() <= request.items()
