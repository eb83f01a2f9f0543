"""The closure of (state of the core) x (state of the world), and ways to go about in it.

Numbers matter only by their order, words only by being there or not: pairs that differ in nothing
else have the same `key`, and the first of them that is reached stands for all, so the closure is
finite. Every node is a real one: its path leads to it from `START`.
"""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, is_dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, get_type_hints

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Ledger, Mode, Policy, Quiet, State, UserSpeaking, Waiting
from assistant.core.turns import step
from tests.core.world import LONG_OVER, World, agree, check, happens

Node = tuple[State, World]
Taken = tuple[Node, tuple[c.Command, ...]]
START: Node = (
    Quiet(Ledger(turn=LONG_OVER, take=LONG_OVER, draft=LONG_OVER, arming=LONG_OVER)),
    World(),
)
FINITE = 20_000
"""More nodes than any of the closures has: beyond it, something grows without end."""

# ── what can be said ──────────────────────────────────────────────────────────────────────────

V, K = e.Verdict, e.Kind
Words = tuple[str, e.Verdict]
NOTHING: Words = ("", V(K.NOTHING))
NO_SPEECH: Words = ("thanks for watching", V(K.NOTHING))
MM: Words = ("mm-hmm", V(K.BACKCHANNEL))
OKAY: Words = ("okay", V(K.ASSENT, digest="ok"))
STOP: Words = ("stop", V(K.STOP))
CANCEL: Words = ("cancel that", V(K.CANCEL, digest="c"))
WORDS: Words = ("what now", V(K.WORDS, complete=0.9, ends_sentence=True, digest="a"))
OTHERS: Words = ("what then", V(K.WORDS, complete=0.9, ends_sentence=True, digest="b"))
HALF: Words = ("what and", V(K.WORDS, complete=0.1, digest="h"))
UNSURE: Words = ("what is", V(K.WORDS, complete=0.5, digest="u"))


def heard(turn: int, said: Words, take: int = e.NOTHING) -> e.Heard:
    text, verdict = said
    sure = len(text) if said is OTHERS else 0  # the walk knows both kinds of partials
    return e.Heard(turn, text, verdict, take, stable=sure)


# ── what can happen ───────────────────────────────────────────────────────────────────────────

PRESS, RELEASE, HUSH = (e.Poked(action) for action in e.Action)
BY_HAND = (PRESS, RELEASE, HUSH, e.Muted(on=True), e.Muted(on=False))


@dataclass(frozen=True)
class Alphabet:
    """Which events are tried; all of them at once would only multiply what is apart."""

    said: tuple[Words, ...]
    silences: tuple[int, ...] = (64, 200, 1200)
    voiced: tuple[int, ...] = (500,)
    asks: tuple[bool, ...] = (False,)
    beside: tuple[e.Event, ...] = ()

    def of_turn(self, turn: int, take: int) -> Iterator[e.Event]:
        """What can happen to a turn that is open."""
        yield from (e.SilenceReached(turn, ms) for ms in self.silences)
        yield from (e.VoiceLasted(turn, ms) for ms in self.voiced)
        yield e.TurnFilled(turn)
        yield e.ListeningFailed(turn, "gone")
        for said in self.said:
            yield heard(turn, said)
            if take:
                yield heard(turn, said, take)

    def of_reply(self, turn: int) -> Iterator[e.Event]:
        """What can happen to a reply that runs."""
        yield e.ReplyAudible(turn)
        yield from (e.ReplySaid(turn, 0, asks) for asks in self.asks)
        yield e.ReplyEnded(turn)
        yield e.ReplyFailed(turn, e.Failure.MIND)

    def events(self) -> Callable[[World], Iterator[e.Event]]:
        """Return what yields all that is tried in a world."""
        of_turn = cache(lambda turn, take: tuple(self.of_turn(turn, take)))
        of_reply = cache(lambda turn: tuple(self.of_reply(turn)))
        always = (e.SpeechStarted(0), *self.beside)

        def events(world: World) -> Iterator[e.Event]:
            yield from always
            yield from (e.TimerFired(timer, arming) for arming, timer in world.armed)
            if world.listening is not None:
                yield from of_turn(world.listening, world.take if world.finalized else 0)
            if world.replying is not None:
                yield from of_reply(world.replying)
            if world.draft is not None and world.drafts_turn is not None:
                yield e.DraftReady(world.drafts_turn, world.draft)
                yield e.DraftFailed(world.drafts_turn, world.draft)

        return events


# ── the key ───────────────────────────────────────────────────────────────────────────────────

