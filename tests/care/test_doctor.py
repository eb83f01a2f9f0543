import grp
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from assistant.backends.device_sounddevice import SoundDevice
from assistant.care import (
    doctor,
    doors,
    gpu,
    installation,
    machine,
    reach,
    retirement,
    sound,
    started,
    user,
)
from assistant.care.doctor import examine
from assistant.care.findings import Check, Finding
from assistant.care.installation import Engine
from assistant.config import Config, load
from assistant.models.catalogue import parse
from assistant.models.store import Store

# ── the machine ───────────────────────────────────────────────────────────────────────────────


def test_this_machine_runs_its_own_tests() -> None:
    assert machine.python().state == "ok"
    assert machine.clock().state == "ok"


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 10, 2))
    assert machine.python().state == "fail"


def test_the_systems_own_packages_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", sys.base_prefix)
    finding = machine.environment()
    assert (finding.state, "./scripts/run" in finding.fix) == ("warn", True)


@pytest.mark.parametrize(
    ("flags", "state"), [("sse4_1 avx avx2 fma", "ok"), ("sse4_1 avx", "warn")]
)
def test_a_processor_without_avx2_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, state: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    (tmp_path / "cpuinfo").write_text(f"model name : X\nflags : fpu {flags}\n")
    assert machine.processor(tmp_path / "cpuinfo").state == state


@pytest.mark.parametrize(
    ("free", "limit", "state"),
    [
        (8000, "max", "ok"),
        (900, "max", "warn"),
        (300, "max", "fail"),
        (8000, "700000000", "warn"),
        (8000, "200000000", "fail"),
        (300, "8000000000", "fail"),
    ],
)
def test_memory_is_what_is_free_within_the_limit(
    tmp_path: Path, free: int, limit: str, state: str
) -> None:
    (tmp_path / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable: {free * 1000} kB\n")
    (tmp_path / "max").write_text(f"{limit}\n")
    assert machine.memory(tmp_path / "meminfo", tmp_path / "max").state == state


def test_a_system_that_does_not_tell_is_no_fault(tmp_path: Path) -> None:
    assert machine.memory(tmp_path / "gone", tmp_path / "gone").state == "ok"


def test_the_disk_is_that_of_the_models_even_before_they_are_there(tmp_path: Path) -> None:
    finding = machine.disk(tmp_path / "not" / "yet")
    assert str(tmp_path) in finding.detail
    assert "not" not in finding.detail.removeprefix(str(tmp_path)).split()


@pytest.mark.parametrize(("room", "state"), [(10**6, "fail"), (5 * 10**8, "warn"), (10**10, "ok")])
def test_a_full_disk_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, state: str
) -> None:
    usage = type("usage", (), {"free": room})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert machine.disk(tmp_path).state == state


def test_a_clock_that_is_years_behind_is_named() -> None:
    finding = machine.clock(datetime(2020, 1, 1, tzinfo=UTC))
    assert finding.state == "fail"
    assert "2020-01-01" in finding.detail


# ── sound ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def runtime() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        yield Path(folder)


@contextmanager
def listening(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fspath(path))
        server.listen()
        yield


@pytest.mark.parametrize(
    ("place", "name"), [("pipewire-0", "PipeWire"), ("pulse/native", "PulseAudio")]
)
def test_a_sound_server_is_named(runtime: Path, place: str, name: str) -> None:
    with listening(runtime / place):
        finding = sound.server({"XDG_RUNTIME_DIR": str(runtime)})
    assert (finding.state, finding.detail) == ("ok", name)


def test_a_dead_sound_server_is_a_fault_and_none_is_a_warning(runtime: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(runtime)}
    assert sound.server(environ).state == "warn"
    with listening(runtime / "pulse" / "native"):
        pass
    finding = sound.server(environ)
    assert finding.state == "fail"
    assert "does not answer" in finding.detail
    with listening(runtime / "mine"):
        named = sound.server({**environ, "PULSE_SERVER": f"unix:{runtime}/mine"})
    assert named.state == "ok"


