"""Tools of MCP servers, through the official SDK: each server is watched, and comes back.

server   one server: connected, its tools followed, restarted with ever longer pauses
stdio    a program that is run here, its lines bounded
http     a server at a URL, its answers bounded
results  what its tools are and return, in our own words
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, SecretStr

from assistant.errors import BackendUnavailable

if TYPE_CHECKING:
    from assistant.backends.tools_mcp.server import Server

_TALKATIVE = ("mcp", "client", "httpx2")
"""Loggers of the SDK; they quote what servers send."""


class Config(BaseModel):
    """One server: a command, or a URL."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[str, ...] | None = None
    url: str | None = None
    env: Mapping[str, SecretStr] = {}
    headers: Mapping[str, SecretStr] = {}
    folder: Path | None = None
    patience_s: float = 8.0
    longest_s: float = 120.0


@asynccontextmanager
async def open(name: str, config: Config) -> AsyncIterator["Server"]:
    """Begin to connect; its tools come when it is there. Raises `BackendUnavailable`."""
    module = await asyncio.to_thread(_load)
    server: Server = module.Server(name, config)
    loop = asyncio.get_running_loop()
    watching = loop.create_task(server.watch(), name=f"MCP server {name}")
    try:
        yield server
    finally:
        watching.cancel()
        await asyncio.wait({watching})


def _load() -> Any:
    try:
        module = importlib.import_module("assistant.backends.tools_mcp.server")
    except ImportError as missing:
        message = f"the package {missing.name} is not installed; run: pip install 'assistant[mcp]'"
        raise BackendUnavailable("mcp", message) from None
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.CRITICAL)
    return module
