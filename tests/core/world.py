"""The world that the core commands, and the closure of (state of the core) x (state of the world).

Numbers only matter by their order, words by being there or not: `normal` maps each pair to its
representative, so the closure is finite. The number 1 is always that of something long over: news
of it must change nothing, which stands for everything that was in flight when it was disarmed,
discarded, forgotten or cancelled.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import (
    Floor,
    Ledger,
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
from assistant.core.turns import step

LONG_OVER = 1
Machine = Callable[[State, e.Event, Policy], tuple[State, tuple[c.Command, ...]]]


class WrongError(AssertionError):
    """An invariant is broken; carries the way there."""


def check(truth: object, message: str) -> None:
    if not truth:
        raise WrongError(message)


@dataclass(frozen=True, slots=True)
class World:
    """What the conductor would have running, as the commands imply."""

    listening: int | None = None
    finalized: bool = False
    replying: int | None = None
    audible: bool = False
    ducked: bool = False
    held: bool = False
    draft: int | None = None
    drafts_turn: int | None = None
    armed: tuple[tuple[int, e.Timer], ...] = ()
    jobs: tuple[int, ...] = ()
    turn: int = LONG_OVER
    take: int = LONG_OVER
    drafts: int = LONG_OVER
    arming: int = LONG_OVER

    def _silent(self) -> "World":
        return replace(self, replying=None, audible=False, ducked=False, held=False)

    def obey(self, order: c.Command) -> "World":  # noqa: C901, PLR0911, PLR0912, PLR0915 - a table
        match order:
            case c.Listen(turn):
                check(self.listening is None, "two turns open at once")
                check(turn > self.turn, "a turn's number is used twice")
                return replace(self, listening=turn, turn=turn, finalized=False)
            case c.Finalize(turn, take):
                check(self.listening == turn, "finalized a turn that is not open")
                check(take > self.take, "a take's number is used twice")
                return replace(self, finalized=True, take=take)
            case c.Forget(turn):
                check(self.listening == turn, "forgot a turn that is not open")
                return replace(self, listening=None, finalized=False)
            case c.Draft(turn, draft, text):
                check(self.draft is None, "two drafts at once")
                check(self.replying is None, "a draft beside a reply")
                check(self.listening == turn, "a draft for a turn that is not open")
                check(draft > self.drafts, "a draft's number is used twice")
                check(text, "a draft of nothing")
                return replace(self, draft=draft, drafts_turn=turn, drafts=draft)
            case c.Commit(turn, draft, text):
                check(self.draft == draft, "committed a draft that is not there")
                check(self.drafts_turn == turn, "committed a draft to another turn")
                check(self.replying is None, "two replies at once")
                check(text, "answered nothing")
                return replace(self, draft=None, drafts_turn=None, replying=turn)
            case c.Discard(_, draft):
                check(self.draft == draft, "discarded a draft that is not there")
                return replace(self, draft=None, drafts_turn=None)
            case c.Reply(turn, text):
                check(self.replying is None, "two replies at once")
                check(self.draft is None, "a reply beside a draft")
                check(text, "answered nothing")
                check(self.listening is None, "answered a turn that is still open")
                return replace(self, replying=turn, turn=max(turn, self.turn))
            case c.Announce(turn):
                check(self.replying is None, "two replies at once")
                check(turn > self.turn, "a turn's number is used twice")
                return replace(self, replying=turn, turn=turn)
            case c.CancelReply(turn):
                check(self.replying == turn, "cancelled a reply that is not running")
                return self._silent()
            case c.Duck(turn):
                check(self.replying == turn, "ducked nothing")
                check(not self.ducked, "ducked twice")
                return replace(self, ducked=True)
            case c.Unduck(turn):
                check(self.replying == turn, "unducked nothing")
                check(self.ducked, "unducked what is not ducked")
                return replace(self, ducked=False)
            case c.Hold(turn):
                check(self.replying == turn, "held nothing")
                check(not self.held, "held twice")
                return replace(self, held=True)
            case c.Resume(turn):
                check(self.replying == turn, "resumed nothing")
                check(self.held, "resumed what is not held")
                return replace(self, held=False)
            case c.Arm(timer, arming, seconds):
                check(arming > self.arming, "an arming's number is used twice")
                check(seconds > 0, "a wait of no time")
                return replace(self, armed=(*self.armed, (arming, timer)), arming=arming)
            case c.Disarm(arming):
                check(arming in dict(self.armed), "disarmed what is not armed")
                return replace(self, armed=_without(self.armed, arming))
            case c.CancelJob(job):
                check(job in self.jobs, "cancelled a job that does not run")
                return self
            case c.Cue() | c.Show() | c.Refuse():
                return self


def _without(
    armed: tuple[tuple[int, e.Timer], ...], arming: int
) -> tuple[tuple[int, e.Timer], ...]:
    return tuple(pair for pair in armed if pair[0] != arming)


def happens(world: World, event: e.Event) -> World | None:  # noqa: PLR0911
    """The world after the event itself, or None where it cannot happen."""
    match event:
        case e.TimerFired(timer, arming):
            if dict(world.armed).get(arming) is timer:
                return replace(world, armed=_without(world.armed, arming))
            return world if arming == LONG_OVER else None
        case e.ReplyAudible(turn) if turn == world.replying:
            return None if world.audible else replace(world, audible=True)
        case e.ReplySaid(turn) if turn == world.replying:
            return world if world.audible else None
        case e.ReplyEnded(turn) | e.ReplyFailed(turn) if turn == world.replying:
            return world._silent()
        case e.DraftFailed(_, draft) if draft == world.draft:
            return replace(world, draft=None, drafts_turn=None)
        case e.JobStarted(job):
            return None if world.jobs else replace(world, jobs=(job,))
        case e.JobEnded(job):
            return replace(world, jobs=()) if job in world.jobs else None
        case e.Heard(turn=turn, take=take) if turn == world.listening and take > LONG_OVER:
            return world if world.finalized and take == world.take else None
    return world


# ── representatives ───────────────────────────────────────────────────────────────────────────

_NUMBERS = {
    "turn": ("turn", "continues", "listening", "replying", "drafts_turn"),
    "take": ("take",),
    "draft": ("draft", "drafts"),
    "arming": ("arming", "window"),
}
_KINDS = {name: kind for kind, names in _NUMBERS.items() for name in names}


def normal(state: State, world: World) -> tuple[State, World]:
    """Return the representative of all pairs that differ only in numbers and words."""
    seen: dict[str, set[int]] = {kind: set() for kind in _NUMBERS}
    _collect(state, seen)
    _collect(world, seen)
    seen["arming"].update(arming for arming, _ in world.armed)
    rank = {
        kind: {old: new for new, old in enumerate(sorted(n for n in numbers if n > LONG_OVER), 2)}
        | {0: 0, LONG_OVER: LONG_OVER}
        for kind, numbers in seen.items()
    }
    world = _renumbered(world, rank)
    armed = tuple((rank["arming"][arming], timer) for arming, timer in world.armed)
    return _renumbered(state, rank), replace(world, armed=armed)


def _collect(thing: Any, seen: dict[str, set[int]]) -> None:
    for f in fields(thing):
        value = getattr(thing, f.name)
        if isinstance(value, bool) or value is None:
            continue
        if f.name in _KINDS and isinstance(value, int):
            seen[_KINDS[f.name]].add(value)
        elif f.name in {"ledger", "floor", "answer", "draft"}:
            _collect(value, seen)


def _renumbered(thing: Any, rank: dict[str, dict[int, int]]) -> Any:
    changes: dict[str, Any] = {}
    for f in fields(thing):
        value = getattr(thing, f.name)
        if isinstance(value, bool) or value is None:
            continue
        if f.name in _KINDS and isinstance(value, int):
            changes[f.name] = rank[_KINDS[f.name]][value]
        elif f.name in {"ledger", "floor", "answer", "draft"}:
            changes[f.name] = _renumbered(value, rank)
        elif f.name in {"text", "before"} and value:
            changes[f.name] = "x"
        elif f.name == "waiting":
            changes[f.name] = tuple(_WAITING[type(w)] for w in value)
        elif f.name == "ask":
            changes[f.name] = min(value, 1)
    return replace(thing, **changes)


_WAITING: dict[type, Any] = {
    e.Asked: e.Asked(1, "x"),
    e.WantsFloor: e.WantsFloor("x"),
    c.Notice: c.Notice.MIND_FAILED,
}


# ── the alphabet ──────────────────────────────────────────────────────────────────────────────

V = e.Verdict
K = e.Kind
NOTHING = ("", V(K.NOTHING))
MM = ("mm-hmm", V(K.BACKCHANNEL))
OKAY = ("okay", V(K.ASSENT, digest="ok"))
STOP = ("stop", V(K.STOP))
CANCEL = ("cancel that", V(K.CANCEL, digest="c"))
WORDS = ("what now", V(K.WORDS, complete=0.9, ends_sentence=True, digest="a"))
OTHERS = ("what then", V(K.WORDS, complete=0.9, ends_sentence=True, digest="b"))
HALF = ("what and", V(K.WORDS, complete=0.1, digest="h"))
UNSURE = ("what is", V(K.WORDS, complete=0.5, digest="u"))


def heard(turn: int, said: tuple[str, e.Verdict], take: int = e.NOTHING) -> e.Heard:
    text, verdict = said
    return e.Heard(turn, text, verdict, take)


def _numbers(running: int | None) -> list[int]:
    return [LONG_OVER] if running is None else [LONG_OVER, running]


@dataclass(frozen=True)
class Alphabet:
    """Which of the events are tried; all of them at once would only multiply what is apart."""

    said: tuple[tuple[str, V], ...]
    silences: tuple[int, ...] = (32, 64, 200, 500, 1200)
    voiced: tuple[int, ...] = (120, 500)
    beside: tuple[e.Event, ...] = ()
    drafts: bool = False
    wakes: bool = False
    extra: tuple[e.Event, ...] = field(
        default=(
            *(e.Poked(action) for action in e.Action),
            e.Muted(on=True),
            e.Muted(on=False),
        )
    )

    def __call__(self, world: World) -> Iterable[e.Event]:
        yield e.SpeechStarted(0)
        yield from self.extra
        yield from self.beside
        if self.wakes:
            yield e.Woken(e.Cause.NAME)
        yield from (e.TimerFired(timer, arming) for arming, timer in world.armed)
        for turn in _numbers(world.listening):
            yield from (e.SilenceReached(turn, ms) for ms in self.silences)
            yield from (e.VoiceLasted(turn, ms) for ms in self.voiced)
            yield e.TurnFilled(turn)
            yield e.ListeningFailed(turn, "gone")
            takes = {0, LONG_OVER, world.take} if world.finalized else {0, LONG_OVER}
            yield from (heard(turn, said, take) for said in self.said for take in takes)
        for turn in _numbers(world.replying):
            yield e.ReplyAudible(turn)
            yield e.ReplySaid(turn, 0, asks=False)
            yield e.ReplySaid(turn, 0, asks=True)
            yield e.ReplyEnded(turn)
            yield from (e.ReplyFailed(turn, reason) for reason in e.Failure)
        if self.drafts and world.draft is not None and world.drafts_turn is not None:
            yield e.DraftReady(world.drafts_turn, world.draft)
            yield e.DraftFailed(world.drafts_turn, world.draft)


def over() -> list[e.Event]:
    """News of what is long over."""
    turn = LONG_OVER
    return [
        *(heard(turn, said, take) for said in (WORDS, MM, STOP) for take in (0, LONG_OVER)),
        *(e.TimerFired(timer, LONG_OVER) for timer in e.Timer),
        *(e.SilenceReached(turn, ms) for ms in (64, 1200)),
        e.VoiceLasted(turn, 500),
        e.TurnFilled(turn),
        e.ListeningFailed(turn, "gone"),
        e.ReplyAudible(turn),
        e.ReplySaid(turn, 0, asks=True),
        e.ReplyEnded(turn),
        e.ReplyFailed(turn, e.Failure.MIND),
        e.DraftReady(turn, LONG_OVER),
        e.DraftFailed(turn, LONG_OVER),
    ]


# ── invariants ────────────────────────────────────────────────────────────────────────────────


def agree(state: State, world: World) -> None:
    """What the core believes is what the world has."""
    armed = tuple(arming for arming, _ in world.armed)
    match state:
        case Quiet(ledger, window):
            check(armed == ((window,) if window else ()), "quiet, yet something is pending")
            check(world.replying is None, "quiet, yet a reply runs")
            check(world.listening is None, "quiet, yet a turn is open")
            check(world.draft is None, "quiet, yet a draft runs")
            check(not ledger.waiting, "quiet, yet somebody waits for the floor")
        case UserSpeaking(floor=floor, arming=arming):
            check(armed == (arming,), "no deadline while the user speaks")
            _theirs(floor, world)
            check(world.replying is None, "the user's floor, yet a reply runs")
        case UserPaused(floor=floor, arming=arming, take=take):
            check(armed == (arming,), "no deadline for the last word")
            check(world.finalized and world.take == take, "waits for a word nobody asked for")
            _theirs(floor, world)
            check(world.replying is None, "the user's floor, yet a reply runs")
        case Thinking(answer=answer, arming=arming) | Speaking(answer=answer, arming=arming):
            check(armed == (arming,), "no deadline for the reply")
            check(world.replying == answer.turn, "another reply runs")
            check(world.audible == isinstance(state, Speaking), "audible, or not?")
            check(world.listening is None, "our floor, yet a turn is open")
            check(not world.ducked and not world.held, "ducked or held for nobody")
            check(world.draft is None, "our floor, yet a draft runs")
        case Overlapping():
            check(armed == (state.arming,), "no deadline for the overlap")
            check(world.replying == state.answer.turn, "another reply runs")
            check(world.audible == state.audible, "audible, or not?")
            check(world.held == state.held, "held, or not?")
            check(world.ducked == state.audible, "not ducked while both speak")
            asked = world.finalized and world.take == state.take
            check(asked or not state.take, "waits for a word nobody asked for")
            _theirs(state.floor, world)


def _theirs(floor: Floor, world: World) -> None:
    check(world.listening == floor.turn, "another turn is open")
    check(world.draft == (floor.draft.draft if floor.draft else None), "another draft runs")


# ── walking ───────────────────────────────────────────────────────────────────────────────────

Node = tuple[State, World]
START: Node = (
    Quiet(Ledger(turn=LONG_OVER, take=LONG_OVER, draft=LONG_OVER, arming=LONG_OVER)),
    World(),
)


@dataclass
class Graph:
    """All that can come to be, and from where."""

    policy: Policy
    paths: dict[Node, tuple[e.Event, ...]]
    before: dict[Node, set[Node]]
    edges: int


def taken(
    node: Node, event: e.Event, policy: Policy, machine: Machine = step
) -> tuple[Node, tuple[c.Command, ...]] | None:
    """One event: None where it cannot happen."""
    state, world = node
    now = happens(world, event)
    if now is None:
        return None
    after, orders = machine(state, event, policy)
    for order in orders:
        now = now.obey(order)
    agree(after, now)
    return (after, now), orders


def closure(policy: Policy, alphabet: Alphabet, machine: Machine = step) -> Graph:
    """Walk everything that can come to be; every edge keeps the invariants."""
    graph = Graph(policy, {START: ()}, {START: set()}, 0)
    todo = deque([START])
    while todo:
        node = todo.popleft()
        for event in alphabet(node[1]):
            try:
                step_taken = taken(node, event, policy, machine)
            except AssertionError as wrong:
                wrong.add_note(f"after {graph.paths[node]}, then {event}\nin {node[0]}")
                raise
            if step_taken is None:
                continue
            graph.edges += 1
            there = normal(*step_taken[0])
            if there not in graph.paths:
                graph.paths[there] = (*graph.paths[node], event)
                graph.before[there] = set()
                todo.append(there)
            graph.before[there].add(node)
    return graph


def run(node: Node, policy: Policy, *events: e.Event) -> tuple[Node, list[c.Command]] | None:
    """Take several events; None where one of them cannot happen."""
    orders: list[c.Command] = []
    for event in events:
        step_taken = taken(node, event, policy)
        if step_taken is None:
            return None
        node, given = step_taken
        orders += given
    return node, orders


POLICY = Policy(waiting=1)
SPEAKS = Alphabet(said=(NOTHING, MM, OKAY, STOP, WORDS, HALF, UNSURE))
HOLDING = replace(POLICY, hold_ms=120)
DRAFTING = replace(POLICY, drafts=2)
DRAFTS = Alphabet(
    said=(NOTHING, STOP, WORDS, OTHERS, HALF), silences=(64, 200, 1200), voiced=(500,), drafts=True
)
ASKED = replace(POLICY, waiting=2)
ASKS = Alphabet(
    said=(NOTHING, CANCEL, WORDS),
    silences=(64, 1200),
    voiced=(500,),
    beside=(
        e.Asked(1, "x"),
        *(e.WantsFloor("x", urgency) for urgency in e.Urgency),
        e.JobStarted(1),
        e.JobEnded(1),
    ),
    extra=(e.Poked(e.Action.STOP), e.Poked(e.Action.PRESS), e.Poked(e.Action.RELEASE)),
)
WAKING = replace(POLICY, mode=Mode.WAKE)
PUSHING = replace(POLICY, mode=Mode.PUSH)
WAKES = Alphabet(said=(NOTHING, MM, WORDS, STOP), silences=(64, 1200), wakes=True)