_KINDS = {
    "turn": ("turn", "continues", "listening", "replying", "drafts_turn"),
    "take": ("take",),
    "draft": ("draft", "drafts"),
    "arming": ("arming", "window"),
}
"""Which fields hold numbers of what."""


class _Leaves:
    """Reads all that a state or a world holds, however deep, as one flat tuple."""

    def __init__(self, holder: type) -> None:
        paths = tuple(_paths(holder))
        self.read = attrgetter(*paths)
        names = [path.rpartition(".")[2] for path in paths]
        self.numbers = {
            kind: [i for i, name in enumerate(names) if name in kinds and paths[i] != _HELD]
            for kind, kinds in _KINDS.items()
        }
        self.others = [
            (i, _PLAIN[name if paths[i] != _HELD else _HELD])
            for i, name in enumerate(names)
            if name in _PLAIN or paths[i] == _HELD
        ]


def _paths(holder: type, before: str = "") -> Iterator[str]:
    for name, hint in get_type_hints(holder).items():
        if isinstance(hint, type) and is_dataclass(hint) and hint is not e.Verdict:
            yield from _paths(hint, f"{before}{name}.")
        elif name not in _IMPLIED:
            yield before + name


def _waits(one: Waiting) -> tuple[Any, ...]:
    return type(one), getattr(one, "urgency", None)


_IMPLIED = {"told"}
"""The invariants say what it is wherever it matters."""
_HELD = "floor.draft"
_PLAIN: dict[str, Callable[[Any], Any]] = {
    "text": bool,
    "before": bool,
    "ask": bool,
    "announces": lambda one: one and _waits(one),
    "waiting": lambda waiting: tuple(_waits(one) for one in waiting),
    "armed": lambda armed: tuple(timer.value for _, timer in armed),
    _HELD: lambda held: held and held.digest,
}
"""What of these fields matters, besides what the invariants say of their numbers."""


_LEAVES = {holder: _Leaves(holder) for holder in (*State.__args__, World)}


def key(state: State, world: World) -> tuple[Any, ...]:
    """Return what all pairs have in common that differ only in numbers and words."""
    of_state, of_world = _LEAVES[type(state)], _LEAVES[World]
    theirs, ours = list(of_state.read(state)), list(of_world.read(world))
    for kind in _KINDS:
        places, others = of_state.numbers[kind], of_world.numbers[kind]
        found = {theirs[i] for i in places} | {ours[i] for i in others}
        found -= {None, e.NOTHING, LONG_OVER}
        rank = {old: new for new, old in enumerate(sorted(found), LONG_OVER + 1)}
        for i in places:
            theirs[i] = rank.get(theirs[i], theirs[i])
        for i in others:
            ours[i] = rank.get(ours[i], ours[i])
    for i, plain in of_state.others:
        theirs[i] = plain(theirs[i])
    for i, plain in of_world.others:
        ours[i] = plain(ours[i])
    return type(state), *theirs, *ours


# ── walking ───────────────────────────────────────────────────────────────────────────────────


class Took(NamedTuple):
    """One step that changed something."""

    state: State
    world: World
    event: e.Event
    then: State
    now: World
    orders: tuple[c.Command, ...]


@dataclass
class Graph:
    """All that can come to be, and from where: nodes by number, with the ways to them."""

    nodes: list[Node]
    paths: list[tuple[e.Event, ...]]
    before: list[set[int]]
    steps: list[Took]


def taken(node: Node, event: e.Event, policy: Policy) -> Taken | None:
    """One event: None where it cannot happen."""
    now = happens(node[1], event)
    if now is None:
        return None
    after, orders = step(node[0], event, policy)
    for order in orders:
        now = now.obey(order)
    agree(after, now)
    return (after, now), orders


def closure(policy: Policy, alphabet: Alphabet) -> Graph:
    """Walk everything that can come to be; every edge keeps the invariants."""
    graph = Graph([START], [()], [set()], [])
    known = {key(*START): 0}
    events = alphabet.events()
    for here, node in enumerate(graph.nodes):  # which grows meanwhile
        for event in events(node[1]):
            try:
                one = taken(node, event, policy)
            except AssertionError as wrong:
                wrong.add_note(f"after {graph.paths[here]}, then {event}\nin {node[0]}")
                raise
            if one is None or (one[0][0] is node[0] and one[0][1] is node[1]):
                continue
            graph.steps.append(Took(*node, event, *one[0], one[1]))
            there = known.setdefault(key(*one[0]), len(graph.nodes))
            if there == len(graph.nodes):
                check(there < FINITE, "it never ends")
                graph.nodes.append(one[0])
                graph.paths.append((*graph.paths[here], event))
                graph.before.append(set())
            graph.before[there].add(here)
    return graph


