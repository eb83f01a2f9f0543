"""Hands with a real database, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from assistant.company import Kept
from assistant.hands.furnishing import load, watched
from assistant.keeping.alarms import Due, News
from assistant.keeping.store import Store
from assistant.ports import Controls
from assistant.reasoning.hands import Handiwork, Hands
from assistant.testing.clock import InPlace, ScriptedClock
from assistant.testing.virtual_time import run as run_virtually
from assistant.views import View

SATURDAY = datetime(2026, 11, 28, 20, 42)
"""An evening in Berlin."""


@cache
def hands(code: str = "en") -> Hands:
    return load(code)


@dataclass
class Home:
    """What a test can look at and do."""

    kept: Kept
    clock: ScriptedClock
    work: Handiwork
    path: Path
    rung: list[tuple[float, Due]] = field(default_factory=list)
    shown: list[View] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)
    stop: Callable[[], None] = lambda: None

    async def says(self, text: str) -> str:
        """Return what is answered; `-` if it is for the mind."""
        said = await self.work.answer(text)
        return "-" if said is None else said

    def heed(self, news: News) -> None:
        if isinstance(news, Due):
            self.rung.append((asyncio.get_running_loop().time(), news))

    @property
    def times(self) -> list[float]:
        return [round(at, 2) for at, _ in self.rung]


@asynccontextmanager
async def home(
    path: Path,
    *,
    at: datetime = SATURDAY,
    zone: str = "Europe/Berlin",
    code: str = "en",
    heeds: bool = True,
    clock: ScriptedClock | None = None,
) -> AsyncIterator[Home]:
    """Open hands on a database."""
    store = Store(path, InPlace())
    clock = clock or ScriptedClock(at, zone)
    async with watched(hands(code), store, clock) as kept:
        settings: dict[str, object] = {"volume": 80, "pace": 1.0, "said": "", "ears": True}
        controls = Controls(
            volume=lambda: int(str(settings["volume"])),
            set_volume=lambda level: settings.update(volume=level),
            pace=lambda: float(str(settings["pace"])),
            set_pace=lambda pace: settings.update(pace=pace),
            said=lambda: str(settings["said"]),
            close_ears=lambda: settings.update(ears=False),
        )
        shown: list[View] = []
        around = replace(kept.around(controls), shows=shown.append)
        here = Home(kept, clock, Handiwork(kept.hands, around), path, shown=shown)
        here.settings = settings
        await kept.alarms.load()
        if heeds:
            here.stop = kept.alarms.watch(here.heed)
        yield here
    await store.close()


def at_home(
    path: Path,
    play: Callable[[Home], Awaitable[None]],
    **given: object,
) -> None:
    """Play something in virtual time."""

    async def main() -> None:
        async with home(path, **given) as here:  # type: ignore[arg-type]
            await play(here)

    run_virtually(main())
