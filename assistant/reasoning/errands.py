"""All that tools do in one session: what runs, what the user was asked, what can be undone."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from assistant.languages.pack import Asking
from assistant.ports import Surroundings
from assistant.reasoning.carrying import COMPACT, Run
from assistant.reasoning.errand import Bounds, Errand
from assistant.reasoning.telling import agrees, arguments_of, cut, question, spoken_name, was_heard
from assistant.reasoning.toolbox import Toolbox
from assistant.views import Card

_log = logging.getLogger(__name__)

KEPT = 8
"""Turns of which it is remembered what was done, should the user go on with one of them."""
UNDO_S = 5.0
"""Seconds to take something back, or to see the end of what is to be taken back."""
SAID = 200
"""Characters of a result that are read aloud when a job is done."""
SHOWN = 2000
"""Characters of the arguments that are shown with a question."""
LEAVING_S = 1.0


@dataclass(slots=True)
class _Asked:
    """A question that waits for the next turn's words."""

    turn: int
    runs: list[Run]
    question: str
    until: float
    heard: bool = False


class Errands:
    """Gives each turn its errand. `amend` corrects what the conversation says of a call."""

    def __init__(
        self,
        toolbox: Toolbox,
        around: Surroundings,
        words: Asking,
        *,
        amend: Callable[[str, str], None],
        tone: Callable[[], None],
        bounds: Bounds | None = None,
    ) -> None:
        self.toolbox, self.around, self.words = toolbox, around, words
        self.bounds, self.tone = bounds or Bounds(), tone
        self._amend = amend
        self._turns: dict[int, Errand] = {}
        self._asked: _Asked | None = None
        self._agreed: dict[int, _Asked] = {}
        self._left: dict[asyncio.Task[object], Run] = {}

    def errand(
        self, turn: int, text: str, *, released: asyncio.Event, continues: int, foreign: bool
    ) -> Errand:
        """Begin the errand of a turn, or of a draft of it."""
        made = Errand(self, turn, text, released, foreign, continues)
        self._turns[turn] = made
        while len(self._turns) > KEPT:
            del self._turns[min(self._turns)]
        for old in sorted(self._turns)[:-2]:  # the one before may still be spoken
            self._turns[old].forget_pictures()
        return made

    def of(self, turn: int) -> Errand | None:
        """Return what was done for a turn."""
        return self._turns.get(turn)

    # ── consent: asked aloud, answered by the next turn ───────────────────────────────────────

    def ask(self, turn: int, runs: list[Run]) -> str:
        """Return the question; what it is about waits for the next turn's words."""
        self.withdraw()
        pairs = [(run.tool, run.call.arguments) for run in runs if run.tool is not None]
        asked = question(pairs, self.words)
        until = self._now() + self.bounds.consent_s
        self._asked = _Asked(turn, runs, asked, until)
        details = [
            json.dumps(arguments_of(arguments), indent=1, ensure_ascii=False)
            for _, arguments in pairs
        ]
        self.around.show(Card(asked, cut("\n".join(details), SHOWN)))
        return asked

    def told(self, turn: int, heard: str, *, whole: bool = False) -> None:
        """Take note of what was heard of a reply: a question that was not heard asks nothing."""
        asked = self._asked
        if asked is not None and asked.turn == turn:
            asked.heard = asked.heard or whole or was_heard(asked.question, heard)
            if whole:
                asked.until = self._now() + self.bounds.consent_s

    @property
    def asking(self) -> int:
        """The turn whose reply asks the user; 0: none."""
        return 0 if self._asked is None else self._asked.turn

    def committed(self, turn: int, text: str) -> None:
        """Take the words of the user's next turn for an answer, if they are one."""
        asked, self._asked = self._asked, None
        if asked is None:
            return
        if asked.heard and self._now() <= asked.until and self._assents(asked, text):
            self._agreed = {turn: asked}
        else:
            self._decline(asked)

    def withdraw(self) -> None:
        """Nobody answers the question any more."""
        asked, self._asked = self._asked, None
        if asked is not None:
            self._decline(asked)

    def agreed(self, turn: int) -> list[Run]:
        """Return the calls that the user has agreed to with this turn, to be run now."""
        asked = self._agreed.pop(turn, None)
        if asked is None:
            return []
        fresh = [replace(run.call, id=f"{run.call.id[:40]}_yes") for run in asked.runs]
        for run in asked.runs:
            self._amend(run.call.id, "The user was asked, and agreed.")
        return [
            Run(call, run.tool, "running") for call, run in zip(fresh, asked.runs, strict=True)
        ]

    def _assents(self, asked: _Asked, text: str) -> bool:
        return agrees(text, asked.question, self.words)

    def _decline(self, asked: _Asked) -> None:
        for run in asked.runs:
            run.state, run.text = "failed", "Not done: the user was asked and did not agree."
            self._amend(run.call.id, run.text)

    # ── what was begun too early ──────────────────────────────────────────────────────────────

    def precedes(self, errand: Errand) -> bool:
        """Tell whether there is something to do before a turn's first word."""
        asked = self._asked
        old = self._turns.get(errand.continues)
        return (
            errand.turn in self._agreed
            or (asked is not None and self._assents(asked, errand.text))
            or (old is not None and any(run.acts for run in old.runs))
        )

    async def taken_back(self, turn: int) -> list[Run]:
        """Undo what an abandoned answer did; returns what stays done."""
        old = self._turns.get(turn)
        done = [run for run in (old.runs if old is not None else []) if run.acts]
        stays = [run for run in reversed(done) if not await self._undone(run)]
        return stays[::-1]

    async def _undone(self, run: Run) -> bool:
        """Take one effect back, or tell that there is none."""
        if run.state == "running" and run.task is not None:
            await asyncio.wait({run.task}, timeout=UNDO_S)
            if run.task.done():
                run.settle()
        if run.state != "done":
            return run.state != "running"
        if run.undo is None or run.tool is None or run.tool.terms.effect != "undoable":
            return False
        task = asyncio.get_running_loop().create_task(_awaited(run.undo), name="undo")
        await asyncio.wait({task}, timeout=UNDO_S)
        if not task.done():
            task.cancel()
            return False
        if task.cancelled() or (error := task.exception()) is not None:
            kind = "ended" if task.cancelled() else type(error).__name__
            _log.warning("the tool %s could not be undone: %s", run.call.name, kind)
            return False
        run.state, run.undo = "undone", None
        return True

    # ── what outlives its reply ───────────────────────────────────────────────────────────────

    def overdue(self, run: Run) -> None:
        """End a run at its deadline, or let it go on as a job."""
        if run.tool is None or run.task is None:
            return
        terms = run.tool.terms
        if not terms.job:
            _log.warning("the tool %s took longer than %g s", run.tool.name, terms.deadline)
            run.end()
            run.fail(f"It took longer than {terms.deadline:g} s and was ended.")
            return
        title = spoken_name(run.tool.name).capitalize()
        run.state, run.text = "done", "It takes longer and goes on; the user is told its end."
        self.around.start_job(title, lambda: self._finish(run, title), terms.job)

    async def _finish(self, run: Run, title: str) -> str:
        """See a run out as a job; returns what to say at its end."""
        task = run.task
        if task is None:
            return ""
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():
                run.end()
                self._amend(run.call.id, "It was ended before it was done.")
        succeeded = run.settled()
        self._amend(run.call.id, cut(run.text, COMPACT))
        if not succeeded:
            return self.words.failed
        said = self.words.finished.format(what=title)
        result = task.result() if not task.cancelled() and task.exception() is None else None
        text = " ".join(getattr(result, "text", "").split())
        return f"{said} {text}" if text and len(text) <= SAID and not run.foreign else said

    def leave(self, run: Run) -> None:
        """The reply is over: end what changes nothing, see out what does and tell it later."""
        if run.task is None:
            return
        if not run.acts:
            run.end()
            run.fail("The answer was over before it was done.")
            return
        loop = asyncio.get_running_loop()
        self._left[run.task] = run
        overdue = loop.call_at(max(run.due, loop.time()), run.task.cancel)

        def over(task: "asyncio.Task[object]") -> None:
            overdue.cancel()
            self._left.pop(task, None)
            run.settle()
            text = f"It ended after the answer was over. {run.text}"
            self._amend(run.call.id, cut(text, COMPACT))

        run.task.add_done_callback(over)

    async def close(self) -> None:
        """End all that still runs."""
        await _ended(self._left)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


async def _awaited(undo: Callable[[], Awaitable[None]]) -> None:
    await undo()


async def _ended(tasks: Iterable["asyncio.Task[object]"]) -> None:
    left = set(tasks)
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=LEAVING_S)
