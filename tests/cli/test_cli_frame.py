"""The frame: the table of verbs, help that imports nothing, and what becomes of errors."""

import importlib
import signal
import subprocess
import sys

import pytest
import typer

from assistant.cli.main import VERBS, main

BROKEN = """
from assistant.errors import ConfigError, ModelError
async def _fail(error):
    raise error
async def _both():
    import asyncio
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_fail(ModelError("amy", "is not here; pull it")))
def mistake():
    "Fail as users make it fail."
    raise ConfigError("tts.voice", "there is none; name another one")
def in_a_group():
    "Fail inside of task groups."
    import asyncio
    asyncio.run(_both())
def bug():
    "Fail as it never should."
    raise KeyError("a bug")
def interrupted():
    "Be interrupted."
    import os, signal
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
def chatty():
    "Write more than a pipe holds."
    while True:
        print("x" * 100)
"""


PROGRAM = f"""
import sys, types
module = types.ModuleType("assistant.cli.broken")
exec({BROKEN!r}, module.__dict__)
sys.modules["assistant.cli.broken"] = module
from assistant.cli.main import VERBS, Verb, main
for name in ("mistake", "in_a_group", "bug", "interrupted", "chatty"):
    VERBS[name] = Verb("Care", "broken", name, "")
main()
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with the verbs of `BROKEN`."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_users_mistake_is_one_line() -> None:
    ended = run("mistake")
    assert ended.stderr == "assistant: tts.voice: there is none; name another one\n"
    assert ended.returncode == 78


def test_with_debug_it_shows_where_it_came_from() -> None:
    ended = run("--debug", "mistake")
    assert "Traceback" in ended.stderr
    assert "ConfigError: tts.voice" in ended.stderr


def test_an_error_in_a_task_group_is_the_same_line() -> None:
    ended = run("in_a_group")
    assert ended.stderr == "assistant: amy: is not here; pull it\n"
    assert ended.returncode == 69


def test_a_bug_is_loud() -> None:
    ended = run("bug")
    assert "Traceback" in ended.stderr
    assert "KeyError: 'a bug'" in ended.stderr
    assert ended.returncode == 1


def test_an_interrupt_is_quiet() -> None:
    ended = run("interrupted")
    assert ended.stderr == ""
    assert ended.returncode == 128 + signal.SIGINT


@pytest.mark.parametrize("verb", ["chatty", "--version"])
def test_a_reader_that_goes_away_is_no_error(verb: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, verb],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.communicate(timeout=30)[1] == ""
    assert process.returncode


def test_several_problems_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["config", "check", "--config", "/dev/null", "--set", "turns.mode=x", "-s", "a.b=1"])
    assert ended.value.code == 78
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("assistant: ") for line in lines)


def test_an_unknown_verb_names_a_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["confg"])
    assert ended.value.code == 2
    assert "Did you mean 'config'?" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("assistant 0.")


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    words = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert words >= set(VERBS)


def test_help_imports_nothing_heavy() -> None:
    program = """
import sys
import assistant.__main__
from assistant.cli.main import main
try:
    main(["--help"])
finally:
    heavy = {"numpy", "pydantic", "rich", "yaml", "asyncio", "onnxruntime", "sounddevice"}
    print("HEAVY", sorted(heavy & sys.modules.keys()))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert "HEAVY []" in ended.stdout


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_loads_and_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    verb = VERBS[name]
    found = getattr(importlib.import_module(f"assistant.cli.{verb.module}"), verb.attribute)
    assert isinstance(found, typer.Typer) or found.__doc__
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"Usage: assistant {name}")
