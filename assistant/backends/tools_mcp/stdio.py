"""A program that speaks MCP over its standard input and output, one line a message.

Our own transport, because a line that never ends, a flood of them, and a program that writes
something else are all to be survived; and because it gets no more of our environment than it
needs.
"""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage

LONGEST_LINE = 4_000_000
"""Bytes of a message; a picture may be one."""
BIG = 65_536
"""A message that is larger is read in a thread: it would hold up the sound."""
MOST_IN_A_WINDOW = 2000
WINDOW_S = 5.0
GARBAGE = 20
"""Lines that are no message: some programs greet on their standard output."""
INHERITED = ("HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER")
ENDING_S = 1.0

_Out = MemoryObjectSendStream[SessionMessage | Exception]


class Flood(Exception):  # noqa: N818 - reads as a sentence
    """It sends more than anybody needs; the text says what."""


@asynccontextmanager
async def stdio(
    command: Sequence[str],
    env: Mapping[str, str],
    folder: Path | None,
    ended: Callable[[str], None],
) -> AsyncIterator[TransportStreams]:
    """Run a program and talk to it; `ended` is told, once, why it is over. Raises `OSError`."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=inherited | dict(env),
        cwd=folder,
        limit=LONGEST_LINE,
        start_new_session=True,
    )
    came, inbox = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outbox, goes = anyio.create_memory_object_stream[SessionMessage](0)
    complaint: list[str] = []
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_read, process, came, ended, complaint)
            tasks.start_soon(_write, process, goes)
            tasks.start_soon(_read_complaints, process, complaint)
            try:
                yield inbox, outbox
            finally:
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            for stream in (came, inbox, outbox, goes):
                await stream.aclose()
            await _ended(process)


async def _read(
    process: Process, came: _Out, ended: Callable[[str], None], complaint: Sequence[str]
) -> None:
    """Pass its messages on until it ends or floods us; it is told why before the stream ends."""
    async with came:
        try:
            await _messages(process, came)
        except Flood as flood:
            ended(str(flood))
            return
        except (anyio.ClosedResourceError, anyio.BrokenResourceError, ConnectionError):
            pass  # nobody listens any more
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING_S):
                await process.wait()
        last = f": {complaint[-1]}" if complaint else ""
        ended(f"it ended with code {process.returncode}{last}")


async def _messages(process: Process, came: _Out) -> None:
    assert process.stdout is not None  # noqa: S101 - it was opened with a pipe
    clock = asyncio.get_running_loop().time
    garbage, count, since = 0, 0, clock()
    while True:
        try:
            line = await process.stdout.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return
        except asyncio.LimitOverrunError:
            raise Flood(f"it sent a message of more than {LONGEST_LINE} bytes") from None
        if clock() - since > WINDOW_S:
            count, since = 0, clock()
        count += 1
        if count > MOST_IN_A_WINDOW:
            raise Flood(f"it sent more than {MOST_IN_A_WINDOW} messages in {WINDOW_S:g} s")
        message = await asyncio.to_thread(_parsed, line) if len(line) > BIG else _parsed(line)
        if message is not None:
            await came.send(message)
        elif (garbage := garbage + bool(line.strip())) > GARBAGE:
            raise Flood("it writes something else than MCP to its standard output")


def _parsed(line: bytes) -> SessionMessage | None:
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return None


async def _write(process: Process, goes: MemoryObjectReceiveStream[SessionMessage]) -> None:
    assert process.stdin is not None  # noqa: S101 - it was opened with a pipe
    with suppress(ConnectionError, anyio.ClosedResourceError):
        async with goes:
            async for message in goes:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                process.stdin.write(text.encode() + b"\n")
                await process.stdin.drain()


async def _read_complaints(process: Process, complaint: list[str]) -> None:
    """Keep the last line of its standard error: it often says what is missing."""
    assert process.stderr is not None  # noqa: S101 - it was opened with a pipe
    while part := await process.stderr.read(BIG):
        lines = [line.strip() for line in part.decode(errors="replace").splitlines()]
        if said := [line for line in lines if line]:
            complaint[:] = [said[-1][:160]]


async def _ended(process: Process) -> None:
    """Have it end: its input is closed, then it is asked, then it is killed, children and all."""
    if process.stdin is not None:
        process.stdin.close()
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING_S):
                await process.wait()
        if process.returncode is not None:
            break
    with suppress(ProcessLookupError, PermissionError):  # what it has started itself
        os.killpg(process.pid, signal.SIGKILL)
    # else it is closed at some later time, with a warning
    process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
    await asyncio.sleep(0)