def run(node: Node, policy: Policy, *events: e.Event) -> tuple[Node, list[c.Command]]:
    """Take several events, each of which can happen."""
    orders: list[c.Command] = []
    for event in events:
        one = taken(node, event, policy)
        assert one is not None, f"{event} cannot happen in {node[0]}"
        node = one[0]
        orders += one[1]
    return node, orders


def idle(node: Node, policy: Policy) -> tuple[Node, list[c.Command]]:
    """Let everything end by itself: the user is silent and unintelligible, replies succeed."""
    orders: list[c.Command] = []
    for _ in range(40):
        state, world = node
        if isinstance(state, Quiet):
            return node, orders
        if isinstance(state, UserSpeaking) and state.pressed:
            event: e.Event = RELEASE
        elif world.listening is None:
            event = e.ReplyEnded(world.replying or 0)
        elif getattr(state, "take", 0) and not getattr(state, "settled", False):
            event = heard(world.listening, NOTHING, world.take)
        else:
            event = e.SilenceReached(world.listening, 1200)
        node, given = run(node, policy, event)
        orders += given
    pytest.fail(f"never quiet: {node[0]}")


# ── the cases ─────────────────────────────────────────────────────────────────────────────────

POLICY = Policy(waiting=1)
HOLDING = replace(POLICY, hold_ms=120)
DRAFTING = replace(POLICY, drafts=2)
ASKED = replace(POLICY, waiting=2)
WAKING = replace(POLICY, mode=Mode.WAKE)
PUSHING = replace(POLICY, mode=Mode.PUSH)
SPEAKS = Alphabet((NOTHING, MM, OKAY, STOP, WORDS, HALF), asks=(False, True), beside=BY_HAND)
GOES_ON = e.SpeechStarted(0, pause_ms=500)
HOLDS = Alphabet(
    (NOTHING, STOP, WORDS),
    (64, 1200),
    voiced=(120, 500),
    beside=(HUSH, e.Woken(e.Cause.NAME), GOES_ON),
)
DRAFTS = Alphabet((NOTHING, STOP, WORDS, OTHERS), beside=(PRESS, RELEASE, HUSH))
WAKES = Alphabet((NOTHING, MM, WORDS, STOP), (64, 1200), beside=(*BY_HAND, e.Woken(e.Cause.NAME)))
ASKS = Alphabet(
    (NOTHING, STOP, WORDS),
    (1200,),
    beside=(
        e.Asked(1, "x"),
        *(e.WantsFloor("x", urgency) for urgency in e.Urgency),
        HUSH,
    ),
)
JOBS = Alphabet(
    (NOTHING, CANCEL, WORDS),
    (64, 1200),
    beside=(*(e.JobStarted(job) for job in (1, 2)), *(e.JobEnded(job) for job in (1, 2))),
)

CASES = {
    "holds": (HOLDING, HOLDS),
    "pushes": (PUSHING, WAKES),
    "wakes": (WAKING, WAKES),
    "jobs": (POLICY, JOBS),
    "speaks": (POLICY, SPEAKS),
    "drafts": (DRAFTING, DRAFTS),
    "asks": (ASKED, ASKS),
}
"""One concern each, so that their product need not be walked; the smallest first."""


@cache
def graph(case: str) -> Graph:
    """Return the closure of a case; it is walked once."""
    gc.disable()  # all of it stays: to look for garbage in it would take longer than to walk it
    try:
        return closure(*CASES[case])
    finally:
        gc.freeze()
        gc.enable()


def nodes(case: str) -> Iterator[Node]:
    """Yield all that can come to be in a case."""
    yield from graph(case).nodes


def steps(*cases: str) -> Iterator[Took]:
    """Yield every step of some cases that changes something."""
    for case in cases:
        yield from graph(case).steps


def attentive(case: str) -> Iterator[Node]:
    """Yield the nodes in which the microphone is open."""
    return (node for node in nodes(case) if not node[0].ledger.muted)


def is_alarm(node: Node) -> bool:
    """Tell whether our floor is an alarm's."""
    announces = getattr(getattr(node[0], "answer", None), "announces", None)
    return isinstance(announces, e.WantsFloor) and announces.urgency is e.Urgency.NOW


def is_alarm_first(node: Node) -> bool:
    """Tell whether an alarm waits for nobody but the user, and not for another alarm."""
    first = node[0].ledger.waiting[:1]
    alarm = any(isinstance(one, e.WantsFloor) and one.urgency is e.Urgency.NOW for one in first)
    return alarm and not is_alarm(node)
