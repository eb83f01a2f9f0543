"""What the store says of its models."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.models.catalogue import File, Kind, Model
from assistant.models.staging import Record
from assistant.models.terms import hash_file


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list: a model of the catalogue, or one fetched by its place on the hub."""

    name: str
    kind: Kind
    about: str
    licence: str
    languages: tuple[str, ...]
    bytes: int | None
    here: bool
    verified: bool
    """Whether the digests are pinned; if not, they are the hub's own when it was fetched."""

    @staticmethod
    def known(model: Model, *, here: bool) -> "Listed":
        """Return the line of a model of the catalogue."""
        return Listed(
            name=model.name,
            kind=model.kind,
            about=model.about,
            licence=model.licence,
            languages=model.languages,
            bytes=model.bytes,
            here=here,
            verified=model.verified,
        )

    @staticmethod
    def fetched(record: Record, *, here: bool) -> "Listed":
        """Return the line of a model that the catalogue does not know."""
        return Listed(
            name=record.name,
            kind="other",
            about="",
            licence=record.licence,
            languages=(),
            bytes=sum(file.bytes for file in record.files.values()),
            here=here,
            verified=False,
        )


@dataclass(frozen=True, slots=True)
class FileState:
    """What the check of one file found."""

    name: str
    state: Literal["right", "as fetched", "not known", "missing", "wrong size", "wrong checksum"]
    """`as fetched`: equal to what came, which no pinned digest vouches for."""

    @property
    def good(self) -> bool:
        """Whether it can be used."""
        return self.state in {"right", "as fetched", "not known"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a model found."""

    name: str
    files: tuple[FileState, ...]

    @property
    def good(self) -> bool:
        """Whether all of it can be used."""
        return all(file.good for file in self.files)

    @property
    def verified(self) -> bool:
        """Whether all of it equals its pinned digests."""
        return all(file.state == "right" for file in self.files)


def check_file(path: Path, name: str, pinned: File | None, record: Record | None) -> FileState:
    """Hash a file and compare it with what is pinned, else with what came."""
    if not path.is_file():
        return FileState(name, "missing")
    kept = record.files.get(name) if record else None
    sha256 = (pinned and pinned.sha256) or (kept and kept.sha256)
    size = (pinned and pinned.bytes) or (kept and kept.bytes)
    if size and path.stat().st_size != size:
        return FileState(name, "wrong size")
    if not sha256:
        return FileState(name, "not known")
    digest = hashlib.sha256()
    hash_file(path, digest)
    if digest.hexdigest() != sha256:
        return FileState(name, "wrong checksum")
    return FileState(name, "right" if pinned and pinned.sha256 else "as fetched")
