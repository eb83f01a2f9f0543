"""Results as files: JSON for programs, Markdown for documents, HTML and PNG for eyes."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from assistant.bench import drawing, plots

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.15rem .7rem;text-align:right}"
    "td:first-child,th:first-child{text-align:left}tr:nth-child(even){background:#f3f3f3}"
    "svg{max-width:100%}small{color:#555}"
)


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are to be shown."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [self.header, ("---",) * len(self.header), *self.rows]
        return "\n".join(f"| {' | '.join(_flat(cell) for cell in line)} |" for line in lines)

    def html(self) -> str:
        """Return it as HTML."""

        def line(cells: Sequence[str], tag: str) -> str:
            inner = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
            return f"<tr>{inner}</tr>"

        body = "".join(line(row, "td") for row in self.rows)
        return f"<table>{line(self.header, 'th')}{body}</table>"


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's results."""

    name: str
    """Of its files."""
    title: str
    tables: tuple[Table, ...]
    data: Mapping[str, Any]
    """All that was measured, for the JSON."""
    notes: tuple[str, ...]
    """Machine, models, settings."""
    times: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Milliseconds, by group: their distribution is drawn."""
    bars: Sequence[drawing.Bar] = ()
    """The waterfall of the median turn."""


def write(report: Report, folder: Path) -> list[Path]:
    """Write the files; returns their paths. The PNG needs matplotlib, and is left out without."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / report.name
    texts = {
        ".json": json.dumps(_plain(report.data), indent=1, ensure_ascii=False) + "\n",
        ".md": markdown(report),
        ".html": html(report),
    }
    written = []
    for suffix, text in texts.items():
        path = place.with_suffix(suffix)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    picture = place.with_suffix(".png")
    if (report.times or report.bars) and plots.draw(picture, report.title, report):
        written.append(picture)
    return written


def markdown(report: Report) -> str:
    """Return the page for documents."""
    tables = "\n\n".join(table.markdown() for table in report.tables)
    notes = "\n".join(f"- {note}" for note in report.notes)
    return f"# {report.title}\n\n{tables}\n\n{notes}\n"


def html(report: Report) -> str:
    """Return one page that needs nothing else."""
    pictures = []
    if any(report.times.values()):
        pictures.append("<h2>Distribution</h2>" + drawing.distribution(report.times))
    if report.bars:
        pictures.append("<h2>The median turn</h2>" + drawing.waterfall(report.bars))
    return (
        f'<!doctype html><meta charset="utf-8"><title>{escape(report.title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(report.title)}</h1>"
        + "".join(table.html() for table in report.tables)
        + "".join(pictures)
        + "".join(f"<p><small>{escape(note)}</small></p>" for note in report.notes)
        + "\n"
    )


def number(value: float | None, unit: str = "") -> str:
    """Return a figure for a table; "-": there is none."""
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.0f}{unit}"


def _flat(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def _plain(data: Any) -> Any:
    """Turn what JSON does not have (NaN) into null."""
    match data:
        case float() if not math.isfinite(data):
            return None
        case Mapping():
            return {str(key): _plain(value) for key, value in data.items()}
        case list() | tuple():
            return [_plain(value) for value in data]
        case _:
            return data
