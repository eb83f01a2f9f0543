"""`assistant see` with a mind behind HTTP: the picture that arrives is the one that was given."""

import asyncio
import base64
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assistant.testing.http_mind import HttpMind
from tests.looking.pictures import GREEN, colour_of, near, plain
from tests.real.daemon import environment

pytestmark = pytest.mark.real


async def see(mind: HttpMind, image: Path, *, sees: bool) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "assistant", "see", str(image), "What is this?"),
        *("--set", "llm.backend=openai", "--set", f"llm.base_url={mind.base_url}"),
        *("--set", f"llm.model={mind.model}", "--set", f"llm.sees={str(sees).lower()}"),
        stdout=asyncio.subprocess.PIPE,
        # neither ears nor a voice are loaded for what is written: no model is needed
        env=environment(image.parent) | {"ASSISTANT_MODELS": str(image.parent / "none")},
    )
    async with asyncio.timeout(120):
        out, _ = await process.communicate()
    return out.decode()


def parts(mind: HttpMind) -> list[dict[str, Any]]:
    """Return the parts of all messages that were sent."""
    messages = [message for request in mind.requests for message in request.get("messages", ())]
    return [part for m in messages if isinstance(m["content"], list) for part in m["content"]]


@pytest.mark.parametrize("sees", [True, False])
def test_a_picture_goes_to_a_mind_that_sees_and_to_no_other(tmp_path: Path, *, sees: bool) -> None:
    Image.fromarray(plain(GREEN)).save(tmp_path / "a.png")

    async def main() -> None:
        mind = HttpMind(text="It is green.")
        async with mind.serve():
            said = await see(mind, tmp_path / "a.png", sees=sees)
        if not sees:
            assert "It is mostly green." in said, "as far as it sees by itself"
            assert parts(mind) == []
            return
        assert said.strip() == "It is green."
        picture, text = parts(mind)
        assert near(colour_of(base64.b64decode(picture["image_url"]["url"].split(",")[1])), GREEN)
        assert text == {"type": "text", "text": "What is this?"}

    asyncio.run(main())
