"""scripts/setup on machines that lack something."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def bash(program: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Source the set-up and run a few lines with it; `path` replaces PATH once it is sourced."""
    narrowed = f"PATH={path}\n" if path else ""
    return subprocess.run(
        ["/bin/bash", "-c", f"set -euo pipefail\nsource scripts/setup\n{narrowed}{program}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def command(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_python_that_is_too_old(tmp_path: Path) -> None:
    for name in ("python3", "python3.11"):
        command(tmp_path, name, 'if [ "$1" = -V ]; then echo Python 3.9.2; else exit 1; fi')
    ended = bash("find_python", path=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "setup: Python 3.11 or newer is needed; this machine has Python 3.9.2.",
        ("setup: install one and start again: sudo apt-get install python3.11 python3.11-venv"),
    ]


def test_no_python(tmp_path: Path) -> None:
    ended = bash("find_python", path=str(tmp_path))
    assert ended.returncode == 1
    assert "this machine has none" in ended.stderr


def test_a_command_that_is_a_broken_shim_is_passed_over(tmp_path: Path) -> None:
    command(tmp_path, "python3.13", "echo not selected; exit 127")
    command(tmp_path, "python3.12", "exit 0")
    assert bash("find_python", path=str(tmp_path)).stdout == "python3.12\n"


def test_missing_packages_are_named_when_they_may_not_be_installed(tmp_path: Path) -> None:
    ended = bash(
        f"VENV={tmp_path}\n"
        "missing_packages() { echo libportaudio2; echo espeak-ng; }\n"
        "as_root() { return 1; }\n"
        "want_packages run; echo went on"
    )
    assert ended.returncode == 0
    assert ended.stdout == "went on\n"
    assert ended.stderr.splitlines() == [
        "setup: not installed: libportaudio2 espeak-ng. It goes on without; for all of it:",
        "    sudo apt-get install libportaudio2 espeak-ng",
    ]


def test_apt_is_tried_once_for_what_it_cannot_install(tmp_path: Path) -> None:
    command(tmp_path, "apt-get", f"echo called >> {tmp_path}/calls; exit 1")
    program = (
        f"VENV={tmp_path}\n"
        "missing_packages() { echo espeak-ng; }\n"
        "as_root() { :; }\n"
        "want_packages run; want_packages run"
    )
    ended = bash(program, path=f"{tmp_path}:/usr/bin:/bin")
    assert ended.returncode == 0
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 2, "install, then update, then nothing"
    assert ended.stderr.count("installing with apt-get: espeak-ng") == 1
    assert ended.stderr.count("sudo apt-get install espeak-ng") == 2


def test_missing_packages_are_found_by_what_they_bring(tmp_path: Path) -> None:
    found = bash("missing_packages test", path=str(tmp_path)).stdout.split()
    assert {"espeak-ng", "pulseaudio", "pulseaudio-utils"} <= set(found)


def test_the_fingerprint_follows_what_the_environment_is_made_of(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    for name in ("requirements.lock", "pyproject.toml", ".venv/pyvenv.cfg"):
        (tmp_path / name).write_text(name)
    program = (
        f"cd {tmp_path}; fingerprint; fingerprint; echo more >> requirements.lock; fingerprint"
    )
    first, second, third = bash(program).stdout.splitlines()
    assert first == second != third
