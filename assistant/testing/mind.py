"""A language model that plays a script, in the loop's time."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from assistant.errors import AssistantError, BackendUnavailable
from assistant.ports import Message, MindInfo, ToolCall, ToolSpec

_CHARACTERS_PER_TOKEN = 4


class Finish(Enum):
    """What happens after the last piece of an answer."""

    END = auto()
    STALL = auto()
    """Nothing more comes, and no end either."""
    FAIL = auto()
    """Raise the answer's error."""
    NEVER = auto()
    """The pieces come again and again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its pieces, and the seconds before the first and between the others."""

    pieces: tuple[str | ToolCall, ...]
    first: float = 0.1
    each: float = 0.02
    finish: Finish = Finish.END
    error: AssistantError | None = None


def answer(
    text: str, *, first: float = 0.1, each: float = 0.02, finish: Finish = Finish.END
) -> Answer:
    """Return an answer that comes a word at a time; `first` and `each` are seconds."""
    words = text.strip().split(" ")
    return Answer((*(f"{word} " for word in words[:-1]), words[-1]), first, each, finish)


def calling(*wanted: tuple[str, Mapping[str, Any] | str], text: str = "") -> Answer:
    """Return an answer that calls tools, by name and arguments, after some words."""
    calls = (
        ToolCall(
            f"id_{number}",
            name,
            arguments if isinstance(arguments, str) else json.dumps(arguments),
        )
        for number, (name, arguments) in enumerate(wanted)
    )
    return Answer((*([text] if text else []), *calls))


SILENT = Answer(())
"""Ends without a word."""
STALLED = Answer((), finish=Finish.STALL)
"""Never says anything."""
ENDLESS = Answer(("And so on, ", "and so forth. "), finish=Finish.NEVER)
"""Never stops."""
FAILED = Answer((), finish=Finish.FAIL)
"""Breaks before the first word."""


class ScriptedMind:
    """A fake of `ports.LanguageModel`.

    `when` maps words of the newest user message (any case) to what is answered then; all else
    gets `answers` in their order, the last one again and again; several answers in `when` are
    taken so, too, a round each where they call tools. Plain text is played a word at a
    time. `asked`, `offered` and `warmed` keep what was asked for; `running` counts open answers.
    """

    def __init__(
        self,
        *answers: Answer | str,
        when: Mapping[str, Answer | str | Sequence[Answer | str]] | None = None,
        info: MindInfo | None = None,
    ) -> None:
        self.info = info or MindInfo("a scripted mind", context=2048, local=True)
        self.asked: list[tuple[Message, ...]] = []
        self.offered: list[tuple[ToolSpec, ...]] = []
        self.warmed: list[tuple[Message, ...]] = []
        self.running = 0
        self._when = {
            words.lower(): [_parsed(script)]
            if isinstance(script, Answer | str)
            else [_parsed(one) for one in script]
            for words, script in (when or {}).items()
        }
        self._answers = [_parsed(script) for script in answers or ("I hear you.",)]
        self._next = 0

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[str | ToolCall]:
        """Play the answer that the script has for these messages."""
        self.asked.append(tuple(messages))
        self.offered.append(tuple(tools))
        script = self._choose(messages)
        self.running += 1
        try:
            delay = script.first
            while True:
                for piece in script.pieces:
                    await asyncio.sleep(delay)
                    yield piece
                    delay = script.each
                if script.finish is not Finish.NEVER:
                    break
            if not script.pieces:
                await asyncio.sleep(delay)
            await self._finish(script)
        finally:
            self.running -= 1

    async def warm(self, messages: Sequence[Message]) -> None:
        """Remember that it was asked to."""
        self.warmed.append(tuple(messages))

    def count(self, text: str) -> int:
        """Return a token for every four characters."""
        return -(-len(text) // _CHARACTERS_PER_TOKEN)

    def _choose(self, messages: Sequence[Message]) -> Answer:
        words = next((m.text.lower() for m in reversed(messages) if m.role == "user"), "")
        for wanted, scripts in self._when.items():
            if wanted in words:
                return scripts.pop(0) if len(scripts) > 1 else scripts[0]
        script = self._answers[min(self._next, len(self._answers) - 1)]
        self._next += 1
        return script

    @staticmethod
    async def _finish(script: Answer) -> None:
        match script.finish:
            case Finish.STALL:
                await asyncio.get_running_loop().create_future()
            case Finish.FAIL:
                raise script.error or BackendUnavailable("llm", "the script says so; change it")
            case Finish.END | Finish.NEVER:
                pass


def _parsed(script: Answer | str) -> Answer:
    return answer(script) if isinstance(script, str) else script
