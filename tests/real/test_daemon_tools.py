"""Tools in the whole program: in writing, over the socket, from files and from MCP servers."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.real.daemon import (
    EARS,
    assistant,
    clip,
    environment,
    have_models,
    in_terminal,
    lines_of,
    piper,
)
from tests.tools.calling_server import Decision, calling_server

pytestmark = [pytest.mark.real, pytest.mark.slow]

PEER = Path(__file__).parents[1] / "tools" / "mcp_peer.py"
OWN = '''
from assistant.ports import tool


@tool("lasting", question="open the {which} door")
async def open_door(which: str) -> str:
    """Open a door."""
    with open("doors.txt", "a") as doors:
        doors.write(f"{which}\\n")
    return f"the {which} door is open"
'''


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    have_models()
    return environment(tmp_path)


@pytest.fixture
def flags(env: dict[str, str]) -> tuple[str, ...]:
    """A folder with a tool, one with a mistake, and an MCP server."""
    own = Path(env["HOME"]) / "tools"
    own.mkdir()
    (own / "doors.py").write_text(OWN)
    (own / "broken.py").write_text("import nothing_of_that_name\n")
    servers = {"peer": {"command": [sys.executable, str(PEER)]}}
    alone = ("-s", "hands.enabled=false")  # the mind is to be asked, whatever hands can do
    return *alone, "-s", f"tools.dirs=[{own}]", "-s", f"mcp={json.dumps(servers)}"


def decide(messages: list[dict[str, Any]]) -> Decision:
    last = messages[-1]
    if last["role"] == "tool":
        return f"It says: {last['content']}"
    words = last["content"].lower()
    if "17" in words:
        return [("calculate", {"expression": "17 * 23"})]
    if "echo" in words:
        return [("peer_echo", {"text": "hello"})]
    if "door" in words:
        return [("open_door", {"which": "red"})]
    return "I only know doors."


def test_it_calculates_and_asks_a_server(env: dict[str, str], flags: tuple[str, ...]) -> None:
    with calling_server(decide) as mind:
        ended = assistant("ask", "What is 17 times 23?", *mind, *flags, env=env)
        assert ended.stdout == "It says: 391\n"
        assert "broken.py:1: ModuleNotFoundError" in ended.stderr
        ended = assistant("ask", "Echo!", *mind, *flags, env=env)
        assert ended.stdout == 'It says: <content of="peer.echo">\nhello\n</content>\n'


def test_in_a_chat_it_asks_before_it_acts(env: dict[str, str], flags: tuple[str, ...]) -> None:
    doors = Path(env["HOME"]) / "doors.txt"
    with calling_server(decide) as mind:
        given = "Open the door\nNo\n"
        chat = assistant("chat", *mind, *flags, env=env, given=given)
        assert chat.stdout.splitlines() == ["Shall I open the red door?", "I only know doors."]
        assert not doors.exists()
        chat = assistant("chat", *mind, *flags, env=env, given="Open the door\nYes.\n")
        assert chat.stdout.splitlines()[1] == "It says: the red door is open"
        assert doors.read_text() == "red\n"


def test_the_daemon_asks_over_its_socket(env: dict[str, str], flags: tuple[str, ...]) -> None:
    device = ("-s", "device.backend=null")
    with (
        calling_server(decide) as mind,
        in_terminal("run", *EARS, *device, *mind, *flags, env=env) as terminal,
    ):
        terminal.until("listening")
        asked = assistant("ask", "Open the door", env=env)
        assert asked.stdout == "Shall I open the red door?\n"
        assert assistant("ask", "Yes, please", env=env).stdout.startswith("It says: the red door")
        status = assistant("status", env=env).stdout
        assert re.search(r"tools +\d+ of its own", status)
        assert "tools       peer: 11" in status


def test_aloud_it_asks_and_hears_the_answer(env: dict[str, str], flags: tuple[str, ...]) -> None:
    words = ("Please open the red door.", "Yes, please.")
    folder = Path(env["HOME"])
    clips = [clip(folder / f"{n}.wav", piper(text)) for n, text in enumerate(words)]
    with calling_server(decide) as mind:
        ended = assistant("converse", *clips, "--json", *EARS, *mind, *flags, env=env)
    # "please" may come when "Yes" is being answered already, and changes nothing then
    said = [turn["said"] for turn in lines_of(ended.stdout) if turn["outcome"] == "answered"]
    assert said == ["Shall I open the red door?", "It says: the red door is open"]
    assert (folder / "doors.txt").read_text() == "red\n"


def test_the_doctor_knows_the_tools_and_starts_each_server(
    env: dict[str, str], flags: tuple[str, ...], tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    servers = json.loads(flags[5].removeprefix("mcp="))
    servers["gone"] = {"command": ["no-such-program"]}
    folder = Path(env["HOME"]) / "tools"
    config.write_text(json.dumps({"tools": {"dirs": [str(folder)]}, "mcp": servers}))
    told = assistant("doctor", "--config", config, env=env).stdout
    assert "open_door" in told
    assert "broken.py:1: ModuleNotFoundError" in told
    assert "environment" in told, "a tool of the server"
    assert "there is no program no-such-program" in told
