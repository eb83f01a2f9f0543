"""The model: answers, what it reads ahead, and where messages end."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

import numpy as np

from assistant.backends.llm_llamacpp.engine import Engine
from assistant.backends.llm_llamacpp.settings import Config
from assistant.completions import functions, on_wire
from assistant.errors import BackendError
from assistant.ports import Message, MindInfo, Samples, ToolCall, ToolSpec
from assistant.remote import tokens
from assistant.selfsaid import unseen
from assistant.worker import Feed, Worker

_SILENCE = np.zeros(0, np.int16)
_SAID_AGAIN = 4
"""Tokens that may be said again as they were; a small mind that is told odd things else falls into
giving one answer to everything."""
_CLOSE_SECONDS = 2.0


class LlamaCpp:
    """`ports.LanguageModel` and `ports.EndJudge` on one loaded model."""

    def __init__(self, config: Config, engine: Engine) -> None:
        self.info = MindInfo(
            engine.name,
            config.context,
            local=True,
            calls_tools=engine.calls_tools,
            sees=engine.sees,
            judges=True,
        )
        self._config = config
        self._engine = engine
        self._slots = [_Slot(number) for number in range(config.parallel)]
        self._judge = Worker("llama.cpp judge")
        self._judge_ready = False

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[str | ToolCall]:
        """Yield pieces as they come, then calls of tools, where the model knows of such."""
        slot = self._slot(messages)
        slot.begin(messages)
        request = self._request(messages, slot, self._config.max_tokens)
        if tools and self.info.calls_tools:
            request |= {"tools": functions(tools), "parallel_tool_calls": True}
        try:
            answers: AsyncGenerator[str | ToolCall] = slot.worker.feed(
                lambda feed: self._engine.stream(request, feed), urgent=True
            )
            async with aclosing(answers) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            slot.answering -= 1

    async def warm(self, messages: Sequence[Message]) -> None:
        """Read a prompt while nothing else is to do; the next answer ends that."""
        if not self._judge_ready:
            self._judge_ready = True
            await self.finished("hello", _SILENCE)
        slot = self._slot(messages)
        if slot.answering:
            return
        request = self._request(messages, slot, 0) | {"add_generation_prompt": False}

        def read(feed: Feed[str | ToolCall]) -> None:
            slot.warming = feed
            self._engine.stream(request, feed)

        with suppress(BackendError):  # the answer itself will say what is wrong
            async with aclosing(slot.worker.feed(read)) as nothing:
                async for _ in nothing:
                    pass

    def count(self, text: str) -> int:
        """Estimate tokens."""
        return tokens(text)

    async def finished(self, words: str, sound: Samples) -> float:
        """Return the probability that a message ends after these words."""
        del sound
        bare = words.lower().strip(" .,;:!?…—-")
        if not bare:
            return 0.0
        return await self._judge.run(lambda: self._engine.end_probability(bare), urgent=True)

    async def close(self) -> None:
        """Let running calls end, which takes a token's time, and free the model."""
        for worker in (self._judge, *(slot.worker for slot in self._slots)):
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await worker.run(lambda: None)
            worker.close()
        await asyncio.to_thread(self._engine.close)

    def _slot(self, messages: Sequence[Message]) -> "_Slot":
        """Choose the idle sequence whose cache knows most of these messages."""
        return max(self._slots, key=lambda slot: (-slot.answering, slot.known(messages)))

    def _seen(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the messages without pictures where it is blind: it should say so, not guess."""
        if self.info.sees:
            return messages
        told = unseen(self._config.language)
        return [
            replace(m, text=f"{told} {m.text}".strip(), images=()) if m.images else m
            for m in messages
        ]

    def _request(
        self, messages: Sequence[Message], slot: "_Slot", max_tokens: int
    ) -> dict[str, Any]:
        config = self._config
        return {
            "messages": list(on_wire(self._seen(messages), detail=None)),
            "id_slot": slot.number,
            "max_tokens": max_tokens,
            "temperature": config.temperature,
            "top_p": config.top_p,
            "repeat_penalty": config.repeat_penalty,
            "dry_multiplier": config.dry,
            "dry_allowed_length": _SAID_AGAIN,
            "dry_penalty_last_n": config.context,
            # The usual four breakers, each looked for in the whole vocabulary, take 14 ms.
            "dry_sequence_breakers": ["\n"],
            "stream": True,
            "return_progress": True,  # a chunk for each batch that was read: a chance to stop
            "chat_template_kwargs": {"enable_thinking": False},
        }


class _Slot:
    """One sequence of the model with its cache, and the thread that waits for it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker = Worker(f"llama.cpp {number}")
        self.answering = 0
        self.warming: Feed[str | ToolCall] | None = None
        self._messages: tuple[Message, ...] = ()

    def begin(self, messages: Sequence[Message]) -> None:
        self.answering += 1
        self._messages = tuple(messages)
        if self.warming is not None:
            self.warming.wanted = False

    def known(self, messages: Sequence[Message]) -> int:
        pairs = enumerate(zip(self._messages, messages, strict=False))
        return next((n for n, (old, new) in pairs if old != new), len(self._messages))
