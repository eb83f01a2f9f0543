"""A real MCP server, built with the official SDK: `python mcp_peer.py` speaks stdio."""

import asyncio
import os
from typing import Any

from mcp import MCPError
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel

READS = ToolAnnotations(read_only_hint=True)
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDAT"
    b"x\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82"
)


def peer() -> MCPServer:  # noqa: C901 - a tool of each kind
    server = MCPServer("peer")

    @server.tool(annotations=READS)
    def echo(text: str, times: int = 1) -> str:
        """Say it again."""
        return " ".join([text] * times)

    @server.tool()
    def write(text: str) -> str:
        """Write something down, for good."""
        return f"wrote {text}"

    @server.tool(annotations=READS)
    async def wait(seconds: float) -> str:
        """Take long."""
        await asyncio.sleep(seconds)
        return f"waited {seconds:g} s"

    @server.tool(annotations=READS)
    def environment() -> list[str]:
        """Tell which variables there are."""
        return sorted(os.environ)

    @server.tool(annotations=READS)
    def secret() -> str:
        """Tell the secret."""
        return os.environ.get("PEER_SECRET", "none")

    @server.tool(annotations=READS)
    def fail() -> str:
        """Fail."""
        raise ToolError("the disk is full")

    @server.tool(annotations=READS)
    def huge(megabytes: int) -> str:
        """Return much."""
        return "a" * megabytes * 1_000_000

    @server.tool(annotations=READS, structured_output=False)
    def picture() -> list[Any]:
        """Draw."""
        return ["a dot", Image(data=PNG, format="png")]

    @server.tool()
    def die() -> str:
        """End at once."""
        os._exit(3)

    @server.tool(annotations=READS)
    async def learn(name: str, ctx: Context) -> str:
        """Offer one more tool."""

        def learned() -> str:
            """Do what was learned."""
            return f"{name} it is"

        server.add_tool(learned, name=name, annotations=READS)
        await ctx.notify_tools_changed()
        return "learned"

    @server.tool(annotations=READS)
    async def pry(ctx: Context) -> str:
        """Ask the user for a password; tell what came of it."""
        try:
            async with asyncio.timeout(5):
                return f"got {await ctx.elicit('Your password, please.', Password)}"
        except (MCPError, TimeoutError) as wrong:
            return f"refused: {wrong}"

    return server


class Password(BaseModel):
    """What a server has no business to know."""

    password: str


if __name__ == "__main__":
    peer().run()
