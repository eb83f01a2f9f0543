"""Ports of this machine: those that the configuration has us open, and who is there already."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from assistant.care.findings import Finding
from assistant.config import Config

WHAT = "ports"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LISTENS = "0A"
"""The kernel's number for it, in /proc/net/tcp."""

Address = tuple[str, int]


def opened(config: Config) -> dict[str, Address]:
    """Return what will be listened at, by section: those say so that have a `listens`."""
    found: dict[str, Address] = {}
    for name in type(config).model_fields:
        at: Address | None = getattr(getattr(config, name), "listens", None)
        if at is not None:
            found[name] = at
    return found


def asked(config: Config) -> dict[str, Address]:
    """Return where on this machine we ask others: the server of the mind."""
    url = urlsplit(str(getattr(config.llm.settings, "base_url", "") or ""))
    with suppress(ValueError):
        if url.hostname in LOOPBACK:
            return {"llm": (str(url.hostname), url.port or 80)}
    return {}


def ports(
    opens: Mapping[str, Address], asks: Mapping[str, Address], us: int | None, proc: Path
) -> Iterator[Finding]:
    """Tell which ports are in use that should be free, and who is at those that we ask.

    `us`: the number of the assistant's process, if one runs: its ports are in use by right.
    """
    if not opens and not asks:
        yield Finding("ok", WHAT, "none is opened, and none of this machine is asked")
    for section, (host, port) in opens.items():
        why = _taken(host, port)
        pid, name = holder(port, proc) if why else (None, "")
        if why and (pid is None or pid != us):
            detail = f"{section} wants {host}:{port}: {why}{name and f' by {name}'}"
            fix = f"end that program, or set another port in {section}"
            yield Finding("fail", WHAT, detail, fix)
        else:
            yield Finding("ok", WHAT, f"{section}: {host}:{port} is {'ours' if why else 'free'}")
    for section, (host, port) in asks.items():
        _, name = holder(port, proc)
        who = f"{name} listens there" if name else "who listens there is not to be seen"
        yield Finding("ok", WHAT, f"{section} asks {host}:{port}; {who}")


def _taken(host: str, port: int) -> str:
    """Say why one cannot listen there; empty: one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen()
        except OSError as wrong:
            return (wrong.strerror or str(wrong)).lower()
    return ""


def holder(port: int, proc: Path = Path("/proc")) -> tuple[int | None, str]:
    """Return who listens at a port, as far as this user may see it: number, and for people."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port, proc)}
    if not sockets:
        return None, ""
    for place in proc.glob("[0-9]*"):
        with suppress(OSError):  # another user's, or it has ended
            for descriptor in (place / "fd").iterdir():
                if str(descriptor.readlink()) in sockets:
                    name = (place / "comm").read_text().strip()
                    return int(place.name), f"{name} (pid {place.name})"
    return None, "a program of another user"


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (proc / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]
