"""Whether the tools can be used, and each MCP server starts."""

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any

from assistant.care.findings import Finding
from assistant.config import Config
from assistant.config.sections import McpServer
from assistant.errors import BackendUnavailable
from assistant.reasoning.shelf import take

FINDING_S = 20.0
STARTING_S = 25.0
"""Seconds for a server to start and tell its tools; some are fetched first."""


def found(config: Config) -> Iterator[Finding]:
    """Say how many tools there are, and what is wrong with a file."""
    wanted = None if config.tools.enabled == "auto" else config.tools.enabled
    shelf = take(wanted, [folder.expanduser() for folder in config.tools.dirs])
    yield Finding("ok", "tools", ", ".join(tool.name for tool in shelf.tools) or "none")
    for problem in shelf.problems:
        yield Finding("warn", "tools", problem)


def server(name: str, section: McpServer) -> Finding:
    """Start an MCP server as the assistant would, and say what it offers."""
    backend = importlib.import_module("assistant.backends.tools_mcp")
    config = backend.Config.model_validate(section, from_attributes=True)
    return asyncio.run(_tried(backend, name, config))


async def _tried(backend: Any, name: str, config: Any) -> Finding:
    what, fix = f"MCP {name}", f"mend mcp.{name}, or leave it out"
    try:
        async with backend.open(name, config) as opened:
            if not await opened.settled(STARTING_S):
                return Finding("warn", what, opened.trouble, fix)
            names = [tool.name.removeprefix(f"{name}.") for tool in opened.tools]
            return Finding("ok", what, ", ".join(names) or "it offers no tools")
    except BackendUnavailable as missing:
        return Finding("warn", what, str(missing), fix)