def test_sound_cards_that_may_not_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sound.cards(tmp_path).state == "warn"
    (tmp_path / "pcmC0D0p").touch()
    assert sound.cards(tmp_path).state == "ok"
    monkeypatch.setattr("os.access", lambda *_: False)
    finding = sound.cards(tmp_path)
    assert (finding.state, "usermod" in finding.fix) == ("fail", True)


HEADSET = SoundDevice(
    index=3,
    name="USB Headset: Mono",
    host_api="ALSA",
    inputs=1,
    outputs=2,
    rate=44_100,
    default_input=False,
    default_output=True,
)


@pytest.mark.parametrize(
    ("wish", "found", "usual", "state", "words"),
    [
        (None, [], None, "warn", "none"),
        (None, [HEADSET], None, "warn", "none is the default"),
        (None, [HEADSET], HEADSET, "ok", "USB Headset: Mono (ALSA, 44100 Hz)"),
        ("headset", [HEADSET], None, "ok", "44100 Hz"),
        (3, [HEADSET], None, "ok", "44100 Hz"),
        ("jabra", [HEADSET], HEADSET, "fail", "'jabra'"),
        (4, [HEADSET], HEADSET, "fail", "device.speaker is 4"),
    ],
)
def test_which_device_it_will_be(
    wish: str | int | None, found: list[SoundDevice], usual: SoundDevice, state: str, words: str
) -> None:
    finding = sound.chosen("speaker", wish, found, usual)
    assert finding.state == state
    assert words in finding.detail


# ── the installation ──────────────────────────────────────────────────────────────────────────

MINE = """
from contextlib import asynccontextmanager
from pydantic import BaseModel, SecretStr

class Config(BaseModel):
    model: str = ""
    base_url: str = ""
    api_key: SecretStr | None = None

@asynccontextmanager
async def open(config):
    yield None

def needs(config):
    return (config.model,) if config.model else ()
"""


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """Loads a configuration whose every backend is a module of ours, with these settings."""
    package = tmp_path / "lib" / "doctors_patient"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "backend.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path / "lib")

    def loaded(**flags: str) -> Config:
        stages = ("device", "vad", "stt", "llm", "tts", "tts.fallback")
        backends = {f"{stage}.backend": "doctors_patient.backend" for stage in stages}
        empty = tmp_path / "config.yaml"
        empty.touch()
        named = {name.replace("__", "."): value for name, value in flags.items()}
        return load(empty, environ={}, flags=backends | named)

    return loaded


def test_every_mistake_of_the_configuration_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("turns: {compleet_ms: 3, finalize_ms: soon}\n")
    config, found = installation.configuration(file)
    assert config is None
    assert [finding.state for finding in found] == ["fail"] * len(found)
    text = "\n".join(finding.detail for finding in found)
    assert "did you mean complete_ms" in text
    assert "turns.finalize_ms" in text


def test_secrets_are_counted_and_never_shown(configured: Callable[..., Config]) -> None:
    assert installation.secrets(configured()).detail == "none needed"
    finding = installation.secrets(configured(llm__api_key="hunter2"))
    assert finding.detail == "1 found"


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_an_engine_that_loads(modules: Path) -> None:
    (modules / "fine_engine.py").touch()
    finding = installation.engine(Engine("fine_engine", "numpy", "stt", "whisper"))
    assert finding.state == "ok"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ImportError('libcuda.so.1 is missing')", "libcuda.so.1 is missing"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "processor lacks"),
        ("import os; os._exit(3)", "ended with 3"),
    ],
)
def test_an_engine_that_cannot_be_loaded_does_not_take_the_doctor_along(
    modules: Path, code: str, words: str
) -> None:
    (modules / "ill_engine.py").write_text(code)
    finding = installation.engine(Engine("ill_engine", "numpy", "stt", "whisper"))
    assert finding.state == "fail"
    assert words in finding.detail


def test_an_engine_that_is_not_installed() -> None:
    finding = installation.engine(Engine("nothing", "no-such-package-here", "stt", "whisper"))
    assert finding.state == "fail"
    assert "pip install no-such-package-here" in finding.fix


