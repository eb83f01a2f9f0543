"""The verbs as a user types them: in a process of their own, against a real socket."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ASSISTANT = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from assistant.control.server import serve
from assistant.ports import SessionState

class Session:
    state = SessionState("listening", False, 12, "USB Audio", None, "", "", "joe", 0.71)
    def inject(self, event):
        print(event, flush=True)
    async def mute(self, *, on):
        self.state = replace(self.state, muted=on)

async def main():
    end = asyncio.Event()
    path = Path(sys.argv[1]) if sys.argv[1:] else None
    async with serve(Session(), on_quit=end.set, path=path) as place:
        print(place, flush=True)
        await end.wait()

asyncio.run(main())
"""


@dataclass
class Done:
    code: int
    out: str
    error: str


def typed(*arguments: str, environ: Mapping[str, str]) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "run").mkdir()
    return {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
    }


def started(environ: Mapping[str, str], *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", ASSISTANT, *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().endswith("control.sock\n")
    return process


def test_the_verbs_reach_a_running_assistant_and_quit_waits_for_its_end(
    environ: dict[str, str],
) -> None:
    with started(environ) as process:
        status = typed("status", environ=environ)
        assert status.code == 0
        lines = {line[:11].strip(): line[12:] for line in status.out.splitlines()}
        assert lines["assistant"].startswith("listening, running for ")
        assert lines["microphone"] == "USB Audio"
        assert lines["speaker"] == "none"
        assert lines["turns"] == "12, the newest answered after 0.71 s"
        assert "\x1b" not in status.out

        assert typed("mute", environ=environ).code == 0
        assert json.loads(typed("status", "--json", environ=environ).out)["muted"] is True
        assert "muted, running" in typed("status", environ=environ).out
        assert typed("unmute", environ=environ).code == 0
        assert typed("stop", environ=environ).code == 0
        assert typed("talk", "--press", environ=environ).code == 0
        assert typed("talk", "--release", environ=environ).code == 0

        gone = typed("quit", environ=environ)
        assert (gone.code, gone.error) == (0, "")
        assert process.wait(0.5) == 0  # it had ended before `quit` returned
        assert process.stdout is not None
        actions = process.stdout.read()
    assert [action for action in ("STOP", "PRESS", "RELEASE") if action in actions] == [
        "STOP",
        "PRESS",
        "RELEASE",
    ]


@pytest.mark.parametrize(
    "arguments", [("status",), ("mute",), ("stop",), ("talk", "--press"), ("quit",)]
)
def test_when_nothing_runs_there_is_one_line_and_the_exit_code_says_so(
    environ: dict[str, str], arguments: tuple[str, ...]
) -> None:
    done = typed(*arguments, environ=environ)
    assert done.code == 69
    assert done.out == ""
    assert done.error == "assistant: no assistant runs here; start it with `assistant run`\n"


def test_a_socket_that_the_configuration_names_is_found(
    environ: dict[str, str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "else.control.sock"
    config = tmp_path / "config" / "assistant" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(f"control: {{socket: {elsewhere}}}\n")
    with started(environ, str(elsewhere)):
        assert typed("status", environ=environ).code == 0
        assert typed("quit", environ=environ).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "names"),
    [
        (("talk",), 1, "--press and --release"),
        (("talk", "--press", "--release"), 1, "--press and --release"),
        (("--debug", "stop"), 1, "start it with"),
        (("mute", "now"), 2, "unexpected extra argument"),
    ],
)
def test_what_is_not_quite_a_request_gets_the_whole_command_line(
    environ: dict[str, str], arguments: tuple[str, ...], code: int, names: str
) -> None:
    done = typed(*arguments, environ=environ)
    assert done.code == code
    assert names in done.error


def test_help_tells_the_options(environ: dict[str, str]) -> None:
    assert "--json" in typed("status", "--help", environ=environ).out
    assert "--release" in typed("talk", "--help", environ=environ).out


def test_a_request_needs_no_slow_import() -> None:
    code = "import sys, assistant.cli.quick; sys.stdout.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    slow = {"asyncio", "typer", "rich", "pydantic", "yaml", "numpy", "dataclasses", "inspect"}
    assert not slow & set(done.stdout.split())
