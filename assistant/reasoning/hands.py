"""Hands: what is done at once, without a mind. What they do not know falls through to it.

A `Grammar` says what a text orders, a skill does it and answers in the user's language. What a
turn did is undone when the user goes on with it and the whole means something else.
"""

import asyncio
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.errors import AssistantError, BackendError, ToolError, Unclear, Unfit
from assistant.keeping.store import Busy, Full
from assistant.languages.spoken import sentences, spoken
from assistant.ports import Effect, Started, Surroundings, Terms, ToolResult
from assistant.reasoning.grammar import Grammar, Order
from assistant.views import Listing, View

_log = logging.getLogger(__name__)

PATIENCE_S = 60.0
"""How long a question of ours waits for its answer."""
DEADLINE_S = 5.0
"""How long a skill may take before the mind is asked instead."""
_SPOKEN = 4
"""So many examples are said aloud; the others are shown."""
BUILT_IN = ("abilities", "never_mind")

Skill = Callable[..., Awaitable[str | ToolResult | Started]]
Undo = Callable[[], Awaitable[None]]
Plan = tuple[tuple[Order, ...], ...]
"""Orders, one after another: of each the readings, the likeliest first."""


class Hands:
    """What can be done in a language; shared by all conversations."""

    def __init__(
        self,
        code: str,
        skills: Mapping[str, Skill],
        more: Mapping[str, Any] | None = None,
        lists: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """`skills` by the name of their intent. `more`, `lists`: see `Grammar`."""
        self.code, self.skills = code, dict(skills)
        self._grammar = Grammar(code, {*skills, *BUILT_IN}, more, lists)
        joints = "|".join(map(re.escape, sentences(code)["splits"]))
        self._joint = re.compile(rf"[,;]?\s+(?:{joints})\s+|[.;]\s+", re.IGNORECASE)
        self._warm()

    def recognise(self, text: str) -> Plan:
        """Return what is ordered, one after another: of each the readings, the likeliest first.

        Empty: not all of it is understood. Takes a few milliseconds at most.
        """
        whole = tuple(self._grammar.orders(text))
        parts = self._joint.split(text)
        if len(parts) > 1 and not (whole and _OPEN & set(whole[0].slots)):
            orders = [tuple(self._grammar.orders(part)) for part in parts]
            if all(orders):
                return tuple(orders)
        return (whole,) if whole else ()

    def effect(self, order: Order) -> Effect:
        """Tell what a skill does to the world."""
        terms: Terms = getattr(self.skills.get(order.skill), "terms", Terms())
        return terms.effect

    def examples(self) -> list[str]:
        """Return a sentence for each thing that can be done here."""
        known = sentences(self.code)["examples"]
        return [text for name, text in known.items() if name in self.skills]

    def _warm(self) -> None:
        """Load what is loaded at its first use: a date, a unit, a miss."""
        for text in (*self.examples(), "colourless green ideas sleep furiously"):
            self.recognise(text)


@dataclass(slots=True)
class _Asked:
    """We asked for what was missing."""

    order: Order
    missing: str
    until: float


@dataclass(slots=True)
class _Did:
    """What a turn of the hands did, said, shows and asks."""

    turn: int
    text: str
    said: str = ""
    undo: list[Undo] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    asked: _Asked | None = None


class Handiwork:
    """The hands of one conversation."""

    def __init__(
        self,
        hands: Hands,
        surroundings: Surroundings,
        *,
        calls_tools: bool = False,
        offers: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`calls_tools`: the mind can do the same things, if the hands leave them to it.

        `offers`: what else can be done here, in sentences (`reasoning/offers`).
        """
        self._hands, self._around, self._offers = hands, surroundings, offers
        self._calls_tools = calls_tools
        self._asked: _Asked | None = None
        self._did: _Did | None = None
        self._told = 0

    async def answer(
        self,
        text: str,
        *,
        turn: int = 0,
        continues: int = 0,
        released: asyncio.Event | None = None,
    ) -> str | None:
        """Do what a text orders and return what to say; `None`: it is for the mind.

        Nothing that changes the world is done before `released`. `continues`: the turn whose
        words `text` begins with; what that did is undone first, unless the rest is an order of
        its own.
        """
        plan = self._planned(text)
        before = self._did if self._did and continues and self._did.turn == continues else None
        done = _Did(turn, text)
        if before is not None and not plan:
            plan = self._added(before, text)
            if plan:
                done.said, done.undo, before = before.said, before.undo, None
        if not plan:
            await self._leave(before, released)
            return None
        if before is not None or any(self._changes(orders) for orders in plan):
            await _wait(released)
            self._did = done  # it can be undone even if it is interrupted
            await self._undo(before)
        for orders in plan:
            answer = await self._one(orders, done)
            if answer is None:
                return None
            done.said = f"{done.said} {answer}".strip()
        await _wait(released)
        self._did, self._asked = done, done.asked
        for view in done.views:
            self._around.show(view)
        return done.said

    # ── how ───────────────────────────────────────────────────────────────────────────────────

    def _planned(self, text: str) -> Plan:
        """Return what is ordered; the answer to a question of ours belongs to what was asked."""
        plan = self._hands.recognise(text)
        asked = self._asked
        if asked is None or asyncio.get_running_loop().time() > asked.until:
            return plan
        again = plan and plan[0][0].skill in {"never_mind", asked.order.skill}
        if again or (plan and asked.missing not in _FREE):
            return plan
        slots = {**asked.order.slots, asked.missing: text.strip(" .!?")}
        return ((replace(asked.order, slots=slots),),)

    def _added(self, before: _Did, text: str) -> Plan:
        """Return what was ordered beside what was done already."""
        rest = text.removeprefix(before.text).strip(" ,.;")
        return self._hands.recognise(rest) if text.startswith(before.text) else ()

    async def _leave(self, before: _Did | None, released: asyncio.Event | None) -> None:
        """Leave it to the mind; if it can do it all, what was done of it is undone."""
        if before is not None and self._calls_tools:
            await _wait(released)
            await self._undo(before)
        if released is None or released.is_set():
            self._asked = None

    def _changes(self, orders: tuple[Order, ...]) -> bool:
        return any(self._hands.effect(order) != "none" for order in orders)

    async def _undo(self, did: _Did | None) -> None:
        for undo in () if did is None else reversed(did.undo):
            try:
                await undo()
            except AssistantError as wrong:
                _log.warning("what was done could not be undone: %s", wrong)

    async def _one(self, orders: tuple[Order, ...], done: _Did) -> str | None:
        """Do the first reading that fits; `None`: none does."""
        for order in orders:
            if order.skill == "abilities":
                return self._abilities(done)
            if order.skill == "never_mind":
                return spoken(self._hands.code).say("never_mind")
            with suppress(Unfit):
                return await self._tried(order, done)
        return None

    async def _tried(self, order: Order, done: _Did) -> str:
        """Do it; what goes wrong becomes a sentence. Raises `Unfit`."""
        say = spoken(self._hands.code).say
        try:
            async with asyncio.timeout(DEADLINE_S):
                result = await self._run(order)
        except Unclear as unclear:
            until = asyncio.get_running_loop().time() + PATIENCE_S
            done.asked = _Asked(order, unclear.missing, until)
            return unclear.for_model
        except Unfit:
            raise
        except ToolError as wrong:
            return wrong.for_model
        except BackendError as wrong:
            _log.warning("%s failed: %s", order.skill, wrong)
            return say(_TROUBLE.get(type(wrong), "file_broken"))
        except TimeoutError:
            _log.warning("%s took more than %g s", order.skill, DEADLINE_S)
            return say("file_busy")
        if isinstance(result, ToolResult):
            done.undo += [] if result.undo is None else [result.undo]
            done.views += [] if result.view is None else [result.view]
        return result if isinstance(result, str) else result.text

    async def _run(self, order: Order) -> str | ToolResult | Started:
        skill = self._hands.skills[order.skill]
        parameters = inspect.signature(skill).parameters
        given: dict[str, Any] = {k: v for k, v in order.slots.items() if k in parameters}
        around = next(
            (name for name, known in parameters.items() if known.annotation is Surroundings), ""
        )
        if around:
            given[around] = self._around
        return await skill(**given)

    def _abilities(self, done: _Did) -> str:
        """Tell some of what can be done, others each time; all of it is shown."""
        every = [*self._offers(), *self._hands.examples()]
        done.views.append(Listing("", tuple(every)))
        first = self._told % max(1, len(every))
        self._told += _SPOKEN
        chosen = (every[first:] + every[:first])[:_SPOKEN]
        return spoken(self._hands.code).say("abilities", examples=" ".join(chosen))


_TROUBLE: dict[type[BackendError], str] = {Full: "disk_full", Busy: "file_busy"}
_OPEN = frozenset({"note", "reminder", "message"})
"""Slots that may hold anything, also what reads like a second order."""
_FREE = frozenset({"what", "item", "note", "message"})
"""What is asked for and may be any words, even such as are an order."""


async def _wait(released: asyncio.Event | None) -> None:
    if released is not None:
        await released.wait()