CATALOGUE = """
[wheels]

[models.ears]
kind = "stt"
about = "for tests"
licence = "MIT"
languages = ["en"]
hub = "nobody/nothing@0123"

[models.ears.files."model.bin"]
bytes = 4
sha256 = "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589"
"""  # of "abcd"


def test_models_are_looked_for_and_checked_to_the_byte_when_asked(
    tmp_path: Path, configured: Callable[..., Config]
) -> None:
    config = configured(stt__model="ears")
    store = Store(tmp_path / "models", offline=True, catalogue=parse(CATALOGUE))

    def look(*, deep: bool) -> Finding:
        ears, turn = installation.models(config, store, deep=deep)
        assert (turn.what, turn.state) == ("turn model", "warn"), "it can be done without"
        return ears

    assert look(deep=False).state == "fail"
    assert look(deep=False).fix == "`assistant models pull ears`"
    place = tmp_path / "models" / "ears"
    place.mkdir(parents=True)
    (place / "model.bin").write_bytes(b"abcd")
    assert look(deep=False).state == "ok"
    assert "to the last byte" in look(deep=True).detail
    (place / "model.bin").write_bytes(b"abce")
    assert look(deep=False).state == "ok"
    assert look(deep=True).state == "fail"
    assert "wrong checksum" in look(deep=True).detail


class Answers(http.server.BaseHTTPRequestHandler):
    """A model server that answers as its server was told."""

    def do_GET(self) -> None:
        status, body, seen = self.server.told  # type: ignore[attr-defined]  # set below
        seen.append((self.path, self.headers["Authorization"]))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def model_server(status: int, body: bytes) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    seen: list[tuple[str, str]] = []
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        server.told = (status, body, seen)  # type: ignore[attr-defined]  # for the handler
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
        server.shutdown()
        thread.join()


LIST = json.dumps({"data": [{"id": "qwen"}, {"id": "llama"}]}).encode()


@pytest.mark.parametrize(
    ("status", "body", "model", "state", "words"),
    [
        (200, LIST, "qwen", "ok", "2 models"),
        (200, LIST, "", "ok", "2 models"),
        (200, LIST, "gemma", "warn", "'gemma'"),
        (401, b"", "qwen", "fail", "refuses the key"),
        (404, b"", "qwen", "warn", "HTTP 404"),
        (500, b"", "qwen", "warn", "HTTP 500"),
        (200, b"<html>", "qwen", "warn", "does not list"),
        (200, b'{"data": 5}', "qwen", "warn", "does not list"),
    ],
)
def test_what_a_model_server_says(
    configured: Callable[..., Config],
    *,
    status: int,
    body: bytes,
    model: str,
    state: str,
    words: str,
) -> None:
    with model_server(status, body) as (url, seen):
        config = configured(llm__base_url=url, llm__model=model, llm__api_key="hunter2")
        finding = reach.model_server("llm", config.llm.settings)
    assert finding.state == state
    assert words in finding.detail
    assert "hunter2" not in repr(finding)
    assert seen == [("/v1/models", "Bearer hunter2")]


