"""The `service` verbs where systemd cannot run: a script in its place, or none at all.

What they do with a real one is shown in `tests/real/test_systemd.py`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

SYSTEMCTL = """\
#!/bin/sh
# The service manager of a user, in files: what is enabled, and what runs.
echo "$*" >>"$FAKE/calls"
unit="$HOME/.config/systemd/user/assistant.service"
case "$*" in
*" show "*)
    if [ -e "$unit" ]; then echo LoadState=loaded; else echo LoadState=not-found; fi
    if [ -e "$FAKE/enabled" ]; then echo UnitFileState=enabled; else echo UnitFileState=; fi
    if [ -e "$FAKE/state" ]; then cat "$FAKE/state"; else echo ActiveState=inactive; fi
    ;;
*" enable "*) touch "$FAKE/enabled" ;;
*" disable "*) rm -f "$FAKE/enabled" ;;
*" start "*|*" restart "*)
    printf 'ActiveState=active\\nSubState=running\\nMainPID=4321\\nNRestarts=2\\n' >"$FAKE/state"
    echo 'StatusText=listening; 3 turns' >>"$FAKE/state" ;;
*" stop "*) rm -f "$FAKE/state" ;;
esac
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a user with that script on their PATH."""
    for name in ("home", "run", "bin"):
        (tmp_path / name).mkdir(mode=0o700)
    script(tmp_path, SYSTEMCTL)
    kept = {"LANG", "PYTHONPATH", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept} | {
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
        "HOME": f"{tmp_path}/home",
        "XDG_RUNTIME_DIR": f"{tmp_path}/run",
        "LC_ALL": "C.UTF-8",
        "FAKE": str(tmp_path),
    }


def script(folder: Path, text: str) -> None:
    place = folder / "bin" / "systemctl"
    place.write_text(text)
    place.chmod(0o755)


def service(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assistant", "service", *words],
        env=env,
        cwd=env["HOME"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def calls(env: Mapping[str, str]) -> list[str]:
    lines = Path(env["FAKE"], "calls").read_text().splitlines()
    verbs = [line.split("--no-ask-password ")[1] for line in lines]
    return [verb for verb in verbs if not verb.startswith("show")]


def test_install_twice_then_remove_twice(env: dict[str, str]) -> None:
    first = service(env, "install", "-s", "stt.model=base")
    assert first.returncode == 0, first.stderr
    unit = Path(env["HOME"], ".config/systemd/user/assistant.service")
    assert f"{unit}: written" in first.stdout
    assert "listening; 3 turns" in first.stdout
    assert "`loginctl enable-linger`" in first.stdout
    assert "pipewire-pulse.socket" in first.stdout, "no sound server runs for this user"
    assert "run --set stt.model=base\n" in unit.read_text()
    assert calls(env) == [
        "daemon-reload",
        "enable assistant.service",
        "restart --no-block assistant.service",
    ]
    again = service(env, "install", "-s", "stt.model=base")
    assert f"{unit}: as it was" in again.stdout
    assert calls(env)[-1] == "start --no-block assistant.service"

    gone = service(env, "remove")
    assert (gone.returncode, unit.exists()) == (0, False)
    assert calls(env)[-3:] == [
        "disable assistant.service",
        "stop assistant.service",
        "daemon-reload",
    ]
    twice = service(env, "remove")
    assert (twice.returncode, twice.stdout) == (0, "assistant.service is not installed\n")


def test_status_tells_by_its_exit_code(env: dict[str, str]) -> None:
    none = service(env, "status")
    assert none.returncode == 4
    assert "`assistant service install`" in none.stdout
    assert service(env, "install").returncode == 0
    runs = service(env, "status", "--json")
    told = json.loads(runs.stdout)
    assert (runs.returncode, told["pid"], told["restarts"]) == (0, 4321, 2)
    Path(env["FAKE"], "state").write_text(
        "ActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=78\n"
    )
    failed = service(env, "status")
    assert failed.returncode == 3
    assert "exit-code (78); why: `assistant service logs`" in failed.stdout


def test_a_service_that_could_not_start_is_not_installed(env: dict[str, str]) -> None:
    key = ("-s", "llm.backend=openai", "-s", "llm.model=m", "-s", "llm.api_key={credential: mind}")
    keys = Path(env["HOME"], ".config/assistant/credentials")
    lacking = service(env, "install", *key)
    assert lacking.returncode == 78
    assert f"cannot read {keys}/mind" in lacking.stderr
    assert not Path(env["HOME"], ".config/systemd").exists()
    keys.mkdir(parents=True)
    (keys / "mind").write_text("sk-secret\n")
    done = service(env, "install", *key)
    assert done.returncode == 0, done.stderr
    assert "keys        mind" in done.stdout
    assert "sk-secret" not in done.stdout + done.stderr


def test_a_key_in_the_shell_is_none_for_a_service(env: dict[str, str]) -> None:
    key = ("-s", "llm.backend=openai", "-s", "llm.model=m", "-s", "llm.api_key={env: MINE}")
    lacking = service(env | {"MINE": "x"}, "install", *key)
    assert lacking.returncode == 78
    assert "environment variable MINE is not set" in lacking.stderr
    place = Path(env["HOME"], ".config/assistant/environment")
    place.parent.mkdir(parents=True)
    place.write_text("MINE=x\n")
    assert service(env, "install", *key).returncode == 0


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (
            "System has not been booted with systemd as init system (PID 1). Can't operate.",
            "systemd does not run here",
        ),
        ("Failed to enable unit: it is masked", "`systemctl show` failed: Failed to enable unit"),
    ],
)
@pytest.mark.parametrize("verb", ["install", "remove", "status"])
def test_a_manager_that_cannot(env: dict[str, str], verb: str, says: str, told: str) -> None:
    script(Path(env["FAKE"]), f'#!/bin/sh\necho "{says}" >&2\nexit 1\n')
    ended = service(env, verb)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1
    assert told in ended.stderr
    assert not Path(env["HOME"], ".config/systemd").exists()


@pytest.mark.parametrize("verb", ["install", "remove", "status", "logs"])
def test_no_systemd_at_all(env: dict[str, str], verb: str) -> None:
    ended = service(env | {"PATH": "/nowhere"}, verb)
    assert ended.returncode == 1
    assert ended.stderr.startswith("assistant: systemd does not run here")
    assert "`assistant run`" in ended.stderr


def test_what_root_is_told_is_a_script_and_needs_no_systemd(env: dict[str, str]) -> None:
    told = service(env | {"PATH": "/nowhere"}, "install", "--system", "-s", "stt.model=base")
    assert (told.returncode, told.stderr) == (0, "")
    checked = subprocess.run(
        ["/bin/sh", "-n"], input=told.stdout, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "run --set stt.model=base\n" in told.stdout
    removed = service(env | {"PATH": "/nowhere"}, "remove", "--system")
    assert "systemctl disable --now assistant.service" in removed.stdout


def test_logs_are_those_of_the_journal(env: dict[str, str]) -> None:
    place = Path(env["FAKE"], "bin", "journalctl")
    place.write_text('#!/bin/sh\necho "$*"\n')
    place.chmod(0o755)
    shown = service(env, "logs", "-f", "-n", "5")
    assert shown.stdout == "--user-unit=assistant.service --lines=5 --follow\n"
    shown = service(env, "logs", "--system")
    assert shown.stdout == "--unit=assistant.service --lines=100\n"
