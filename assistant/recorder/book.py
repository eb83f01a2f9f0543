"""The turn book: from the steps of the core to what observers of a session see."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import (
    Mode,
    Overlapping,
    Policy,
    Quiet,
    Speaking,
    State,
    Thinking,
    UserPaused,
    UserSpeaking,
)
from assistant.ports import Moment, Seen, TurnReport
from assistant.recorder.waterfall import Mark, spans
from assistant.views import Activity, Caption, Status

PER_MS = 1e-3
KEPT = 64
"""Turns whose marks are kept; one that was never closed is dropped after so many others."""
OF_A_DRAFT = {
    *("drafted", "looked", "captured", "encoded", "uploaded", "first_token", "first_clause"),
    "first_sound_ready",
}
"""Marks of a draft, which mean nothing once it is discarded."""


@dataclass(slots=True)
class _Page:
    """One turn, as far as it has come."""

    heard: str = ""
    marks: list[Mark] = field(default_factory=list)
    continues: int = e.NOTHING


class Book:
    """Keeps a page for each turn, tells views as they change and a report when a turn is over."""

    def __init__(self, tell: Callable[[Seen], None]) -> None:
        self.turns = 0
        """Turns that were answered."""
        self._tell = tell
        self._pages: dict[int, _Page] = {}
        self._status: Status | None = None

    @property
    def activity(self) -> str:
        """What is being done, in a word."""
        match self._status:
            case None:
                return Activity.LISTENING.value
            case Status(Activity.WAITING as activity, text):
                return f"{activity.value} {text}"
            case Status(activity):
                return activity.value

    def mark(self, turn: int, name: Moment) -> None:
        """Note that something happened in a turn, now."""
        now = asyncio.get_running_loop().time()
        self._page(turn).marks.append(Mark(turn, name, now))

    def note(self, at: float, event: e.Event, orders: tuple[c.Command, ...]) -> None:
        """Take note of a step: `at` is the loop's time."""
        match event:
            case e.SilenceReached(turn, ms) if any(isinstance(o, c.Finalize) for o in orders):
                self._mark(turn, "last_voiced", at - ms * PER_MS)
                self._mark(turn, "finalized", at)
            case e.Heard(turn=turn, text=text) if turn in self._pages:
                self._page(turn).heard = text
                if event.final:
                    self._mark(turn, "words_ready", at)
                self._tell(Caption(turn, "user", event.caption, event.stable, event.final))
            case _:
                pass
        for order in orders:
            self._obeyed(at, order, orders)

    def _obeyed(self, at: float, order: c.Command, orders: tuple[c.Command, ...]) -> None:
        match order:
            case c.Listen(turn):
                self._page(turn)
            case c.Draft(turn):
                self._begin_anew(turn)
                self._mark(turn, "drafted", at)
            case (
                c.Reply(turn=turn, continues=continued) | c.Commit(turn=turn, continues=continued)
            ):
                if isinstance(order, c.Reply):
                    self._begin_anew(turn)
                self._mark(turn, "committed", at)
                self._page(turn).continues = continued
            case c.Forget(turn) if not _answers(turn, orders):
                page = self._pages.pop(turn, _Page())
                if page.heard:
                    self._tell(TurnReport(turn, page.heard, "", "nothing"))
            case _:
                pass

    def show(
        self,
        state: State,
        policy: Policy,
        said: str = "",
        names: tuple[str, ...] = (),
        trouble: str = "",
    ) -> None:
        """Tell the living state when it changed.

        `said`: what is being spoken. `names`: what it answers to, where it must be called.
        `trouble`: why it neither hears nor can be heard.
        """
        status = Status(*_activity(state, policy, said, names))
        if trouble:
            status = Status(Activity.DEAF, trouble)
        if status != self._status:
            self._status = status
            self._tell(status)

    def close(
        self,
        turn: int,
        heard: str,
        said: str,
        outcome: Literal["answered", "interrupted", "failed", "nothing"],
        *,
        failure: str = "",
        ask: int = e.NOTHING,
    ) -> TurnReport:
        """End a turn's page; returns the report, which observers were told, too."""
        page = self._pages.pop(turn, _Page())
        self.turns += outcome == "answered"
        report = TurnReport(
            turn, heard, said, outcome, spans(page.marks), page.continues, failure, ask
        )
        self._tell(report)
        return report

    def _page(self, turn: int) -> _Page:
        if turn not in self._pages:
            self._pages[turn] = _Page()
            while len(self._pages) > KEPT:
                del self._pages[min(self._pages)]
        return self._pages[turn]

    def _begin_anew(self, turn: int) -> None:
        """Drop what an earlier draft did: the answer does not come from there."""
        page = self._page(turn)
        page.marks = [mark for mark in page.marks if mark.name not in OF_A_DRAFT]

    def _mark(self, turn: int, name: Moment, at: float) -> None:
        """Note a moment; of a pause only the newest counts, since the user had gone on."""
        page = self._page(turn)
        page.marks = [mark for mark in page.marks if mark.name != name]
        page.marks.append(Mark(turn, name, at))


def _answers(turn: int, orders: tuple[c.Command, ...]) -> bool:
    return any(isinstance(o, c.Reply | c.Commit) and o.turn == turn for o in orders)


def _activity(  # noqa: PLR0911 - a table
    state: State, policy: Policy, said: str, names: tuple[str, ...]
) -> tuple[Activity, str]:
    match state:
        case UserSpeaking(floor=floor) | UserPaused(floor=floor):
            return Activity.HEARING, floor.text
        case Thinking():
            return Activity.THINKING, ""
        case Speaking() | Overlapping(audible=True):
            return Activity.SPEAKING, said
        case Overlapping(floor=floor):
            return Activity.HEARING, floor.text
        case Quiet(ledger) if ledger.muted:
            return Activity.MUTED, ""
        case Quiet() if policy.mode is Mode.PUSH:
            return Activity.WAITING, "for your key"
        case Quiet(window=e.NOTHING) if policy.mode is Mode.WAKE:
            return Activity.WAITING, f"for {called(names)}"
        case _:
            return Activity.LISTENING, ""


def called(names: tuple[str, ...]) -> str:
    """Write what it answers to, as a person would: "Alexa" or "Hey Jarvis"."""
    return " or ".join(f'"{name}"' for name in names) or "its name"
