"""MCP servers: real ones over stdio and HTTP, and ones that misbehave."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr

from assistant.backends import tools_mcp
from assistant.backends.tools_mcp import server as its_server
from assistant.backends.tools_mcp.server import Server
from assistant.backends.tools_mcp.stdio import INHERITED
from assistant.errors import ToolError
from assistant.ports import Tool, ToolResult
from assistant.reasoning.toolbox import Toolbox
from assistant.testing.surroundings import ScriptedSurroundings
from tests.tools.mcp_peer import PNG, peer

PEER = Path(__file__).with_name("mcp_peer.py")
OLD = Path(__file__).with_name("old_peer.py")
pytestmark = pytest.mark.slow
AROUND = ScriptedSurroundings()
PATIENCE = 30.0


def program(file: Path, *arguments: str, **more: Any) -> tools_mcp.Config:
    return tools_mcp.Config(command=(sys.executable, str(file), *arguments), **more)


@asynccontextmanager
async def opened(config: tools_mcp.Config, name: str = "peer") -> AsyncIterator[Server]:
    async with asyncio.timeout(2 * PATIENCE), tools_mcp.open(name, config) as server:
        assert await server.settled(PATIENCE), server.trouble
        yield server


@asynccontextmanager
async def over_http(port: int = 0) -> AsyncIterator[str]:
    """Serve the peer on a loopback port; gives its URL."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", port))
    config = uvicorn.Config(peer().streamable_http_app(), log_level="critical", lifespan="on")
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server._serve([place]))
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}/mcp"
        finally:
            server.should_exit = server.force_exit = True
            await asyncio.wait({serving})
            place.close()


Opened = Callable[[], Any]


@asynccontextmanager
async def by_stdio() -> AsyncIterator[Server]:
    async with opened(program(PEER)) as server:
        yield server


@asynccontextmanager
async def by_http() -> AsyncIterator[Server]:
    async with over_http() as url, opened(tools_mcp.Config(url=url)) as server:
        yield server


@pytest.fixture(params=[by_stdio, by_http])
def way(request: pytest.FixtureRequest) -> Opened:
    made: Opened = request.param
    return made


def found(server: Server, name: str) -> Tool:
    return next(tool for tool in server.tools if tool.name == f"{server.name}.{name}")


async def called(server: Server, name: str, /, **arguments: Any) -> ToolResult:
    result = await found(server, name).run(json.dumps(arguments), AROUND)
    assert isinstance(result, ToolResult)
    return result


def check(way: Opened, test: Callable[[Server], Awaitable[None]]) -> None:
    async def main() -> None:
        async with way() as server:
            await test(server)

    asyncio.run(main())


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)


def test_its_tools_are_ours(way: Opened) -> None:
    async def test(server: Server) -> None:
        echo, write = found(server, "echo"), found(server, "write")
        assert (echo.spec.name, echo.spec.description) == ("peer_echo", "Say it again.")
        assert echo.spec.parameters["required"] == ["text"]
        assert (echo.terms.effect, write.terms.effect) == ("none", "lasting")
        assert echo.terms.foreign
        box = Toolbox([], [server], {"peer.environment": "deny"})
        assert (box.consent(echo), box.consent(write)) == ("allow", "ask")
        assert box.find("peer_environment") is None
        assert (await called(server, "echo", text="hi", times=2)).text == "hi hi"
        assert box.told() == (f"peer: {len(server.tools)}",)

    check(way, test)


def test_failures_are_told_to_the_mind(way: Opened) -> None:
    async def test(server: Server) -> None:
        with pytest.raises(ToolError, match="disk is full"):
            await called(server, "fail")
        with pytest.raises(ToolError, match="text"):
            await called(server, "echo", text=[1])
        with pytest.raises(ToolError, match="no JSON object"):
            await found(server, "echo").run("[]", AROUND)
        assert (await called(server, "echo", text="still there")).text == "still there"

    check(way, test)


def test_pictures_come_as_pictures(way: Opened) -> None:
    async def test(server: Server) -> None:
        result = await called(server, "picture")
        assert result.text == "a dot"
        (image,) = result.images
        assert (image.data, image.media_type) == (PNG, "image/png")

    check(way, test)


def test_calls_run_side_by_side_and_can_be_cancelled(way: Opened) -> None:
    async def test(server: Server) -> None:
        async with asyncio.TaskGroup() as tasks:
            slow = tasks.create_task(called(server, "wait", seconds=60))
            quick = tasks.create_task(called(server, "wait", seconds=0.1))
            assert (await quick).text == "waited 0.1 s"
            assert not slow.done()
            slow.cancel()
        assert (await called(server, "echo", text="fine")).text == "fine"

    check(way, test)


def test_changes_of_its_tools_are_followed(way: Opened) -> None:
    async def test(server: Server) -> None:
        before = server.tools
        await called(server, "learn", name="juggle")
        await until(lambda: server.tools is not before)
        assert (await called(server, "juggle")).text == "juggle it is"

    check(way, test)


def test_megabytes_are_bounded(way: Opened) -> None:
    async def test(server: Server) -> None:
        assert len((await called(server, "huge", megabytes=1)).text) < 101_000
        with pytest.raises(ToolError):
            await called(server, "huge", megabytes=5)
        await until(lambda: not server.trouble)
        assert (await called(server, "echo", text="back")).text == "back"

    check(way, test)


