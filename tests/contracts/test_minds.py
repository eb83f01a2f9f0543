"""What every language model does, the fake one included."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.backends import llm_anthropic, llm_llamacpp, llm_openai
from assistant.ports import LanguageModel, Message
from assistant.reasoning.budget import Budget
from assistant.reasoning.chain import Link, Rules, open_chain
from assistant.reasoning.persona import opening
from assistant.testing.http_mind import HttpMind, Mode
from assistant.testing.mind import ScriptedMind, answer

MODEL = "smollm2-135m-instruct-q4_1"
LONG = " ".join(["Once upon a time there was a small cat."] * 10)
STORY = [
    Message("system", "You are a helpful assistant."),
    Message("user", "Tell me a long story about a cat."),
]
PATIENCE = 60.0
"""Seconds: only a machine that does something else meanwhile needs more than a few."""

Opened = AbstractAsyncContextManager[LanguageModel]


@asynccontextmanager
async def scripted(_: Path) -> AsyncIterator[LanguageModel]:
    yield ScriptedMind(answer(LONG, first=0.01, each=0.002))


@asynccontextmanager
async def llamacpp(gguf: Path) -> AsyncIterator[LanguageModel]:
    config = llm_llamacpp.Config(model=str(gguf), context=512, max_tokens=48)
    async with llm_llamacpp.open(config) as mind:
        yield mind


@asynccontextmanager
async def openai_peer(_: Path) -> AsyncIterator[LanguageModel]:
    peer = HttpMind(text=LONG, first=0.01, each=0.002)
    async with peer.serve(), llm_openai.open(llm_openai.Config(base_url=peer.base_url)) as mind:
        yield mind


@asynccontextmanager
async def openai_responses(_: Path) -> AsyncIterator[LanguageModel]:
    peer = HttpMind(text=LONG, first=0.01, each=0.002)
    async with peer.serve():
        config = llm_openai.Config(base_url=peer.base_url, api="responses")
        async with llm_openai.open(config) as mind:
            yield mind


@asynccontextmanager
async def anthropic_peer(_: Path) -> AsyncIterator[LanguageModel]:
    peer = HttpMind(text=LONG, first=0.01, each=0.002)
    async with peer.serve():
        config = llm_anthropic.Config(base_url=peer.root_url, model=peer.model)
        async with llm_anthropic.open(config) as mind:
            yield mind


@asynccontextmanager
async def chain(_: Path) -> AsyncIterator[LanguageModel]:
    """Two minds as one, of which the first is overloaded each time."""
    busy = HttpMind(mode=Mode.OVERLOADED, retry_after="0")
    peer = HttpMind(text=LONG, first=0.01, each=0.002)
    async with busy.serve(), peer.serve():
        first = llm_anthropic.Config(base_url=busy.root_url, model=busy.model)
        second = llm_openai.Config(base_url=peer.base_url)
        async with llm_anthropic.open(first) as claude, llm_openai.open(second) as gpt:
            links = [Link(claude, Budget("first")), Link(gpt, Budget("second"))]
            rules = Rules(lambda info: opening(info, "Ada"), switch_s=PATIENCE)
            async with open_chain(links, rules) as minds:
                yield minds


@asynccontextmanager
async def openai_llamacpp(gguf: Path) -> AsyncIterator[LanguageModel]:
    """llama.cpp's own OpenAI-compatible server: a third party's idea of the wire."""
    xllamacpp = pytest.importorskip("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_ctx = 512
    params.verbosity = -1
    params.cache_ram_mib = 0
    params.api_keys = ["secret"]
    server = await asyncio.to_thread(xllamacpp.Server, params)
    config = llm_openai.Config(
        base_url=f"{server.listening_address}/v1", api_key=SecretStr("secret"), max_tokens=48
    )
    async with llm_openai.open(config) as mind:
        yield mind


REAL = pytest.mark.real
MINDS = [
    scripted,
    openai_peer,
    openai_responses,
    anthropic_peer,
    chain,
    pytest.param(llamacpp, marks=REAL),
    pytest.param(openai_llamacpp, marks=REAL),
]


@pytest.fixture(params=MINDS)
def mind(
    request: pytest.FixtureRequest, model_path: Callable[[str], Path]
) -> Callable[[], Opened]:
    real = request.param in {llamacpp, openai_llamacpp}
    gguf = next(model_path(MODEL).glob("*.gguf")) if real else Path()
    return lambda: request.param(gguf)


def during(
    opened: Callable[[], Opened], use: Callable[[LanguageModel], Coroutine[None, None, None]]
) -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE), opened() as mind:
            await use(mind)

    asyncio.run(main())


async def read(mind: LanguageModel, at_most: int = 1000) -> list[str]:
    """Return the first pieces of an answer; the rest is not wanted."""
    pieces, answers = [], mind.answer(STORY)
    async for piece in answers:
        assert isinstance(piece, str)
        pieces.append(piece)
        if len(pieces) == at_most:
            break
    close = getattr(answers, "aclose", None)
    assert close is not None, "it can be closed"
    await close()
    return pieces


def test_it_answers_in_pieces(mind: Callable[[], Opened]) -> None:
    async def use(mind: LanguageModel) -> None:
        pieces = await read(mind)
        assert len(pieces) > 10
        assert all(pieces)
        assert len("".join(pieces).split()) > 10

    during(mind, use)


def test_it_says_what_it_is(mind: Callable[[], Opened]) -> None:
    async def use(mind: LanguageModel) -> None:
        await mind.warm(STORY)
        assert mind.info.name
        assert mind.info.context >= 512
        assert mind.info.local

    during(mind, use)


def test_it_counts_tokens_about(mind: Callable[[], Opened]) -> None:
    async def use(mind: LanguageModel) -> None:
        assert mind.count("") == 0
        assert 5 <= mind.count("What is the capital of France?") <= 15
        assert mind.count("привет, как дела?") >= mind.count("hello, how is it?")

    during(mind, use)


def test_closing_stops_it_and_the_next_answer_begins_at_once(
    mind: Callable[[], Opened],
) -> None:
    async def use(mind: LanguageModel) -> None:
        for wanted in (1, 2, 3):
            assert len(await read(mind, wanted)) == wanted
        assert len(await read(mind)) > 10

    during(mind, use)


def test_cancelling_stops_it_wherever_it_is(mind: Callable[[], Opened]) -> None:
    async def use(mind: LanguageModel) -> None:
        for seconds in (0.0, 0.005, 0.05):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(read(mind))
                await asyncio.sleep(seconds)
                task.cancel()
            assert task.cancelled() or task.result()
        assert len(await read(mind)) > 10

    during(mind, use)


def test_two_answers_at_once_are_both_whole(mind: Callable[[], Opened]) -> None:
    async def use(mind: LanguageModel) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(read(mind)) for _ in range(2)]
        first, second = (len(task.result()) for task in tasks)
        assert min(first, second) > 10

    during(mind, use)


def test_warming_leaves_no_trace(mind: Callable[[], Opened]) -> None:
    async def use(mind: LanguageModel) -> None:
        await mind.warm(STORY[:1])
        async with asyncio.TaskGroup() as group:
            group.create_task(mind.warm(STORY))
            pieces = group.create_task(read(mind))
        assert len(pieces.result()) > 10
        assert "".join(pieces.result()).strip()

    during(mind, use)
