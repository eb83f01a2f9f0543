"""What the assistant costs while nothing happens: processor time, memory, threads."""

import asyncio
import os
import resource
from dataclasses import dataclass
from pathlib import Path

from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import open as open_card
from assistant.session import LiveSession, Settings, Shared

_KIB = 1024
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Idle:
    """Percent of one core, memory in MiB, number of threads."""

    core: float
    rss_mib: float
    threads: int
    seconds: float

    def line(self) -> str:
        """Return it as a line for people."""
        return (
            f"{self.core:.1f} % of a core over {self.seconds:.0f} s, "
            f"{self.rss_mib:.0f} MiB resident, {self.threads} threads"
        )


async def measure(
    shared: Shared, settings: Settings, *, seconds: float = 30.0, noise_dbfs: float | None = -60.0
) -> Idle:
    """Listen to a quiet room at the pace of life; `noise_dbfs` is its level."""
    async with open_card(CardConfig(noise_level=noise_dbfs)) as card:
        session = LiveSession(card, shared, settings)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(session.run())
            await asyncio.sleep(2.0)  # the prompt is warmed, the room is known
            before = _cpu()
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(seconds)
            passed = asyncio.get_running_loop().time() - began
            used = _cpu() - before
            card.end()
            await running
    return Idle(100.0 * used / passed, _rss() / _MIB, _threads(), passed)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _rss() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # not Linux: the most there was
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB)
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def _threads() -> int:
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return 0
