"""The units under a real systemd: ready, watched, started again, in their sandbox."""

import errno
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.care.service import NAME
from tests.real.daemon import have_models
from tests.real.systemd import DEVICES, HOME, ROOT, UID, Machine, environment, machine

pytestmark = pytest.mark.real

ASSISTANT = (sys.executable, "-P", "-m", "assistant")
ACTIVE = {"ActiveState": "active"}
AGAIN = {"ActiveState": "activating", "SubState": "start", "NRestarts": "1"}
FAILED = {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"}
KEY = "sk-secret"
STATE = HOME / ".local/state/assistant"
SETTINGS = (
    *("-s", "device.backend=file", "-s", "stt.model=tiny.en", "-s", "stt.device=cpu"),
    *("-s", "tts.backend=espeak", "-s", "turns.judges.sound=false"),
    *("-s", "llm.backend=openai", "-s", "llm.base_url=http://127.0.0.1:9/v1"),
    *("-s", "llm.model=peer-1", "-s", "llm.api_key={credential: mind}"),
)
"""It hears the room for ever, and has a mind that nobody asks, with a key all the same."""
PROBE = """
import json, os, sys
def tried(path, flags):
    try:
        os.close(os.open(path, flags))
    except OSError as wrong:
        return wrong.errno
    return 0
result, folder, *devices = sys.argv[1:]
told = {path: tried("/dev/" + path, os.O_RDWR | os.O_NONBLOCK) for path in devices}
told["folder"] = tried(folder + "/written", os.O_CREAT | os.O_WRONLY)
told["tmp"] = tried("/tmp/written", os.O_CREAT | os.O_WRONLY)
with open(result, "w") as file:
    json.dump(told, file)
"""
"""From inside of the sandbox: which errors devices give, and folders that are written to."""
FORBIDDEN = "input/event0"
"""A keyboard, which anybody may open but for the sandbox of the system's unit."""
NO_DRIVER = {0, errno.ENXIO, errno.ENODEV}
"""Open, or allowed and there is no such hardware."""


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    have_models()
    with machine(tmp_path_factory.mktemp("machine")) as made:
        (made.folder / "probe.py").write_text(PROBE)
        yield made


def drop_in(booted: Machine, place: str, results: str) -> None:
    """Add what the test needs to a unit: our code, a short watchdog, a look at the devices."""
    probe = [sys.executable, "/run/machine/probe.py", results, str(HOME), *DEVICES, FORBIDDEN]
    text = f"""\
[Unit]
DefaultDependencies=no
[Service]
Environment=PYTHONPATH={ROOT}
WatchdogSec=3
ExecStartPre={" ".join(probe)}
"""
    write = f"mkdir -p {place} && cat >{place}/test.conf"
    booted.root("sh", "-c", write, given=text).check_returncode()


def devices(told: str) -> dict[str, int]:
    found: dict[str, int] = json.loads(told)
    return found


# ── the unit of a user ────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def service(booted: Machine) -> Machine:
    """Install it as its user does, with a key in a credential."""
    mine = HOME / ".config"
    keys = mine / "assistant" / "credentials"
    given = booted.user("sh", "-c", f"mkdir -p -m 700 {keys}; echo {KEY} >{keys}/mind")
    given.check_returncode()
    drop_in(booted, f"{mine}/systemd/user/{NAME}.d", f"{STATE}/devices.json")
    booted.root("chown", "-R", "ada:ada", mine).check_returncode()
    done = booted.user(*ASSISTANT, "service", "install", *SETTINGS)
    assert done.returncode == 0, done.stdout + done.stderr + booted.log()
    assert f"{mine}/systemd/user/{NAME}: written" in done.stdout
    booted.until(ACTIVE)
    return booted


def verb(service: Machine, *words: str) -> str:
    done = service.user(*ASSISTANT, *words)
    assert done.returncode == 0, done.stdout + done.stderr + service.log()
    return done.stdout


def test_it_starts_and_is_ready_once_it_listens(service: Machine) -> None:
    told = service.show("StatusText", "NRestarts", "Type", "WatchdogUSec", "UnitFileState")
    assert told["StatusText"].startswith("listening; 0 turns")
    assert (told["NRestarts"], told["Type"], told["WatchdogUSec"]) == ("0", "notify", "3s")
    assert told["UnitFileState"] == "enabled"
    status = json.loads(verb(service, "service", "status", "--json"))
    assert (status["active"], status["enabled"], status["lingers"]) == ("active", True, False)
    assert "listening" in verb(service, "status")


def test_installing_it_again_changes_nothing(service: Machine) -> None:
    pid = service.show("MainPID")["MainPID"]
    assert f"{NAME}: as it was" in verb(service, "service", "install", *SETTINGS)
    assert service.show("MainPID")["MainPID"] == pid


def test_it_reaches_sound_cameras_and_gpus(service: Machine) -> None:
    told = service.user("cat", f"{STATE}/devices.json").stdout
    found = devices(told)
    assert {path for path in DEVICES if found[path] not in NO_DRIVER} == set()


def test_its_home_is_read_only_but_for_what_it_writes(service: Machine) -> None:
    found = devices(service.user("cat", f"{STATE}/devices.json").stdout)
    assert (found["folder"], found["tmp"]) == (errno.EROFS, 0)
    assert service.root("test", "-e", "/tmp/written").returncode == 1  # noqa: S108


def reload(service: Machine, config: str) -> subprocess.CompletedProcess[str]:
    """Have it read a configuration, from inside of its sandbox."""
    place = f"{HOME}/.config/assistant/config.yaml"
    service.user("sh", "-c", f'echo "$1" >{place}', "sh", config).check_returncode()
    return service.user("systemctl", "--user", "reload", NAME)


def test_it_reads_its_configuration_again_and_keeps_the_old_one_if_that_is_wrong(
    service: Machine,
) -> None:
    pid = service.show("MainPID")["MainPID"]
    wrong = reload(service, "persona: {nmae: Ada}\n")
    assert wrong.returncode != 0
    assert "nmae" in service.log(f"_UID={UID}", "--lines=40")
    service.until(ACTIVE | {"MainPID": pid})
    assert "listening" in verb(service, "status")
    right = reload(service, "persona: {name: Ada}\n")
    assert right.returncode == 0, right.stderr + service.log(f"_UID={UID}", "--lines=40")
    assert service.show("MainPID")["MainPID"] == pid
    service.user("rm", f"{HOME}/.config/assistant/config.yaml").check_returncode()


def test_frozen_it_is_killed_and_comes_back_muted(service: Machine) -> None:
    before = service.show("MainPID", "NRestarts")
    verb(service, "mute")
    service.root("kill", "-STOP", before["MainPID"]).check_returncode()
    told = service.until(ACTIVE | {"NRestarts": str(int(before["NRestarts"]) + 1)})
    assert told["MainPID"] != before["MainPID"]
    service.until({"StatusText": "muted; 0 turns"})
    assert "Watchdog timeout" in service.log(f"_UID={UID}")
    verb(service, "unmute")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV], ids=lambda how: how.name)
