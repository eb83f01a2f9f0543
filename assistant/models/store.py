"""The models on this machine: where they are, getting them here, checking and removing them.

Every call blocks; call it in a thread. A model's directory appears as a whole or not at all.
"""

import functools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from assistant.errors import ModelError
from assistant.models.catalogue import Catalogue, shipped
from assistant.models.progress import Progress
from assistant.models.reference import Reference
from assistant.models.report import Checked, Listed, check_file
from assistant.models.staging import Record, Staging, stats_below
from assistant.models.stopping import Stop
from assistant.models.terms import Timeouts
from assistant.models.trouble import explained, is_set

if TYPE_CHECKING:
    from assistant.models.fetching import Fetching, World

_HUB = "https://huggingface.co"
_LIKE_A_PATH = re.compile(r"[./~].*|.*\.(gguf|onnx)|[^:]*/.*/.*")


class Store:
    """A directory of models.

    `root`: the directory, by default ``$ASSISTANT_MODELS`` or the user's data directory.
    `offline`: use no network at all, by default ``$ASSISTANT_OFFLINE``. ``HF_HUB_OFFLINE``,
    ``HF_ENDPOINT`` and ``HF_TOKEN`` hold for the hub; ``ASSISTANT_MODEL_DIR`` names directories
    that are looked into first.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        offline: bool | None = None,
        catalogue: Catalogue | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        env = os.environ
        self.root = (root or _users()).absolute()
        """The directory that holds the models."""
        self._offline = is_set("ASSISTANT_OFFLINE") if offline is None else offline
        self._catalogue = shipped() if catalogue is None else catalogue
        self._timeouts = timeouts or Timeouts()
        self._endpoint, self._token = env.get("HF_ENDPOINT") or _HUB, env.get("HF_TOKEN", "")
        self._stop = Stop()

    def ensure(self, name: str, progress: Progress | None = None) -> Path:
        """Return the directory of a model, fetched first if it is not here.

        `name`: of the catalogue, ``hf:owner/repository[/file][@revision]``, or a path, which is
        returned as it is. `ModelError` says what was tried and what to do.
        """
        return self._here(name) or self._fetch(name, progress, repair=False)

    def path(self, name: str) -> Path:
        """Return the directory of a model that is here: a look at names and sizes, no network."""
        if place := self._here(name):
            return place
        place = self._place(name)
        in_part = place.exists() or Staging(place).begun()
        state = "only a part of it is here" if in_part else "it is not here"
        raise ModelError(name, f"{state}; `assistant models pull {name}` fetches it.")

    def pull(self, name: str, progress: Progress | None = None) -> Path:
        """Fetch a model, or what is missing or damaged of it; return its directory."""
        return _own_path(name) or self._fetch(name, progress, repair=True)

    def remove(self, name: str) -> int:
        """Remove a model and what was begun of it; return how many bytes that freed."""
        place = self._place(name)
        fetching = self._fetching(name, place)
        staging = fetching.staging
        with explained(name, self.root), fetching.lock():
            freed = staging.begun()
            staging.open()
            if place.exists():
                freed += sum(found.st_size for found in stats_below(place))
                place.rename(staging.directory / "removed")  # first out of sight, as a whole
            staging.discard()
        if not freed:
            raise ModelError(name, "it is not here, so there is nothing to remove.")
        return freed

    def check(self, name: str) -> Checked:
        """Hash every file of a model that is here."""
        place = self._place(name)
        if not place.is_dir():
            raise ModelError(name, f"it is not here; `assistant models pull {name}` fetches it.")
        record = Record.read(place)
        model = self._catalogue.get(name)
        pinned = {file.name: file for file in model.files} if model else {}
        names = list(pinned) or list(record.files if record else ())
        if not names:
            raise ModelError(name, "nothing tells what it should be; remove it and pull it anew.")
        with explained(name, self.root):
            states = [check_file(place / file, file, pinned.get(file), record) for file in names]
        return Checked(name, tuple(states))

    def list(self) -> list[Listed]:
        """List the catalogue, then what else was fetched here."""
        known = [
            Listed.known(model, here=self._is_complete(model.name, self.root / model.name))
            for model in self._catalogue.values()
        ]
        others = [
            Listed.fetched(record, here=self._is_complete(record.name, place))
            for place in sorted(self.root.glob("hf--*"))
            if (record := Record.read(place))
        ]
        return known + others

    def stop(self) -> None:
        """End every transfer of this store from another thread; what came is kept."""
        self._stop.set()

    def _here(self, name: str) -> Path | None:
        if own := _own_path(name):
            return own
        place = self._place(name)
        return place if self._is_complete(name, place) else None

    def _place(self, name: str) -> Path:
        if name.startswith("hf:"):
            return self.root / Reference.parse(name).directory
        return self.root / self._catalogue.find(name).name

    def _fetch(self, name: str, progress: Progress | None, *, repair: bool) -> Path:
        place = self._place(name)

        def complete() -> bool:  # another process may have fetched it meanwhile
            return not repair and self._is_complete(name, place)

        self._fetching(name, place).run(progress, complete)
        return place

    def _fetching(self, name: str, place: Path) -> "Fetching":
        # HTTP takes 0.3 s to import, and most starts of the program fetch nothing.
        from assistant.models.fetching import Fetching  # noqa: PLC0415

        return Fetching(self._world, name, place)

    @functools.cached_property
    def _world(self) -> "World":
        """What all fetching shares; it remembers a hub that is not in reach."""
        from assistant.models.fetching import World  # noqa: PLC0415 - see above
        from assistant.models.hub import Hub  # noqa: PLC0415 - see above

        return World(
            root=self.root,
            catalogue=self._catalogue,
            hub=Hub(self._endpoint, self._token, self._timeouts),
            offline=self._offline,
            timeouts=self._timeouts,
            stop=self._stop,
        )

    def _is_complete(self, name: str, place: Path) -> bool:
        """Whether every file is there with its size."""
        if not place.is_dir():
            return False
        sizes: dict[str, int | None] = {}
        if model := self._catalogue.get(name):
            sizes.update((file.name, file.bytes) for file in model.files)
        if (not sizes or None in sizes.values()) and (record := Record.read(place)):
            sizes.update((file, kept.bytes) for file, kept in record.files.items())
        return bool(sizes) and all(
            (place / file).is_file() and size in {None, (place / file).stat().st_size}
            for file, size in sizes.items()
        )


def _own_path(name: str) -> Path | None:
    """Return the path that a name is, if it is one; `ModelError` if nothing is there."""
    if name.startswith("hf:") or not _LIKE_A_PATH.fullmatch(name):
        return None
    path = Path(name).expanduser()
    if not path.exists():
        raise ModelError(name, "there is no such file or directory; give the path of a model.")
    return path


def default() -> Store:
    """Return the store of this user, the same one as long as the environment names that."""
    return _at(_users())


@functools.cache
def _at(root: Path) -> Store:
    return Store(root)


def _users() -> Path:
    named = os.environ.get("ASSISTANT_MODELS")
    return Path(named).expanduser() if named else user_data_path("assistant") / "models"


def ensure(name: str, progress: Progress | None = None) -> Path:
    """Return the directory of a model of this user, fetched first if it is not here."""
    return default().ensure(name, progress)


def path(name: str) -> Path:
    """Return the directory of a model of this user that is here; `ModelError` otherwise."""
    return default().path(name)


def stop() -> None:
    """End every transfer of this user's store, because the program ends."""
    default().stop()
