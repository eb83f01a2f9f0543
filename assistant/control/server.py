"""The requests of the session API, from a unix socket that only its user can open.

A connection carries requests one after another. What is no request (garbage, too long, too
slow) is answered by one error line and the end of that connection; nobody else notices.
"""

import asyncio
import json
import os
import select
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from assistant.control import porter
from assistant.control.client import LIMIT, VERSION, default_path
from assistant.control.place import alone, listening
from assistant.core.events import Action, Poked
from assistant.errors import AssistantError
from assistant.ports import Session, TurnReport

PATIENCE = 5.0
"""Seconds for a request to arrive whole, and for an answer to be taken."""
REPLY = 120.0
"""Seconds for an answer of the mind, spoken to its end."""
CONNECTIONS = 16
"""At once; more are refused, so that a loop gone wild elsewhere costs nothing here."""

WATCHERS = 8
"""Of those, so many may watch: the others are for who wants something done."""
LISTEN_S = 0.1
"""How often it is looked whether who waits for an answer is still there."""
BEAT = 10.0
"""Who watches hears something at least so often, in seconds: silence means that we hang."""

Answer = dict[str, object]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What is asked of the daemon and not of its session."""

    reload: Callable[[str | None], Awaitable[Answer]]
    """Read the configuration again, with a profile if one is named.

    Raises `AssistantError` if it is wrong: the old one stays.
    """
    report: Callable[[], Answer]
    """Say how healthy it is."""


class _Refused(Exception):  # noqa: N818 - reads as a sentence
    """The request is none; its connection ends."""


@asynccontextmanager
async def serve(
    session: Session,
    *,
    on_quit: Callable[[], None],
    path: Path | None = None,
    upkeep: Upkeep | None = None,
    loading: Callable[[], Awaitable[object]] | None = None,
    serving: Callable[[], None] = lambda: None,
) -> AsyncIterator[Path]:
    """Answer requests until the context ends; gives the socket's path.

    `loading`: until this returns, the process is too busy to answer; see `porter`. `serving` is
    called when this process answers.
    Raises `AssistantError` when another assistant runs, or when the socket cannot be made.
    """
    place = Path(default_path()) if path is None else path
    with alone(place), listening(place) as listener:
        door = _Door(session, on_quit, upkeep)
        attends = loading is not None and porter.can_be()
        server = await asyncio.start_unix_server(
            door.welcome, sock=listener, limit=LIMIT, start_serving=not attends
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(door.close)
            stack.callback(server.close)
            if loading is not None and attends:
                attended = porter.attended(server, listener, door, loading, serving)
                await stack.enter_async_context(attended)
            else:
                serving()
            yield place


class _Door:
    """Who is connected now, and what they are told."""

    def __init__(
        self, session: Session, on_quit: Callable[[], None], upkeep: Upkeep | None
    ) -> None:
        self._session, self._on_quit, self._upkeep = session, on_quit, upkeep
        self._visits: set[asyncio.Task[None]] = set()
        self._watchers = 0
        self._pid, self._time = os.getpid(), asyncio.get_running_loop().time
        self._opened = self._time()

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end; asyncio's server runs this as a task of its own."""
        visit = cast("asyncio.Task[None]", asyncio.current_task())
        self._visits.add(visit)
        try:
            await self._converse(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # the assistant ends; asyncio would log a cancelled visit
        except (ConnectionError, TimeoutError):
            writer.transport.abort()  # they went away, or do not read what they asked for
        finally:
            self._visits.discard(visit)
            writer.close()

    def status(self) -> Answer:
        """Return the answer to the first of all questions; the porter gives it, too."""
        return {"v": VERSION, "ok": True, **self._status()}

    async def close(self) -> None:
        """End all visits."""
        visits = tuple(self._visits)
        for visit in visits:
            visit.cancel()
        if visits:
            await asyncio.wait(visits, timeout=PATIENCE)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self._admit(writer)
            while line := await _line(reader):
                request = _request(line)
                if request["do"] == "watch":
                    await self._watch(reader, writer)
                    return
                waits = request["do"] in ("ask", "say")
                async with _attended(writer) if waits else nullcontext():
                    answer = await self._answered(request)
                await _send(writer, answer)
                if request["do"] == "quit":
                    self._on_quit()
        except _Refused as why:
            await _send(writer, _error(why))

    def _admit(self, writer: asyncio.StreamWriter) -> None:
        if len(self._visits) > CONNECTIONS:
            raise _Refused("too many connections at once; try again")
        if not _same_user(writer):
            raise _Refused("this assistant belongs to another user")

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Push the status whenever it changes, until they go away; who does not read is dropped.

        An observer sets a flag and no more, so a slow one holds nobody up.
        """
        if self._watchers >= WATCHERS:
            raise _Refused(f"{WATCHERS} watch already; end one of them")
        writer.transport.set_write_buffer_limits(high=0)
        news = asyncio.Event()
        unwatch = self._session.watch(lambda _: news.set())
        self._watchers += 1
        try:
            async with asyncio.TaskGroup() as tasks:
                pushing = tasks.create_task(self._push(news, writer), name="push the status")
                await reader.read(1)
                pushing.cancel()
        except* (ConnectionError, TimeoutError):
            writer.transport.abort()
        finally:
            self._watchers -= 1
            unwatch()

    async def _push(self, news: asyncio.Event, writer: asyncio.StreamWriter) -> None:
        told: Answer | None = None
        while True:
            news.clear()
            status = self._status()
            seen = {name: value for name, value in status.items() if name != "up"}
            if seen != told:
                await _send(writer, {"v": VERSION, "ok": True, **status})
                told = seen
            try:
                async with asyncio.timeout(BEAT):
                    await news.wait()
            except TimeoutError:
                told = None

    async def _answered(self, request: Mapping[str, object]) -> Answer:
        try:
            async with asyncio.timeout(REPLY):
                return {"v": VERSION, "ok": True, **await self._do(request)}
        except AssistantError as wrong:
            return _error(wrong)
        except TimeoutError:
            return _error(f"no answer within {REPLY:g} s; see `assistant doctor`")

    async def _do(self, request: Mapping[str, object]) -> Answer:
        match request["do"]:
            case "status":
                return self._status()
            case "mute" | "unmute" as verb:
                await self._session.mute(on=verb == "mute")
            case "stop":
                self._session.inject(Poked(Action.STOP))
            case "talk":
                self._session.inject(Poked(_action(request)))
            case "ask":
                speak = request.get("speak", True) is not False
                images = _images(request)
                return _told(await self._session.ask(_text(request), images, speak=speak))
            case "say":
                return _told(await self._session.say(_text(request)))
            case "reload":
                return await self._kept_up.reload(_profile(request))
            case "report":
                return {**self._status(), **self._kept_up.report()}
            case "quit":
                pass
            case verb:
                raise AssistantError(
                    f"nothing is called {str(verb)[:40]!r} here; there are: status, mute, unmute, "
                    "stop, talk, ask, say, watch, report, reload, quit"
                )
        return {}

    @property
    def _kept_up(self) -> Upkeep:
        if self._upkeep is None:
            raise AssistantError("this one runs without upkeep; start it with `assistant run`")
        return self._upkeep

    def _status(self) -> Answer:
        up = self._time() - self._opened
        return {**asdict(self._session.state), "pid": self._pid, "up": round(up, 1)}


@asynccontextmanager
async def _attended(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Cancel what is done here when they hang up.

    Who has only sent their last request (`nc -N`) still listens: that is no end of the reading
    side, but one of both.
    """
    visit = cast("asyncio.Task[None]", asyncio.current_task())

    async def until_hung_up() -> None:
        line = select.poll()
        line.register(writer.get_extra_info("socket").fileno(), 0)  # POLLHUP is always told
        while not line.poll(0):  # noqa: ASYNC110 - no event loop tells of it
            await asyncio.sleep(LISTEN_S)
        visit.cancel()

    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(until_hung_up(), name="are they there")
        try:
            yield
        finally:
            watching.cancel()


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Return the next request, or nothing when there is none any more."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise _Refused("the request ends in the middle of a line") from None
        return b""
    except asyncio.LimitOverrunError:
        raise _Refused(f"the request is longer than {LIMIT} bytes") from None
    except TimeoutError:
        raise _Refused(f"no whole request within {PATIENCE:g} s") from None


def _request(line: bytes) -> Mapping[str, object]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise _Refused(
            'the request is not a line of JSON such as {"v": 1, "do": "status"}'
        ) from None
    if not isinstance(request, dict) or "do" not in request:
        raise _Refused('the request is not an object with "v" and "do"')
    if request.get("v") != VERSION:
        raise _Refused(f"this assistant speaks version {VERSION} of the control protocol")
    return request


def _text(request: Mapping[str, object]) -> str:
    text = request.get("text")
    if not isinstance(text, str) or not text.strip():
        raise AssistantError('"text" should hold the words')
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON can spell half a character
        raise AssistantError('"text" is damaged') from None
    return text


def _images(request: Mapping[str, object]) -> tuple[str, ...]:
    """Return the paths of what a question is about."""
    given = request.get("images", [])
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise AssistantError('"images" should be a list of paths')
    if not all(Path(one).is_absolute() for one in given):
        raise AssistantError('"images" should hold absolute paths')
    return tuple(given)


def _profile(request: Mapping[str, object]) -> str | None:
    """Return the profile that is wished for; nothing: as the configuration says."""
    profile = request.get("profile")
    if profile is not None and not isinstance(profile, str):
        raise AssistantError('"profile" should be the name of one')
    return profile


def _action(request: Mapping[str, object]) -> Action:
    match request.get("key"):
        case "press":
            return Action.PRESS
        case "release":
            return Action.RELEASE
        case _:
            raise AssistantError('"key" should be "press" or "release"')


def _told(report: TurnReport) -> Answer:
    return {
        "turn": report.turn,
        "heard": report.heard,
        "said": report.said,
        "outcome": report.outcome,
        "failure": report.failure,
        "latency": report.latency,
    }


def _error(why: object) -> Answer:
    return {"v": VERSION, "ok": False, "error": str(why)}


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    async with asyncio.timeout(PATIENCE):
        await writer.drain()


def _same_user(writer: asyncio.StreamWriter) -> bool:
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True  # not Linux: the socket's mode has to do
    peer = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] in {0, os.getuid()}
