"""How soon a reply that is cancelled is silent, and how long its worker is still busy."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import open as open_card
from assistant.bench.outside import channels, first_audible, last_audible
from assistant.core.events import Action, Poked
from assistant.ports import RATE, Frame, Seen
from assistant.session import LiveSession, Settings, Shared
from assistant.sound.stereo import StereoWriter
from assistant.views import Activity, Status

MS = 1000.0
PROMPT = "Tell me a long story about a dog and a cat."
BEGIN_S = 20.0
"""How long an answer may take to begin."""
SPEAK_S = 1.0
"""How long it may speak before it is cancelled."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Milliseconds from the order to the last audible sample of each trial."""

    silent_ms: tuple[float, ...]

    def line(self) -> str:
        """Return it as a line for people."""
        each = ", ".join(f"{ms:.0f}" for ms in self.silent_ms)
        return f"silent after a cancel: {max(self.silent_ms):.0f} ms at most (each: {each})"


async def _speaking(session: LiveSession) -> None:
    """Wait until it speaks."""
    speaks = asyncio.Event()

    def see(seen: Seen) -> None:
        if isinstance(seen, Status) and seen.activity is Activity.SPEAKING:
            speaks.set()

    stop = session.watch(see)
    async with asyncio.timeout(BEGIN_S):
        await speaks.wait()
    stop()


async def measure(
    shared: Shared, settings: Settings, recording: Path, *, trials: int = 5
) -> Cancelled:
    """Let it speak, stop it, and look into the recording for the last sound."""
    writer = StereoWriter(recording)
    origin: list[int] = []
    newest = [0]
    stops: list[int] = []

    def tap(frame: Frame) -> None:
        if not origin:
            origin.append(frame.position)
        newest[0] = frame.position + len(frame.near)
        writer.append(frame)

    try:
        async with open_card(CardConfig()) as card:
            session = LiveSession(card, shared, settings, tap=tap)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(session.run())
                await asyncio.sleep(0.5)
                for _ in range(trials):
                    asked = tasks.create_task(session.ask(PROMPT))
                    await _speaking(session)
                    await asyncio.sleep(SPEAK_S)
                    stops.append(newest[0])
                    session.inject(Poked(Action.STOP))
                    await asked
                    await asyncio.sleep(SPEAK_S)
                card.end()
                await running
    finally:
        writer.close()
    _, far = await asyncio.to_thread(channels, recording)
    silent = []
    for stop in stops:
        at = stop - origin[0]
        if first_audible(far, at - RATE // 2, at) is None:
            continue  # it had ended by itself
        last = last_audible(far, at, at + RATE // 2)
        silent.append(0.0 if last is None else (last - at) / RATE * MS)
    return Cancelled(tuple(silent) or (float("nan"),))
