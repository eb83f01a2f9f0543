"""One MCP server: connected, its tools followed, restarted with ever longer pauses."""

import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any

import mcp_types as types
from mcp import Client
from mcp.client._transport import TransportStreams
from mcp.client.session import IncomingMessage
from mcp.client.subscriptions import SubscriptionLost, ToolsListChanged
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from assistant.backends.tools_mcp import Config
from assistant.backends.tools_mcp.http import http
from assistant.backends.tools_mcp.results import MOST_TOOLS, spec_of, terms_of, told, wire_name
from assistant.backends.tools_mcp.stdio import stdio
from assistant.errors import ToolError, leaves
from assistant.ports import Surroundings, Tool, ToolResult

_log = logging.getLogger(__name__)

CONNECTING_S = 20.0
"""For a program to start and to tell its tools; some are fetched first."""
LISTING_S = 10.0
LOOKING_S = 30.0
"""How often it is asked for its tools: one that hangs, or at a URL, does not tell of its end."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
STEADY_S = 60.0
"""Who was there for so long is restarted at once."""
SETTLING_S = 0.2
"""Changes of the tools within so long are looked at once."""
LEAVING_S = 5.0
PAGES = 20
MESSAGE = 500
"""Characters of an error that a mind is told."""


class Server:
    """`ports.ToolSource`, of one server."""

    def __init__(self, name: str, config: Config) -> None:
        self._name, self._config = name, config
        self._client: Client | None = None
        self._tools: tuple[Tool, ...] = ()
        self._listed: list[types.Tool] = []
        self._trouble = "it is starting"
        self._gone = False
        self._settled = asyncio.Event()
        self._lost = asyncio.Event()
        self._changed = asyncio.Event()
        self.starts = 0
        """How often it was connected to."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        return self._name

    @property
    def tools(self) -> Sequence[Tool]:
        """What it offers now."""
        return self._tools

    @property
    def trouble(self) -> str:
        """Why it offers nothing now."""
        return self._trouble

    async def settled(self, seconds: float) -> bool:
        """Wait until it is there or has failed; tell whether it is there."""
        try:
            async with asyncio.timeout(seconds):
                await self._settled.wait()
        except TimeoutError:
            pass
        return not self._trouble

    async def watch(self) -> None:
        """Keep it connected until cancelled."""
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE_S
        while True:
            began = loop.time()
            # no part of a group: whatever a server makes the SDK raise ends this attempt only
            attempt = loop.create_task(self._connected(), name=f"MCP {self._name}")
            try:
                await asyncio.wait({attempt})
            finally:
                if not attempt.done():
                    attempt.cancel()
                    await asyncio.wait({attempt}, timeout=LEAVING_S)
                self._client, self._tools, self._listed = None, (), []
            self._note_end(attempt)
            pause = FIRST_PAUSE_S if loop.time() - began > STEADY_S else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _note_end(self, attempt: "asyncio.Task[None]") -> None:
        error = None if attempt.cancelled() else attempt.exception()
        if error is not None and not self._lost.is_set():
            self._trouble = _why(error)
        if not self._gone:  # what is tried again and again is told once
            _log.warning("the MCP server %s is gone, and tried again: see the status", self._name)
        self._gone = True
        self._settled.set()

    async def _connected(self) -> None:
        """Connect, then follow its tools until it is lost."""
        self._lost.clear()
        self._changed.clear()
        client = Client(
            self._transport(),
            message_handler=self._heard,
            read_timeout_seconds=CONNECTING_S,
            client_info=types.Implementation(name="assistant", version=version("assistant")),
            cache=None,
        )
        async with asyncio.timeout(CONNECTING_S) as connecting, client:
            await self._look(client)
            self._client, self._trouble = client, ""
            self.starts += 1
            self._gone = False
            self._settled.set()
            connecting.reschedule(None)
            await self._follow(client)

    def _transport(self) -> AbstractAsyncContextManager[TransportStreams]:
        config = self._config
        if config.command is not None:
            env = {name: value.get_secret_value() for name, value in config.env.items()}
            return stdio(config.command, env, config.folder, self._ended)
        headers = {name: value.get_secret_value() for name, value in config.headers.items()}
        return http(config.url or "", headers)

    def _ended(self, why: str) -> None:
        if self._lost.is_set():
            return
        self._trouble, self._tools = why, ()
        self._lost.set()
        self._changed.set()

    async def _heard(self, message: IncomingMessage) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._changed.set()

    async def _follow(self, client: Client) -> None:
        """Look at its tools whenever they change, and at a URL now and then."""
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen(client), name=f"MCP {self._name} changes")
            while not self._lost.is_set():
                try:
                    async with asyncio.timeout(LOOKING_S):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                await asyncio.sleep(SETTLING_S)
                self._changed.clear()
                if not self._lost.is_set():
                    await self._look(client)
            listening.cancel()

    async def _listen(self, client: Client) -> None:
        """Hear of changes, where the protocol is so new that one must ask for them."""
        if client.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return
        try:
            while True:
                async with client.listen(tools_list_changed=True) as changes:
                    self._changed.set()  # it may have changed before we listened
                    async for change in changes:
                        if isinstance(change, ToolsListChanged):
                            self._changed.set()
                await asyncio.sleep(FIRST_PAUSE_S)
        except (MCPError, SubscriptionLost, TimeoutError):
            return  # it does not tell, or is gone

    async def _look(self, client: Client) -> None:
        """Ask for its tools."""
        listed: list[types.Tool] = []
        cursor: str | None = None
        async with asyncio.timeout(LISTING_S):
            for _ in range(PAGES):
                page = await client.list_tools(cursor=cursor)
                listed += page.tools
                cursor = page.next_cursor
                if cursor is None or len(listed) >= MOST_TOOLS:
                    break
        if listed == self._listed:
            return
        self._listed = listed
        made: dict[str, Tool] = {}
        for tool in listed[:MOST_TOOLS]:
            wire = wire_name(self._name, tool.name, made)
            spec = spec_of(tool, wire)
            if spec is None:
                _log.warning("a tool of the MCP server %s is too large; it is left out", self.name)
                continue
            made[wire] = self._made(tool, spec)
        self._tools = tuple(made.values())

    def _made(self, tool: types.Tool, spec: Any) -> Tool:
        config, name = self._config, tool.name

        async def run(arguments: str, around: Surroundings) -> ToolResult:
            del around
            return await self._call(name, arguments)

        terms = terms_of(tool, config.patience_s, config.longest_s)
        return Tool(spec, run, terms, alias=f"{self._name}.{name}", source=f"MCP {self._name}")

    async def _call(self, name: str, arguments: str) -> ToolResult:
        client = self._client
        if client is None:
            raise ToolError(f"the server {self._name} is not there now")
        given = _object(arguments)
        seconds = self._config.patience_s + self._config.longest_s + 1
        try:
            result = await client.call_tool(name, given, read_timeout_seconds=seconds)
        except MCPError as error:
            if error.code == types.CONNECTION_CLOSED:
                self._ended("it broke off")
                raise ToolError(f"the server {self._name} went away") from None
            raise ToolError(" ".join(error.message.split())[:MESSAGE]) from None
        except TimeoutError:
            raise ToolError(f"the server {self._name} did not answer in time") from None
        return told(result)


def _object(arguments: str) -> dict[str, Any]:
    try:
        given = json.loads(arguments.strip() or "{}")
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise ToolError("the arguments are no JSON object; send one")
    return given


def _why(error: BaseException) -> str:
    """Say in a line what went wrong."""
    leaf = leaves(error)[0]
    if isinstance(leaf, TimeoutError):
        return f"it did not answer within {CONNECTING_S:g} s"
    if isinstance(leaf, FileNotFoundError):
        return f"there is no program {leaf.filename}; check its command"
    return " ".join(str(leaf).split())[:160] or type(leaf).__name__
