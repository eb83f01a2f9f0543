"""Behind `ask` and `chat`: the running assistant answers, or a mind that is loaded for it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from assistant.app import (
    fetch_models,
    kept_of,
    open_device,
    open_shared,
    open_stage,
    together,
)
from assistant.cli.bars import bars
from assistant.cli.live import log_to, session_on, until_ended
from assistant.company import Kept
from assistant.config import Config
from assistant.control.client import call, default_path, running
from assistant.errors import AssistantError
from assistant.languages.spoken import spoken
from assistant.ports import LanguageModel
from assistant.reasoning.conversation import Conversation
from assistant.reasoning.hands import Handiwork
from assistant.reasoning.persona import introduction, is_foreign, opening
from assistant.reasoning.thinker import think
from assistant.speaking.streams import closing
from assistant.worker import Worker

PATIENCE_S = 130.0
"""For an answer of the running assistant: a little more than it gives itself."""
TOLD = ("heard", "said", "outcome", "failure", "latency")
"""What `--json` tells of an answer."""


def ask(config: Config, text: str, *, speak: bool, as_json: bool) -> None:
    """Print one answer, then end the process."""
    if not text.strip():
        raise AssistantError("there is nothing to answer; give a question")
    log_to(config.log.level)
    place = config.control.socket or Path(default_path())
    if running(place) is not None:
        request: dict[str, object] = {"do": "ask", "text": text, "speak": speak}
        _print(call(place, request, PATIENCE_S), as_json=as_json)
    elif speak:
        until_ended(lambda _: _ask_aloud(config, text, as_json=as_json))
    else:
        until_ended(lambda _: _ask(config, text, as_json=as_json))


def _print(answer: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        shown = {key: answer.get(key) for key in TOLD}
        print(json.dumps(shown, ensure_ascii=False))  # noqa: T201 - this is its output
    elif not answer["failure"]:
        print(answer["said"])  # noqa: T201 - this is its output
    if answer["failure"]:
        raise AssistantError(str(answer["failure"]))


async def _ask(config: Config, text: str, *, as_json: bool) -> None:
    async with kept_of(config) as kept:  # what hands can do needs no mind to be loaded
        hands = handiwork(kept)
        said = None if hands is None else await hands.answer(text)
    if said is not None:
        answer: dict[str, object] = {"heard": text, "said": said, "failure": ""}
        _print(answer, as_json=as_json)
        return
    async with _talker(config) as talker:
        if not as_json:
            await talker.answer(text)
            return
        said = "".join([piece async for piece in talker.pieces(text)]).strip()
        answer = {"heard": text, "said": said, "failure": ""}
        _print(answer, as_json=True)


async def _ask_aloud(config: Config, text: str, *, as_json: bool) -> None:
    with bars() as progress:
        await fetch_models(config, progress)
    opening: dict[str, AbstractAsyncContextManager[Any]] = {
        "shared": open_shared(config),
        "device": open_device(config),
    }
    async with (
        together(opening) as opened,
        session_on(opened["device"], opened["shared"], config) as session,
        asyncio.TaskGroup() as tasks,
    ):
        conversing = tasks.create_task(session.run())
        await asyncio.sleep(0)  # a session takes questions once it runs
        report = await session.ask(text)
        conversing.cancel()
    answer = {key: getattr(report, key) for key in TOLD}
    _print(answer, as_json=as_json)


def chat(config: Config) -> None:
    """Converse in writing until an empty line, then end the process."""
    log_to(config.log.level)
    place = config.control.socket or Path(default_path())
    until_ended(lambda _: _chat_with_running(place) if running(place) else _chat(config))


async def _chat_with_running(place: Path) -> None:
    async def answer(text: str) -> None:
        request: dict[str, object] = {"do": "ask", "text": text, "speak": False}
        connection = Worker("control")  # unlike a pool's, its thread keeps nobody waiting
        try:
            told = await connection.run(lambda: call(place, request, PATIENCE_S))
        finally:
            connection.close()
        _print(told, as_json=False)

    await _converse("The running assistant", answer)


async def _chat(config: Config) -> None:
    async with _talker(config) as talker, asyncio.TaskGroup() as tasks:
        warming = tasks.create_task(talker.warm())  # while the first question is typed
        await _converse(talker.mind.info.name, talker.answer)
        warming.cancel()


async def _converse(who: str, answer: Callable[[str], Awaitable[None]]) -> None:
    """Take lines and have them answered; what cannot be answered ends nothing."""
    if sys.stdin.isatty():
        print(f"{who} answers; an empty line or Ctrl-D ends this.")  # noqa: T201
    keyboard = Worker("keyboard")  # its thread may sit in a read for ever
    with _line_editing():
        while text := await keyboard.run(_read):
            try:
                await answer(text)
            except AssistantError as wrong:
                print(f"assistant: {wrong}", file=sys.stderr)  # noqa: T201


@contextmanager
def _line_editing() -> Iterator[None]:
    """Let the arrow keys edit and recall lines; leave the terminal as it was."""
    if not sys.stdin.isatty():
        yield
        return
    import readline  # noqa: F401, PLC0415 - being imported is what it is for
    import termios  # noqa: PLC0415 - only where there is a terminal

    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _read() -> str:
    """Return the next line; nothing at the end of all lines."""
    if not sys.stdin.isatty():  # a file or a program asks: no prompt between the answers
        return next((line for line in sys.stdin if line.strip()), "").strip()
    try:
        return input("> ").strip()
    except EOFError:
        print()  # noqa: T201 - Ctrl-D leaves the cursor behind the prompt
        return ""


class _Talker:
    """A mind with a conversation, in writing."""

    def __init__(self, config: Config, mind: LanguageModel, kept: Kept | None) -> None:
        self.mind, self._name, self._language = mind, config.persona.name, config.language
        self._hands = handiwork(kept, calls_tools=mind.info.calls_tools)
        begin = opening(mind.info, self._name, config.language, config.persona.prompt_extra)
        clock = asyncio.get_running_loop().time
        self._conversation = Conversation(
            begin,
            mind.info.context,
            mind.count,
            clock=clock,
            idle_seconds=config.conversation.idle_minutes * 60,
        )

    async def warm(self) -> None:
        """Have the mind read what every prompt begins with."""
        await self.mind.warm(self._conversation.prefix())

    async def pieces(self, text: str) -> AsyncIterator[str]:
        """Yield an answer and remember it."""
        said: list[str] = []
        canned = None if self._hands is None else await self._hands.answer(text)
        if canned is None and is_foreign(self.mind.info, self._language):
            canned = spoken(self._language).say("no_free_talk")
        if canned is None:
            canned = introduction(text, self.mind.info, self._name)
        if canned is not None:
            said.append(canned)
            yield canned
        else:
            async with closing(think(self.mind, self._conversation.prompt(text))) as pieces:
                async for piece in pieces:
                    said.append(piece)
                    yield piece
        self._conversation.add_turn(text, "".join(said))

    async def answer(self, text: str) -> None:
        """Print an answer as it comes."""
        first = True
        async with closing(self.pieces(text)) as pieces:
            async for piece in pieces:
                print(piece.lstrip() if first else piece, end="", flush=True)  # noqa: T201
                first = False
        print()  # noqa: T201


@asynccontextmanager
async def _talker(config: Config) -> AsyncIterator[_Talker]:
    with bars() as progress:  # to be gone before anything is printed
        await fetch_models(config, progress, ("llm",))
    async with open_stage(config, "llm") as mind, kept_of(config) as kept:
        yield _Talker(config, mind, kept)


def handiwork(kept: Kept | None, *, calls_tools: bool = False) -> Handiwork | None:
    """Return hands for a conversation in writing."""
    if kept is None:
        return None
    return Handiwork(kept.hands, kept.company(), calls_tools=calls_tools)
