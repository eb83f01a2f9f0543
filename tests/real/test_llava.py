"""A real engine that sees: llama.cpp with LLaVA's architecture, its weights random and tiny."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from assistant.backends import llm_llamacpp, llm_openai
from assistant.backends.llm_llamacpp import Config, needs
from assistant.backends.llm_llamacpp.files import projector
from assistant.errors import ModelError
from assistant.ports import Image, LanguageModel, Message, ToolCall, ToolSpec
from assistant.testing.eyes import painted
from assistant.testing.tiny_vlm import write

pytestmark = pytest.mark.real

CLOCK = ToolSpec("clock", "Tell the time.", {"type": "object", "properties": {}})


def shown(colour: str, text: str = "What is this?") -> list[Message]:
    return [Message("user", text, (Image(painted(colour), "image/jpeg"),))]


async def read(mind: LanguageModel, messages: list[Message]) -> str:
    return "".join([piece async for piece in mind.answer(messages) if isinstance(piece, str)])


async def answers_come_from_pixels(mind: LanguageModel) -> None:
    assert mind.info.sees
    said = [await read(mind, shown(colour)) for colour in ("red", "blue", "red", "green")]
    assert said[0] == said[2], "the same picture, the same words"
    assert len(set(said)) == 3, "another picture, other words"
    assert await read(mind, [Message("user", "What is this?")]) not in said


def during(use: Callable[[LanguageModel], Coroutine[None, None, None]], **config: Any) -> None:
    async def main() -> None:
        settings = Config(context=1024, max_tokens=8, **config)
        async with asyncio.timeout(60), llm_llamacpp.open(settings) as mind:
            await use(mind)

    asyncio.run(main())


def test_its_words_depend_on_what_it_sees(tmp_path: Path) -> None:
    model, eyes = write(tmp_path)
    during(answers_come_from_pixels, model=str(model), projector=str(eyes))


def test_a_conversation_goes_on_after_a_picture_and_is_read_ahead(tmp_path: Path) -> None:
    model, eyes = write(tmp_path)

    async def use(mind: LanguageModel) -> None:
        talk = [*shown("red"), Message("assistant", "a cup"), Message("user", "And now?")]
        await mind.warm(talk[:2])
        assert await read(mind, talk)
        assert mind.info.judges
        assert await read(mind, shown("blue")) == await read(mind, shown("blue"))

    during(use, model=str(model), projector=str(eyes))


def test_a_tool_may_give_a_picture(tmp_path: Path) -> None:
    model, eyes = write(tmp_path, tools=True)

    async def use(mind: LanguageModel) -> None:
        assert mind.info.calls_tools, "its template knows of tools"
        call = ToolCall("1", "look", "{}")
        said = []
        for colour in ("red", "blue"):
            (seen,) = shown(colour)
            said.append(
                await read(
                    mind,
                    [
                        Message("user", "What is there?"),
                        Message("assistant", "", calls=(call,)),
                        Message("tool", "a picture", seen.images, answers="1"),
                    ],
                )
            )
        assert said[0] != said[1]
        assert [piece async for piece in mind.answer(shown("red"), [CLOCK])]

    during(use, model=str(model), projector=str(eyes))


def test_another_template_takes_the_place_of_the_models_own(tmp_path: Path) -> None:
    model, _ = write(tmp_path)
    template = tmp_path / "vicuna.jinja"
    template.write_text("{% for m in messages %}USER: {{ m.content }} ASSISTANT:{% endfor %}")

    async def use(mind: LanguageModel) -> None:
        assert isinstance(mind, llm_llamacpp.LlamaCpp)
        assert mind._engine._before.endswith("USER: ")

    during(use, model=str(model), template=str(template))
    with pytest.raises(ModelError, match=r"check llm\.template"):
        during(use, model=str(model), template=str(tmp_path / "gone.jinja"))


def test_without_its_projector_it_is_blind_and_is_told_so(tmp_path: Path) -> None:
    model, _ = write(tmp_path)

    async def use(mind: LanguageModel) -> None:
        assert not mind.info.sees
        assert not mind.info.calls_tools
        assert await read(mind, shown("red")) == await read(mind, shown("blue"))

    during(use, model=str(model))


def test_the_server_of_llamacpp_sees_through_its_own_door(tmp_path: Path) -> None:
    xllamacpp = pytest.importorskip("xllamacpp")
    model, eyes = write(tmp_path)

    async def main() -> None:
        params = xllamacpp.CommonParams()
        params.model.path, params.mmproj.path = str(model), str(eyes)
        params.n_ctx, params.verbosity, params.cache_ram_mib = 1024, -1, 0
        server = await asyncio.to_thread(xllamacpp.Server, params)
        config = llm_openai.Config(
            base_url=f"{server.listening_address}/v1", sees=True, max_tokens=8, temperature=0
        )
        async with asyncio.timeout(60), llm_openai.open(config) as mind:
            await answers_come_from_pixels(mind)

    asyncio.run(main())


def test_where_its_eyes_are(tmp_path: Path) -> None:
    model, eyes = write(tmp_path)
    assert projector(Config(model=str(tmp_path)), model) == eyes, "in a directory of its own"
    assert projector(Config(model=str(tmp_path), projector="none"), model) is None
    assert projector(Config(model=str(model)), model) is None, "a file among others"
    with pytest.raises(ModelError, match=r"check llm\.projector"):
        projector(Config(model=str(model), projector=str(tmp_path / "gone.gguf")), model)
    named = Config(model="hf:me/llava/llava-Q4_K_M.gguf", projector="hf:me/llava/mmproj-f16.gguf")
    assert needs(named) == [named.model, named.projector]
    assert needs(Config(model=str(model), projector=str(eyes))) == []
