"""Behind `ask` and `chat`: the running assistant answers, or a mind that is loaded for it."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.app import (
    SILENT,
    STAGES,
    fetch_models,
    kept_of,
    open_device,
    open_mind,
    open_null,
    open_shared,
    open_toolbox,
    together,
)
from assistant.cli.bars import bars
from assistant.cli.live import log_to, session_on, until_ended
from assistant.cli.seeing import checked
from assistant.company import Kept
from assistant.config import Config
from assistant.control.client import call, default_path, running
from assistant.core.events import Event, WantsFloor
from assistant.errors import AssistantError
from assistant.jobs import Jobs
from assistant.keeping.alarms import Due, News
from assistant.keeping.speech import rings
from assistant.languages.pack import load as load_pack
from assistant.languages.pack import normalised
from assistant.languages.spoken import spoken
from assistant.ports import LanguageModel
from assistant.reasoning.conversation import Conversation
from assistant.reasoning.errand import Errand
from assistant.reasoning.errands import Errands
from assistant.reasoning.hands import Handiwork
from assistant.reasoning.offers import offers
from assistant.reasoning.persona import introduction, is_foreign, opening
from assistant.reasoning.surroundings import Around
from assistant.reasoning.telling import RULES
from assistant.reasoning.thinker import think
from assistant.reasoning.toolbox import Toolbox
from assistant.speaking.streams import closing
from assistant.views import Card, View
from assistant.worker import Worker

PATIENCE_S = 130.0
"""For an answer of the running assistant: a little more than it gives itself."""
SERVERS_S = 10.0
"""For MCP servers to start, before a question is answered without their tools."""
TOLD = ("heard", "said", "outcome", "failure", "latency")
"""What `--json` tells of an answer."""


def ask(
    config: Config,
    text: str,
    images: tuple[Path, ...] = (),
    *,
    speak: bool,
    as_json: bool,
    looks: bool = False,
) -> None:
    """Print one answer, then end the process. `looks`: it is about what the camera sees."""
    if not text.strip():
        raise AssistantError("there is nothing to answer; give a question")
    log_to(config.log.level)
    shown = checked(images)
    place = config.control.socket or Path(default_path())
    if running(place) is not None:
        request: dict[str, object] = {"do": "ask", "text": text, "speak": speak}
        if shown:
            request["images"] = list(shown)
        _print(call(place, request, PATIENCE_S), as_json=as_json)
    elif speak or shown or looks:
        until_ended(
            lambda _: _ask_session(config, text, shown, speak=speak, as_json=as_json, looks=looks)
        )
    else:
        until_ended(lambda _: _ask(config, text, as_json=as_json))


def _print(answer: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        shown = {key: answer.get(key) for key in TOLD}
        print(json.dumps(shown, ensure_ascii=False))  # noqa: T201 - this is its output
    elif not answer.get("failure"):
        print(answer["said"])  # noqa: T201 - this is its output
    if answer.get("failure"):
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
        await (talker.answer_as_json(text) if as_json else talker.answer(text))


async def _ask_session(
    config: Config,
    text: str,
    images: tuple[str, ...],
    *,
    speak: bool,
    as_json: bool,
    looks: bool,
) -> None:
    """Ask a whole session: it has a voice, and eyes."""
    stages = STAGES if speak else SILENT
    with bars() as progress:
        await fetch_models(config, progress, stages)
    if looks:
        vision = config.vision.model_copy(update={"mode": "always"})
        config = config.model_copy(update={"vision": vision})
    opening: dict[str, AbstractAsyncContextManager[Any]] = {
        "shared": open_shared(config, stages),
        "device": open_device(config) if speak else open_null(),
    }
    async with (
        together(opening) as opened,
        session_on(opened["device"], opened["shared"], config) as session,
        asyncio.TaskGroup() as tasks,
    ):
        conversing = tasks.create_task(session.run())
        await asyncio.sleep(0)  # a session takes questions once it runs
        report = await session.ask(text, images, speak=speak)
        conversing.cancel()
    answer = {key: getattr(report, key) for key in TOLD}
    _print(answer, as_json=as_json)


def chat(config: Config, *, as_json: bool = False) -> None:
    """Converse in writing until an empty line, then end the process."""
    log_to(config.log.level)
    place = config.control.socket or Path(default_path())
    lines = _Lines()
    if running(place) is not None:
        until_ended(
            lambda _: _chat_with_running(place, lines, as_json=as_json),
            interrupted=lines.interrupted,
        )
    else:
        until_ended(lambda _: _chat(config, lines, as_json=as_json), interrupted=lines.interrupted)


async def _chat_with_running(place: Path, lines: "_Lines", *, as_json: bool) -> None:
    async def answer(text: str) -> None:
        request: dict[str, object] = {"do": "ask", "text": text, "speak": False}
        caller = Worker("control")  # unlike a pool's, its thread keeps nobody waiting
        lines_open: list[socket.socket] = []
        try:
            told = await caller.run(
                lambda: call(place, request, PATIENCE_S, opened=lines_open.append)
            )
        except asyncio.CancelledError:
            for line in lines_open:  # it thinks for nobody any more
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            raise
        finally:
            caller.close()
        _print(told, as_json=as_json)

    await lines.converse("The running assistant", answer)


async def _chat(config: Config, lines: "_Lines", *, as_json: bool) -> None:
    async with _talker(config, lines.aside) as talker, asyncio.TaskGroup() as tasks:
        warming = tasks.create_task(talker.warm())  # while the first question is typed
        with talker.ringing() if sys.stdin.isatty() else nullcontext():
            answer = talker.answer_as_json if as_json else talker.answer
            await lines.converse(talker.mind.info.name, answer)
        warming.cancel()


class _Lines:
    """A conversation in lines: what is typed, what is answered, and what is told unasked."""

    def __init__(self) -> None:
        self._answering: asyncio.Task[None] | None = None
        self._interrupted = False
        self._asides: list[str] = []

    async def converse(self, who: str, answer: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        """Take lines and have them answered; what cannot be answered ends nothing."""
        if sys.stdin.isatty():
            print(f"{who} answers; an empty line or Ctrl-D ends this.")  # noqa: T201
        keyboard = Worker("keyboard")  # its thread may sit in a read for ever
        with _line_editing():
            while text := await keyboard.run(_read):
                self._answering = asyncio.get_running_loop().create_task(answer(text))
                try:
                    await self._answering
                except AssistantError as wrong:
                    print(f"assistant: {wrong}", file=sys.stderr)  # noqa: T201
                except asyncio.CancelledError:
                    if not self._interrupted:
                        raise
                finally:
                    self._answering, self._interrupted = None, False
                asides, self._asides = self._asides, []
                for aside in asides:
                    print(aside)  # noqa: T201

    def interrupted(self) -> bool:
        """End the answer that is being given; tells whether there was one."""
        if self._answering is None or not sys.stdin.isatty():
            return False
        self._interrupted = self._answering.cancel()
        return self._interrupted

    def aside(self, text: str) -> None:
        """Print what nobody asked for: after the answer that is given, or above what is typed."""
        if self._answering is not None:
            self._asides.append(text)
        elif sys.stdin.isatty():
            import readline  # noqa: PLC0415 - only where there is a terminal

            typed = readline.get_line_buffer()
            print(f"\r\x1b[K\a{text}\n> {typed}", end="", flush=True)  # noqa: T201
        else:
            print(text)  # noqa: T201


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

    def __init__(
        self,
        config: Config,
        mind: LanguageModel,
        toolbox: Toolbox,
        jobs: Jobs,
        kept: Kept | None,
        tell: Callable[[Event], None],
    ) -> None:
        self._kept, self._tell = kept, tell
        self.mind, self._name, self._language = mind, config.persona.name, config.language
        self._hands = handiwork(kept, toolbox if mind.info.calls_tools else None)
        rules = RULES if toolbox.has_any else ""
        extra = f"{rules} {config.persona.prompt_extra}".strip()
        begin = opening(mind.info, self._name, config.language, extra)
        clock = asyncio.get_running_loop().time
        self._conversation = Conversation(
            begin,
            mind.info.context,
            mind.count,
            clock=clock,
            idle_seconds=config.conversation.idle_minutes * 60,
        )
        pack = load_pack(config.language)
        self._errands = Errands(
            toolbox,
            replace(
                Around(pack.code) if kept is None else kept.around(),
                shows=_show,
                tells=tell,
                starts=lambda *job: jobs.start(*job[:2], deadline=job[2]),
            ),
            pack.asking,
            amend=self._conversation.amend,
            tone=lambda: None,
        )
        self._turn = 0

    async def close(self) -> None:
        """End what still runs."""
        await self._errands.close()

    @contextmanager
    def ringing(self) -> Iterator[None]:
        """Tell in writing what is due while this is entered."""
        if self._kept is None:
            yield
            return
        alarms, say = self._kept.alarms, spoken(self._kept.hands.code)

        def told(news: News) -> None:
            if isinstance(news, Due):
                self._tell(WantsFloor(rings(news, say, alarms.now())))

        stop = alarms.watch(told)
        try:
            yield
        finally:
            stop()

    async def _silenced(self, text: str) -> str | None:
        """Stop what rings, if that is what is wanted: "stop" is no order of the hands."""
        kept = self._kept
        wanted = " ".join(normalised(text)) in load_pack(self._language).stops
        if kept is None or not kept.alarms.ringing or not wanted:
            return None
        await kept.alarms.silence()
        return spoken(kept.hands.code).say("silenced")

    async def warm(self) -> None:
        """Have the mind read what every prompt begins with."""
        await self.mind.warm(self._conversation.prefix())

    async def pieces(self, text: str) -> AsyncIterator[str]:
        """Yield an answer and remember it."""
        said: list[str] = []
        self._turn += 1
        canned = await self._silenced(text)
        if canned is None and self._hands is not None:
            canned = await self._hands.answer(text)
        if canned is None and is_foreign(self.mind.info, self._language):
            canned = spoken(self._language).say("no_free_talk")
        if canned is None:
            canned = introduction(text, self.mind.info, self._name)
        if canned is not None:
            said.append(canned)
            yield canned
        else:
            errand = self._errand(text)
            prompt = self._conversation.prompt(text)
            try:
                async with closing(think(self.mind, prompt, errand=errand)) as pieces:
                    async for piece in pieces:
                        said.append(piece)
                        yield piece
            finally:
                errand.close()
            self._errands.told(self._turn, "".join(said), whole=True)
            self._conversation.add_turn(
                text, "".join(said), tools=errand.rounds.record(), foreign=errand.is_foreign
            )
            return
        self._conversation.add_turn(text, "".join(said))

    async def answer_as_json(self, text: str) -> None:
        """Print an answer when it is whole."""
        said = "".join([piece async for piece in self.pieces(text)]).strip()
        _print({"heard": text, "said": said, "outcome": "answered", "failure": ""}, as_json=True)

    def _errand(self, text: str) -> Errand:
        """Begin what is done for this turn; its words may answer a question of the last one."""
        self._errands.committed(self._turn, text)
        released = asyncio.Event()
        released.set()
        foreign = self._conversation.foreign
        return self._errands.errand(
            self._turn, text, released=released, continues=0, foreign=foreign
        )

    async def answer(self, text: str) -> None:
        """Print an answer as it comes."""
        first, whole = True, False
        try:
            async with closing(self.pieces(text)) as pieces:
                async for piece in pieces:
                    print(piece.lstrip() if first else piece, end="", flush=True)  # noqa: T201
                    first = False
            whole = True
        finally:
            if whole or not first:
                print()  # noqa: T201 - what comes next stands in a line of its own


@asynccontextmanager
async def _talker(
    config: Config,
    tell: Callable[[str], None] = print,
) -> AsyncIterator[_Talker]:
    with bars() as progress:  # to be gone before anything is printed
        await fetch_models(config, progress, ("llm",))
    async with (
        open_mind(config) as mind,
        kept_of(config) as kept,
        AsyncExitStack() as stack,
    ):
        toolbox = Toolbox()
        if mind.info.calls_tools:
            opened = open_toolbox(config, patience=SERVERS_S)
            toolbox = await stack.enter_async_context(opened)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())

        def unasked(event: Event) -> None:
            if isinstance(event, WantsFloor):
                tell(event.utterance)

        talker = _Talker(config, mind, toolbox, Jobs(unasked, tasks), kept, unasked)
        yield talker
        await talker.close()


def _show(view: View) -> None:
    """Print the details of what is asked."""
    if isinstance(view, Card) and view.body:
        print(view.body, file=sys.stderr)  # noqa: T201


def handiwork(kept: Kept | None, toolbox: Toolbox | None = None) -> Handiwork | None:
    """Return hands for a conversation in writing. `toolbox`: of a mind that calls tools."""
    if kept is None:
        return None
    return Handiwork(
        kept.hands,
        kept.around(),
        calls_tools=toolbox is not None,
        offers=lambda: offers(kept.hands.code, None, toolbox, looks=None),
    )
