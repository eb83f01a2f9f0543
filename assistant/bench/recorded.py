"""A session in a quiet room whose every sample is recorded and whose every step is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import FileCard
from assistant.backends.device_file import open as open_card
from assistant.bench.outside import channels
from assistant.core.commands import Command, Commit, Discard, Draft, Reply
from assistant.core.events import DraftReady, Event
from assistant.ports import FRAME, Frame, Samples, Seen
from assistant.recorder.flight import FlightLog
from assistant.session import LiveSession, Settings, Shared
from assistant.sound.stereo import recording
from assistant.views import Activity, Status

MS = 1000.0
ROOM_DBFS = -70.0
BEGIN_S = 20.0
"""How long an answer may take to begin."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the core: the loop's time, and the newest sample that had been heard then."""

    at: float
    place: int
    event: Event
    commands: tuple[Command, ...]


class Steps(FlightLog):
    """A flight log that keeps all."""

    def __init__(self, policy: object, place: Callable[[], int]) -> None:
        """`place` tells the newest sample that was heard, counted from the recording's first."""
        super().__init__(policy)
        self.kept: list[Step] = []
        self._place = place

    def note(
        self, at: float, event: Event, commands: tuple[Command, ...], *, before: object = None
    ) -> None:
        """Keep one step."""
        super().note(at, event, commands, before=before)
        self.kept.append(Step(at, self._place(), event, commands))

    def between(self, start: int, end: int) -> list[Step]:
        """Return the steps of a span of the recording."""
        return [step for step in self.kept if start <= step.place < end]


class Room:
    """What is recorded, while it is."""

    def __init__(self, card: FileCard, shared: Shared, settings: Settings, path: Path) -> None:
        self.card, self.path = card, path
        self._origin: int | None = None
        self._newest = 0
        self.steps = Steps(settings.policy, lambda: self.place(self._newest))
        self._write: Callable[[Frame], None] = lambda _: None
        self.session = LiveSession(card, shared, settings, flight=self.steps, tap=self._tap)

    def writes(self, write: Callable[[Frame], None]) -> None:
        """Send the frames there."""
        self._write = write

    def place(self, position: int) -> int:
        """Return where in the recording a sample of the microphone's clock is."""
        return position - (self._origin or 0)

    @property
    def now(self) -> int:
        """How many samples were recorded."""
        return self.place(self._newest)

    @property
    def clock(self) -> int:
        """Where the recording's newest sample will be that sounds now: frames come late."""
        return self.place(self.card.mixed * FRAME)

    async def sound(self) -> tuple[Samples, Samples]:
        """Read the recording, when it is whole: what was heard, what was played."""
        return await asyncio.to_thread(channels, self.path)

    async def speaks(self) -> None:
        """Wait until it speaks; raises `TimeoutError`."""
        speaking = asyncio.Event()

        def see(seen: Seen) -> None:
            if isinstance(seen, Status) and seen.activity is Activity.SPEAKING:
                speaking.set()

        stop = self.session.watch(see)
        try:
            async with asyncio.timeout(BEGIN_S):
                await speaking.wait()
        finally:
            stop()

    def _tap(self, frame: Frame) -> None:
        if self._origin is None:
            self._origin = frame.position
        self._newest = frame.position + len(frame.near)
        self._write(frame)


@asynccontextmanager
async def recorded(
    shared: Shared, settings: Settings, path: Path, *, room_dbfs: float | None = ROOM_DBFS
) -> AsyncIterator[Room]:
    """Run a session on a card of files; the recording is whole when this is over."""
    async with recording(path) as writer, open_card(CardConfig(noise_level=room_dbfs)) as card:
        room = Room(card, shared, settings, path)
        room.writes(writer.append)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(room.session.run(), name="session")
            yield room
            card.end()


@dataclass(frozen=True, slots=True)
class Drafts:
    """Answers that were begun before their turn was over."""

    begun: int = 0
    used: int = 0
    discarded: int = 0
    saved_ms: tuple[float, ...] = ()
    """Of each used one: work that lay before the commit, up to its first sound if that was
    ready by then."""


NONE = Drafts()


def drafts(steps: list[Step]) -> Drafts:
    """Tell what became of the drafts in these steps."""
    begun: dict[int, float] = {}
    ready: dict[int, float] = {}
    saved: list[float] = []
    discarded = 0
    for step in steps:
        if isinstance(step.event, DraftReady):
            ready[step.event.draft] = step.at
        for order in step.commands:
            match order:
                case Draft(draft=draft):
                    begun[draft] = step.at
                case Commit(draft=draft) if draft in begun:
                    saved.append(min(step.at, ready.get(draft, step.at)) - begun[draft])
                case Discard(draft=draft) if draft in begun:
                    discarded += 1
                case _:
                    pass
    return Drafts(len(begun), len(saved), discarded, tuple(one * MS for one in saved))


def ended(steps: list[Step]) -> list[int]:
    """Return the places at which a turn was taken for over, and its answer begun."""
    return [
        step.place
        for step in steps
        if any(isinstance(order, Reply | Commit) for order in step.commands)
    ]
