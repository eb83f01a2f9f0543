#!/usr/bin/env python3
"""Draw the turn-taking machine into docs/turns.md by walking it; --check only compares."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the walk belongs to the tests

from assistant.core import commands as c  # noqa: E402 - after the path
from assistant.core import events as e  # noqa: E402 - after the path
from assistant.core.states import State  # noqa: E402 - after the path
from tests.core import walk  # noqa: E402 - after the path

PAGE = ROOT / "docs" / "turns.md"
STATES = [kind.__name__ for kind in State.__args__]
EVENTS = [kind.__name__ for kind in e.Event.__args__]
IN_THE_DRAWING = {
    "SpeechStarted", "VoiceLasted", "SilenceReached", "Heard", "Asked", "WantsFloor", "Woken",
    "ReplyAudible", "ReplyEnded",
}  # fmt: skip
"""What happens in a conversation in which nothing goes wrong; the tables have all."""
LEFT_OUT = {"Arm", "Disarm", "Refuse"}
"""Commands that would only fill the tables."""

MARK = "<!-- From here on: drawn by scripts/draw_turns.py from the machine itself. -->"
"""What stands above it in the page is written by hand, and left alone."""

HEAD = """
## The drawing

A conversation in which nothing goes wrong, as *events / commands*; no timers.

```mermaid
stateDiagram-v2
    [*] --> Quiet"""

TABLES = """```

## The tables

All that changes the state or orders something. A command in brackets depends on what was under
way or waited. Left out: `Arm` and `Disarm` (there is always the one timer of the new state) and
`Refuse` (too much waited)."""


@dataclass
class Edges:
    """What leads from one state to another by one event: the commands of each time."""

    orders: dict[tuple[str, str, str, str], set[tuple[str, ...]]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def add(self, step: walk.Took) -> None:
        """Note one step."""
        state, after = step.state, step.then
        every = tuple(type(order).__name__ for order in step.orders)
        names = tuple(name for name in every if name not in LEFT_OUT)
        if type(state) is not type(after) or names:
            name, detail = _label(state, step.event)
            self.orders[type(state).__name__, name, detail, type(after).__name__].add(names)

    def rows(self, state: str) -> Iterator[tuple[str, str, str]]:
        """Yield (events, next state, commands) of a state, in the order of the vocabulary."""
        rows: dict[tuple[str, tuple[str, ...], tuple[str, ...]], dict[str, list[str]]]
        rows = defaultdict(lambda: defaultdict(list))
        for (before, name, detail, after), orders in sorted(self.orders.items(), key=_place):
            if before == state:
                always = [one for one in _ordered(orders) if all(one in each for each in orders)]
                others = [one for one in _ordered(orders) if one not in always]
                rows[after, tuple(always), tuple(others)][name].append(detail)
        for (after, told, perhaps), events in rows.items():
            together = _coded(told) + (f" ({_coded(perhaps)})" if perhaps else "")
            yield "<br>".join(_events(events)), f"`{after}`", together.strip()

    def arrows(self) -> Iterator[str]:
        """Yield the drawing's lines."""
        arrows: dict[tuple[str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for (before, name, _, after), orders in sorted(self.orders.items(), key=_place):
            if before != after and name.split()[0] in IN_THE_DRAWING:
                events, commands = arrows[before, after]
                events += [name] if name not in events else []
                commands += [one for one in _ordered(orders) if one not in commands]
        for (before, after), (events, commands) in arrows.items():
            told = f" / {', '.join(commands)}" if commands else ""
            yield f"    {before} --> {after}: {', '.join(events)}{told}"


def _coded(names: Iterable[str]) -> str:
    return " · ".join(f"`{name}`" for name in names)


def _label(state: State, event: e.Event) -> tuple[str, str]:
    """Name an event, and what of it matters in a state."""
    name = type(event).__name__
    match event:
        case e.Heard(verdict=verdict):
            last = event.final and event.take == getattr(state, "take", None)
            return f"{name} {'last' if last else 'so far'}", verdict.kind.name.lower()
        case e.TimerFired(timer):
            return name, timer.name.lower()
        case e.Poked(action):
            return name, action.name.lower()
        case e.WantsFloor(urgency=urgency):
            return name, urgency.name.lower()
        case e.Muted(on):
            return name, "on" if on else "off"
        case _:
            return name, ""


def _place(item: tuple[tuple[str, str, str, str], object]) -> tuple[int, int, str, str, int]:
    before, name, detail, after = item[0]
    return STATES.index(before), EVENTS.index(name.split()[0]), name, detail, STATES.index(after)


def _ordered(orders: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the commands that occur in any, in the order of the vocabulary."""
    found = {one for each in orders for one in each}
    return [kind.__name__ for kind in c.Command.__args__ if kind.__name__ in found]


def _events(events: dict[str, list[str]]) -> Iterator[str]:
    for name, details in events.items():
        first, _, rest = name.partition(" ")
        told = ", ".join(detail for detail in (*([rest] if rest else []), *details) if detail)
        yield f"`{first}` {told}".strip()


def drawn() -> str:
    """Return what the machine does."""
    edges = Edges()
    for step in walk.steps(*walk.CASES):
        edges.add(step)
    parts = [HEAD, *edges.arrows(), TABLES]
    for state in STATES:
        parts += [f"\n### {state}\n", "| event | next | commands |", "|---|---|---|"]
        parts += [f"| {' | '.join(row)} |" for row in edges.rows(state)]
    return "\n".join(parts) + "\n"


def main(arguments: list[str]) -> int:
    """Return the exit code: 1 when the page is not what the machine does."""
    text = PAGE.read_text() if PAGE.exists() else ""
    page = f"{text.partition(MARK)[0]}{MARK}\n{drawn()}"
    if page == text:
        return 0
    if arguments == ["--check"]:
        print("docs/turns.md: is not what the machine does; scripts/check --fix draws it")
        return 1
    PAGE.write_text(page)
    print("docs/turns.md: drawn")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