def test_a_server_that_asks_for_secrets_gets_none(way: Opened) -> None:
    async def test(server: Server) -> None:
        assert (await called(server, "pry")).text.startswith("refused")
        assert (await called(server, "echo", text="fine")).text == "fine"

    check(way, test)


def test_it_gets_no_variable_that_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")

    async def test(server: Server) -> None:
        names = set((await called(server, "environment")).text.split())
        assert "PATH" in names
        assert "ANTHROPIC_API_KEY" not in names
        assert names <= {*INHERITED, "PEER_SECRET", "LC_CTYPE"}
        assert (await called(server, "secret")).text == "hush"

    config = program(PEER, env={"PEER_SECRET": SecretStr("hush")})
    check(lambda: opened(config), test)


def test_one_that_dies_is_started_again() -> None:
    async def test(server: Server) -> None:
        with pytest.raises(ToolError, match="went away"):
            await called(server, "die")
        await until(lambda: bool(server.trouble))
        assert "code 3" in server.trouble
        assert server.tools == ()
        await until(lambda: not server.trouble)
        assert server.starts == 2
        assert (await called(server, "echo", text="again")).text == "again"

    check(by_stdio, test)


def test_an_http_server_that_goes_is_found_again_when_it_is_back() -> None:
    async def main() -> None:
        async with over_http() as url, opened(tools_mcp.Config(url=url)):
            port = int(url.split(":")[2].split("/")[0])
        async with tools_mcp.open("web", tools_mcp.Config(url=url)) as server:
            assert not await server.settled(PATIENCE)
            assert server.trouble
            async with over_http(port):
                await until(lambda: not server.trouble)
                assert (await called(server, "echo", text="hi")).text == "hi"
            with pytest.raises(ToolError, match="went away"):
                await called(server, "echo", text="hi")
            assert server.trouble == "it broke off"
            async with over_http(port):
                await until(lambda: not server.trouble)
                assert (await called(server, "echo", text="back")).text == "back"

    asyncio.run(main())


def test_an_old_server_that_greets_is_spoken_to() -> None:
    async def test(server: Server) -> None:
        assert (await called(server, "ping")).text == "ping!"

    check(lambda: opened(program(OLD, "greets")), test)


def test_an_old_server_tells_of_changes_too() -> None:
    async def test(server: Server) -> None:
        await called(server, "ping")
        await until(lambda: [tool.name for tool in server.tools] == ["peer.pong"])
        assert (await called(server, "pong")).text == "pong!"

    check(lambda: opened(program(OLD, "swaps")), test)


def test_names_are_made_fit_for_models_and_too_many_are_left_out() -> None:
    async def test(server: Server) -> None:
        names = [tool.spec.name for tool in server.tools]
        assert len(names) == len(set(names)) == 64
        assert names[1] == "peer_tool_0_"
        assert server.tools[1].name == "peer.tool 0!"

    check(lambda: opened(program(OLD, "many")), test)


def test_a_tool_with_a_huge_schema_is_left_out() -> None:
    async def test(server: Server) -> None:
        assert [tool.name for tool in server.tools] == ["peer.ping"]

    check(lambda: opened(program(OLD, "large")), test)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("floods", "messages in 5 s"),
        ("endless", "more than 4000000 bytes"),
        ("babbles", "something else than MCP"),
        ("complains", "code 2: ModuleNotFoundError: no module named nowhere"),
    ],
)
def test_one_that_misbehaves_is_ended_and_said_why(fault: str, told: str) -> None:
    async def main() -> None:
        async with tools_mcp.open("bad", program(OLD, fault)) as server:
            assert not await server.settled(PATIENCE)
            assert told in server.trouble
            assert server.tools == ()

    asyncio.run(main())


def test_one_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(its_server, "CONNECTING_S", 1.0)

    async def main() -> None:
        async with tools_mcp.open("bad", program(OLD, "silent")) as server:
            assert not await server.settled(PATIENCE)
            assert server.trouble == "it did not answer within 1 s"

    asyncio.run(main())


def test_one_that_hangs_later_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(its_server, "LOOKING_S", 0.5)
    monkeypatch.setattr(its_server, "LISTING_S", 1.0)

    async def test(server: Server) -> None:
        with pytest.raises(ToolError):
            await called(server, "ping")
        await until(lambda: server.starts == 2)

    check(lambda: opened(program(OLD, "hangs", patience_s=0.5, longest_s=0)), test)


def test_a_program_that_is_not_there_is_named() -> None:
    async def main() -> None:
        config = tools_mcp.Config(command=("no-such-program-here",))
        async with tools_mcp.open("none", config) as server:
            assert not await server.settled(PATIENCE)
            assert server.trouble == "there is no program no-such-program-here; check its command"

    asyncio.run(main())


def test_nothing_is_left_running(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import os,time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"

    async def main() -> None:
        config = tools_mcp.Config(command=(sys.executable, "-c", code))
        async with tools_mcp.open("silent", config):
            await until(lambda: note.exists() and bool(note.read_text()))

    asyncio.run(main())
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
