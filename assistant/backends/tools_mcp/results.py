"""What a server's tools are and return, in our own words and within bounds."""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import Any

import mcp_types as types

from assistant.errors import ToolError
from assistant.ports import Image, Terms, ToolResult, ToolSpec

MOST_TOOLS = 64
DESCRIPTION = 1000
"""Characters of a description that a mind is told."""
SCHEMA = 6000
"""Characters of a schema; a tool with a longer one is left out."""
TEXT = 100_000
IMAGE = 3_000_000
NAME = 64

_STRANGE = re.compile(r"[^a-zA-Z0-9_-]+")
_PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif"}


def wire_name(server: str, name: str, taken: Iterable[str]) -> str:
    """Return a name that models accept: letters, digits, _ and -, at most 64."""
    plain = _STRANGE.sub("_", f"{server}_{name}")[:NAME]
    number = 2
    unique = plain
    while unique in taken:
        unique = f"{plain[: NAME - 3]}_{number}"
        number += 1
    return unique


def spec_of(tool: types.Tool, name: str) -> ToolSpec | None:
    """Return what a mind is told of a tool; `None` where that is too much."""
    schema = tool.input_schema
    if schema.get("type", "object") != "object" or len(json.dumps(schema)) > SCHEMA:
        return None
    description = (tool.description or tool.title or name).strip()[:DESCRIPTION]
    return ToolSpec(name, description, {"properties": {}, **schema, "type": "object"})


def terms_of(tool: types.Tool, patience_s: float, longest_s: float) -> Terms:
    """Read its terms: one that does not say that it only reads is taken to change the world."""
    hints = tool.annotations
    reads = hints is not None and hints.read_only_hint is True
    effect: Any = "none" if reads else "lasting"
    return Terms(effect, deadline=patience_s, job=longest_s, foreign=True)


def told(result: types.CallToolResult) -> ToolResult:
    """Return what a tool returned. Raises `ToolError` where it says that it failed."""
    texts: list[str] = []
    images: list[Image] = []
    room = TEXT
    for part in result.content:
        text = _told(part, images)
        texts.append(text[:room])
        room -= len(texts[-1])
        if room <= 0:
            texts.append("(the rest is left out)")
            break
    text = "\n".join(filter(None, texts))
    if not text and result.structured_content is not None:
        text = json.dumps(result.structured_content, ensure_ascii=False)[:TEXT]
    if result.is_error:
        raise ToolError(text or "it failed and does not say why")
    return ToolResult(text, tuple(images))


def _told(part: object, images: list[Image]) -> str:
    match part:
        case types.TextContent(text=text):
            return text
        case types.ImageContent(data=data, mime_type=media_type):
            return _picture(data, media_type, images)
        case types.AudioContent():
            return "(a sound, which cannot be told)"
        case types.ResourceLink(uri=uri, name=name):
            return f"{name}: {uri}"
        case types.EmbeddedResource(resource=types.TextResourceContents(text=text)):
            return text
        case _:
            return "(something that cannot be told)"


def _picture(data: str, media_type: str, images: list[Image]) -> str:
    if media_type not in _PICTURES or len(data) > IMAGE * 4 // 3:
        return "(a picture that cannot be shown)"
    try:
        images.append(Image(base64.b64decode(data, validate=True), media_type))
    except (binascii.Error, ValueError):
        return "(a picture that is damaged)"
    return ""
