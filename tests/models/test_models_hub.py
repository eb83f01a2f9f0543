"""Fetching from a hub that fails in every way."""

import hashlib
import json
import socket
import threading
import time
from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.models.progress import Transfer
from assistant.models.store import Store
from assistant.models.terms import Timeouts
from tests.models.conftest import CONFIG, IMPATIENT, REPOSITORY, WEIGHTS, MakeStore
from tests.models.servers import Fault, HubSite, Site

pytestmark = pytest.mark.usefixtures("hub")

BIN = f"/{REPOSITORY}/resolve/main/model.bin"


def whole(place: Path) -> bool:
    return (place / "model.bin").read_bytes() == WEIGHTS and (
        place / "config.json"
    ).read_bytes() == CONFIG


def nothing_in_place(store: Store) -> bool:
    return [path.name for path in store.root.iterdir() if path.name[0] != "."] == []


def test_fetches_once_and_leaves_nothing_else(hub: HubSite, make_store: MakeStore) -> None:
    store = make_store()
    place = store.ensure("small")
    assert place == store.root / "small"
    assert whole(place)
    assert sorted(p.name for p in place.iterdir()) == [".model.json", "config.json", "model.bin"]
    assert list((store.root / ".partial").iterdir()) == []
    asked = len(hub.requests)
    assert make_store().ensure("small") == place
    assert make_store(offline=True).path("small") == place
    assert len(hub.requests) == asked


