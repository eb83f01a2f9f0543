"""What stands in rows and columns on a page, as CSV.

A table is a run of rows of two pieces and more whose pieces stand under each other; a piece that
stands alone between two rows belongs to the one above it ("Acme beeswax" under the goods).
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.looking.page import Page, height_of
from assistant.ports import TextLine

ROWS = 2
"""Rows of pieces that make a table, at least."""
PIECES = 3
"""Pieces in one of its rows, at least: label and value alone are no table."""
APART = 3.0
"""Heights of a line between two rows beyond which another table begins."""
CLOSE = 0.8
"""The same between a row and what belongs into its first cell."""
FORMULA = "=+-@\t"
"""With these a spreadsheet begins to compute; an apostrophe before them stops it."""

Row = tuple[TextLine, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: rows of cells, all of the same length."""

    cells: tuple[tuple[str, ...], ...]
    page: int = 1

    def csv(self) -> str:
        """Return it as CSV; nothing in it is run by a spreadsheet that opens it."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([[_harmless(cell) for cell in row] for row in self.cells])
        return text.getvalue()


def _harmless(cell: str) -> str:
    number = cell.lstrip("+-").replace(",", "").replace(".", "")
    return f"'{cell}" if cell[:1] in FORMULA and cell and not number.isdigit() else cell


def tables(pages: Sequence[Page]) -> list[Table]:
    """Return the tables of a document, from top to bottom."""
    return [
        Table(cells, number)
        for number, page in enumerate(pages, start=1)
        for run in _runs(page)
        if (cells := _cells(run))
    ]


def _runs(page: Page) -> list[list[Row]]:
    """Part the rows of a page into tables and what is none."""
    high = height_of(page.lines)
    found: list[list[Row]] = []
    run: list[Row] = []
    for row in page.rows:
        near = not run or _top(row) - _bottom(run[-1]) < APART * high
        if run and (not near or not _belongs(run, row)):
            found.append(run)
            run = []
        if run or len(row) >= PIECES:
            run.append(row)
    found.append(run)
    return [kept for kept in map(_trimmed, found) if _is_table(kept)]


def _trimmed(run: list[Row]) -> list[Row]:
    while run and len(run[-1]) < ROWS:
        run = run[:-1]
    return run


def _is_table(run: Sequence[Row]) -> bool:
    full = [row for row in run if len(row) >= PIECES]
    return len(full) >= ROWS


def _belongs(run: Sequence[Row], row: Row) -> bool:
    """Tell whether a row goes on with a table: it stands under its columns."""
    if len(row) == 1:
        wide = max(line.box[2] for line in run[0]) - min(line.box[0] for line in run[0])
        under = min(line.box[0] for line in run[0])
        piece = row[0]
        return piece.box[0] >= under - 10 and piece.box[2] - piece.box[0] < wide / 2
    spans = _columns(run)
    return sum(any(_shared(line, span) for span in spans) for line in row) * 2 > len(row)


def _columns(run: Sequence[Row]) -> list[tuple[int, int]]:
    """Return where columns stand (left, right): pieces that are over each other are one."""
    spans: list[tuple[int, int]] = []
    for row in sorted(run, key=len, reverse=True):
        for line in row:
            touched = [span for span in spans if _shared(line, span)]
            if len(touched) > 1:  # it stands across columns: a heading, a remark
                continue
            left, right = line.box[0], line.box[2]
            for span in touched:
                spans.remove(span)
                left, right = min(left, span[0]), max(right, span[1])
            spans.append((left, right))
    return sorted(spans)


def _shared(line: TextLine, span: tuple[int, int]) -> bool:
    return min(line.box[2], span[1]) > max(line.box[0], span[0])


def _cells(run: Sequence[Row]) -> tuple[tuple[str, ...], ...]:
    spans = _columns(run)
    filled: list[list[str]] = []
    for at_row, row in enumerate(run):
        cells = [""] * len(spans)
        for line in row:
            at = max(range(len(spans)), key=lambda i: _overlap(line, spans[i]))
            cells[at] = f"{cells[at]} {line.text}".strip()
        if filled and len(row) == 1 and _goes_on(run[at_row - 1], row[0], spans[0]):
            filled[-1] = [f"{a} {b}".strip() for a, b in zip(filled[-1], cells, strict=True)]
        else:
            filled.append(cells)
    return tuple(map(tuple, filled))


def _goes_on(above: Row, line: TextLine, first: tuple[int, int]) -> bool:
    """Tell whether a piece is the second line of the first cell above it."""
    high = line.box[3] - line.box[1]
    begins = min(piece.box[0] for piece in above) < first[1]
    return begins and line.box[0] < first[1] and line.box[1] - _bottom(above) < CLOSE * high


def _overlap(line: TextLine, span: tuple[int, int]) -> int:
    return min(line.box[2], span[1]) - max(line.box[0], span[0])


def _top(row: Row) -> int:
    return min(line.box[1] for line in row)


def _bottom(row: Row) -> int:
    return max(line.box[3] for line in row)