def test_it_is_started_again_when_it_crashes(service: Machine, how: signal.Signals) -> None:
    before = service.show("MainPID", "NRestarts")
    service.root("kill", f"-{how.name[3:]}", before["MainPID"]).check_returncode()
    service.until(ACTIVE | {"NRestarts": str(int(before["NRestarts"]) + 1)})


def test_what_quit_ends_stays_ended(service: Machine) -> None:
    assert "has ended" in verb(service, "quit")
    assert service.until({"ActiveState": "inactive"})["Result"] == "success"
    done = service.user(*ASSISTANT, "service", "status")
    assert done.returncode == 3
    verb(service, "service", "install", *SETTINGS)
    service.until(ACTIVE)


def test_code_75_is_a_reason_to_start_it_again_and_78_is_none(service: Machine) -> None:
    place = f"{HOME}/.config/systemd/user/{NAME}.d/code.conf"
    flag = f"{STATE}/flag"
    once = f"ExecStart=/bin/sh -c 'test -e {flag} || {{ touch {flag}; exit %d; }}; exec sleep 60'"
    try:
        for code, wanted in ((75, AGAIN), (78, FAILED)):
            text = f"[Service]\nExecStart=\n{once % code}\n"
            service.root("sh", "-c", f"cat >{place}", given=text).check_returncode()
            service.user("systemctl", "--user", "daemon-reload")
            service.user("systemctl", "--user", "restart", "--no-block", NAME)
            service.until(wanted)
            service.user("systemctl", "--user", "stop", NAME)
            service.user("rm", flag)
    finally:
        service.root("rm", place)
        service.user("systemctl", "--user", "daemon-reload")
        service.user("systemctl", "--user", "restart", NAME)
        service.until(ACTIVE)


