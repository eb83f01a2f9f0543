"""Progress bars of model downloads; plain lines where there is no terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress
from rich.table import Column

from assistant.models.progress import Progress, Transfer

_ROOMY = 110
"""Columns of a terminal from which there is room for where a model comes from."""
_STEPS = 4
"""Lines that a download writes where there is no terminal: one each quarter."""


@contextmanager
def bars(console: Console | None = None) -> Iterator[Progress]:
    """Show what the store fetches: size, speed and time left of each model, on stderr."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns: list[ProgressColumn] = [
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=None),
        DownloadColumn(table_column=Column(no_wrap=True)),
        TransferSpeedColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
    ]
    if console.width >= _ROOMY:
        columns.append(TextColumn("[dim]{task.fields[note]}", table_column=Column(no_wrap=True)))
    with RichProgress(*columns, console=console) as shown:
        yield _Bars(shown)


class _Bars:
    """A bar for each model."""

    def __init__(self, shown: RichProgress) -> None:
        self._shown = shown
        self._tasks: dict[str, tuple[TaskID, str]] = {}

    def __call__(self, transfer: Transfer, /) -> None:
        task, note = self._tasks.get(transfer.model, (None, ""))
        if task is None:
            if transfer.finished:  # there was nothing to fetch
                return
            task = self._shown.add_task(transfer.model, total=None, note="")
        elif note != transfer.note:  # another source: its speed is its own
            self._shown.reset(task)
        self._tasks[transfer.model] = (task, transfer.note)
        self._shown.update(
            task,
            completed=transfer.done,
            total=transfer.total or None,
            note="done" if transfer.finished else transfer.note,
        )


class _Lines:
    """A line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._written: dict[str, int] = {}

    def __call__(self, transfer: Transfer, /) -> None:
        step = transfer.done * _STEPS // transfer.total if transfer.total else 0
        if transfer.finished and transfer.model not in self._written:
            return
        if step <= self._written.get(transfer.model, -1):
            return
        self._written[transfer.model] = step
        total = f" of {transfer.total / 1e6:.1f} MB" if transfer.total else ""
        self._console.print(
            f"{transfer.model}: {transfer.done / 1e6:.1f}{total} {transfer.note}",
            highlight=False,
            soft_wrap=True,
        )
