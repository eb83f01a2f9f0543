"""What all benchmarks have in common: everything is loaded, circumstances noted, files written."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from rich.console import Console
from rich.table import Table as RichTable

from assistant import app, heap
from assistant.bench import plots, stub
from assistant.bench.machine import described, line, load
from assistant.bench.report import Report, write
from assistant.cli.bars import bars
from assistant.cli.live import log_to
from assistant.config import Config
from assistant.config.sections import Silences
from assistant.core.states import Policy
from assistant.recorder.stalls import LoopMonitor
from assistant.session import Settings, Shared

T = TypeVar("T")
MS = 1000.0


@dataclass(frozen=True, slots=True)
class Run(Generic[T]):
    """What came of it, and under what circumstances."""

    result: T
    notes: tuple[str, ...]
    circumstances: Mapping[str, Any]


def with_shared(
    config: Config, work: Callable[[Shared, Settings], Awaitable[T]], *, stubbed: bool = False
) -> Run[T]:
    """Load everything and do the work, in a loop that measures its stalls."""
    log_to(config.log.level)
    if not plots.available():
        print_line(plots.MISSING)
    monitor = LoopMonitor()
    machine = described()

    async def main() -> tuple[T, dict[str, str], Settings]:
        with bars() as progress:
            await app.fetch_models(config, progress)
        async with app.open_shared(config) as shared:
            info = stub.mind().info if stubbed else shared.mind.info
            settings = app.settings(config, info)
            heap.settle()
            async with monitor.watching():
                result = await work(shared, settings)
            return result, _models(shared, stubbed=stubbed), settings

    result, models, settings = monitor.run(main())
    machine["load_after"] = round(load(), 2)
    stalls = monitor.stalls
    policy = _rules(settings.policy)
    notes = (
        line(machine),
        "; ".join(f"{stage}: {name}" for stage, name in models.items()),
        "; ".join(f"{key} {value}" for key, value in policy.items()),
        f"longest event-loop stall {stalls.longest * MS:.1f} ms, p99 {stalls.p99 * MS:.1f}",
    )
    circumstances = {
        "machine": machine,
        "models": models,
        "turns": config.turns.model_dump(mode="json"),
        "policy": policy,
        "stalls": asdict(stalls),
    }
    return Run(result, notes, circumstances)


def _models(shared: Shared, *, stubbed: bool) -> dict[str, str]:
    judges = shared.ears.judges
    asked = [name for name, judge in (("sound", judges.sound), ("words", judges.words)) if judge]
    names = {"judges": ", ".join([*asked, "cues"])}
    if stubbed:
        return {"ears, mind, voice": "stages of known cost"} | names
    return {
        "ears": shared.ears.transcriber.name,
        "mind": shared.mind.info.name,
        "voice": shared.voice.info.name,
    } | names


def _rules(policy: Policy) -> dict[str, str]:
    shown = ("mode", "finalize_ms", *Silences._fields, "hold_ms", "yield_ms", "heal_ms", "drafts")
    rules = asdict(policy) | {"mode": policy.mode.value}
    return {name: str(rules[name]) for name in shown}


def tell(run: Run[Any], report: Report, out: Path) -> None:
    """Print the tables, write the files."""
    console = Console()
    for table in report.tables:
        wordy = table.header[-1] == "heard"
        shown = RichTable(box=None, header_style="dim", expand=wordy)
        for name in table.header[:-1]:
            shown.add_column(name, no_wrap=True)
        shown.add_column(table.header[-1], no_wrap=True, ratio=1 if wordy else None)
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown, markup=False)
    for note in report.notes:
        console.print(note, style="dim", highlight=False, markup=False)
    written = write(replace(report, data={**report.data, **run.circumstances}), out)
    print_line(f"written: {', '.join(str(path) for path in written)}")


def print_line(text: str) -> None:
    """Print a line as it is."""
    sys.stdout.write(f"{text}\n")  # Rich takes 25 ms for its first, and a loop is measured
    sys.stdout.flush()
