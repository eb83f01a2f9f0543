"""Behind `ask` and `chat`: the running assistant answers, or a mind that is loaded for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from assistant.app import fetch_models, open_device, open_shared, open_stage
from assistant.cli.bars import bars
from assistant.cli.live import log_to, session_on, until_stopped
from assistant.config import Config
from assistant.control.client import call, default_path, running
from assistant.errors import AssistantError
from assistant.ports import LanguageModel, TurnReport
from assistant.reasoning.conversation import Conversation
from assistant.reasoning.persona import introduction, opening
from assistant.reasoning.thinker import think
from assistant.speaking.streams import closing

PATIENCE_S = 130.0
"""For an answer of the running assistant: a little more than it gives itself."""


def ask(config: Config, text: str, *, speak: bool, as_json: bool) -> None:
    """Print one answer."""
    if not text.strip():
        raise AssistantError("there is nothing to answer; give a question")
    log_to(config.log.level)
    place = config.control.socket or Path(default_path())
    if running(place) is not None:
        request: dict[str, object] = {"do": "ask", "text": text, "speak": speak}
        _print(call(place, request, PATIENCE_S), as_json=as_json)
    elif speak:
        asyncio.run(_ask_aloud(config, text, as_json=as_json))
    else:
        asyncio.run(_ask(config, text, as_json=as_json))


def _print(answer: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        shown = {key: value for key, value in answer.items() if key not in {"v", "ok"}}
        print(json.dumps(shown, ensure_ascii=False))  # noqa: T201 - this is its output
    elif answer["failure"]:
        raise AssistantError(str(answer["failure"]))
    else:
        print(answer["said"])  # noqa: T201 - this is its output


async def _ask(config: Config, text: str, *, as_json: bool) -> None:
    async with _talker(config) as talker:
        if not as_json:
            await talker.answer(text)
            return
        said = "".join([piece async for piece in talker.pieces(text)])
        print(json.dumps({"heard": text, "said": said.strip()}, ensure_ascii=False))  # noqa: T201


async def _ask_aloud(config: Config, text: str, *, as_json: bool) -> None:
    with bars() as progress:
        await fetch_models(config, progress)
    reports: list[TurnReport] = []
    async with (
        open_shared(config) as shared,
        open_device(config) as device,
        session_on(device, shared, config) as session,
        asyncio.TaskGroup() as tasks,
    ):
        stop = asyncio.Event()
        tasks.create_task(until_stopped(session, stop))
        await asyncio.sleep(0)
        reports.append(await session.ask(text))
        stop.set()
    report = reports[0]
    _print({"said": report.said, "failure": report.failure, "heard": text}, as_json=as_json)


def chat(config: Config) -> None:
    """Converse in writing until an empty line."""
    log_to(config.log.level)
    place = config.control.socket or Path(default_path())
    if running(place) is not None:
        _chat_with_running(place)
    else:
        asyncio.run(_chat(config))


def _chat_with_running(place: Path) -> None:
    print("The running assistant answers; an empty line ends this.")  # noqa: T201
    while text := _read():
        request: dict[str, object] = {"do": "ask", "text": text, "speak": False}
        _print(call(place, request, PATIENCE_S), as_json=False)


async def _chat(config: Config) -> None:
    async with _talker(config) as talker:
        print(f"{talker.mind.info.name} answers; an empty line ends this.")  # noqa: T201
        while text := await asyncio.to_thread(_read):
            try:
                await talker.answer(text)
            except AssistantError as wrong:
                print(f"assistant: {wrong}")  # noqa: T201 - the conversation goes on


def _read() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""


class _Talker:
    """A mind with a conversation, in writing."""

    def __init__(self, config: Config, mind: LanguageModel) -> None:
        self.mind, self._name = mind, config.persona.name
        begin = opening(mind.info, self._name, config.language, config.persona.prompt_extra)
        clock = asyncio.get_running_loop().time
        self._conversation = Conversation(
            begin,
            mind.info.context,
            mind.count,
            clock=clock,
            idle_seconds=config.conversation.idle_minutes * 60,
        )

    async def pieces(self, text: str) -> AsyncIterator[str]:
        """Yield an answer and remember it."""
        said: list[str] = []
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
    with bars() as progress:
        async with open_stage(config, "llm", progress) as mind:
            yield _Talker(config, mind)
