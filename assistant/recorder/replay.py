"""A flight log goes through the core again; whatever comes out differently is reported."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from assistant.core.commands import Command
from assistant.core.events import Event, PolicyChanged
from assistant.core.states import Quiet
from assistant.core.turns import step as core_step
from assistant.errors import MediaError
from assistant.recorder.flight import FORMAT, Record
from assistant.recorder.records import Vocabulary

Step = Callable[[Any, Event, Any], tuple[Any, tuple[Command, ...]]]


@dataclass(frozen=True, slots=True)
class Flight:
    """A flight log as it was written: its header, and its records one by one."""

    policy: object
    masked: bool
    started: str
    state: object
    """What it begins in; `None`: in the core's first state."""
    records: Iterator[Record]


@dataclass(frozen=True, slots=True)
class Difference:
    """A step that ordered one thing then and another thing now; `line` counts from 1."""

    line: int
    at: float
    event: Event
    logged: tuple[Command, ...]
    produced: tuple[Command, ...]


def read(lines: Iterable[str], types: Iterable[type] = (), *, name: str = "flight log") -> Flight:
    """Read a log; `types` are those that are not the core's own. A torn last line is left out.

    Raises `MediaError`, while its records are read too, for what is no log of this version.
    """
    words = Vocabulary(types)
    rest = iter(lines)
    try:
        header = json.loads(next(rest, ""))
        if header["format"] != FORMAT:
            raise MediaError(
                name, f"a flight log of format {header['format']}, and this version reads {FORMAT}"
            )
        if "state" in header and header["state"] is None:
            raise MediaError(
                name, "the beginning is lost; record a whole conversation with --flight"
            )
        policy, state = words.decode(header["policy"]), words.decode(header.get("state"))
        return Flight(
            policy, header["masked"], header["started"], state, _records(rest, words, name)
        )
    except (ValueError, KeyError, TypeError) as wrong:
        raise MediaError(name, "this is no flight log of this version") from wrong


def replay(
    lines: Iterable[str],
    step: Step = core_step,
    initial: object = Quiet(),
    types: Iterable[type] = (),
    *,
    name: str = "flight log",
) -> Iterator[Difference]:
    """Yield where `step`, begun in `initial`, orders something else than the log says.

    A changed policy holds from the step that is told of it.
    """
    flight = read(lines, types, name=name)
    state = initial if flight.state is None else flight.state
    policy = flight.policy
    for line, record in enumerate(flight.records, start=2):
        if isinstance(record.event, PolicyChanged):
            policy = record.event.policy
        state, produced = step(state, record.event, policy)
        if produced != record.commands:
            yield Difference(line, record.at, record.event, record.commands, produced)


def _records(lines: Iterator[str], words: Vocabulary, name: str) -> Iterator[Record]:
    for number, line in enumerate(lines, start=2):
        try:
            data = json.loads(line)
        except ValueError as wrong:
            if not line.endswith("\n") and next(lines, None) is None:
                return  # the process died while it wrote this
            raise MediaError(name, f"line {number} is damaged") from wrong
        try:
            event = cast("Event", words.decode(data["event"]))
            commands = cast("tuple[Command, ...]", words.decode(data["commands"]))
            yield Record(data["at"], event, commands)
        except (ValueError, KeyError, TypeError) as wrong:
            raise MediaError(name, f"line {number} is of another version: {wrong}") from wrong
