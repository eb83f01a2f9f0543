"""One assistant, one socket: a lock beside it, and whatever a dead process left is replaced."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assistant.control.client import running
from assistant.errors import AssistantError


def free(place: Path) -> None:
    """Raise `AssistantError` if an assistant runs there, without keeping others away."""
    if pid := running(place):
        raise _another(str(pid))


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """Hold the lock beside the socket; its file holds our process id."""
    with _made(place):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(place.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _another(os.read(lock, 20).decode(errors="replace").strip()) from None
        free(place)  # somebody may have removed the lock file under a running assistant
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(lock)


@contextmanager
def listening(place: Path) -> Iterator[socket.socket]:
    """Make the socket, in place of one that a dead process left behind."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _made(place):
            place.unlink(missing_ok=True)
            os.fchmod(listener.fileno(), 0o600)  # so that it is never open to others, not even now
            listener.bind(os.fspath(place))
            place.chmod(0o600)
        yield listener
    finally:
        listener.close()
        with suppress(OSError):  # gone already, or no longer ours to remove
            place.unlink()


@contextmanager
def _made(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise AssistantError(
            f"{place}: the control socket cannot be made ({wrong.strerror or wrong}); set "
            "control.socket to a path that can, or control.enabled to false"
        ) from None


def _another(pid: str) -> AssistantError:
    who = f" (pid {pid})" if pid.isdigit() else ""
    return AssistantError(f"another assistant{who} already runs; stop it with `assistant quit`")
