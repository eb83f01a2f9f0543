"""Where a model is put together before it is moved into place as a whole."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.models.catalogue import File, Model
from assistant.models.terms import Expected, hash_file

RECORD = ".model.json"
"""What a model directory was made of, written when it was published."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a published model."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """What the store knows of a model that it published."""

    name: str
    source: str
    licence: str
    verified: bool
    files: Mapping[str, Kept]

    def write(self, directory: Path) -> None:
        """Put it into the model's directory."""
        text = json.dumps(asdict(self), indent=1)
        (directory / RECORD).write_text(text + "\n", "utf-8")

    @staticmethod
    def read(directory: Path) -> "Record | None":
        """Return the record of a directory; `None` if it has none that can be read."""
        try:
            data: Any = json.loads((directory / RECORD).read_text("utf-8"))
            kept = {name: Kept(**details) for name, details in data["files"].items()}
            return Record(data["name"], data["source"], data["licence"], data["verified"], kept)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


class Staging:
    """The files of one model on their way, on the file system where they will stay.

    ``files/`` becomes the model's directory; ``parts/`` is what has begun; ``wheels/`` what has
    to be unpacked. All of it outlives a break, and is removed with the publication.
    """

    def __init__(self, place: Path) -> None:
        """Lie beside `place`, where the model will be."""
        self._place = place
        directory = self.directory = place.parent / ".partial" / place.name
        self.files = directory / "files"
        self.wheels = directory / "wheels"
        self._parts = directory / "parts"
        self._kept: dict[str, Kept] = {}

    def open(self) -> None:
        """Make its directories."""
        for directory in (self.files, self._parts, self.wheels):
            directory.mkdir(parents=True, exist_ok=True)

    def part(self, expected: Expected) -> Path:
        """Return the partial file of a version of a file."""
        return self._parts / f"{expected.name.replace('/', '--')}.{expected.key}.part"

    def adopt(self, name: str, sha256: str | None) -> Path | None:
        """Take over a file that is right already; return where it was.

        Looked for in the place itself, and in what an earlier attempt left here.
        """
        target = self._target(name)
        for origin in (self._place / name, target):
            if not sha256 or not origin.is_file():
                continue
            digest = hashlib.sha256()
            size = hash_file(origin, digest)
            if digest.hexdigest() == sha256:
                if origin != target:
                    _link(origin, target)
                self._kept[name] = Kept(size, sha256)
                return origin
        return None

    def keep(self, name: str, part: Path, sha256: str) -> None:
        """Move a partial file that was verified to its place."""
        self._kept[name] = Kept(part.stat().st_size, sha256)
        part.replace(self._target(name))

    def missing(self, model: Model) -> list[File]:
        """Return the files that are not here yet."""
        return [file for file in model.files if file.name not in self._kept]

    def begun(self) -> int:
        """Return how many bytes lie here; another process may be at work."""
        return sum(found.st_size for found in stats_below(self.directory))

    def publish(self, model: Model, source: str) -> None:
        """Move the whole model into its place, in one step, and clean up."""
        for stray in self.files.rglob("*"):
            if stray.is_file() and str(stray.relative_to(self.files)) not in self._kept:
                stray.unlink()
        Record(model.name, source, model.licence, model.verified, self._kept).write(self.files)
        for path in self.files.rglob("*"):
            if path.is_file():
                _sync(path)
        old = self.directory / "old"
        if self._place.exists():
            shutil.rmtree(old, ignore_errors=True)
            self._place.rename(old)
        self.files.rename(self._place)
        _sync(self._place.parent)
        self.discard()

    def discard(self) -> None:
        """Remove all that lies here."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _target(self, name: str) -> Path:
        target = self.files / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def stats_below(directory: Path) -> Iterator[os.stat_result]:
    """Yield what the system says of each file in a tree that may change meanwhile."""
    for above, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                yield Path(above, name).stat()


def _link(origin: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(origin)
    except OSError:  # not every file system can
        shutil.copyfile(origin, target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
