"""A process that keeps timers and prints what rings: `ringer.py FILE set N` or `ringer.py FILE`.

Each line is an id and how late it rang, in seconds of the machine's clock.
"""

import asyncio
import sys
from pathlib import Path

from assistant.keeping.alarms import Alarms, Due, News
from assistant.keeping.clock import SystemClock
from assistant.keeping.store import opened


async def main(file: Path, count: int, first: float, apart: float) -> None:
    async with opened(file) as store:
        alarms = Alarms(store, SystemClock())
        await alarms.load()

        def told(news: News) -> None:
            if isinstance(news, Due):
                print(f"rang {news.alarm.id} {news.late:.4f}", flush=True)

        alarms.watch(told)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(alarms.run())
            for number in range(count):
                alarm = await alarms.start(first + number * apart)
                print(f"set {alarm.id}", flush=True)


if __name__ == "__main__":
    _, path, *numbers = sys.argv
    count, first, apart = (float(number) for number in [*numbers, "0", "0", "0"][:3])
    asyncio.run(main(Path(path), int(count), first, apart))
