"""The catalogue of models: what each is made of and where its files come from."""

import difflib
import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from typing import Any, Literal, get_args

from assistant.errors import ModelError

Kind = Literal["stt", "llm", "tts", "turn", "other"]
"""The stage that a model serves, by the prefix of its backends; `other`: not in the catalogue."""

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a file or a repository may be called: nothing that could leave its directory."""
_REPOSITORY = re.compile(rf"(?P<owner>{PLAIN_NAME.pattern})/(?P<repo>{PLAIN_NAME.pattern})")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository of the hub, at a revision."""

    repository: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class WheelMember:
    """A file inside a wheel of the package index; `requirement` is ``package==version``."""

    requirement: str
    path: str


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model. `bytes` and `sha256` are `None` where they are not established."""

    name: str
    hub: HubFile
    bytes: int | None = None
    sha256: str | None = None
    wheel: tuple[WheelMember, ...] = ()
    """Members that give the file when they are joined in this order; empty: in no wheel."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model: a directory of files."""

    name: str
    kind: Kind
    about: str
    licence: str
    languages: tuple[str, ...]
    files: tuple[File, ...]

    @property
    def verified(self) -> bool:
        """Whether every file has a pinned digest."""
        return all(file.sha256 for file in self.files)

    @property
    def bytes(self) -> int | None:
        """Its size, where that of every file is known."""
        sizes = [file.bytes for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def wheels(self) -> tuple[str, ...]:
        """The wheels that hold all of it; empty: there are none."""
        if not all(file.wheel for file in self.files):
            return ()
        return tuple(dict.fromkeys(part.requirement for file in self.files for part in file.wheel))


class Catalogue(Mapping[str, Model]):
    """Models by name, in the order of the file."""

    def __init__(
        self, models: Iterable[Model], wheel_bytes: Mapping[str, int] | None = None
    ) -> None:
        self._models = {model.name: model for model in models}
        self.wheel_bytes: Mapping[str, int] = wheel_bytes or {}
        """Sizes of the wheels, by requirement."""

    def __getitem__(self, name: str) -> Model:
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def find(self, name: str) -> Model:
        """Return the model of this name; `ModelError` with near matches if there is none."""
        if name in self._models:
            return self._models[name]
        near = difflib.get_close_matches(name, self._models, n=3, cutoff=0.5)
        if _REPOSITORY.fullmatch(name):
            near = [f"hf:{name}"]
        hint = (
            f"did you mean {' or '.join(near)}?" if near else "`assistant models list` shows all."
        )
        raise ModelError(name, f"there is no model of this name; {hint}")


@functools.cache
def shipped() -> Catalogue:
    """Return the catalogue that comes with the program."""
    text = package_files("assistant.models").joinpath("catalogue.toml").read_text("utf-8")
    return parse(text)


def parse(text: str) -> Catalogue:
    """Read a catalogue; `ValueError` says which entry is wrong."""
    data = tomllib.loads(text)
    wheel_bytes: dict[str, int] = data.get("wheels", {})
    models = [_model(name, entry) for name, entry in data["models"].items()]
    for model in models:
        missing = [wheel for wheel in model.wheels if wheel not in wheel_bytes]
        if missing:
            raise ValueError(f"{model.name}: [wheels] has no size of {missing[0]}")
    return Catalogue(models, wheel_bytes)


def _model(name: str, entry: dict[str, Any]) -> Model:
    if not PLAIN_NAME.fullmatch(name):
        raise ValueError(f"{name}: not a plain name")
    repository, _, revision = entry["hub"].partition("@")
    if not _REPOSITORY.fullmatch(repository) or not revision:
        raise ValueError(f"{name}: hub must be owner/repository@revision")
    if entry["kind"] not in get_args(Kind):
        raise ValueError(f"{name}: unknown kind {entry['kind']}")
    model = Model(
        name=name,
        kind=entry["kind"],
        about=entry["about"],
        licence=entry["licence"],
        languages=tuple(entry["languages"]),
        files=tuple(
            _file(f"{name}/{file}", file, HubFile(repository, revision, file), details)
            for file, details in entry["files"].items()
        ),
    )
    if model.verified is entry.get("unverified", False):
        raise ValueError(f"{name}: `unverified` and its digests contradict each other")
    return model


def _file(where: str, name: str, hub: HubFile, details: dict[str, Any]) -> File:
    sha256, size = details.get("sha256"), details.get("bytes")
    if not PLAIN_NAME.fullmatch(name):
        raise ValueError(f"{where}: not a plain name")
    if sha256 is not None and (not _DIGEST.fullmatch(sha256) or not size):
        raise ValueError(f"{where}: a digest is 64 hexadecimal digits and comes with a size")
    members = []
    for member in details.get("wheel", ()):
        requirement, _, path = member.partition(":")
        if "==" not in requirement or not path:
            raise ValueError(f"{where}: a wheel is package==version:member")
        members.append(WheelMember(requirement, path))
    if members and sha256 is None:
        raise ValueError(f"{where}: what comes from a wheel must have a digest")
    return File(
        name=name,
        hub=HubFile(hub.repository, hub.revision, details.get("hub", hub.path)),
        bytes=size,
        sha256=sha256,
        wheel=tuple(members),
    )
