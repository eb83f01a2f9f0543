"""One request to the running assistant, and its answer.

A request and an answer are a line of JSON each: ``{"v": 1, "do": "status"}`` and
``{"v": 1, "ok": true, …}`` or ``{"v": 1, "ok": false, "error": "…"}``. This module imports as
little as it can: the interpreter starts in 10 ms, and an answer should not take much longer.
"""

import json
import os
import socket
import struct
from collections.abc import Callable, Iterator

from assistant.errors import AssistantError

VERSION = 1
LIMIT = 64 * 1024
"""The longest request or answer, in bytes."""
TIMEOUT = 2.0
"""Seconds that the assistant may take for what needs no thinking."""
SILENCE = 30.0
"""Seconds without a word to who watches: it says something every ten."""


class NotRunning(AssistantError):  # noqa: N818 - reads as a sentence
    """Nobody listens at the socket."""

    exit_code = 69  # EX_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("no assistant runs here; start it with `assistant run`")


def default_path() -> str:
    """Return where the socket is when the configuration names no other place.

    The user's runtime directory, or the state directory where there is none (a bare container,
    a cron job). A service may find all of the former read-only but for its own part.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    own = f"{runtime}/assistant"
    if runtime.startswith("/") and any(os.access(at, os.W_OK | os.X_OK) for at in (runtime, own)):
        return f"{own}/control.sock"
    state = os.environ.get("XDG_STATE_HOME", "")
    if not state.startswith("/"):
        state = f"{os.environ.get('HOME', '/tmp')}/.local/state"  # noqa: S108 - no home: see serve
    return f"{state}/assistant/control.sock"


def call(
    path: str | os.PathLike[str],
    request: dict[str, object],
    timeout: float = TIMEOUT,
    opened: Callable[[socket.socket], None] = lambda _: None,
) -> dict[str, object]:
    """Send a request and return the answer, whose `ok` is true.

    Blocks up to `timeout` seconds at each step. `opened` gets the connection: who shuts it down
    from another thread ends the call, and what was asked for. Raises `NotRunning`, or
    `AssistantError` with the assistant's own complaint.
    """
    message = _message(request)
    with _connected(path, timeout) as connection:
        opened(connection)
        try:
            connection.sendall(message)
            line = _line(connection)
        except TimeoutError:
            raise _silent(connection, timeout) from None
        except OSError:
            raise AssistantError("the assistant ended before it answered") from None
    return _read(line)


def watch(path: str | os.PathLike[str], timeout: float = SILENCE) -> Iterator[dict[str, object]]:
    """Yield the status now and whenever it changes, until the assistant ends.

    Raises as `call` does; nothing for `timeout` seconds means that the assistant hangs.
    """
    with _connected(path, timeout) as connection:
        rest = b""
        try:
            connection.sendall(_message({"do": "watch"}))
            while part := connection.recv(LIMIT):
                *lines, rest = (rest + part).split(b"\n")
                yield from map(_read, lines)
        except TimeoutError:
            raise _silent(connection, timeout) from None
        except ConnectionError:
            return


def _message(request: dict[str, object]) -> bytes:
    message = json.dumps({"v": VERSION, **request}).encode() + b"\n"
    if len(message) > LIMIT:
        raise AssistantError(f"that is too long: {len(message)} bytes of at most {LIMIT}")
    return message


def _silent(connection: socket.socket, timeout: float) -> AssistantError:
    return AssistantError(
        f"the assistant (pid {_peer(connection)}) did not answer within {timeout:g} s; "
        "if it hangs, end it with `kill` and start it again"
    )


def running(path: str | os.PathLike[str]) -> int | None:
    """Return the process id of the assistant that listens at a path; `None`: nobody in reach."""
    try:
        with _connected(path, TIMEOUT) as connection:
            return _peer(connection)
    except AssistantError:
        return None


def _connected(path: str | os.PathLike[str], timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(os.fspath(path))
    except OSError as wrong:
        connection.close()
        if isinstance(wrong, FileNotFoundError | ConnectionRefusedError | NotADirectoryError):
            raise NotRunning from None
        raise AssistantError(
            f"{os.fspath(path)}: the assistant cannot be reached ({wrong.strerror or wrong})"
        ) from None
    return connection


def _peer(connection: socket.socket) -> int:
    """Return the other side's process id; 0 where the system does not tell."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return 0
    credentials = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) <= LIMIT:
        part = connection.recv(LIMIT)
        if not part:
            break
        line += part
    return line


def _read(line: bytes) -> dict[str, object]:
    try:
        answer = json.loads(line)
        ok, version = answer["ok"], answer["v"]
    except (ValueError, KeyError, TypeError):
        raise AssistantError(
            "the assistant's answer is damaged; stop it with `assistant quit` and start it again"
        ) from None
    if not ok:
        raise AssistantError(str(answer.get("error", "the assistant refused")))
    if version != VERSION:
        raise AssistantError(
            f"the running assistant speaks version {version} of the control protocol, this "
            f"command version {VERSION}; start it again"
        )
    return {str(key): value for key, value in answer.items()}