def test_the_journal_has_priorities_and_no_secret(service: Machine) -> None:
    told = service.log(f"_UID={UID}", "--output=json", "--lines=400")
    entries = [json.loads(line) for line in told.splitlines()]
    assert entries, told
    assert not any(str(entry["MESSAGE"]).startswith("<") for entry in entries)
    assert KEY not in told


def test_removed_it_is_gone(service: Machine) -> None:
    assert "is removed" in verb(service, "service", "remove")
    done = service.user(*ASSISTANT, "service", "status", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["installed"] is False
    assert "is not installed" in verb(service, "service", "remove")


# ── the unit of the system ────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_as_a_service_of_the_system_it_is_nobody_and_keeps_its_state(booted: Machine) -> None:
    booted.root("mkdir", "-p", "/etc/assistant/credentials").check_returncode()
    booted.root("sh", "-c", f"echo {KEY} >/etc/assistant/credentials/mind").check_returncode()
    drop_in(booted, f"/etc/systemd/system/{NAME}.d", "/var/lib/assistant/devices.json")
    script = as_root(booted, "service", "install", "--system", *SETTINGS)
    assert script.returncode == 0, script.stderr
    made = booted.root("sh", given=script.stdout)
    assert made.returncode == 0, made.stderr
    told = booted.until(ACTIVE, system=True)
    status = Path(f"/proc/{told['MainPID']}/status")
    uids = booted.root("grep", "^Uid:", status).stdout.split()
    assert 61_184 <= int(uids[1]) <= 65_519  # of a dynamic user
    assert booted.root("cat", "/var/lib/assistant/devices.json").returncode == 0
    reloaded = booted.root("systemctl", "reload", NAME)
    assert reloaded.returncode == 0, reloaded.stderr + booted.log()

    socket = "ASSISTANT_CONTROL__SOCKET=/run/assistant/control.sock"
    muted = as_root(booted, "mute", variable=socket)
    assert muted.returncode == 0, muted.stderr
    booted.root("kill", "-SEGV", told["MainPID"]).check_returncode()
    booted.until(ACTIVE | {"NRestarts": "1"}, system=True)
    booted.until({"StatusText": "muted; 0 turns"}, system=True)
    state = as_root(booted, "service", "status", "--system")
    assert (state.returncode, "active, running" in state.stdout) == (0, True), state.stdout


def test_the_system_gives_it_sound_cameras_and_gpus_and_no_keyboard(booted: Machine) -> None:
    found = devices(booted.root("cat", "/var/lib/assistant/devices.json").stdout)
    drivers = Path("/proc/devices").read_text()
    known = [path for path, (*_, driver) in DEVICES.items() if driver in drivers]
    assert {path for path in known if found[path] not in NO_DRIVER} == set()
    if found[FORBIDDEN] in NO_DRIVER:
        pytest.skip("needs a kernel whose control groups decide about devices")
    assert found[FORBIDDEN] == errno.EPERM


def as_root(
    booted: Machine, *words: str, variable: str = "A=B"
) -> subprocess.CompletedProcess[str]:
    given = environment() | {"HOME": "/root", "XDG_RUNTIME_DIR": "/run"}
    pairs = [f"{name}={value}" for name, value in given.items()]
    return booted.root("env", *pairs, variable, *ASSISTANT, *words)


def test_none_of_this_reaches_the_files_of_the_machine(booted: Machine, tmp_path: Path) -> None:
    """The boot of a system empties /tmp, for one thing."""
    for place in ("/", "/usr", str(ROOT)):
        assert "Read-only" in booted.root("touch", f"{place}/written").stderr
    told = booted.root("findmnt", "-no", "OPTIONS", "/proc/sys").stdout
    assert told.startswith("ro,")
    assert booted.root("test", "-e", tmp_path).returncode == 1, "its /tmp is another"
    assert booted.root("systemctl", "start", "sysinit.target").returncode != 0
