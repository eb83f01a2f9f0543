"""What an examination finds: one line each, with what mends it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`fail`: the assistant will not work so; `warn`: it will, but worse than it could."""

    state: State
    what: str
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A question to the machine, under the name that its findings have; it may block."""

    what: str
    find: Callable[[], Finding | Iterable[Finding]]
    deadline: float = 10.0
    """Seconds; a machine that does not answer in this time is a finding too."""
