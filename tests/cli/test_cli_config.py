"""config show, check, edit, schema."""

import json
import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from assistant.cli.main import main
from assistant.config.layers import shipped
from assistant.config.writing import MODELINE, SCHEMA_FILE

STAGES = "".join(
    f"{stage}: {{backend: pretend.plain}}\n" for stage in ("device", "vad", "stt", "llm")
)
FINE = STAGES + "tts: {backend: pretend.voice, fallback: null, api_key: {env: MY_KEY}}\n"

Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a verb in a home of its own, and return its exit code."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "config")
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("MY_KEY", "s3cr3t")

    def ended(*arguments: str) -> int:
        with pytest.raises(SystemExit) as end:
            main(["config", *arguments])
        return int(end.value.code or 0)

    return ended


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "assistant" / "config.yaml"
    path.parent.mkdir()
    path.write_text(FINE)
    return path


def editor(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Make an editor of a Python program that changes the text `t`."""
    code = f"import pathlib, sys; p = pathlib.Path(sys.argv[1]); t = p.read_text(); {program}"
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, "-c", code]))


def test_show_shows_what_holds_with_secrets_masked(
    run: Run, mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_TTS__VOICE", "amy")
    assert run("show", "--set", "turns.complete_ms=250") == 0
    out = capsys.readouterr().out
    assert out.startswith(f"# from {mine}, ASSISTANT_TTS__VOICE\n")
    tree = yaml.safe_load(out)
    assert tree["tts"]["voice"] == "amy"
    assert tree["tts"]["fallback"] is None
    assert tree["turns"]["complete_ms"] == 250
    assert tree["turns"]["unsure_ms"] is None
    assert tree["tts"]["api_key"] == "**********"
    assert "s3cr3t" not in out


def test_what_is_shown_is_a_configuration(
    run: Run, mine: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mine.write_text(FINE.replace(", api_key: {env: MY_KEY}", ""))
    assert run("show", "--json") == 0
    first = capsys.readouterr().out
    again = tmp_path / "again.yaml"
    again.write_text(first)
    assert run("show", "--json", "--config", str(again)) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(first)


def test_check_says_that_it_is_fine(
    run: Run, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check") == 0
    assert capsys.readouterr().out == f"{mine}: fine\n"


def test_check_lists_every_mistake(
    run: Run, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine.write_text(FINE + "trns: {}\nlog: {level: loud}\n")
    assert run("check") == 78
    assert capsys.readouterr().err.splitlines() == [
        f"assistant: trns: unknown key; did you mean turns? ({mine}:6)",
        (
            "assistant: log.level: should be one of debug, info, warning or error, "
            f"is 'loud' ({mine}:7)"
        ),
    ]


@pytest.mark.parametrize("setting", ["turns.complete_ms", "=3", ""])
def test_a_setting_without_form(
    run: Run, capsys: pytest.CaptureFixture[str], setting: str
) -> None:
    assert run("check", "--set", setting) == 78
    assert capsys.readouterr().err == f"assistant: --set: should be KEY=VALUE, is {setting!r}\n"


def test_edit_makes_the_users_file_from_ours(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, f"p.write_text({FINE!r} + '# was: ' + str(len(t)))")
    assert run("edit") == 0
    path = tmp_path / "assistant" / "config.yaml"
    assert path.read_text() == f"{FINE}# was: {len(MODELINE + shipped().read_text())}"
    assert path.stat().st_mode & 0o077 == 0
    schema = json.loads(path.with_name(SCHEMA_FILE).read_text())
    assert schema["properties"].keys() >= {"turns", "tts"}
    assert SCHEMA_FILE in MODELINE


def test_edit_checks_what_was_written(
    run: Run, mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    editor(monkeypatch, "p.write_text(t + 'turns: {mode: 1}')")
    assert run("edit") == 78
    assert "turns.mode: should be one of always, wake or push, is 1" in capsys.readouterr().err
    assert mine.read_text().endswith("turns: {mode: 1}"), "what was typed is kept"


def test_an_editor_that_fails(
    run: Run, mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    editor(monkeypatch, "sys.exit(3)")
    assert run("edit") == 1
    assert "ended with 3" in capsys.readouterr().err
    assert mine.read_text() == FINE


def test_no_editor(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert run("edit") == 1
    assert capsys.readouterr().err == (
        "assistant: there is no editor; install nano, or set EDITOR to yours\n"
    )
    monkeypatch.setenv("EDITOR", "no-such-editor")
    assert run("edit") == 1
    assert "no-such-editor" in capsys.readouterr().err


def test_a_place_that_cannot_be_written(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    editor(monkeypatch, "pass")
    assert run("edit", "--config", "/dev/null/config.yaml") == 78
    assert "cannot be made: " in capsys.readouterr().err


def test_schema_prints_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema") == 0
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org/")


def test_at_a_terminal_it_offers_to_edit_again(
    run: Run, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del run  # for its home
    right = repr(FINE)
    editor(monkeypatch, f"p.write_text({right} if 'loud' in t else t + 'log: {{level: loud}}')")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "config"))
    terminal, ours = pty.openpty()
    os.write(terminal, b"y\n")
    ended = subprocess.run(
        [sys.executable, "-m", "assistant", "config", "edit"],
        stdin=ours,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(terminal)
    os.close(ours)
    assert "log.level: should be one of" in ended.stderr
    assert ended.returncode == 0
    assert mine.read_text() == FINE
