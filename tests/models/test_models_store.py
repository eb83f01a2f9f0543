"""The store itself: names, repair, two processes, a full disk, local directories, offline."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.errors import ModelError
from assistant.models.catalogue import Catalogue, File, HubFile, parse, shipped
from assistant.models.store import Store, default
from assistant.models.terms import Timeouts
from tests.models.conftest import (
    CONFIG,
    PINNED,
    QUICK,
    REPOSITORY,
    UNPINNED,
    WEIGHTS,
    MakeStore,
    model,
)
from tests.models.servers import Fault, HubSite, Site

if TYPE_CHECKING:
    from assistant.models.progress import Transfer

BIN = f"/{REPOSITORY}/resolve/main/model.bin"


def put(directory: Path, weights: bytes = WEIGHTS, config: bytes = CONFIG) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.bin").write_bytes(weights)
    (directory / "config.json").write_bytes(config)
    return directory


def whole(place: Path) -> bool:
    return (place / "model.bin").read_bytes() == WEIGHTS and (
        place / "config.json"
    ).read_bytes() == CONFIG


# ── names ─────────────────────────────────────────────────────────────────────────────────────


def test_a_path_is_returned_as_it_is(make_store: MakeStore, tmp_path: Path) -> None:
    weights = tmp_path / "own.gguf"
    weights.write_bytes(b"GGUF")
    for use in (make_store().ensure, make_store().path, make_store().pull):
        assert use(str(weights)) == weights
        assert use(str(tmp_path)) == tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smal", r"there is no model of this name; did you mean small\?"),
        ("zzzzzz", "`assistant models list` shows all"),
        ("owner/small-model", "did you mean hf:owner/small-model"),
        ("/no/such/model", "there is no such file or directory"),
        ("missing.gguf", "there is no such file or directory"),
        ("", "there is no model of this name"),
    ],
)
def test_a_wrong_name(make_store: MakeStore, name: str, words: str) -> None:
    store = make_store()
    for use in (store.ensure, store.path, store.pull):
        with pytest.raises(ModelError, match=words):
            use(name)


def test_what_is_not_here_says_how_to_fetch_it(make_store: MakeStore) -> None:
    for use in (make_store().path, make_store().check):
        with pytest.raises(ModelError, match="not here; `assistant models pull small` fetches"):
            use("small")
    with pytest.raises(ModelError, match="nothing to remove"):
        make_store().remove("small")


def test_the_root_is_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSISTANT_MODELS", str(tmp_path / "elsewhere"))
    assert Store().root == tmp_path / "elsewhere"
    monkeypatch.delenv("ASSISTANT_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Store().root == tmp_path / "data" / "assistant" / "models"


def test_the_users_store_is_where_the_environment_says_now(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = default()
    assert default() is before
    monkeypatch.setenv("ASSISTANT_MODELS", str(tmp_path))
    assert default().root == tmp_path
    monkeypatch.undo()
    assert default() is before


# ── what is here ──────────────────────────────────────────────────────────────────────────────


def test_what_was_put_there_by_hand_is_taken(make_store: MakeStore) -> None:
    store = make_store(offline=True)
    place = put(store.root / "small")
    assert store.ensure("small") == place
    assert store.check("small").verified
    assert [line.here for line in store.list()] == [True, False, False]


def test_a_check_finds_what_a_look_does_not(make_store: MakeStore) -> None:
    store = make_store()
    put(store.root / "small", WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1]))
    assert store.path("small").is_dir()
    checked = store.check("small")
    assert [(f.name, f.state) for f in checked.files] == [
        ("model.bin", "wrong checksum"),
        ("config.json", "right"),
    ]
    assert not checked.good
    assert not checked.verified


def test_pull_mends_only_what_is_damaged(hub: HubSite, make_store: MakeStore) -> None:
    store = make_store()
    put(store.root / "small", b"x" * len(WEIGHTS))
    (store.root / "small" / "stray.txt").write_text("left by someone")
    assert whole(store.pull("small"))
    assert store.check("small").verified
    assert hub.gets("model.bin")
    assert not hub.gets("config.json")
    asked = len(hub.requests)
    store.pull("small")
    assert len(hub.requests) == asked, "it was whole"


def test_a_missing_file_is_fetched(hub: HubSite, make_store: MakeStore) -> None:
    store = make_store()
    (put(store.root / "small") / "config.json").unlink()
    assert whole(store.ensure("small"))
    assert not hub.gets("model.bin")


def test_what_cannot_be_mended_stays_as_it_was(make_store: MakeStore) -> None:
    store = make_store()
    place = put(store.root / "small", b"damaged")
    with pytest.raises(ModelError, match="could not be fetched"):
        store.pull("small")
    assert (place / "model.bin").read_bytes() == b"damaged"


@pytest.mark.usefixtures("hub")
def test_remove_frees_what_is_here_and_what_was_begun(
    storage: Site, make_store: MakeStore
) -> None:
    store = make_store()
    store.ensure("small")
    assert store.remove("small") > len(WEIGHTS)
    assert not (store.root / "small").exists()
    storage.faults[BIN].extend([Fault(drop_after=100_000), Fault(status=404)])
    with pytest.raises(ModelError):
        store.ensure("small")
    with pytest.raises(ModelError, match="only a part of it is here"):
        store.path("small")
    assert store.remove("small") >= 100_000
    assert list((store.root / ".partial").iterdir()) == []


@pytest.mark.usefixtures("hub")
def test_what_was_begun_long_ago_is_cleaned_up(make_store: MakeStore) -> None:
    store = make_store()
    long_ago = (datetime.now(UTC) - timedelta(days=20)).timestamp()
    for name, moment in (("old", long_ago), ("recent", None)):
        part = store.root / ".partial" / name / "parts" / "x.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"begun")
        if moment:
            for path in (part, part.parent, part.parent.parent):
                os.utime(path, (moment, moment))
    store.ensure("small")
    assert [p.name for p in (store.root / ".partial").iterdir()] == ["recent"]


# ── offline and local directories ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("ASSISTANT_OFFLINE", r"\(hub: offline\)\. Allow it the network"),
        ("HF_HUB_OFFLINE", "HF_HUB_OFFLINE is set"),
    ],
)
def test_offline_asks_nobody(
    hub: HubSite,
    make_store: MakeStore,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    words: str,
) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ModelError, match=words):
        make_store().ensure("small")
    with pytest.raises(ModelError, match=r"hf:a/b: .*(offline|HF_HUB_OFFLINE)"):
        make_store().ensure("hf:a/b")
    assert not hub.requests


@pytest.mark.parametrize("below", ["small", "."])
def test_a_directory_of_the_users_comes_first(
    hub: HubSite,
    make_store: MakeStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    below: str,
) -> None:
    put(tmp_path / "stick" / below)
    monkeypatch.setenv("ASSISTANT_MODEL_DIR", f"/nowhere{os.pathsep}{tmp_path / 'stick'}")
    place = make_store().ensure("small")
    assert whole(place)
    assert not place.is_symlink()
    assert not hub.requests
    assert whole(tmp_path / "stick" / below), "it is copied, not taken away"


def test_a_wrong_file_in_a_directory_is_passed_over(
    hub: HubSite, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(tmp_path / "small", b"x" * len(WEIGHTS))
    monkeypatch.setenv("ASSISTANT_MODEL_DIR", str(tmp_path))
    assert whole(make_store().ensure("small"))
    assert hub.gets("model.bin")
    assert not hub.gets("config.json")


def test_the_hubs_cache_is_used_for_what_is_pinned(make_store: MakeStore, tmp_path: Path) -> None:
    cache = tmp_path / "hub-cache" / "hub" / "models--owner--small-model"
    put(cache / "snapshots" / "c0ffee")
    assert whole(make_store(offline=True).ensure("small"))
    with pytest.raises(ModelError):
        make_store(offline=True).ensure("new")


# ── two at once ───────────────────────────────────────────────────────────────────────────────

PROGRAM = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from assistant.errors import ModelError
    from assistant.models.store import Store
    from tests.models.conftest import IN_WHEELS, PINNED, QUICK, UNPINNED, WHEELS
    from assistant.models.catalogue import Catalogue
    store = Store(Path(sys.argv[1]), catalogue=Catalogue([PINNED, UNPINNED, IN_WHEELS], WHEELS),
                  timeouts=QUICK)
    print("begun", flush=True)
    try:
        print(store.ensure(sys.argv[2]))
    except ModelError as error:
        print("failed:", error)
    """
)

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start another process that ensures a model in the same root."""
    started: list[subprocess.Popen[str]] = []

    def begin(name: str = "small", prefix: str = "") -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", prefix + PROGRAM, str(tmp_path / "models"), name]
        env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.usefixtures("hub")
def test_two_processes_fetch_it_once(storage: Site, start: Start) -> None:
    storage.faults[BIN].append(Fault(slow=0.1))
    processes = [start(), start(), start()]
    answers = [process.communicate(timeout=30)[0].split() for process in processes]
    assert {answer[-1].rsplit("/", 1)[-1] for answer in answers} == {"small"}
    assert len(storage.gets("model.bin")) == 1


@pytest.mark.usefixtures("hub")
def test_whoever_waits_sees_how_the_other_gets_on(
    storage: Site, start: Start, make_store: MakeStore
) -> None:
    storage.faults[BIN].append(Fault(slow=0.2))
    other = start()
    assert other.stdout
    assert other.stdout.readline() == "begun\n"
    while not storage.gets("model.bin"):
        threading.Event().wait(0.01)
    seen: list[Transfer] = []
    assert whole(make_store().ensure("small", seen.append))
    assert seen[0].note == "another process fetches it"
    assert seen[-1].finished
    assert len(storage.gets("model.bin")) == 1


@pytest.mark.usefixtures("hub")
def test_a_process_that_was_killed_leaves_what_the_next_goes_on_from(
    storage: Site, start: Start, make_store: MakeStore
) -> None:
    storage.faults[BIN].extend([Fault(stall_after=150_000), Fault()])
    other = start()
    part = make_store().root / ".partial" / "small" / "parts"
    deadline = time.perf_counter() + 20
    while not any(p.stat().st_size >= 100_000 for p in part.glob("*.part")):
        assert time.perf_counter() < deadline
        threading.Event().wait(0.005)
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert whole(make_store().ensure("small"))
    assert storage.gets("model.bin")[-1].start >= 100_000


# ── the disk ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("hub")
def test_a_disk_that_fills_up(start: Start, storage: Site, make_store: MakeStore) -> None:
    limit = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (200000, 200000))\n"
    answer = start(prefix=limit).communicate(timeout=30)[0]
    assert "failed: small: the disk of" in answer
    assert "is full; free some of it" in answer
    assert not (make_store().root / "small").exists()
    assert whole(make_store().ensure("small"))
    assert 0 < storage.gets("model.bin")[-1].start <= 200_000


def test_a_disk_that_is_too_small_is_seen_before(
    hub: HubSite, storage: Site, make_store: MakeStore
) -> None:
    vast = File("vast.bin", HubFile(REPOSITORY, "main", "model.bin"), 1 << 60, "0" * 64)
    store = make_store(model(vast, name="huge"))
    with pytest.raises(ModelError, match=r"huge: it needs \d+ MB on the disk of .* MB are free"):
        store.ensure("huge")
    assert not storage.gets()
    assert not hub.gets()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file system")
@pytest.mark.usefixtures("hub")
def test_a_small_file_system(tmp_path: Path) -> None:
    small = tmp_path / "small-disk"
    small.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this root may not mount")
    try:
        store = Store(small / "models", catalogue=Catalogue([PINNED]), timeouts=QUICK)
        with pytest.raises(ModelError, match=r"it needs 67 MB on the disk of .*, where 8 MB"):
            store.ensure("small")
    finally:
        subprocess.run(["/bin/umount", str(small)], check=True)


def test_a_root_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    store = Store(tmp_path / "file" / "models", catalogue=Catalogue([PINNED]), timeouts=QUICK)
    with pytest.raises(ModelError, match="not a directory; make it writable, or let ASSISTANT_M"):
        store.ensure("small")


# ── the catalogue ─────────────────────────────────────────────────────────────────────────────


def test_the_catalogue_has_what_it_should() -> None:
    models = shipped()
    voices = [m for m in models.values() if m.kind == "tts"]
    assert len(voices) >= 10
    assert len({m.languages[0] for m in voices}) >= 6
    assert len([m for m in models.values() if m.kind == "llm"]) >= 4
    for size in ("tiny.en", "tiny", "base.en", "base", "small", "large-v3", "large-v3-turbo"):
        assert models[f"whisper-{size}"].verified
    assert [m.name for m in models.values() if not m.verified] == [
        "whisper-distil-small.en",
        "whisper-distil-large-v3.5",
    ]
    assert [m.name for m in models.values() if m.wheels] == [
        "whisper-tiny.en",
        "whisper-base",
        "smart-turn-v3.2",
        "smollm2-135m-instruct-q4_1",
        "piper-en_US-joe-medium",
    ]


def test_large_files_of_the_catalogue_are_all_different() -> None:
    digests = [f.sha256 for m in shipped().values() for f in m.files if (f.bytes or 0) > 5_000_000]
    assert len(digests) == len(set(digests))


ENTRY = """
[models.m]
kind = "stt"
about = ""
licence = "MIT"
languages = ["en"]
hub = "a/b@main"
[models.m.files."f"]
bytes = 3
sha256 = "{digest}"
"""
GOOD = ENTRY.format(digest=hashlib.sha256(b"abc").hexdigest())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "stt"', 'kind = "sst"', "unknown kind"),
        ("a/b@main", "a/b", "owner/repository@revision"),
        ("models.m", 'models."../m"', "not a plain name"),
        ('files."f"', 'files."../f"', "not a plain name"),
        ("bytes = 3", "", "comes with a size"),
        ('sha256 = "ba', 'sha256 = "xx', "hexadecimal"),
        ('licence = "MIT"', 'licence = "MIT"\nunverified = true', "contradict"),
        ("bytes = 3", 'bytes = 3\nwheel = ["p:m"]', "package==version:member"),
        ("bytes = 3", 'bytes = 3\nwheel = ["p==1:m"]', "has no size of p==1"),
    ],
)
def test_a_catalogue_that_is_wrong(old: str, new: str, words: str) -> None:
    assert parse(GOOD)["m"].verified
    with pytest.raises(ValueError, match=words):
        parse(GOOD.replace(old, new))


def test_a_file_without_a_digest_must_be_declared() -> None:
    bare = GOOD.replace('sha256 = "', 'x = "')
    with pytest.raises(ValueError, match="contradict"):
        parse(bare)
    assert not parse(bare.replace('licence = "MIT"', 'licence = "MIT"\nunverified = true'))[
        "m"
    ].verified


assert UNPINNED.bytes is None
assert Timeouts().reach <= 3, "a hub that is down must not cost more"