def test_the_token_goes_to_the_hub_and_to_nobody_else(
    hub: HubSite, storage: Site, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    make_store().ensure("small")
    assert {r.headers.get("Authorization") for r in hub.requests} == {"Bearer hf_secret"}
    assert storage.requests
    assert all("Authorization" not in r.headers for r in storage.requests)


def test_goes_on_where_the_connection_broke_off(storage: Site, make_store: MakeStore) -> None:
    storage.faults[BIN].extend([Fault(drop_after=100_000), Fault(drop_after=50_000), Fault()])
    assert whole(make_store().ensure("small"))
    assert [request.start for request in storage.gets("model.bin")] == [0, 100_000, 150_000]


def test_starts_over_where_ranges_are_ignored(storage: Site, make_store: MakeStore) -> None:
    storage.faults[BIN].extend([Fault(drop_after=100_000), Fault(ignore_range=True)])
    assert whole(make_store().ensure("small"))


def test_starts_over_when_resumed_at_the_wrong_place(storage: Site, make_store: MakeStore) -> None:
    storage.faults[BIN].extend([Fault(drop_after=100_000), Fault(wrong_range=True)])
    with pytest.raises(ModelError, match="resumed at the wrong place"):
        make_store().ensure("small")
    storage.faults[BIN].clear()
    assert whole(make_store().ensure("small"))


def test_a_stalled_transfer_is_taken_up_again(storage: Site, make_store: MakeStore) -> None:
    storage.faults[BIN].extend([Fault(stall_after=120_000), Fault()])
    assert whole(make_store(timeouts=IMPATIENT).ensure("small"))
    assert storage.gets("model.bin")[-1].start == 120_000


def test_one_that_stalls_for_ever_is_given_up_and_its_bytes_are_kept(
    storage: Site, make_store: MakeStore
) -> None:
    storage.faults[BIN].extend([Fault(stall_after=120_000), Fault(stall_after=0)])
    store = make_store(timeouts=IMPATIENT)
    with pytest.raises(ModelError, match=r"^small: .*hub \(127.*stalled.*try again"):
        store.ensure("small")
    assert nothing_in_place(store)
    storage.faults[BIN].clear()
    assert whole(make_store().ensure("small"))
    assert storage.gets("model.bin")[-1].start == 120_000


@pytest.mark.parametrize("length", [1000, 400_000])
def test_a_length_that_lies_is_seen_before_anything_is_kept(
    storage: Site, make_store: MakeStore, length: int
) -> None:
    storage.faults[BIN].append(Fault(length=length))
    store = make_store()
    with pytest.raises(ModelError, match=f"offered with {length} bytes and should have 300000"):
        store.ensure("small")
    assert nothing_in_place(store)


def test_more_bytes_than_there_should_be_end_it(
    hub: HubSite, storage: Site, make_store: MakeStore
) -> None:
    hub.add(REPOSITORY, "model.bin", WEIGHTS + b"more")
    storage.faults[BIN].append(Fault(no_length=True))
    with pytest.raises(ModelError, match=r"model\.bin is longer than the 300000 bytes"):
        make_store().ensure("small")


def test_fewer_bytes_than_there_should_be_are_not_taken_for_all(
    storage: Site, make_store: MakeStore
) -> None:
    storage.faults[BIN].append(Fault(no_length=True, drop_after=0))
    store = make_store()
    with pytest.raises(ModelError, match=r"model\.bin came incomplete"):
        store.ensure("small")
    assert nothing_in_place(store)


def test_a_wrong_byte_is_found_and_not_kept(storage: Site, make_store: MakeStore) -> None:
    storage.faults[BIN].append(Fault(flip=200_000))
    store = make_store()
    with pytest.raises(ModelError, match=r"small: .*model\.bin has the wrong checksum"):
        store.ensure("small")
    assert nothing_in_place(store)
    assert not list(store.root.glob(".partial/small/parts/model.bin*"))
    assert len(storage.gets("model.bin")) == 1


def test_a_wrong_byte_of_an_earlier_attempt_costs_one_more_download(
    storage: Site, make_store: MakeStore
) -> None:
    storage.faults[BIN].extend([Fault(flip=5, drop_after=100_000), Fault(status=404)])
    with pytest.raises(ModelError):
        make_store().ensure("small")
    storage.faults[BIN].clear()
    assert whole(make_store().ensure("small"))
    assert [request.start for request in storage.gets("model.bin")] == [0, 100_000, 100_000, 0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "answered 401 unauthorized.* set HF_TOKEN"),
        (403, "answered 403 forbidden.* set HF_TOKEN"),
        (404, "answered 404 not found.* try again"),
        (429, "answered 429 too many requests"),
        (500, "answered 500 internal server error"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(
    hub: HubSite, make_store: MakeStore, status: int, words: str
) -> None:
    hub.faults[BIN].append(Fault(status=status))
    with pytest.raises(ModelError, match=words) as caught:
        make_store().ensure("small")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_refusal_is_waited_out(hub: HubSite, make_store: MakeStore, status: int) -> None:
    hub.faults[BIN].extend([Fault(status=status, retry_after=0), Fault()])
    assert whole(make_store().ensure("small"))


def test_a_hub_that_wants_to_be_left_alone_for_an_hour_is(
    hub: HubSite, make_store: MakeStore
) -> None:
    hub.faults[BIN].append(Fault(status=429, retry_after=3600))
    with pytest.raises(ModelError, match="come back in 3600 s"):
        make_store().ensure("small")
    assert len(hub.gets("model.bin")) == 1


def test_a_hub_that_is_not_there_is_asked_once(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    store = make_store()
    with pytest.raises(ModelError, match=r"hub \(127\.0\.0\.1:9\): connection refused"):
        store.ensure("small")
    started = time.perf_counter()
    with pytest.raises(ModelError, match="connection refused"):
        store.ensure("small")
    assert time.perf_counter() - started < 0.5


def test_a_hub_that_never_answers_costs_little_time(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        patient = Timeouts(connect=5, read=30, reach=0.2, backoff=0.01)
        with pytest.raises(ModelError, match="no answer within 1 s"):
            make_store(timeouts=patient).ensure("small")


def test_stop_ends_a_transfer_that_waits_for_a_byte(storage: Site, make_store: MakeStore) -> None:
    storage.faults[BIN].append(Fault(stall_after=100_000))
    store = make_store(timeouts=Timeouts(read=30))
    begun = threading.Event()
    ended: list[ModelError] = []

    def progress(transfer: Transfer) -> None:
        if transfer.done >= 100_000 or transfer.note.startswith("from"):
            begun.set()

    def fetch() -> None:
        try:
            store.ensure("small", progress)
        except ModelError as error:
            ended.append(error)

    thread = threading.Thread(target=fetch)
    thread.start()
    assert begun.wait(5)
    started = time.perf_counter()
    store.stop()
    thread.join(5)
    assert time.perf_counter() - started < 1
    assert "stopped; what has come is kept" in str(ended[0])


def test_progress_counts_up_to_the_whole(make_store: MakeStore) -> None:
    seen: list[Transfer] = []
    make_store().ensure("small", seen.append)
    size = len(WEIGHTS) + len(CONFIG)
    assert {t.model for t in seen} == {"small"}
    assert [t.done for t in seen] == sorted(t.done for t in seen)
    assert seen[-1] == Transfer("small", size, size, seen[-1].note, finished=True)


def test_progress_may_end_the_transfer_and_what_came_is_kept(
    storage: Site, make_store: MakeStore
) -> None:
    storage.faults[BIN].append(Fault(slow=0.06))

    def leave(transfer: Transfer) -> None:
        if transfer.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_store().ensure("small", leave)
    storage.faults[BIN].clear()
    assert whole(make_store().ensure("small"))
    assert storage.gets("model.bin")[-1].start > 0


# ── what no digest is pinned for ──────────────────────────────────────────────────────────────


def test_the_hubs_own_record_is_used_and_said(make_store: MakeStore) -> None:
    store = make_store()
    assert whole(store.ensure("new"))
    listed = {line.name: line for line in store.list()}
    assert listed["new"].here
    assert not listed["new"].verified
    checked = store.check("new")
    assert checked.good
    assert not checked.verified
    assert {file.state for file in checked.files} == {"as fetched"}
    record = json.loads((store.root / "new" / ".model.json").read_text())
    assert record["files"]["model.bin"]["sha256"] == hashlib.sha256(WEIGHTS).hexdigest()
    assert record["verified"] is False


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_what_differs_from_the_hubs_own_record_is_refused(
    hub: HubSite, storage: Site, make_store: MakeStore, name: str
) -> None:
    where = f"/{REPOSITORY}/resolve/main/{name}"
    storage.faults[where].append(Fault(flip=3))
    hub.faults[f"/api/resolve-cache{where}"].append(Fault(flip=3))
    store = make_store()
    with pytest.raises(ModelError, match=f"{name} has the wrong checksum"):
        store.ensure("new")
    assert nothing_in_place(store)


def test_a_size_is_enough_to_miss_a_file_that_is_not_pinned(make_store: MakeStore) -> None:
    store = make_store()
    (store.ensure("new") / "model.bin").write_bytes(b"cut")
    with pytest.raises(ModelError, match="only a part of it is here"):
        store.path("new")
    assert store.check("new").files[0].state == "wrong size"
    assert whole(store.ensure("new"))


def test_pull_fetches_no_large_file_twice(
    hub: HubSite, storage: Site, make_store: MakeStore
) -> None:
    store = make_store()
    store.ensure("new")
    assert whole(store.pull("new"))
    assert len(storage.gets("model.bin")) == 1
    changed = bytes(reversed(WEIGHTS))
    hub.add(REPOSITORY, "model.bin", changed)
    assert (store.pull("new") / "model.bin").read_bytes() == changed


def test_a_proxy_of_a_kind_that_cannot_be_used(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:9")
    with pytest.raises(ModelError, match="ALL_PROXY names cannot be used"):
        make_store().ensure("small")


# ── hf:owner/repository ───────────────────────────────────────────────────────────────────────


def put(hub: HubSite, *paths: str, repository: str = REPOSITORY) -> None:
    hub.describe(repository, list(paths))
    for path in paths:
        hub.add(repository, path, path.encode(), "c0ffee")


def names(place: Path) -> list[str]:
    files = (str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
    return sorted(name for name in files if name != ".model.json")


def test_a_whisper_repository(hub: HubSite, make_store: MakeStore) -> None:
    needed = ["config.json", "model.bin", "tokenizer.json", "vocabulary.txt"]
    put(hub, *needed, "README.md", ".gitattributes", "pytorch_model.bin")
    store = make_store()
    place = store.ensure(f"hf:{REPOSITORY}")
    assert place.name == "hf--owner--small-model"
    assert names(place) == needed
    assert make_store(offline=True).ensure(f"hf:{REPOSITORY}") == place
    line = store.list()[-1]
    assert (line.name, line.here, line.verified, line.licence) == (
        f"hf:{REPOSITORY}",
        True,
        False,
        "mit",
    )
    assert store.remove(f"hf:{REPOSITORY}") > 0
    assert not place.exists()


def test_the_usual_quantisation_of_a_gguf_repository(hub: HubSite, make_store: MakeStore) -> None:
    put(hub, "x-Q2_K.gguf", "x-Q4_K_M.gguf", "mmproj-Q4_K_M.gguf", "README.md")
    assert names(make_store().ensure(f"hf:{REPOSITORY}")) == ["x-Q4_K_M.gguf"]


def test_one_file_at_one_revision(hub: HubSite, make_store: MakeStore) -> None:
    hub.describe(REPOSITORY, ["q/x-Q2_K.gguf", "y.gguf"], "v2")
    hub.add(REPOSITORY, "q/x-Q2_K.gguf", b"weights", "c0ffee")
    store = make_store()
    place = store.ensure(f"hf:{REPOSITORY}/q/x-Q2_K.gguf@v2")
    assert names(place) == ["x-Q2_K.gguf"]
    assert store.ensure(f"hf:{REPOSITORY}@v2/q/x-Q2_K.gguf") == place


def test_safetensors_are_enough(hub: HubSite, make_store: MakeStore) -> None:
    put(hub, "model.safetensors", "pytorch_model.bin", "config.json", "1_Pool/config.json")
    place = make_store().ensure(f"hf:{REPOSITORY}")
    assert names(place) == ["1_Pool/config.json", "config.json", "model.safetensors"]


def test_a_hub_cannot_write_outside_of_the_model(
    hub: HubSite, make_store: MakeStore, tmp_path: Path
) -> None:
    hub.describe(REPOSITORY, ["../../evil.bin", "/etc/evil", "config.json", "a/../../evil"])
    hub.add(REPOSITORY, "config.json", CONFIG, "c0ffee", large=False)
    assert names(make_store().ensure(f"hf:{REPOSITORY}")) == ["config.json"]
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hf:owner", "not hf:owner/repository"),
        ("hf:../../etc", "not hf:owner/repository"),
        ("hf:owner/unknown", "answered 404"),
        (f"hf:{REPOSITORY}/none.gguf", "it has no none.gguf"),
        (f"hf:{REPOSITORY}", r"several models: name one .*x-Q2_K\.gguf"),
    ],
)
def test_a_place_that_is_wrong(hub: HubSite, make_store: MakeStore, name: str, words: str) -> None:
    hub.describe(REPOSITORY, ["x-Q2_K.gguf", "x-Q8_0.gguf"])
    with pytest.raises(ModelError, match=words):
        make_store().ensure(name)


def test_a_list_of_files_that_is_none(hub: HubSite, make_store: MakeStore) -> None:
    hub.describe(REPOSITORY, [])
    page = hub.pages[f"/api/models/{REPOSITORY}/revision/main"]
    for body in (b"<html>", b"[]", b'{"siblings": 3}'):
        page.body = body
        with pytest.raises(ModelError, match="list of files cannot be read"):
            make_store().ensure(f"hf:{REPOSITORY}")
