"""A third party's idea of the services and of how they fail: llmock (MIT), run by uv."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.backends import llm_anthropic, llm_openai
from assistant.errors import BackendBusy, BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import LanguageModel, Message, ToolCall, ToolSpec

pytestmark = [pytest.mark.real, pytest.mark.slow]

READY_S = 120.0
ASKED = [Message("user", "What is the weather in Paris?")]
WEATHER = ToolSpec(
    "get_weather",
    "Tell the weather.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
WIRES = ("anthropic", "chat", "responses")


def uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        pytest.skip("needs uv to run llmock apart from our own packages: pip install uv")
    return found


@pytest.fixture(scope="module")
def llmock() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["tool", "run", "llmock", "serve", "--port", str(port), "--log-level", "error"]
    with subprocess.Popen(
        [uv(), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url, server)
            yield url
        finally:
            server.terminate()


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.perf_counter() + READY_S
    while time.perf_counter() < until:
        if server.poll() is not None:
            pytest.skip("uv cannot fetch llmock: `uv tool run llmock --help` says why")
        with suppress(OSError):
            urllib.request.urlopen(f"{url}/health", timeout=1).close()  # noqa: S310
            return
        time.sleep(0.2)  # noqa: TID251 - another process starts
    pytest.skip("llmock did not start in time: `uv tool run llmock serve` says why")


def behave(url: str, *behaviours: dict[str, Any]) -> None:
    script = [("scenario", {"behaviors": list(behaviours)})] if behaviours else []
    for path, body in (("reset", {}), *script):
        request = urllib.request.Request(  # noqa: S310
            f"{url}/_llmock/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310


def ask(
    wire: str, url: str, messages: list[Message] = ASKED, tools: tuple[ToolSpec, ...] = ()
) -> tuple[list[str | ToolCall], BackendError | None]:
    async def talk(mind: LanguageModel) -> tuple[list[str | ToolCall], BackendError | None]:
        pieces: list[str | ToolCall] = []
        try:
            async for piece in mind.answer(messages, tools):
                pieces.append(piece)  # noqa: PERF401 - those before a failure count
        except BackendError as error:
            return pieces, error
        return pieces, None

    async def main() -> tuple[list[str | ToolCall], BackendError | None]:
        waits: dict[str, Any] = {"first_seconds": 2.0, "between_seconds": 1.0, "retries": 0}
        key = SecretStr("any")
        if wire == "anthropic":
            config = llm_anthropic.Config(base_url=f"{url}/anthropic", api_key=key, **waits)
            async with llm_anthropic.open(config) as claude:
                return await talk(claude)
        speaks: Any = wire
        settings = llm_openai.Config(
            base_url=f"{url}/v1", model="gpt-5.5", api=speaks, api_key=key, **waits
        )
        async with llm_openai.open(settings) as gpt:
            return await talk(gpt)

    return asyncio.run(main())


@pytest.mark.parametrize("wire", WIRES)
def test_it_answers(wire: str, llmock: str) -> None:
    behave(llmock, {"type": "reply", "text": "It rains in Paris."})
    pieces, error = ask(wire, llmock)
    assert error is None
    assert "".join(map(str, pieces)) == "It rains in Paris."


@pytest.mark.parametrize("wire", WIRES)
def test_a_tool_is_called_and_its_result_taken(wire: str, llmock: str) -> None:
    behave(llmock)
    pieces, error = ask(wire, llmock, tools=(WEATHER,))
    (call,) = [piece for piece in pieces if isinstance(piece, ToolCall)]
    assert (error, call.name) == (None, "get_weather")
    assert "city" in json.loads(call.arguments)
    answered = [
        *ASKED,
        Message("assistant", "", calls=(call,)),
        Message("tool", "rain", answers=call.id),
    ]
    pieces, error = ask(wire, llmock, answered, (WEATHER,))
    assert error is None
    assert "".join(piece for piece in pieces if isinstance(piece, str)).strip()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"type": "fail", "status": 401}, BackendUnavailable),
        ({"type": "fail", "status": 404}, BackendUnavailable),
        ({"type": "fail", "status": 429, "retry_after": 7}, BackendBusy),
        ({"type": "fail", "status": 500}, BackendError),
        ({"type": "fail", "status": 529}, BackendBusy),
        ({"type": "slow_first_token", "seconds": 5}, BackendTimeout),
        ({"type": "stream_fault", "kind": "disconnect", "after_chunks": 3}, BackendUnavailable),
        ({"type": "stream_fault", "kind": "truncate", "after_chunks": 3}, BackendUnavailable),
        ({"type": "stream_fault", "kind": "malformed", "after_chunks": 3}, BackendError),
        ({"type": "stream_fault", "kind": "stall", "stall_seconds": 5}, BackendTimeout),
    ],
)
def test_each_failure_is_told_and_never_taken_for_an_answer(
    wire: str, fault: dict[str, Any], kind: type[BackendError], llmock: str
) -> None:
    behave(llmock, {"type": "reply", "text": "one two three four five six seven eight"}, fault)
    _, error = ask(wire, llmock)
    assert type(error) is kind, (fault, error)
    assert "\n" not in str(error)
    if isinstance(error, BackendBusy) and "retry_after" in fault:
        assert error.after == fault["retry_after"]
