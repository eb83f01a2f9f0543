"""A model server that fails in every way we know, and what the user is told."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest
from pydantic import SecretStr, ValidationError

from assistant.backends import llm_openai
from assistant.backends.llm_openai import Config, OpenAIMind
from assistant.errors import BackendBusy, BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import Image, Message, ToolCall, ToolSpec
from assistant.testing.http_mind import HttpMind, Mode

HELLO = [Message("user", "hello, this is private")]
CLOCK = ToolSpec("clock", "Tell the time.", {"type": "object", "properties": {}})
KEY = "very-secret"
FIRST, BETWEEN = 0.6, 0.3
PATIENCE = 20.0

Use = Callable[[HttpMind, OpenAIMind], Coroutine[None, None, None]]


@asynccontextmanager
async def talking_to(peer: HttpMind, retries: int) -> AsyncIterator[OpenAIMind]:
    config = Config(
        base_url=peer.base_url,
        model="peer-1",
        api_key=SecretStr(KEY),
        first_seconds=FIRST,
        between_seconds=BETWEEN,
        retries=retries,
        sees=True,
    )
    async with llm_openai.open(config) as mind:
        yield mind


def during(peer: HttpMind, use: Use, retries: int = 0) -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE), peer.serve(), talking_to(peer, retries) as mind:
            await use(peer, mind)

    asyncio.run(main())


async def read(
    mind: OpenAIMind, messages: Sequence[Message] = HELLO, tools: Sequence[ToolSpec] = ()
) -> tuple[list[str | ToolCall], BackendError | None]:
    pieces: list[str | ToolCall] = []
    try:
        async for piece in mind.answer(messages, tools):
            pieces.append(piece)  # noqa: PERF401 - those before a failure count
    except BackendError as error:
        return pieces, error
    return pieces, None


@pytest.mark.parametrize(
    ("mode", "kind", "words", "pieces"),
    [
        (Mode.SILENT, BackendTimeout, "said nothing for 0.6 s", 0),
        (Mode.STALL_AFTER_HEAD, BackendTimeout, "said nothing for 0.6 s", 0),
        (Mode.STALL_MIDWAY, BackendTimeout, "said nothing for 0.3 s", 2),
        (Mode.DRIP, BackendTimeout, "said nothing for 0.6 s", 0),
        (Mode.DROP, BackendUnavailable, "broke off", 0),
        (Mode.DROP_MIDWAY, BackendUnavailable, "broke off", 2),
        (Mode.GARBAGE, BackendUnavailable, "broke off", 0),
        (Mode.WEB_PAGE, BackendError, "does not answer as a model server", 0),
        (Mode.BROKEN_JSON, BackendError, "does not answer as a model server", 0),
        (Mode.WRONG_JSON, BackendError, "does not answer as a model server", 0),
        (Mode.UNAUTHORISED, BackendUnavailable, "the key was refused", 0),
        (Mode.NO_MODEL, BackendUnavailable, "has no model 'peer-1'", 0),
        (Mode.BUSY, BackendBusy, "too many requests", 0),
        (Mode.FAILING, BackendError, "failed with status 500", 0),
    ],
)
def test_each_failure_is_one_plain_line(
    mode: Mode, kind: type[BackendError], words: str, pieces: int
) -> None:
    async def use(_: HttpMind, mind: OpenAIMind) -> None:
        said, error = await read(mind)
        assert type(error) is kind
        assert len(said) == pieces
        message = str(error)
        assert words in message
        assert "\n" not in message
        assert len(message) < 150
        assert "private" not in message
        assert KEY not in message
        assert "as told" not in message, "a server's words may repeat the prompt"

    during(HttpMind(mode=mode), use)


def test_after_each_failure_the_next_answer_comes() -> None:
    async def use(peer: HttpMind, mind: OpenAIMind) -> None:
        for mode in Mode:
            if mode is not Mode.ENDLESS:
                peer.mode = mode
                await read(mind)
                peer.mode = Mode.ANSWER
                assert (await read(mind))[1] is None, mode

    during(HttpMind(), use)


def test_a_server_that_is_not_there() -> None:
    async def main() -> None:
        peer = HttpMind()
        async with peer.serve():
            pass
        async with talking_to(peer, retries=1) as mind:
            await mind.warm(HELLO)  # failing is no error
            _, error = await read(mind)
        assert isinstance(error, BackendUnavailable)
        assert f"no model server answers at {peer.base_url}" in str(error)

    asyncio.run(main())


def test_it_tries_again_before_the_first_word_only() -> None:
    async def use(peer: HttpMind, mind: OpenAIMind) -> None:
        for mode, asked, fails in (
            (Mode.DROP, 2, False),
            (Mode.FAILING, 2, False),
            (Mode.DROP_MIDWAY, 1, True),
            (Mode.UNAUTHORISED, 1, True),
            (Mode.BUSY, 1, True),
            (Mode.SILENT, 1, True),
        ):
            peer.requests.clear()
            peer.mode, peer.failures = mode, 1
            _, error = await read(mind)
            assert (len(peer.requests), error is not None) == (asked, fails), mode

    during(HttpMind(), use, retries=1)


def test_an_empty_answer_is_no_failure_here() -> None:
    async def use(_: HttpMind, mind: OpenAIMind) -> None:
        assert await read(mind) == ([], None)

    during(HttpMind(mode=Mode.EMPTY), use)


@pytest.mark.parametrize("mode", [Mode.SILENT, Mode.STALL_AFTER_HEAD, Mode.ENDLESS, Mode.DRIP])
def test_cancelling_closes_the_socket(mode: Mode) -> None:
    async def use(peer: HttpMind, mind: OpenAIMind) -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(read(mind))
            await peer.asked.wait()
            await asyncio.sleep(0.02)  # into the answer
            task.cancel()
        assert task.cancelled()
        async with asyncio.timeout(1):
            await peer.hung_up.wait()

    during(HttpMind(mode=mode), use)


def test_closing_the_iterator_closes_the_socket() -> None:
    async def use(peer: HttpMind, mind: OpenAIMind) -> None:
        async with aclosing(mind.answer(HELLO)) as pieces:
            await anext(pieces)
        async with asyncio.timeout(1):
            await peer.hung_up.wait()

    during(HttpMind(mode=Mode.ENDLESS), use)


def test_answers_share_one_warm_connection() -> None:
    async def use(peer: HttpMind, mind: OpenAIMind) -> None:
        await mind.warm(HELLO)
        assert (peer.connections, peer.requests) == (1, []), "nothing of the prompt was sent"
        for _ in range(3):
            await read(mind)
        assert peer.connections == 1
        assert peer.keys == [f"bearer {KEY}"] * 3

    during(HttpMind(), use)


def test_nothing_private_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def use(peer: HttpMind, mind: OpenAIMind) -> None:
        await read(mind)
        peer.mode = Mode.FAILING
        await read(mind)
        assert "private" not in caplog.text
        assert KEY not in caplog.text
        libraries = {"openai", "httpx2", "httpcore2"}
        assert not [r for r in caplog.records if r.name.split(".")[0] in libraries]

    with caplog.at_level(logging.DEBUG):
        during(HttpMind(), use)


def test_tool_calls_come_whole() -> None:
    async def use(peer: HttpMind, mind: OpenAIMind) -> None:
        pieces, _ = await read(mind, tools=[CLOCK])
        assert pieces == ["", ToolCall("call-1", "clock", '{"city": "Paris"}')]
        assert peer.requests[0]["tools"][0]["function"]["name"] == "clock"

    during(HttpMind(mode=Mode.TOOL_CALLS), use)


def test_messages_on_the_wire() -> None:
    async def use(peer: HttpMind, mind: OpenAIMind) -> None:
        call = ToolCall("7", "clock", "{}")
        await read(
            mind,
            [
                Message("user", "What is this?", images=(Image(b"\xff\xd8", "image/jpeg"),)),
                Message("assistant", "", calls=(call,)),
                Message("tool", "noon", answers="7"),
            ],
        )
        seen, called, answered = peer.requests[0]["messages"]
        image, text = seen["content"]
        assert image["image_url"]["url"] == "data:image/jpeg;base64,/9g="
        assert text == {"type": "text", "text": "What is this?"}
        assert called["tool_calls"][0]["function"] == {"name": "clock", "arguments": "{}"}
        assert (answered["role"], answered["tool_call_id"]) == ("tool", "7")
        assert "temperature" not in peer.requests[0]
        assert peer.requests[0]["max_tokens"] == 400

    during(HttpMind(), use)


def test_the_model_is_found_out_when_none_is_named() -> None:
    async def main() -> None:
        peer = HttpMind(model="llava-7b")
        async with peer.serve(), llm_openai.open(Config(base_url=peer.base_url)) as mind:
            assert "127.0.0.1" in mind.info.name
            await read(mind)
            assert peer.requests[0]["model"] == mind.info.name == "llava-7b"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://192.168.1.20:8000/v1", True),
        ("http://tower.local/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8/v1", False),
    ],
)
def test_which_servers_are_local(url: str, local: bool) -> None:  # noqa: FBT001 - a table
    assert Config(base_url=url).local is local


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://x/v1", "http://", ""])
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(ValidationError, match="must be an address"):
        Config(base_url=url)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)

    async def main() -> None:
        async with llm_openai.open(Config()):
            pass

    with pytest.raises(BackendUnavailable, match=r"pip install 'assistant\[openai\]'"):
        asyncio.run(main())
