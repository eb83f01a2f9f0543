"""Local directories as a source of models."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from assistant.models.catalogue import File, Model
from assistant.models.sources import Transit, keep_verified
from assistant.models.terms import CHUNK, Damaged, Expected, FetchError


class Directories:
    """Directories of the user's: as this store lays them out, flat, or a cache of the hub."""

    name = "local directories"

    def __init__(self, own: Iterable[Path], caches: Iterable[Path]) -> None:
        self._own, self._caches = tuple(own), tuple(caches)

    def has(self, model: Model) -> bool:
        """Whether it has one of the model's files."""
        return any(self._places(model, file) for file in model.files)

    def fetch(self, files: Sequence[File], transit: Transit) -> None:
        """Copy what is here and right."""
        found = {file: places for file in files if (places := self._places(transit.model, file))}
        sizes = sum(places[0].stat().st_size for places in found.values())
        transit.require(sizes)
        transit.meter.begin(sizes, "a local directory")
        problems = [f"no {file.name}" for file in files if file not in found]
        for file, places in found.items():
            expected = Expected(file.name, file.bytes, file.sha256)
            for place in places:
                try:
                    _copy(place, expected, transit)
                    break
                except Damaged as wrong:
                    problems.append(f"{wrong} in {place.parent}")
        if problems:
            raise FetchError("; ".join(problems))

    def _places(self, model: Model, file: File) -> list[Path]:
        places = [place / name for place in self._own for name in (f"{model.name}/{file.name}",)]
        places += [place / file.name for place in self._own]
        if file.sha256:  # what lies in a cache is only trusted when it can be verified
            repository = file.hub.repository.replace("/", "--")
            for cache in self._caches:
                places += cache.glob(f"models--{repository}/snapshots/*/{file.hub.path}")
        return [place for place in places if place.is_file()]


def _copy(place: Path, expected: Expected, transit: Transit) -> None:
    part = transit.staging.part(expected)
    with place.open("rb") as origin, part.open("wb") as sink:
        while chunk := origin.read(CHUNK):
            transit.stop.wait()
            sink.write(chunk)
            transit.meter.advance(len(chunk))
    keep_verified(part, expected, transit)


def own_directories(environment: Mapping[str, str]) -> list[Path]:
    """Return the directories that the user names in ``ASSISTANT_MODEL_DIR``."""
    listed = environment.get("ASSISTANT_MODEL_DIR", "").split(os.pathsep)
    return [Path(entry).expanduser() for entry in listed if entry]


def hub_caches(environment: Mapping[str, str]) -> list[Path]:
    """Return where the hub's own tools keep what they fetched."""
    if cache := environment.get("HF_HUB_CACHE"):
        return [Path(cache).expanduser()]
    default = Path(environment.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return [Path(environment.get("HF_HOME") or default).expanduser() / "hub"]
