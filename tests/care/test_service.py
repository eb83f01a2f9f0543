"""The units: made for this installation, understood by systemd, and confined."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.care import service
from assistant.errors import AssistantError

EXPOSURE = 3.0
"""Of the system's unit, at most; 0 is none, 10 is all, by the weights of systemd."""
ANALYSER = shutil.which("systemd-analyze")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_MODELS", f"{tmp_path}/all my models")
    return tmp_path


def analysed(unit: Path, *words: str) -> subprocess.CompletedProcess[str]:
    if ANALYSER is None:
        pytest.skip("needs systemd-analyze: apt install systemd")
    return subprocess.run(
        [ANALYSER, *words, str(unit)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/opt/assistant/bin/python", "/opt/assistant/bin/python"),
        ("/home/ada/my venv/bin/python", '"/home/ada/my venv/bin/python"'),
        ("100%", "100%%"),
        ('say "hi"\\', '"say \\"hi\\"\\\\"'),
        ("{credential: mind}", '"{credential: mind}"'),
    ],
)
def test_words_are_quoted_as_systemd_reads_them(word: str, written: str) -> None:
    assert service.quoted(word) == written


def test_a_word_that_no_unit_can_hold() -> None:
    with pytest.raises(AssistantError, match="use a name without"):
        service.quoted("a\nExecStart=/bin/sh")


def test_the_unit_of_a_user_is_for_this_installation(home: Path) -> None:
    keys = home / "credentials"
    keys.mkdir()
    (keys / "openai").write_text("secret")
    (keys / "no credential").write_text("secret")
    unit = service.user_unit(["--set", "a.b=$HOME"], home, confined=True)
    assert f'ExecStart={sys.executable} -P -m assistant run --set "a.b=$$HOME"\n' in unit
    assert f"ExecReload={sys.executable} -P -m assistant reload\n" in unit
    assert f"LoadCredential=openai:{keys}/openai\n" in unit
    assert unit.count("LoadCredential=") == 2, "one is in a comment"
    assert f'Environment="ASSISTANT_MODELS={home}/all my models"\n' in unit
    assert f"ReadWritePaths=-{home}/.local/state/assistant\n" in unit
    assert f'ReadWritePaths="-{home}/all my models"\n' in unit
    assert (home / "all my models").is_dir()
    assert "secret" not in unit


def test_where_the_kernel_gives_no_namespaces_the_unit_asks_for_none(home: Path) -> None:
    unit = service.user_unit([], home, confined=False)
    assert "PrivateUsers=" not in re.sub("#.*", "", unit)
    assert "NoNewPrivileges=yes" in unit
    assert "PrivateUsers=yes" in service.user_unit([], home, confined=True)


def test_systemd_understands_both_units(home: Path) -> None:
    for scope, text in (
        ("--user", service.user_unit([], home, confined=True)),
        ("--system", service.system_unit()),
    ):
        unit = home / service.NAME
        unit.write_text(text)
        told = analysed(unit, "verify", scope, "--man=no", "--recursive-errors=no")
        ours = [line for line in told.stderr.splitlines() if str(unit) in line]
        assert ours == []


def test_the_unit_of_the_system_is_confined(home: Path) -> None:
    unit = home / service.NAME
    unit.write_text(service.system_unit())
    told = analysed(unit, "security", "--offline=true", f"--threshold={EXPOSURE * 10:.0f}")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    assert found is not None, told.stdout + told.stderr
    assert float(found[1]) <= EXPOSURE, told.stdout
    assert told.returncode == 0


@pytest.mark.usefixtures("home")
def test_root_mounts_a_program_that_lies_in_a_home() -> None:
    unit = service.system_unit()
    hidden = [place for place in service._program() if str(place).startswith(("/home/", "/root/"))]
    assert unit.count("\nBindReadOnlyPaths=") == len(hidden)
    groups = re.search(r"^SupplementaryGroups=(.*)$", unit, re.MULTILINE)
    assert groups is not None
    named = {line.split(":")[0] for line in Path("/etc/group").read_text().splitlines()}
    assert set(groups[1].split()) == named & set(service.GROUPS)


def test_the_shipped_units_start_what_is_on_the_path() -> None:
    root = Path(__file__).parents[2]
    for name in ("assistant.service", "assistant-system.service"):
        text = (root / "systemd" / name).read_text()
        assert "\nExecStart=assistant run\n" in text
        assert "\nExecReload=assistant reload\n" in text
        assert "\nType=notify\n" in text
        assert "\nRestartForceExitStatus=75\n" in text


def test_the_variables_of_the_fallback_file(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_text('# keys\nKEY="a=b"\n; B=1\nOTHER = x\nempty\n')
    found = service._variables(file)
    assert found["KEY"] == "a=b"
    assert not {"B", "; B", "empty"} & found.keys()
    assert service._variables(Path(os.devnull) / "x") == {}


@pytest.mark.parametrize(
    ("booted", "told"),
    [
        (True, "a terminal under su or sudo is no login"),
        (False, "systemd does not run here"),
    ],
)
def test_a_manager_out_of_reach_is_told_from_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, booted: bool, told: str
) -> None:
    """Containers have its programs, and not it."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    program = bin_ / "systemctl"
    program.write_text("#!/bin/sh\necho 'Failed to connect to bus: No medium found' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_))
    monkeypatch.setattr(service, "BOOTED", tmp_path if booted else tmp_path / "nowhere")
    with pytest.raises(AssistantError, match=told):
        service.Systemd().status()
