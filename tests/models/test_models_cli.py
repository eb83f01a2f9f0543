"""What `assistant models` prints and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli.main import main
from assistant.models.store import Store
from tests.models.conftest import CONFIG, REPOSITORY, WEIGHTS, MakeStore
from tests.models.servers import Fault, HubSite, Site

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = make_store()
    monkeypatch.setattr("assistant.cli.models.default", lambda: made)
    return made


@pytest.fixture
def run(store: Store, capsys: pytest.CaptureFixture[str]) -> Run:
    del store

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["models", *words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def put(store: Store, weights: bytes = WEIGHTS) -> Path:
    place = store.root / "small"
    place.mkdir(parents=True)
    (place / "model.bin").write_bytes(weights)
    (place / "config.json").write_bytes(CONFIG)
    return place


def test_list(run: Run, store: Store) -> None:
    put(store)
    code, out, _ = run("list")
    lines = {words[0]: words[1:] for line in out.splitlines() if (words := line.split())}
    assert code == 0
    assert lines["model"] == ["for", "size", "here", "checksum", "licence", "about"]
    assert lines["small"] == ["ears", "0", "MB", "yes", "pinned", "MIT", "a", "test"]
    assert lines["new"] == ["ears", "?", "—", "hub's", "word", "MIT", "a", "test"]
    assert f"in {store.root}" in out
    assert "hub's word: no checksum is pinned" in out
    _, out, _ = run("list", "--here")
    assert "new" not in out


def test_list_as_json(run: Run, store: Store) -> None:
    put(store)
    _, out, _ = run("list", "--json", "--here")
    (line,) = json.loads(out)
    assert line["name"] == "small"
    assert line["here"]
    assert line["verified"]
    assert line["bytes"] == len(WEIGHTS) + len(CONFIG)


@pytest.mark.usefixtures("hub")
def test_pull_says_how_it_gets_on_and_where_it_is(run: Run, store: Store) -> None:
    code, out, err = run("pull", "small", "new")
    assert code == 0
    assert out.split() == [str(store.root / "small"), str(store.root / "new")]
    assert "small: 0.0 of 0.3 MB from 127.0.0.1" in err
    assert "small: 0.3 of 0.3 MB" in err
    assert run("pull", "small") == (0, f"{store.root / 'small'}\n", "")
    assert run("path", "new") == (0, f"{store.root / 'new'}\n", "")


@pytest.mark.usefixtures("hub")
def test_what_fails_is_one_line(run: Run, storage: Site) -> None:
    storage.faults[f"/{REPOSITORY}/resolve/main/model.bin"].append(Fault(flip=1))
    code, out, err = run("pull", "small")
    assert code == 69
    assert out == ""
    assert err.splitlines()[-1].startswith("assistant: small: it could not be fetched (hub")
    assert "Traceback" not in err


def test_path_of_what_is_not_here(run: Run) -> None:
    code, out, err = run("path", "small")
    assert (code, out) == (69, "")
    assert err == ("assistant: small: it is not here; `assistant models pull small` fetches it.\n")


def test_check_and_mend(hub: HubSite, run: Run, store: Store) -> None:
    put(store, WEIGHTS[:-1] + b"!")
    code, out, err = run("check")
    assert code == 69
    assert out == "small: model.bin: wrong checksum\n"
    assert err == "assistant: small: damaged; `assistant models pull small` mends it.\n"
    assert run("pull", "small")[0] == 0
    assert not hub.gets("config.json")
    assert run("check") == (0, "small: right, by pinned checksums\n", "")


@pytest.mark.usefixtures("hub")
def test_check_of_what_nothing_vouches_for(run: Run) -> None:
    run("pull", "new")
    assert run("check", "new") == (0, "new: as it came from the hub, unverified\n", "")


def test_remove(run: Run, store: Store) -> None:
    place = put(store)
    assert run("remove", "small") == (0, "small: 0 MB freed\n", "")
    assert not place.exists()
    assert run("remove", "small")[0] == 69
