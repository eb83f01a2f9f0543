"""From the configuration to tools and servers."""

import asyncio
import json
import logging
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.app import open_toolbox
from assistant.care import tools as examined
from assistant.config import Config, load
from assistant.errors import ConfigError
from assistant.ports import ToolResult
from assistant.testing.surroundings import ScriptedSurroundings

OLD = Path(__file__).parents[1] / "tools" / "old_peer.py"


def configured(tmp_path: Path, text: dict[str, object], **environ: str) -> Config:
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps(text))
    return load(file, environ=environ)


def test_files_and_servers_are_one_toolbox(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.py").write_text("import nothing_of_that_name")
    config = configured(
        tmp_path,
        {
            "tools": {
                "dirs": [str(tmp_path)],
                "enabled": ["clock"],
                "consent": {"old.*": "allow"},
            },
            "mcp": {"old": {"command": [sys.executable, str(OLD)]}},
        },
    )

    async def main() -> None:
        async with open_toolbox(config, patience=30) as box:
            assert [tool.name for tool in box] == ["time_and_date", "old.ping"]
            ping = box.find("old_ping")
            assert ping is not None
            assert box.consent(ping) == "allow"
            result = await ping.run("", ScriptedSurroundings())
            assert isinstance(result, ToolResult)
            assert result.text == "ping!"
            assert box.told() == ("1 of its own", "old: 1")

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    assert "bad.py:1: ModuleNotFoundError" in caplog.text


def test_secrets_of_a_server_are_named_and_never_shown(tmp_path: Path) -> None:
    server = {"command": ["x"], "env": {"TOKEN": {"env": "PEER_VALUE"}}}
    config = configured(tmp_path, {"mcp": {"env": server}}, PEER_VALUE="hush")
    assert config.mcp["env"].env["TOKEN"] == SecretStr("hush")
    assert "hush" not in str(config)
    with pytest.raises(ConfigError, match=r"mcp\.env\.env\.TOKEN: .*PEER_VALUE is not set"):
        configured(tmp_path, {"mcp": {"env": server}})


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"mcp": {"a": {}}}, "mcp.a: give one of command and url"),
        ({"mcp": {"a": {"command": ["x"], "url": "http://x"}}}, "mcp.a: give one of"),
        ({"mcp": {"a": {"command": []}}}, r"mcp.a.command"),
        ({"mcp": {"a b": {"command": ["x"]}}}, r"mcp.a b: should be of the form"),
        ({"mcp": {"a": {"url": "ws://x"}}}, "mcp.a.url: should be of the form"),
        ({"tools": {"enabled": "all"}}, "tools.enabled"),
        ({"tools": {"consent": {"a": "maybe"}}}, "tools.consent.a: should be one of"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, section: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        configured(tmp_path, section)


def test_the_doctor_tells_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import nothing_of_that_name")
    config = configured(
        tmp_path,
        {
            "tools": {"dirs": [str(tmp_path)]},
            "mcp": {
                "old": {"command": [sys.executable, str(OLD)]},
                "bad": {"command": [sys.executable, str(OLD), "complains"]},
            },
        },
    )
    well, bad = examined.found(config)
    assert well.state == "ok"
    assert "calculate" in well.detail
    assert (bad.state, "nothing_of_that_name" in bad.detail) == ("warn", True)
    old = examined.server("old", config.mcp["old"])
    assert (old.state, old.what, old.detail) == ("ok", "MCP old", "ping")
    bad = examined.server("bad", config.mcp["bad"])
    assert bad.state == "warn"
    assert bad.detail == "it ended with code 2: ModuleNotFoundError: no module named nowhere"
    assert bad.fix == "mend mcp.bad, or leave it out"
