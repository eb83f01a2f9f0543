"""The same pictures as PNG, by matplotlib, which is an extra."""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from assistant.bench.drawing import COLOURS, Bar

MISSING = "no PNG: matplotlib is not installed; `pip install 'assistant[bench]'` brings it"
DPI = 110


class Drawn(Protocol):
    """What is drawn."""

    @property
    def times(self) -> Mapping[str, Sequence[float]]:
        """Milliseconds, by group."""
        ...

    @property
    def bars(self) -> Sequence[Bar]:
        """The waterfall of a turn."""
        ...


def available() -> bool:
    """Tell whether there can be a PNG; if not, `MISSING` says why."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(path: Path, title: str, drawn: Drawn) -> bool:
    """Write the picture; False without matplotlib. No window is opened and no state is kept."""
    if not available():
        return False
    figures = importlib.import_module("matplotlib.figure")
    canvas = importlib.import_module("matplotlib.backends.backend_agg")
    times = {name: list(values) for name, values in drawn.times.items() if len(values)}
    rows = [len(part) for part in (times, drawn.bars) if part]
    if not rows:
        return False
    figure = figures.Figure(figsize=(9, 1.6 * len(rows) + 0.4 * sum(rows)), layout="constrained")
    canvas.FigureCanvasAgg(figure)
    figure.suptitle(title)
    grid = figure.subplots(len(rows), 1, squeeze=False, height_ratios=rows)
    axes = [line[0] for line in grid]
    if times:
        _distribution(axes[0], times)
    if drawn.bars:
        _waterfall(axes[-1], drawn.bars)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return True


def _distribution(axes: Any, times: Mapping[str, Sequence[float]]) -> None:
    for row, values in enumerate(times.values()):
        axes.plot(values, [row] * len(values), "o", color="#3a9db5", alpha=0.45)
        for share, colour in ((50, "#222222"), (95, "#c0392b")):
            axes.plot([np.percentile(values, share)], [row], "|", color=colour, ms=20, mew=2)
    axes.set_yticks(range(len(times)), [f"{name} (n {len(ms)})" for name, ms in times.items()])
    axes.set(ylim=(len(times) - 0.4, -0.6), xlabel="ms; black: median, red: 95th percentile")
    axes.grid(axis="x", alpha=0.3)


def _waterfall(axes: Any, bars: Sequence[Bar]) -> None:
    for row, (name, start, end) in enumerate(bars):
        axes.barh(row, end - start, left=start, color=COLOURS.get(name, "#888888"))
        axes.annotate(f" {end - start:.0f}", (end, row), va="center", fontsize=9)
    axes.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axes.set(
        ylim=(len(bars) - 0.4, -0.6), xlabel="the median turn: ms after the last voiced sample"
    )
    axes.grid(axis="x", alpha=0.3)