def test_a_model_server_that_is_not_there_or_does_not_answer(
    configured: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.care.reach.REACH", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        refused = reach.model_server("llm", configured(llm__base_url=url).llm.settings)
        silent.listen()
        slow = reach.model_server("llm", configured(llm__base_url=url).llm.settings)
    for finding in (refused, slow):
        assert finding.state == "fail"
        assert "cannot be reached" in finding.detail


def test_a_running_assistant_is_named(runtime: Path) -> None:
    assert "no assistant runs" in installation.control_socket(runtime / "c.sock").detail
    with listening(runtime / "c.sock"):
        finding = installation.control_socket(runtime / "c.sock")
    assert f"pid {os.getpid()}" in finding.detail


def test_a_control_socket_that_could_not_be_made(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    finding = installation.control_socket(runtime / "new" / "c.sock")
    assert finding.state == "warn"
    assert str(runtime) in finding.detail


# ── the machine, more of it ───────────────────────────────────────────────────────────────────


def test_places_on_one_disk_are_named_once(tmp_path: Path) -> None:
    found = list(machine.places({"logs": tmp_path / "a", "caches": tmp_path / "b"}))
    assert [finding.what for finding in found] == ["disk"]
    assert "logs" in found[0].detail


@pytest.mark.parametrize(("state", "word"), [(0, "ok"), (1, "ok"), (5, "warn")])
def test_a_clock_that_follows_nothing_is_a_warning(state: int, word: str) -> None:
    assert machine.synchronised(state).state == word


def test_the_kernel_is_asked_about_its_clock() -> None:
    assert machine.synchronised().what == "clock followed"


@pytest.mark.parametrize(
    ("governor", "driver", "state"),
    [
        ("powersave", "acpi-cpufreq", "warn"),
        ("powersave", "intel_pstate", "ok"),
        ("performance", "acpi-cpufreq", "ok"),
    ],
)
def test_a_processor_that_is_held_back(
    tmp_path: Path, governor: str, driver: str, state: str
) -> None:
    assert machine.governor(tmp_path).state == "ok", "not told"
    folder = tmp_path / "cpu0" / "cpufreq"
    folder.mkdir(parents=True)
    (folder / "scaling_governor").write_text(f"{governor}\n")
    (folder / "scaling_driver").write_text(f"{driver}\n")
    assert machine.governor(tmp_path).state == state


def test_a_container_wants_sound_handed_in(tmp_path: Path) -> None:
    assert machine.container(tmp_path, {}).detail == "none"
    (tmp_path / ".dockerenv").touch()
    assert machine.container(tmp_path, {}).state == "warn"
    assert machine.container(tmp_path, {"PULSE_SERVER": "unix:/x"}).state == "ok"
    (tmp_path / "dev" / "snd").mkdir(parents=True)
    assert machine.container(tmp_path, {"container": "lxc"}).detail.startswith("lxc")


# ── the user ──────────────────────────────────────────────────────────────────────────────────


def test_the_runtime_folder_is_there_ours_and_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert user.runtime({}).state == "warn"
    assert user.runtime({"XDG_RUNTIME_DIR": f"{tmp_path}/gone"}).state == "fail"
    tmp_path.chmod(0o755)
    environ = {"XDG_RUNTIME_DIR": f"{tmp_path}"}
    assert user.runtime(environ).fix == f"`chmod 700 {tmp_path}`"
    tmp_path.chmod(0o700)
    assert user.runtime(environ).state == "ok"
    monkeypatch.setattr("os.getuid", lambda: 54321)
    assert user.runtime(environ).state == "fail"


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    finding = user.writable("state folder", Path("/proc/nothing"), "set XDG_STATE_HOME")
    assert (finding.state, finding.fix) == ("fail", "set XDG_STATE_HOME")
    assert "/proc" in finding.detail


@pytest.mark.parametrize(("limit", "state"), [(0, "warn"), (30, "warn"), (31, "ok"), (-1, "ok")])
def test_priority_by_the_limit_of_this_user(
    monkeypatch: pytest.MonkeyPatch, limit: int, state: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert user.priority(limit).state == state


def test_cameras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user.cameras(tmp_path).state == "ok"
    (tmp_path / "video0").touch()
    assert user.cameras(tmp_path).detail == "video0"
    monkeypatch.setattr("os.access", lambda *_: False)
    finding = user.cameras(tmp_path)
    assert (finding.state, "usermod -aG video" in finding.fix) == ("warn", True)


def test_a_camera_that_is_wanted_needs_eyes_and_opencv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = user.cameras(tmp_path, wanted=True)
    assert (finding.state, "vision.mode" in finding.fix) == ("warn", True)
    (tmp_path / "video0").touch()
    monkeypatch.setitem(sys.modules, "cv2", ModuleType("cv2"))
    sys.modules["cv2"].__spec__ = ModuleSpec("cv2", None)
    assert user.cameras(tmp_path, wanted=True).state == "ok"
    monkeypatch.setitem(sys.modules, "cv2", None)  # as if it were not installed
    finding = user.cameras(tmp_path, wanted=True)
    assert (finding.state, "opencv-python-headless" in finding.fix) == ("fail", True)


# ── ports ─────────────────────────────────────────────────────────────────────────────────────


def test_a_port_that_is_taken_is_named_with_who_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        wanted = {"home": ("127.0.0.1", port)}
        (finding,) = doors.ports(wanted, {}, None, Path("/proc"))
        assert finding.state == "fail"
        assert f"127.0.0.1:{port}: address already in use by" in finding.detail
        assert f"(pid {os.getpid()})" in finding.detail
        assert "home" in finding.fix
        (ours,) = doors.ports(wanted, {}, os.getpid(), Path("/proc"))
        assert (ours.state, "is ours" in ours.detail) == ("ok", True)
        (asked,) = doors.ports({}, {"llm": ("127.0.0.1", port)}, None, Path("/proc"))
        assert f"(pid {os.getpid()}) listens there" in asked.detail
    (free,) = doors.ports(wanted, {}, None, Path("/proc"))
    assert (free.state, "is free" in free.detail) == ("ok", True)


def test_an_address_that_is_no_ones_here_cannot_be_listened_at() -> None:
    (finding,) = doors.ports({"web": ("192.0.2.1", 8443)}, {}, None, Path("/proc"))
    assert (finding.state, "cannot assign" in finding.detail) == ("fail", True)


def test_which_ports_are_the_configurations(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("llm: {backend: openai, base_url: 'http://localhost:8080/v1', model: x}\n")
    config = load(file)
    assert (doors.opened(config), doors.asked(config)) == ({}, {"llm": ("localhost", 8080)})
    file.write_text("llm: {backend: openai, base_url: 'https://example.org/v1', model: x}\n")
    assert doors.asked(load(file)) == {}
    (finding,) = doors.ports({}, {}, None, tmp_path)
    assert finding.state == "ok"


def test_groups_are_those_that_own_the_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert user.groups(tmp_path).detail == "none is needed"
    (tmp_path / "video0").touch()
    try:
        number = grp.getgrnam("video").gr_gid
        os.chown(tmp_path / "video0", -1, number)
    except (KeyError, PermissionError):
        pytest.skip("needs a group video, and the right to give a file to it: run as root")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("os.getgroups", list)
    finding = user.groups(tmp_path)
    assert finding.state == "warn"
    assert "usermod -aG video" in finding.fix
    monkeypatch.setattr("os.getgroups", lambda: [number])
    assert (user.groups(tmp_path).state, user.groups(tmp_path).detail) == ("ok", "video")


# ── how it is started ─────────────────────────────────────────────────────────────────────────


def unit(folder: Path, program: str) -> Path:
    place = folder / "user" / "assistant.service"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"[Service]\nExecStart=\nExecStart=-{program} -m assistant run\n")
    return place


def looked(folder: Path, linger: Path) -> dict[str, Finding]:
    found = started.service([(folder / "user", True)], linger, "ada")
    return {finding.what: finding for finding in found}


def test_a_service_is_installed_enabled_and_fits(tmp_path: Path) -> None:
    assert looked(tmp_path, tmp_path)["service"].detail.startswith("not installed")
    place = unit(tmp_path, sys.executable)
    finding = looked(tmp_path, tmp_path)["service"]
    assert (finding.state, finding.fix) == (
        "warn",
        "`systemctl --user enable --now assistant.service`",
    )
    wants = place.parent / "default.target.wants"
    wants.mkdir()
    (wants / place.name).symlink_to(place)
    assert looked(tmp_path, tmp_path)["service"].state == "ok"


def test_a_stale_unit_is_named(tmp_path: Path) -> None:
    unit(tmp_path, "/gone/.venv/bin/python")
    finding = looked(tmp_path, tmp_path)["service"]
    assert finding.state == "fail"
    assert "/gone/.venv/bin/python, which is not there" in finding.detail


def test_the_unit_of_another_installation_is_named(tmp_path: Path) -> None:
    other = tmp_path / "old" / "python"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    unit(tmp_path, str(other))
    finding = looked(tmp_path, tmp_path)["service"]
    assert finding.state == "warn"
    assert "another installation" in finding.detail


def test_a_service_without_linger_is_told_of(tmp_path: Path) -> None:
    unit(tmp_path, sys.executable)
    assert looked(tmp_path, tmp_path)["linger"].fix.startswith("`sudo loginctl enable-linger ada`")
    (tmp_path / "ada").touch()
    assert looked(tmp_path, tmp_path)["linger"].state == "ok"


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("ExecStart=/usr/bin/a run", "/usr/bin/a"),
        ("ExecStart=@-'/opt/my place/a' run", "/opt/my place/a"),
        ("ExecStart=/a\nExecStart=", None),
        ("ExecStart=%h/50%%/a run", f"{os.environ['HOME']}/50%/a"),
        ('ExecStart="/broken', '"/broken'),
        ("", None),
    ],
)
def test_which_program_a_unit_starts(text: str, program: str | None) -> None:
    assert started.program_of(text) == program


def process(folder: Path, pid: int, *words: str, parent: int = 1) -> None:
    (folder / f"{pid}").mkdir()
    (folder / f"{pid}" / "stat").write_text(f"{pid} (python (3) x) S {parent} {pid} 1 0 -1")
    (folder / f"{pid}" / "cmdline").write_bytes("\0".join([*words, ""]).encode())


def test_assistants_that_run_are_counted(tmp_path: Path) -> None:
    process(tmp_path, 10, "/usr/bin/python3", "-m", "assistant", "doctor")
    process(tmp_path, 11, "vim", "assistant", "run")
    process(tmp_path, 12, "grep", "run")
    assert started.others(tmp_path).detail == "none runs"
    process(tmp_path, 13, "/opt/venv/bin/python3", "-m", "assistant", "run", "--record", "x.wav")
    process(tmp_path, 14, "/usr/bin/python3", "/usr/local/bin/assistant", "--debug", "run")
    finding = started.others(tmp_path, me=11)
    assert finding.state == "warn"
    assert "13, 14" in finding.detail
    assert started.others(tmp_path, me=13).detail == "one runs (pid 14)"


def test_an_assistant_with_its_helpers_is_one(tmp_path: Path) -> None:
    """As `assistant run` is outside of systemd: a parent, the daemon, and who sifts its errors."""
    for pid, parent in ((20, 1), (21, 20), (22, 21)):
        process(tmp_path, pid, "/usr/bin/python3", "-m", "assistant", "run", parent=parent)
    finding = started.others(tmp_path)
    assert (finding.state, finding.detail) == ("ok", "one runs (pid 20)")


# ── models of services ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "model", "today", "state"),
    [
        ("https://api.openai.com/v1", "gpt-4o", date(2026, 9, 1), "ok"),
        ("https://api.openai.com/v1", "gpt-4o", date(2026, 11, 1), "warn"),
        ("https://api.openai.com/v1", "gpt-4o-2024-08-06", date(2027, 1, 15), "fail"),
        ("https://api.openai.com/v1", "gpt-4o-mini", date(2027, 1, 15), "ok"),
        ("http://127.0.0.1:8080/v1", "gpt-4o", date(2027, 1, 15), "ok"),
        ("https://api.openai.com/v1", "", date(2027, 1, 15), "ok"),
    ],
)
def test_models_that_end_are_named_in_time(
    configured: Callable[..., Config], url: str, model: str, today: date, state: str
) -> None:
    config = configured(llm__base_url=url, llm__model=model)
    (finding,) = retirement.retired(config, today)
    assert finding.state == state


