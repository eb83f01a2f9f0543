"""How soon a reply that is cancelled is silent, and how long its worker is still busy."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.bench.outside import first_audible, last_audible
from assistant.bench.recorded import recorded
from assistant.core.events import Action, Poked
from assistant.ports import RATE, Samples
from assistant.session import Settings, Shared

MS = 1000.0
PROMPT = "Tell me a long story about a dog and a cat."
SPEAK_S = 1.0
"""How long it may speak before it is cancelled."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Milliseconds from the order to the last audible sample of each trial."""

    silent_ms: tuple[float, ...]

    def line(self) -> str:
        """Return it as a line for people."""
        if not self.silent_ms:
            return "silent after a cancel: not measured, it never spoke long enough"
        each = ", ".join(f"{ms:.0f}" for ms in self.silent_ms)
        return f"silent after a cancel: {max(self.silent_ms):.0f} ms at most (each: {each})"


async def measure(
    shared: Shared, settings: Settings, recording: Path, *, trials: int = 5
) -> Cancelled:
    """Let it speak, stop it, and look into the recording for the last sound."""
    stops: list[int] = []
    async with recorded(shared, settings, recording) as room, asyncio.TaskGroup() as tasks:
        await asyncio.sleep(0.5)
        for _ in range(trials):
            asked = tasks.create_task(room.session.ask(PROMPT))
            await room.speaks()
            await asyncio.sleep(SPEAK_S)
            stops.append(room.clock)
            room.session.inject(Poked(Action.STOP))
            await asked
            await asyncio.sleep(SPEAK_S)
    _, far = await room.sound()
    return Cancelled(silences(far, stops))


def silences(far: Samples, stops: Sequence[int]) -> tuple[float, ...]:
    """Return the ms of sound behind each order, where it spoke when the order came."""
    silent = []
    for at in stops:
        if first_audible(far, max(0, at - RATE // 2), at) is None:
            continue  # it had ended by itself
        last = last_audible(far, at, at + RATE // 2)
        silent.append(0.0 if last is None else (last - at) / RATE * MS)
    return tuple(silent)
