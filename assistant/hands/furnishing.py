"""Opens the hands: the skills that there are, the sentences of the language, what is kept."""

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from assistant.company import Kept
from assistant.hands import moments, sums
from assistant.keeping.alarms import Alarms
from assistant.keeping.clock import Clock, SystemClock
from assistant.keeping.lists import Lists
from assistant.keeping.store import Store, opened
from assistant.languages.spoken import sentences
from assistant.languages.when import moment
from assistant.reasoning.hands import Hands, Skill
from assistant.worker import Worker

_FOLDERS = ("assistant.tools", "assistant.hands")
"""Where skills are; the later ones are taken for those of the same name before."""
FILE = "kept.sqlite"


def skills(code: str) -> dict[str, Skill]:
    """Return the skills that a language has sentences for, by the name of their intent."""
    wanted = sentences(code)["intents"]
    return {name: found for name, found in _functions() if name in wanted}


def _functions() -> Iterator[tuple[str, Any]]:
    for folder in _FOLDERS:
        package = importlib.import_module(folder)
        for listed in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{folder}.{listed.name}")
            for name, found in vars(module).items():
                ours = inspect.iscoroutinefunction(found) and found.__module__ == module.__name__
                if ours and not name.startswith("_"):
                    yield name, found


def load(code: str) -> Hands:
    """Load the hands of a language; takes a second, so not on the loop."""
    hands = Hands(code, skills(code))
    moment("1.2.", code, datetime(2000, 1, 1))  # noqa: DTZ001 - what is slow is the first date
    moments.warm(code)
    sums.warm()
    return hands


@asynccontextmanager
async def open_kept(code: str, file: Path | None = None) -> AsyncIterator[Kept]:
    """Open the hands and what they keep, and watch over what is due."""
    loading = Worker("hands")
    try:
        hands = await loading.run(lambda: load(code))
    finally:
        loading.close()
    place = file or user_state_path("assistant") / FILE
    async with opened(place) as store, watched(hands, store, SystemClock()) as kept:
        yield kept


@asynccontextmanager
async def watched(hands: Hands, store: Store, clock: Clock) -> AsyncIterator[Kept]:
    """Watch over what is due while this is entered."""
    alarms = Alarms(store, clock)
    async with asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(alarms.run(), name="alarms")
        try:
            yield Kept(hands, alarms, Lists(store))
        finally:
            watch.cancel()
