"""What a file must be, why it may not come, and how long to wait for it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from assistant.models.progress import Meter

CHUNK = 1 << 18
"""Bytes read or hashed at a time: 256 KiB."""


class FetchError(Exception):
    """Why a source did not give a file; the next source is tried."""

    def __init__(self, reason: str, *, down: bool = False, refused: bool = False) -> None:
        super().__init__(reason)
        self.down = down
        """The host is not in reach at all."""
        self.refused = refused
        """The host asks for credentials, or cannot show who it is."""


class Damaged(FetchError):  # noqa: N818 - reads as a sentence: what came is damaged
    """What came is not what was asked for."""


class Stopped(FetchError):  # noqa: N818
    """The program is ending."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each wait may take, and how often is tried."""

    connect: float = 5.0
    read: float = 30.0
    """A transfer that gives no byte for so long has stalled."""
    reach: float = 3.0
    """For a host to answer at all, where there is another source."""
    index: float = 90.0
    """For the package index's client to find a wheel."""
    backoff: float = 0.5
    """Before the first retry; doubled each time."""
    retries: int = 3
    """Attempts after the first that may bring nothing; one that brought bytes starts anew."""
    attempts: int = 60
    """In all, for a connection that breaks off again and again."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file must be; `git_sha1` is the hub's record of a small file."""

    name: str
    bytes: int | None = None
    sha256: str | None = None
    git_sha1: str | None = None

    @property
    def key(self) -> str:
        """Tells a partial file of one version from that of another."""
        return (self.sha256 or self.git_sha1 or "unknown")[:16]


def hash_file(path: Path, into: "hashlib._Hash", meter: Meter | None = None) -> int:
    """Hash a file; return its size in bytes."""
    size = 0
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            into.update(chunk)
            size += len(chunk)
            if meter:
                meter.advance(len(chunk))
    return size


def verify(path: Path, expected: Expected, sha256: str, size: int) -> None:
    """Raise `Damaged` unless the file is what it must be."""
    if expected.bytes is not None and size != expected.bytes:
        raise Damaged(f"{expected.name} has {size} bytes and should have {expected.bytes}")
    right = expected.sha256 in {None, sha256}
    if right and expected.git_sha1:
        # Git names a blob by the SHA-1 of a header and its bytes; no security rests on it.
        blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        hash_file(path, blob)
        right = blob.hexdigest() == expected.git_sha1
    if not right:
        raise Damaged(f"{expected.name} has the wrong checksum")
