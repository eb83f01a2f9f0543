"""Carries the core's orders out. The only module that starts and stops a session's tasks.

One inbox, one state, one step at a time. Events may come from anything on the loop's thread;
orders are obeyed at once and never wait, so that cancelling overtakes everything that is queued.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, assert_never

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Policy, Quiet, State
from assistant.core.turns import step
from assistant.errors import AssistantError, leaves

_log = logging.getLogger(__name__)

Log = Callable[[float, e.Event, State, tuple[c.Command, ...]], None]
Order = c.Reply | c.Announce | c.Draft

UNWIND_S = 1.0
"""How long a new reply waits for the one before it to let go of the voice."""


class Scope(Protocol):
    """One reply, from the model to the speaker; cancelled as a whole."""

    async def run(self) -> None:
        """Say it all. A scope made for a `Draft` makes no sound until `commit`."""
        ...

    def commit(self, order: c.Commit) -> None:
        """Let a draft be heard: it is the reply now."""
        ...

    def duck(self, *, on: bool) -> None:
        """Lower or raise the voice."""
        ...

    def hold(self, *, on: bool) -> None:
        """Pause or go on, audible or not yet."""
        ...

    def blame(self, error: BaseException) -> e.Failure:
        """Tell which part an error came from."""
        ...


class Stages(Protocol):
    """What the conductor conducts."""

    def listen(self, turn: int) -> None:
        """Open a turn."""
        ...

    def finalize(self, turn: int, take: int) -> None:
        """Ask for the last word; the answer is an event."""
        ...

    def forget(self, turn: int) -> None:
        """Close a turn."""
        ...

    def scope(self, order: Order) -> Scope:
        """Prepare a reply, an announcement or a draft."""
        ...

    def cue(self, tone: c.Tone) -> None:
        """Play a short sound."""
        ...

    def show(self, utterance: str) -> None:
        """Show what is not said."""
        ...

    def refuse(self, ask: int) -> None:
        """Tell a caller that too much waits."""
        ...

    def cancel_job(self, job: int) -> None:
        """End long work."""
        ...


@dataclass(slots=True)
class _Running:
    """A scope and its task; the task is set as soon as the scope runs."""

    turn: int
    scope: Scope
    draft: int = e.NOTHING
    task: asyncio.Task[None] | None = None
    failure: e.Failure | None = None

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Conductor:
    """Steps the core for each event and obeys it."""

    def __init__(self, policy: Policy, stages: Stages, log: Log) -> None:
        self.state: State = Quiet()
        self.policy = policy
        self._inbox = asyncio.Queue[e.Event]()
        self._stages, self._log = stages, log
        self._reply: _Running | None = None
        self._drafts: dict[int, _Running] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._unwinding: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many events it has not come to yet."""
        return self._inbox.qsize()

    def emit(self, event: e.Event) -> None:
        """Take note of an event; never blocks. To be called on the loop's thread."""
        self._inbox.put_nowait(event)

    async def run(self) -> None:
        """Conduct until cancelled."""
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    event = await self._inbox.get()
                    if isinstance(event, e.PolicyChanged) and isinstance(event.policy, Policy):
                        self.policy = event.policy
                    self.state, orders = step(self.state, event, self.policy)
                    self._log(now(), event, self.state, orders)
                    for order in orders:
                        self._obey(order, tasks)
        finally:
            for timer in self._timers.values():
                timer.cancel()

    def _obey(self, order: c.Command, tasks: asyncio.TaskGroup) -> None:  # noqa: C901, PLR0912
        # The whole vocabulary on one screen is easier to check than any split of it.
        stages = self._stages
        match order:
            case c.Listen(turn):
                stages.listen(turn)
            case c.Finalize(turn, take):
                stages.finalize(turn, take)
            case c.Forget(turn):
                stages.forget(turn)
            case c.Reply() | c.Announce():
                self._reply = self._start(order, tasks)
            case c.Draft(_, draft):
                self._drafts[draft] = self._start(order, tasks, draft)
            case c.Commit():
                self._commit(order)
            case c.Discard(_, draft):
                self._end(self._drafts.pop(draft, None))
            case c.CancelReply():
                self._end(self._reply)
                self._reply = None
            case c.Duck() | c.Unduck():
                if self._reply is not None:
                    self._reply.scope.duck(on=isinstance(order, c.Duck))
            case c.Hold() | c.Resume():
                if self._reply is not None:
                    self._reply.scope.hold(on=isinstance(order, c.Hold))
            case c.Cue(tone):
                stages.cue(tone)
            case c.Show(utterance):
                stages.show(utterance)
            case c.Refuse(ask):
                stages.refuse(ask)
            case c.CancelJob(job):
                stages.cancel_job(job)
            case c.Arm(timer, arming, seconds):
                fired = e.TimerFired(timer, arming)
                loop = asyncio.get_running_loop()
                self._timers[arming] = loop.call_later(seconds, self._fire, fired)
            case c.Disarm(arming):
                if handle := self._timers.pop(arming, None):
                    handle.cancel()
            case _:
                assert_never(order)

    def _fire(self, fired: e.TimerFired) -> None:
        self._timers.pop(fired.arming, None)
        self.emit(fired)

    def _start(self, order: Order, tasks: asyncio.TaskGroup, draft: int = e.NOTHING) -> _Running:
        running = _Running(order.turn, self._stages.scope(order), draft)
        running.task = tasks.create_task(
            self._run(running, self._unwinding), name=f"reply {order.turn}"
        )
        return running

    def _commit(self, order: c.Commit) -> None:
        running = self._drafts.pop(order.draft)
        self._reply, running.draft = running, e.NOTHING
        if running.failure is not None:  # it broke, and the core did not know yet
            self.emit(e.ReplyFailed(order.turn, running.failure))
        else:
            running.scope.commit(order)

    def _end(self, running: _Running | None) -> None:
        if running is not None:
            running.cancel()
            if running.draft == e.NOTHING:
                self._unwinding = running.task

    async def _run(self, running: _Running, before: asyncio.Task[None] | None) -> None:
        """Run a scope; the one place where whatever breaks in it becomes an event."""
        if before is not None and not before.done():
            await asyncio.wait({before}, timeout=UNWIND_S)
        before = None  # a cancelled task keeps its traceback, which would keep that before it, …
        try:
            await running.scope.run()
        except Exception as error:  # noqa: BLE001 - see above
            _tell(error)
            running.failure = running.scope.blame(error)
            self.emit(
                e.DraftFailed(running.turn, running.draft)
                if running.draft
                else e.ReplyFailed(running.turn, running.failure)
            )
        else:
            self.emit(e.ReplyEnded(running.turn))


def _tell(error: BaseException) -> None:
    """Log what broke: one line for what is understood, all of it for a bug."""
    for leaf in leaves(error):
        if isinstance(leaf, AssistantError):
            _log.warning("a reply failed: %s", leaf)
        else:
            _log.error("a reply failed", exc_info=leaf)