# ── the GPU ───────────────────────────────────────────────────────────────────────────────────

ENGINE = """
def get_cuda_device_count():
    return {count}
"""


def test_no_gpu_is_no_fault_and_one_that_cuda_cannot_use_is(modules: Path, tmp_path: Path) -> None:
    (modules / "ctranslate2.py").write_text(ENGINE.format(count=0))
    store = Store(tmp_path / "models", offline=True)
    assert gpu.gpu(store, tmp_path / "none").state == "ok"
    (tmp_path / "nvidia0").touch()
    finding = gpu.gpu(store, tmp_path / "nvidia0")
    assert (finding.state, "CUDA cannot use" in finding.detail) == ("warn", True)
    (modules / "ctranslate2.py").write_text("raise ImportError('libcublas.so.12 is missing')")
    assert "libcublas.so.12" in gpu.gpu(store, tmp_path / "nvidia0").detail
    (modules / "ctranslate2.py").write_text(ENGINE.format(count=2))
    assert "2 with CUDA, not tested" in gpu.gpu(store, tmp_path / "none").detail


# ── the wake word ─────────────────────────────────────────────────────────────────────────────


def test_the_wake_words_are_loaded(tmp_path: Path) -> None:
    empty = tmp_path / "config.yaml"
    empty.touch()
    fine = load(empty, environ={}, flags={"wake.names": "[alexa, okay_nabu]"})
    assert installation.wake_word(fine).state == "ok"
    gone = load(empty, environ={}, flags={"wake.names": f"[{tmp_path}/gone.json]"})
    finding = installation.wake_word(gone)
    assert finding.state == "fail"
    assert "gone.json is not there" in finding.detail


