"""A mind behind a real socket that is silent, and the one that takes over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.ports import Message
from assistant.reasoning.budget import Budget
from assistant.reasoning.chain import Chain, Link, Rules, open_chain
from assistant.reasoning.persona import opening
from assistant.testing.http_mind import HttpMind, Mode
from tests.reasoning.wires import mind_at

ASKED = [Message("user", "hello")]
DEADLINE = 0.5


@asynccontextmanager
async def chain_of(first: HttpMind, second: HttpMind) -> AsyncIterator[Chain]:
    rules = Rules(lambda info: opening(info, "Ada"), switch_s=DEADLINE)
    async with (
        asyncio.timeout(20),
        first.serve(),
        second.serve(),
        mind_at("anthropic", first) as claude,
        mind_at("chat", second) as local,
    ):
        links = [Link(claude, Budget("claude")), Link(local, Budget("local"))]
        async with open_chain(links, rules) as chain:
            await chain.warm(ASKED)
            yield chain


def test_the_first_word_comes_soon_after_the_deadline() -> None:
    async def once() -> float:
        first, second = HttpMind(mode=Mode.STALL_AFTER_HEAD), HttpMind(text="Here I am.")
        async with chain_of(first, second) as chain:
            loop = asyncio.get_running_loop()
            began = loop.time()
            pieces = chain.answer(ASKED)
            assert await anext(pieces) == "Here"
            took = loop.time() - began
            await pieces.aclose()
            await first.hung_up.wait()
        return took - DEADLINE

    async def play() -> None:
        late = sorted([await once() for _ in range(20)])
        told = f"median {1000 * late[10]:.0f}, p95 {1000 * late[18]:.0f}"
        print(f"first word after the deadline: {told}, most {1000 * late[-1]:.0f} ms")  # noqa: T201
        assert late[0] >= 0
        assert late[18] <= 0.3

    asyncio.run(play())


def test_a_cancelled_answer_closes_the_stream_of_whoever_gives_it() -> None:
    async def play() -> None:
        every = []
        for stalls, ends in 2 * ((Mode.SILENT, Mode.ANSWER), (Mode.RESET, Mode.ENDLESS)):
            first, second = HttpMind(mode=stalls), HttpMind(mode=ends)
            open_one = first if stalls is Mode.SILENT else second
            async with chain_of(first, second) as chain:
                loop = asyncio.get_running_loop()
                async with asyncio.TaskGroup() as group:
                    task = group.create_task(_read(chain))
                    await open_one.asked.wait()
                    await asyncio.sleep(0.05)
                    began = loop.time()
                    task.cancel()
                    await open_one.hung_up.wait()
                    took = loop.time() - began
                every.append(took)
        print("closed after", *(f"{1000 * took:.1f} ms" for took in every))  # noqa: T201
        assert max(every) < 0.5
        assert sorted(every)[1] < 0.05, "whatever else the machine does"

    asyncio.run(play())


def test_a_server_that_comes_back_is_found() -> None:
    async def play() -> None:
        first, second = HttpMind(mode=Mode.FAILING, text="First."), HttpMind(text="Second.")
        async with chain_of(first, second) as chain:
            assert await _read(chain) == "Second."
            first.mode = Mode.ANSWER
            assert await _read(chain) == "Second.", "it is left alone for a while"
            await chain.links[0].health.probe(chain.links[0].mind)
            assert await _read(chain) == "First."

    asyncio.run(play())


async def _read(chain: Chain) -> str:
    return "".join([piece async for piece in chain.answer(ASKED) if isinstance(piece, str)])
