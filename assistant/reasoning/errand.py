"""What a mind has done for one turn: rounds of calls, their results, and where that ends."""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assistant.errors import ToolError
from assistant.ports import MindInfo, Tool, ToolCall, ToolSpec
from assistant.reasoning.carrying import Run
from assistant.reasoning.rounds import Rounds
from assistant.reasoning.telling import arguments_of, same_as

if TYPE_CHECKING:
    from assistant.reasoning.errands import Errands

_log = logging.getLogger(__name__)

_STAYS = "This was done before the user went on, and stays done: do not do it again."
_WAITS = "Not done: the user is asked, and has not agreed yet."


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a mind may do in one turn, and how long the user waits without a sound."""

    rounds: int = 6
    """Times that it may look at results and call again."""
    calls: int = 16
    mistakes: int = 2
    """Unknown tools, broken arguments, the same call again: so many are told to the mind."""
    tools_at_once: int = 8
    progress_s: float = 1.5
    """Then a sentence or a tone says that it takes longer."""
    silence_s: float = 8.0
    """After so long without a word there is another sentence."""
    grace_s: float = 3.0
    """Then what is there is told, while the rest goes on."""
    consent_s: float = 30.0
    """How long a "yes" means the question."""


@dataclass(slots=True, eq=False)
class Errand:
    """One turn's use of tools. `said`: something was said already; `over`: say no more."""

    errands: "Errands"
    turn: int
    text: str
    released: asyncio.Event
    """Set once the turn is committed: nothing is run before."""
    foreign: bool = False
    """The prompt holds what others wrote."""
    continues: int = 0
    said: bool = False
    over: bool = False
    rounds: Rounds = field(default_factory=Rounds)
    """What was called so far."""
    _spoke_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    _mistakes: int = 0

    @property
    def runs(self) -> list[Run]:
        """All that was called, in order."""
        return self.rounds.runs

    def goes_on(self, calls: Sequence[ToolCall]) -> bool:
        """Tell whether there is another round: calls, or results that were promised."""
        return bool(calls or self.rounds.promised)

    @property
    def is_foreign(self) -> bool:
        """What others wrote has come in: only the user may have the world changed from here on."""
        return self.foreign or any(run.foreign for run in self.runs)

    def specs(self, mind: MindInfo) -> tuple[ToolSpec, ...]:
        """Return what the mind may call now."""
        return self.errands.toolbox.specs(mind.context) if mind.calls_tools else ()

    def spoke(self) -> None:
        """Something of the answer is on its way to the user."""
        self.said, self._spoke_at = True, asyncio.get_running_loop().time()

    async def begin(self) -> AsyncGenerator[str]:
        """Do what comes before the first word: take back, or do what the user agreed to."""
        if self.errands.precedes(self):
            await self.released.wait()
            if stays := await self.errands.taken_back(self.continues):
                self.rounds.add([_stays(run) for run in stays])
        if runs := self.errands.agreed(self.turn):
            self.rounds.add(runs)
            for run in runs:
                run.start(self.errands.around)
            async for sentence in self._wait(runs):
                yield sentence

    async def answer(self, calls: Sequence[ToolCall], text: str) -> AsyncGenerator[str]:
        """Have calls carried out. Yields what the user should hear meanwhile, or is asked."""
        if not self.released.is_set():
            await self.released.wait()
            self._spoke_at = asyncio.get_running_loop().time()  # nobody has heard a draft
        runs = self._admitted(calls)
        for run in runs:
            if run.tool is not None and run.state == "running":
                run.start(self.errands.around)
        self.rounds.add(runs, text)
        asking = [run for run in runs if run.state == "asks"]
        running = [run for run in runs if run.state == "running"]
        async for sentence in self._wait(running, hurried=bool(asking)):
            yield sentence
        if asking:
            self.over = True
            yield self.errands.ask(self.turn, asking)
        elif self._mistakes > self.errands.bounds.mistakes or self._too_much:
            self.over = True
            _log.warning(
                "the mind is stopped: %d of its %d tool calls were wrong, in %d rounds",
                *(self._mistakes, len(self.runs), self.rounds.number),
            )
            yield self.errands.words.failed

    async def rest(self, text: str) -> AsyncGenerator[str]:
        """Wait for the results that were promised; `text` is what the mind said meanwhile."""
        promised = self.rounds.promised
        running = [run for run in promised if run.state == "running"]
        async for sentence in self._wait(running, last=True):
            yield sentence
        self.rounds.add_late(promised, text)

    @property
    def _too_much(self) -> bool:
        bounds = self.errands.bounds
        return self.rounds.number >= bounds.rounds or len(self.runs) > bounds.calls

    def _admitted(self, calls: Sequence[ToolCall]) -> list[Run]:
        """Decide for each call: run it, ask first, or tell the mind why not."""
        known = {run.call.id for run in self.runs}
        runs: list[Run] = []
        foreign = self.is_foreign
        for number, call in enumerate(calls, start=len(known)):
            named = call if call.id and call.id not in known else _renamed(call, self.turn, number)
            known.add(named.id)
            runs.append(self._judged(named, runs, foreign=foreign))
        return runs

    def _judged(self, call: ToolCall, beside: Sequence[Run], *, foreign: bool) -> Run:
        if len(self.runs) + len(beside) >= self.errands.bounds.calls:
            return Run(call, text="Not done: that were too many calls.")
        tool = self.errands.toolbox.find(call.name)
        if tool is None:
            return self._mistaken(call, f"there is no tool {call.name[:60]!r}")
        try:
            arguments_of(call.arguments)
        except ToolError as wrong:
            return self._mistaken(call, wrong.for_model)
        if (before := self._before(call, beside)) is not None:
            self._mistakes += 1
            text = before.text or "It is being done."
            return Run(call, tool, text=f"You have called this already. {text}")
        if len(beside) >= self.errands.bounds.tools_at_once:
            return Run(call, tool, text="Not done: call fewer at once.")
        return Run(call, tool, "asks" if self._asks(tool, foreign=foreign) else "running", _WAITS)

    def _asks(self, tool: Tool, *, foreign: bool) -> bool:
        """The user is asked by their own rule, or as others' words may be what asks for it."""
        rule = self.errands.toolbox.consent(tool)
        return rule == "ask" or (foreign and tool.terms.effect != "none")

    def _before(self, call: ToolCall, beside: Sequence[Run]) -> Run | None:
        wanted = same_as(call.name, call.arguments)
        for run in (*self.runs, *beside):
            same = same_as(run.call.name, run.call.arguments) == wanted
            if same and run.state in {"done", "running", "asks"}:
                return run
        return None

    def _mistaken(self, call: ToolCall, why: str) -> Run:
        self._mistakes += 1
        return Run(call, text=f"Failed: {why}")

    async def _wait(
        self, runs: Sequence[Run], *, hurried: bool = False, last: bool = False
    ) -> AsyncGenerator[str]:
        """Wait until all are over, or until something is there and the rest takes long."""
        bounds, now = self.errands.bounds, asyncio.get_running_loop().time
        slow, grace = now() + bounds.progress_s, now() + bounds.grace_s
        while open_ := [run for run in runs if run.state == "running"]:
            moments = [slow, self._spoke_at + bounds.silence_s, *(run.due for run in open_)]
            some_done = hurried or (len(open_) < len(runs) and not last)
            if some_done:
                moments.append(grace)
            tasks = {run.task for run in open_ if run.task is not None}
            wait = max(0.0, min(moments) - now())
            await asyncio.wait(tasks, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for run in open_:
                self._look_at(run, now())
            if some_done and now() >= grace:
                for run in open_:
                    run.late = run.state == "running"
                return
            if sentence := self._progress(now(), slow):
                yield sentence
            if now() >= slow:
                slow = math.inf

    def _progress(self, now: float, slow: float) -> str:
        """Return what the user should hear because it takes so long; it may be a tone."""
        if now >= slow and not self.said:
            self.spoke()
            return self.errands.words.moment
        if now >= self._spoke_at + self.errands.bounds.silence_s:
            self.spoke()
            return self.errands.words.still
        if now >= slow:
            self.errands.tone()
        return ""

    def _look_at(self, run: Run, now: float) -> None:
        if run.task is not None and run.task.done():
            run.settle()
            self._mistakes += run.mistaken
        elif now >= run.due:
            self.errands.overdue(run)

    def forget_pictures(self) -> None:
        """The conversation has the newest one; the others are not needed any more."""
        for run in self.runs:
            run.images = ()

    def close(self) -> None:
        """The reply is over or cut off: what changes nothing is ended, the rest is seen out."""
        for run in self.runs:
            if run.state == "running" and run.task is not None:
                self.errands.leave(run)


def _renamed(call: ToolCall, turn: int, number: int) -> ToolCall:
    """Return a call under an id of its own: some servers give none, or the same again."""
    return replace(call, id=f"call_{turn}_{number}")


def _stays(run: Run) -> Run:
    return Run(run.call, run.tool, "done", f"{run.text or 'It is being done.'}\n{_STAYS}")
