"""The built-in mind on its real weights."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.backends import llm_llamacpp
from assistant.backends.llm_llamacpp import Config, LlamaCpp
from assistant.errors import AssistantError, BackendError, ModelError
from assistant.ports import RATE, Message
from assistant.reasoning import persona
from assistant.reasoning.conversation import Conversation
from assistant.reasoning.thinker import think

pytestmark = pytest.mark.real

MODEL = "smollm2-135m-instruct-q4_1"
SILENCE = np.zeros(RATE, np.int16)
LONG = [Message("system", "You are helpful. " * 60), Message("user", "Tell me a story.")]
SHORT = [Message("system", "You are helpful."), Message("user", "Say hello.")]


@pytest.fixture
def gguf(model_path: Callable[[str], Path]) -> Path:
    return next(model_path(MODEL).glob("*.gguf"))


def during(
    gguf: Path, use: Callable[[LlamaCpp], Coroutine[None, None, None]], **config: Any
) -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(60),
            llm_llamacpp.open(Config(model=str(gguf), **config)) as mind,
        ):
            await use(mind)

    asyncio.run(main())


async def read(mind: LlamaCpp, messages: list[Message]) -> str:
    return "".join([piece async for piece in mind.answer(messages) if isinstance(piece, str)])


def cached(mind: LlamaCpp, messages: list[Message]) -> tuple[int, int]:
    """Return how many tokens of a prompt the engine remembers, and how many it has."""
    chunks: list[Any] = []
    request = mind._request(messages, mind._slots[0], 1)
    mind._engine._server.handle_chat_completions(request, chunks.append)
    timings = chunks[-1]["timings"]
    return timings["cache_n"], timings["cache_n"] + timings["prompt_n"]


def test_it_knows_its_name_and_answers_the_same_each_time(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        assert mind.info.name == "SmolLM2 135M Instruct"
        assert persona.is_tiny(mind.info)
        question = [
            *persona.opening(mind.info, "Ada"),
            Message("user", "What is the capital of France?"),
        ]
        first = await read(mind, question)
        assert "Paris" in first
        assert await read(mind, question) == first

    during(gguf, use)


def test_its_answers_are_fit_to_be_spoken(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        for question in (
            "How do I boil an egg?",
            "Tell me about cats.",
            "Name three fruits.",
            "Good morning.",
        ):
            messages = [*persona.opening(mind.info, "Ada"), Message("user", question)]
            text = "".join([piece async for piece in think(mind, messages)])
            assert 1 <= len(text.split()) <= 90
            assert not set("*#`|") & set(text), "no markdown"
            assert "\n" not in text.strip(), "no lists"

    during(gguf, use)


def test_a_warmed_prompt_is_in_its_cache(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        assert cached(mind, LONG)[0] == 0
        await mind.warm(SHORT)
        await mind.warm(LONG[:1])
        for words in ("what time is it", "turn off the", "thank you"):
            await mind.finished(words, SILENCE)
        known, whole = await asyncio.to_thread(cached, mind, LONG)
        assert known >= whole - 20, "the judge left it in place"
        assert whole > 180

    during(gguf, use)


def test_a_conversation_stays_in_its_cache(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        loop = asyncio.get_running_loop()
        opening = persona.opening(mind.info, "Ada")
        talk = Conversation(opening, mind.info.context, mind.count, clock=loop.time)
        await mind.warm(talk.prefix())
        for question in ("Hello.", "What is two plus two?", "Tell me about dogs."):
            messages = talk.prompt(question)
            new = await asyncio.to_thread(cached, mind, messages)
            assert new[1] - new[0] < 30, "only the new words are read"
            talk.add_turn(question, await read(mind, messages))
        assert not talk.stale_prefix

    during(gguf, use)


def test_an_answer_ends_the_reading_ahead(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        async with asyncio.TaskGroup() as group:
            warming = group.create_task(mind.warm([Message("system", "Some words. " * 600)]))
            await asyncio.sleep(0.1)  # into the prompt, which takes seconds
            assert not warming.done()
            assert await read(mind, SHORT)
            assert warming.done()

    during(gguf, use)


def test_a_cancelled_answer_leaves_the_engine_idle(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        for messages in (LONG, SHORT):  # while it reads, while it writes
            async with asyncio.TaskGroup() as group:
                task = group.create_task(read(mind, messages))
                await asyncio.sleep(0.1)
                task.cancel()
            async with asyncio.timeout(5):
                await mind._slots[0].worker.run(lambda: None)

    during(gguf, use, max_tokens=1000)


def test_sequences_of_their_own_for_answers_at_once(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        alone = await read(mind, SHORT)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(read(mind, SHORT)) for _ in range(3)]
        assert {slot.number for slot in mind._slots} == {0, 1}
        assert all(task.result() for task in tasks)
        assert alone in {task.result() for task in tasks}

    during(gguf, use, parallel=2)


def test_it_guesses_where_a_message_ends(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        for whole, part in (
            ("what time is it", "what time"),
            ("Turn off the lights in the kitchen.", "Turn off the"),
            ("Good morning!", "Book a table for"),
            ("Tell me a joke, please.", "Tell me a joke about the"),
        ):
            ended = await mind.finished(whole, SILENCE)
            open_ = await mind.finished(part, SILENCE)
            assert 0 <= open_ < 0.05 < ended <= 1, (whole, ended, part, open_)
        assert await mind.finished(" … ", SILENCE) == 0.0

    during(gguf, use)


def test_a_prompt_beyond_its_window_is_refused_in_one_line(gguf: Path) -> None:
    async def use(mind: LlamaCpp) -> None:
        with pytest.raises(BackendError, match=r"raise llm\.context"):
            await read(mind, [Message("user", "many words " * 2000)])
        await mind.warm([Message("user", "many words " * 2000)])
        assert await read(mind, SHORT)

    during(gguf, use, context=512)


def listening_ports() -> set[str]:
    """Return the TCP sockets on which this process listens."""
    ours = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the listing's own
            ours.add(str(entry.readlink()))
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
    ]
    return ours & {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}


def test_it_writes_nothing_and_opens_no_port(
    gguf: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def use(mind: LlamaCpp) -> None:
        await read(mind, SHORT)
        assert not listening_ports()

    during(gguf, use)
    assert capfd.readouterr() == ("", "")


def test_signals_still_reach_their_owner(gguf: Path) -> None:
    async def main() -> None:
        loop, caught = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, caught.set)
        async with asyncio.timeout(60), llm_llamacpp.open(Config(model=str(gguf))):
            os.kill(os.getpid(), signal.SIGTERM)
            await caught.wait()
        loop.remove_signal_handler(signal.SIGTERM)

    asyncio.run(main())


def failure(config: Config) -> AssistantError:
    async def main() -> None:
        async with llm_llamacpp.open(config):
            pass

    with pytest.raises(AssistantError) as caught:
        asyncio.run(main())
    return caught.value


def test_a_damaged_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(1000))
    error = failure(Config(model=str(path)))
    assert isinstance(error, ModelError)
    assert "cannot load" in str(error)
    assert "pull it again" in str(error)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no file" in str(failure(Config(model=str(tmp_path / "no.gguf"))))


def test_a_directory_without_one_model(tmp_path: Path) -> None:
    assert "holds 0 models" in str(failure(Config(model=str(tmp_path))))
    for name in ("a.gguf", "b.gguf", "mmproj-a.gguf"):
        (tmp_path / name).touch()
    assert "holds 2 models" in str(failure(Config(model=str(tmp_path))))


def test_without_the_engine(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert "pip install xllamacpp" in str(failure(Config(model=str(gguf))))
