"""A process that keeps timers and prints what rings: `ringer.py FILE [COUNT FIRST APART]`.

Each line is what happened (`loaded`, `set`, `rang`), an id, how late it rang, when that was, and
how long its threads have stood in line for a core up to then: seconds of the machine's clock.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from assistant.keeping.alarms import Alarms, Due, News
from assistant.keeping.clock import SystemClock
from assistant.keeping.store import opened


def in_line() -> float:
    """Return how long threads of this process were ready to run and others ran, seconds.

    `schedstat` of each: time on a core, time in line, turns; nanoseconds.
    """
    waited = 0
    for thread in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError, IndexError):  # it has ended, or this kernel does not tell
            waited += int(thread.read_text().split()[1])
    return waited / 1e9


def tell(what: str, number: int = 0, late: float = 0.0) -> None:
    print(what, number, f"{late:.4f} {SystemClock().passed():.4f} {in_line():.4f}", flush=True)


async def main(file: Path, count: int, first: float, apart: float) -> None:
    async with opened(file) as store:
        alarms = Alarms(store, SystemClock())
        await alarms.load()
        tell("loaded")

        def told(news: News) -> None:
            if isinstance(news, Due):
                tell("rang", news.alarm.id, news.late)

        alarms.watch(told)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(alarms.run())
            for number in range(count):
                tell("set", (await alarms.start(first + number * apart)).id)


if __name__ == "__main__":
    _, path, *numbers = sys.argv
    count, first, apart = (float(number) for number in [*numbers, "0", "0", "0"][:3])
    asyncio.run(main(Path(path), int(count), first, apart))
