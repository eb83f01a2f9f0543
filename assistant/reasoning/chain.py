"""Several minds as one: the next one takes over when one is slow, broken, offline or used up.

Before the first word any of them may; after it only one that can go on where the other stopped.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import BackendBusy, BackendError, BackendTimeout
from assistant.ports import LanguageModel, Message, MindInfo, ToolCall, ToolSpec
from assistant.reasoning import budget
from assistant.reasoning.budget import Budget
from assistant.reasoning.handover import Opening, ready, tokens_of
from assistant.reasoning.health import Health
from assistant.reasoning.persona import is_tiny
from assistant.selfsaid import taken_over

_log = logging.getLogger(__name__)

SAID_AGAIN_S = 600.0
"""A mind that comes and goes is told of once in so long."""
GO_ON = "(You broke off there by a fault. Go on exactly where you stopped; repeat nothing.)"
STAND_BY_S = 0.3
"""A service that is silent for so long has a mind of this machine read the question: a slow
processor needs seconds for a long conversation. Between two on this machine, the first one needs
the processor itself, and is left half of its time."""
_ASLEEP_S = 3600.0


@dataclass
class Link:
    """One of the minds."""

    mind: LanguageModel
    budget: Budget
    health: Health = field(default_factory=Health)

    @property
    def free(self) -> bool:
        """It is well, and not used up."""
        try:
            self.budget.check()
        except BackendBusy:
            return False
        return self.health.well


@dataclass(frozen=True, slots=True)
class Rules:
    """How minds follow each other.

    `switch_s`: seconds that one may take to its first word while another one waits; `place`:
    where what was spent is kept, `None`: nowhere.
    """

    opening: Opening
    switch_s: float = 2.5
    language: str = "en"
    place: Path | None = None


class Chain:
    """`ports.LanguageModel` over several; `links` in the order in which they are preferred."""

    def __init__(self, links: Sequence[Link], rules: Rules) -> None:
        self.links = list(links)
        self._rules = rules
        self._told: list[Callable[[str], None]] = []
        self._said_at = -SAID_AGAIN_S
        self._said: Link | None = None
        self._trouble, self._spent = asyncio.Event(), asyncio.Event()

    @property
    def info(self) -> MindInfo:
        """What the mind is that would answer now."""
        return self._order()[0].mind.info

    @property
    def stands_by(self) -> bool:
        """A mind of this machine reads ahead what another one may be asked."""
        return any(link.mind.info.local for link in self.links)

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[str | ToolCall]:
        """Yield the pieces of the first mind that has any; closing this closes its stream."""
        said: list[str] = []
        order = self._order()
        for number, link in enumerate(order):
            standby = order[number + 1] if number + 1 < len(order) else None
            try:
                link.budget.check()
            except BackendBusy:
                if standby is None:
                    raise
                continue
            try:
                answers = self._answer(link, standby, messages, tools, said)
                async with aclosing(answers) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, str):
                            said.append(piece)
                        yield piece
            except BackendError as error:
                self._failed(link, error)
                if standby is None or ("".join(said) and is_tiny(standby.mind.info)):
                    raise
            else:
                return

    async def warm(self, messages: Sequence[Message]) -> None:
        """Have the mind that would answer read ahead, and those of this machine stand by.

        Those of this machine come first: a service that is out of reach takes its time.
        """
        chosen = self._order()[0]
        for link in sorted(self.links, key=lambda link: not link.mind.info.local):
            if link is chosen or link.mind.info.local:
                await link.mind.warm(self._ready(link, messages))

    def count(self, text: str) -> int:
        """Return how many tokens a text takes, about."""
        return self._order()[0].mind.count(text)

    def watch(self, told: Callable[[str], None]) -> Callable[[], None]:
        """Call `told` with a sentence when another mind has taken over."""
        self._told.append(told)
        return lambda: self._told.remove(told)

    # ── how ───────────────────────────────────────────────────────────────────────────────────

    def _order(self) -> list[Link]:
        """Return who is asked first: those that are well, then the others as a last resort."""
        return sorted(self.links, key=lambda link: not link.free)

    def _ready(self, link: Link, messages: Sequence[Message]) -> list[Message]:
        mind, rules = link.mind, self._rules
        others = [other.mind.info for other in self.links if other is not link]
        return ready(messages, mind.info, others, rules.opening, mind.count, rules.language)

    async def _answer(
        self,
        link: Link,
        standby: Link | None,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        said: Sequence[str],
    ) -> AsyncGenerator[str | ToolCall]:
        """Yield one mind's answer, or the rest of one that another mind began."""
        prompt = self._ready(link, messages)
        begun = "".join(said)
        if begun:
            prompt += [Message("assistant", begun), Message("user", GO_ON)]
        mind = link.mind
        asked = tokens_of(prompt, mind.count)
        link.budget.ask(asked)
        spoken = 0
        try:
            answer = mind.answer(prompt, tools if mind.info.calls_tools else ())
            async with _closed(answer) as pieces:
                piece = await self._first(link, standby, messages, pieces)
                self._took_over(link)
                asked = 0  # it is spent
                yield _joined(begun, piece) if isinstance(piece, str) else piece
                async for more in pieces:
                    spoken += mind.count(more) if isinstance(more, str) else 0
                    yield more
        except BackendTimeout:
            raise  # it may think, and that costs
        except BackendError:
            if asked:
                link.budget.unasked(asked)
            raise
        finally:
            link.budget.answered(spoken)
            self._spent.set()
        link.health.answered()

    async def _first(
        self,
        link: Link,
        standby: Link | None,
        messages: Sequence[Message],
        pieces: AsyncIterator[str | ToolCall],
    ) -> str | ToolCall:
        """Return the first piece, while another mind of this machine reads ahead for its turn."""
        name, seconds = link.mind.info.name, self._rules.switch_s
        failure: BackendError | None = None
        piece: str | ToolCall | None = None
        try:
            async with asyncio.timeout(seconds if standby else None):
                async with asyncio.TaskGroup() as tasks:
                    after = seconds / 2 if link.mind.info.local else min(STAND_BY_S, seconds / 4)
                    reading = tasks.create_task(self._stand_by(standby, messages, after))
                    try:
                        piece = await anext(pieces, None)
                    except BackendError as error:
                        failure = error
                    reading.cancel()
        except TimeoutError:
            message = f"{name} said nothing for {seconds:g} s; another mind is asked"
            raise BackendTimeout("llm", message, retryable=True) from None
        if failure is not None:
            raise failure
        if piece is None:
            raise BackendError("llm", f"{name} answered with nothing; ask again")
        return piece

    async def _stand_by(
        self, standby: Link | None, messages: Sequence[Message], after: float
    ) -> None:
        if standby is not None and standby.mind.info.local:
            await asyncio.sleep(after)
            await standby.mind.warm(self._ready(standby, messages))

    def _failed(self, link: Link, error: BackendError) -> None:
        _log.warning("%s: %s", link.mind.info.name, error)
        link.health.failed(error, asyncio.get_running_loop().time())
        self._trouble.set()

    def _took_over(self, link: Link) -> None:
        """Tell, once, that another mind than the preferred one answers."""
        now = asyncio.get_running_loop().time()
        if link is self.links[0]:
            if now - self._said_at >= SAID_AGAIN_S:
                self._said = None
            return
        if link is self._said:
            return
        self._said, self._said_at = link, now
        info = link.mind.info
        for told in tuple(self._told):
            told(taken_over(info.name, self._rules.language, local=info.local))

    async def run(self) -> None:
        """Look after the minds that failed, and keep what was spent, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._recover(), name="minds recover")
            tasks.create_task(self._keep(), name="minds' budgets")

    async def _recover(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            ends = [link.health.until for link in self.links if link.health.until is not None]
            self._trouble.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(ends, default=loop.time() + _ASLEEP_S)):
                    await self._trouble.wait()
            for link in self.links:
                until = link.health.until
                if until is not None and until <= loop.time():
                    await link.health.probe(link.mind)

    async def _keep(self) -> None:
        while True:
            await self._spent.wait()
            await self.keep()

    async def keep(self) -> None:
        """Write down what was spent, if that is to be kept and has changed."""
        place, budgets = self._rules.place, [link.budget for link in self.links]
        changed = self._spent.is_set()
        self._spent.clear()
        if place is None or not changed or not any(budget.binds for budget in budgets):
            return
        try:
            await asyncio.to_thread(budget.keep, place, budgets)
        except OSError as wrong:
            _log.warning("what the minds have spent cannot be kept: %s", wrong.strerror)


@asynccontextmanager
async def open_chain(links: Sequence[Link], rules: Rules) -> AsyncIterator[Chain]:
    """Put minds together, and look after them."""
    chain = Chain(links, rules)
    if rules.place is not None:
        await asyncio.to_thread(budget.recall, rules.place, [link.budget for link in links])
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(chain.run(), name="minds")
        try:
            yield chain
        finally:
            looking.cancel()
            await chain.keep()


@asynccontextmanager
async def _closed(
    pieces: AsyncIterator[str | ToolCall],
) -> AsyncIterator[AsyncIterator[str | ToolCall]]:
    try:
        yield pieces
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()


def _joined(begun: str, piece: str) -> str:
    """Return the first piece of the rest, apart from the words before it, if there are any."""
    if not begun:
        return piece
    piece = piece.lstrip()
    return piece if not piece or begun[-1].isspace() or piece[0] in ".,;:!?" else f" {piece}"
