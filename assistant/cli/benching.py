"""Behind `bench`: load what is measured, measure, write tables."""

import asyncio
import json
import os
import platform
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from assistant import app
from assistant.bench import asr, cancel, idle, latency, manifest
from assistant.cli.bars import bars
from assistant.cli.live import log_to
from assistant.config import Config
from assistant.recorder.stalls import LoopMonitor
from assistant.session import Shared

T = TypeVar("T")
MS = 1000.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clips, and where the results go."""

    folder: Path
    out: Path
    only: str | None
    limit: int | None


def run_latency(config: Config, wanted: Wanted) -> None:
    """Measure voice to voice; print a table and write it, with the recording, to a folder."""
    clips = manifest.read(wanted.folder, language=config.language, only=wanted.only)
    clips = clips[: wanted.limit]
    console = Console()
    wanted.out.mkdir(parents=True, exist_ok=True)

    async def work(shared: Shared) -> list[latency.Row]:
        def told(row: latency.Row) -> None:
            ms = "none" if row.latency_ms is None else f"{row.latency_ms:.0f} ms"
            console.print(f"{row.name:28} {ms:>8}  {row.heard}", highlight=False, markup=False)

        return await latency.measure(
            shared,
            app.settings(config, shared.mind.info),
            clips,
            wanted.out / "latency.wav",
            told=told,
        )

    rows, stalled = _with_shared(config, work)
    summary = latency.summarise(rows)
    console.print(_table(rows))
    console.print(summary.line(), highlight=False)
    console.print(f"{stalled}; {_machine()}", style="dim", highlight=False)
    result = {
        "summary": asdict(summary) | {"wer": summary.wer},
        "clips": [asdict(row) for row in rows],
        "machine": _machine(),
        "stalls": stalled,
    }
    (wanted.out / "latency.json").write_text(json.dumps(result, indent=1, ensure_ascii=False))
    console.print(f"the recording and the table are in {wanted.out}")


def run_idle(config: Config, seconds: float) -> None:
    """Measure what listening to silence costs."""
    measured, _ = _with_shared(
        config,
        lambda shared: idle.measure(
            shared, app.settings(config, shared.mind.info), seconds=seconds
        ),
    )
    Console().print(measured.line(), highlight=False)


def run_cancel(config: Config, out: Path, trials: int) -> None:
    """Measure how soon it falls silent."""
    out.mkdir(parents=True, exist_ok=True)
    place = out / "cancel.wav"
    measured, _ = _with_shared(
        config,
        lambda shared: cancel.measure(
            shared, app.settings(config, shared.mind.info), place, trials=trials
        ),
    )
    Console().print(measured.line(), highlight=False)


def run_asr(config: Config, folder: Path) -> None:
    """Measure the ears on whole clips, and followed as they are spoken."""
    log_to(config.log.level)
    clips = [known for known in manifest.read(folder, language=config.language) if known.scored]

    async def main() -> tuple[list[asr.Row], list[asr.Row]]:
        with bars() as progress:
            await app.fetch_models(config, progress, ("vad", "stt"))
        async with app.open_ears(config) as ears:
            followed = await asr.followed(ears.transcriber, clips, language=config.language)
        async with app.open_stage(config, "stt") as recogniser:
            return await asr.decoded(recogniser, clips, language=config.language), followed

    console = Console()
    for name, rows in zip(("whole clips", "followed live"), asyncio.run(main()), strict=True):
        console.print(f"{name}: {asr.summarise(rows).line()}", highlight=False)
    console.print(_machine(), style="dim", highlight=False)


def _with_shared(config: Config, work: Callable[[Shared], Awaitable[T]]) -> tuple[T, str]:
    """Load everything, do the work in a loop that measures its stalls; returns both."""
    log_to(config.log.level)
    monitor = LoopMonitor()

    async def main() -> T:
        with bars() as progress:
            await app.fetch_models(config, progress)
        async with app.open_shared(config) as shared, monitor.watching():
            return await work(shared)

    result = monitor.run(main())
    stalls = monitor.stalls
    return result, f"longest event-loop stall {stalls.longest * MS:.1f} ms"


def _table(rows: Sequence[latency.Row]) -> Table:
    table = Table("clip", "ms", "turns", "wrong", "heard", box=None, header_style="dim")
    for row in rows:
        ms = "-" if row.latency_ms is None else f"{row.latency_ms:.0f}"
        style = "yellow" if row.early or row.latency_ms is None else ""
        table.add_row(
            row.name, ms, str(row.turns), f"{row.wrong}/{row.words}", row.heard, style=style
        )
    return table


def _machine() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {platform.machine()}, load {load:.1f}"