# ── all of it ─────────────────────────────────────────────────────────────────────────────────


def asked(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> list[Finding]:
    monkeypatch.setattr(doctor, "checks", lambda *_, **__: list(checks))
    monkeypatch.setattr(installation, "configuration", lambda _: (None, []))
    return list(examine())


def test_a_question_without_an_answer_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    never, fine = threading.Event(), Finding("ok", "fine", "")

    def hangs() -> Finding:
        never.wait(30)
        return fine

    found = asked(monkeypatch, Check("sound", hangs, deadline=0.1), Check("fine", lambda: fine))
    never.set()
    assert found == [
        Finding("fail", "sound", "no answer within 0.1 s", "restart what hangs, and try again"),
        fine,
    ]


def test_what_was_found_before_a_question_hung_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()

    def hangs_later() -> Iterator[Finding]:
        yield Finding("ok", "PortAudio", "3 devices")
        never.wait(30)

    found = asked(monkeypatch, Check("recording", hangs_later, deadline=0.2))
    never.set()
    assert [(finding.what, finding.state) for finding in found] == [
        ("PortAudio", "ok"),
        ("recording", "fail"),
    ]


def test_questions_are_asked_at_once_and_answered_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second_asked = threading.Event()

    def first() -> Finding:
        return Finding("ok" if second_asked.wait(10) else "fail", "first", "")

    def second() -> Iterator[Finding]:
        second_asked.set()
        yield Finding("ok", "second", "")
        yield Finding("warn", "third", "")

    found = asked(monkeypatch, Check("first", first), Check("second", second))
    assert [(finding.what, finding.state) for finding in found] == [
        ("first", "ok"),
        ("second", "ok"),
        ("third", "warn"),
    ]


def test_a_bug_in_a_question_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Finding:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(monkeypatch, Check("broken", broken))


def typed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assistant", "doctor", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.real
def test_the_verb_tells_the_same_in_words_and_as_json_and_with_its_exit_code(
    tmp_path: Path,
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("turns: {compleet_ms: 3}\n")
    words, data = typed("--config", str(file)), typed("--config", str(file), "--json")
    assert words.returncode == data.returncode == 1
    assert words.stderr == data.stderr == ""
    lines = words.stdout.splitlines()
    found = json.loads(data.stdout)
    assert len(found) >= 25
    assert len(lines) == len(found) + 2  # a line each, and the sum
    mistakes = [entry["detail"] for entry in found if entry["what"] == "config"]
    assert any("did you mean complete_ms" in mistake for mistake in mistakes)
    for line, entry in zip(lines, found, strict=False):
        assert line.split()[0] == entry["state"]
        assert entry["what"] in line
        assert entry["state"] == "ok" or entry["fix"] in line
