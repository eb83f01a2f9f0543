"""A page as its pieces of text: the right way up, level, in reading order, in rows.

Text is found by a `TextReader`; what it is given may lie on its side or its head, may sink to the
right, and may hold two columns.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.looking.sharpening import sharpened
from assistant.ports import Box, Pixels, Shot, TextLine, TextReader

Turned = Literal[0, 90, 180, 270]
"""Degrees, clockwise."""
Span = tuple[int, int]
"""Left and right, in pixels."""

READABLE = 0.85
"""Mean confidence from which on nobody asks whether the page is upside down."""
CLEAR, CROWDED, MORE = 0.95, 80, 1.1
"""Below so much confidence a page of no more pieces than this is tried to be made sharper; a
tenth more must be read of it then."""
UPRIGHT = 1.5
"""Pieces that are so many times as high as wide lie on their side."""
NOISE = 0.5
"""Below so much confidence nothing was read: what a reader makes of noise."""
WORTH = 3
"""Characters from which on a piece tells how the page lies."""
OVERLAP = 0.5
"""Two pieces stand in a row when so much of the lower one's height is beside the other."""
GUTTER = 1.5
"""Heights of a line between two columns of prose."""
COLUMN = 8
"""Heights of a line that a column of prose is wide, at least."""
PROSE = 3
"""Lines that a column has, at least."""
LEVEL = 0.004
"""A page that sinks by less is level: a pixel in 250."""
LAYER = 20
"""Letters from which on a page's own text is believed; scanners leave a few."""
MOST_PIECES = 3000
"""Pieces of a page that are looked at: beyond it is noise, and time grows faster than they."""


@dataclass(frozen=True, slots=True)
class Page:
    """The text of one page, in reading order; content, never an instruction.

    Boxes are in pixels of the page as it was read: turned clockwise by `turned`.
    """

    lines: tuple[TextLine, ...]
    width: int
    height: int
    turned: Turned = 0

    @property
    def rows(self) -> tuple[tuple[TextLine, ...], ...]:
        """Return the pieces by rows, from top to bottom and left to right."""
        return rows(self.lines)

    @property
    def text(self) -> str:
        """All of it, a row of pieces a line."""
        return "\n".join(" ".join(piece.text for piece in row) for row in self._in_turn())

    @property
    def confidence(self) -> float:
        """How sure the reader is of a character, in the mean."""
        return _confidence(self.lines)

    def _in_turn(self) -> Iterable[tuple[TextLine, ...]]:
        for block in blocks(self.lines):
            yield from rows(block)


def has_text(shot: Shot) -> bool:
    """Tell whether a page's own text is believed, so that nothing has to be read."""
    return sum(len(line.text) for line in shot.layer) >= LAYER


async def page_in(shot: Shot, reader: TextReader | None) -> Page:
    """Return a page with its own text where it has that, else read. Raises `BackendError`."""
    if reader is not None and not has_text(shot):
        return await read_page(reader, shot.pixels)
    height, width = shot.pixels.shape[:2]
    return page_of(shot.layer, width, height)


async def read_page(reader: TextReader, pixels: Pixels) -> Page:
    """Read a page; where that goes badly, turned or made sharper, too.

    An empty page, or noise, is a page without lines. Raises `BackendError`.
    """
    found = await _upright(reader, pixels)
    if found.confidence < NOISE:
        return replace(found, lines=())
    if found.confidence < CLEAR and len(found.lines) <= CROWDED:
        return await _sharper(reader, pixels, found)
    return found


async def _upright(reader: TextReader, pixels: Pixels) -> Page:
    """Read a page; turned by 180 degrees if that is bad, on its sides if there is nothing."""
    found = await _read(reader, pixels, 0)
    told = [line for line in found.lines if len(line.text) >= WORTH]
    lying = sum(line.box[3] - line.box[1] > UPRIGHT * (line.box[2] - line.box[0]) for line in told)
    ways: tuple[Turned, ...] = (180,)
    if not found.lines or lying * 2 > len(told):
        ways = (90, 270)
    for way in ways:
        if found.confidence >= READABLE and (way == 180 or found.turned):  # noqa: PLR2004
            break
        other = await _read(reader, pixels, way)
        if not other.lines and not found.lines:
            break
        if _legible(other) > _legible(found):
            found = other
    return found


async def _sharper(reader: TextReader, pixels: Pixels, found: Page) -> Page:
    """Return what is read of a picture that moved, if that is more."""
    best = found
    for axis in (1, 0):
        picture = await asyncio.to_thread(sharpened, _turned(pixels, found.turned), axis)
        height, width = picture.shape[:2]
        lines = await reader.read(picture)
        other = page_of(lines, width, height, found.turned)
        if _legible(other) > MORE * _legible(best):
            best = other
    return best


def page_of(lines: Sequence[TextLine], width: int, height: int, turned: Turned = 0) -> Page:
    """Return a page whose pieces are level and in reading order."""
    ordered = [line for block in blocks(level(lines[:MOST_PIECES])) for line in block]
    return Page(tuple(ordered), width, height, turned)


async def _read(reader: TextReader, pixels: Pixels, turned: Turned) -> Page:
    picture = _turned(pixels, turned)
    height, width = picture.shape[:2]
    return page_of(await reader.read(picture), width, height, turned)


def _turned(pixels: Pixels, turned: Turned) -> Pixels:
    return np.rot90(pixels, -turned // 90) if turned else pixels


def _legible(page: Page) -> float:
    """Return how many characters stand upright there, doubtful ones counted less."""
    return sum(
        len(line.text) * line.confidence**4
        for line in page.lines
        if line.box[2] - line.box[0] >= line.box[3] - line.box[1] or len(line.text) < WORTH
    )


def _confidence(lines: Sequence[TextLine]) -> float:
    letters = sum(len(line.text) for line in lines)
    return sum(len(line.text) * line.confidence for line in lines) / letters if letters else 0.0


# ── level ─────────────────────────────────────────────────────────────────────────────────────


def level(lines: Sequence[TextLine]) -> list[TextLine]:
    """Move the pieces of a page that sinks to the right (or fans out, seen from one side) up."""
    told = [(line, line.slope) for line in lines if line.slope is not None]
    if not told:
        return list(lines)
    middle = np.array([(line.box[1] + line.box[3]) / 2 for line, _ in told])
    wide = np.array([line.box[2] - line.box[0] for line, _ in told], float)
    slopes = np.array([slope for _, slope in told])
    usual = _weighted_median(slopes, wide)
    off = np.abs(slopes - usual)
    kept = off <= 2 * float(np.median(off)) + LEVEL
    if abs(usual) < LEVEL:
        return list(lines)
    fan, centre = 0.0, float(np.average(middle[kept], weights=wide[kept]))
    if kept.sum() >= 2 * PROSE and np.ptp(middle[kept]) > 0:
        fan = float(np.polyfit(middle[kept], slopes[kept], 1, w=np.sqrt(wide[kept]))[0])
    return [
        _moved(line, usual + fan * (line.box[1] / 2 + line.box[3] / 2 - centre)) for line in lines
    ]


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    heavy = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(heavy, heavy[-1] / 2)])


def _moved(line: TextLine, slope: float) -> TextLine:
    """Bring a piece to the height that its row has at the left edge, and its box to its own."""
    left, top, right, bottom = line.box
    up = slope * (left + right) / 2
    tilt = min(abs(slope) * (right - left), (bottom - top) * 0.6)
    return replace(
        line, box=(left, round(top - up + tilt / 2), right, round(bottom - up - tilt / 2))
    )


# ── rows and columns ──────────────────────────────────────────────────────────────────────────


def height_of(lines: Iterable[TextLine]) -> float:
    """Return the usual height of a piece in pixels; 1 of none."""
    heights = [line.box[3] - line.box[1] for line in lines]
    return max(1.0, median(heights)) if heights else 1.0


def rows(lines: Iterable[TextLine]) -> tuple[tuple[TextLine, ...], ...]:
    """Return pieces by rows: those beside each other, each row from left to right."""
    found: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: (line.box[1] + line.box[3], line.box[0])):
        row = next((row for row in found[-3:] if _beside(row, line)), None)
        if row is None:
            found.append([line])
        else:
            row.append(line)
    return tuple(tuple(sorted(row, key=lambda line: line.box[0])) for row in found)


def _beside(row: Sequence[TextLine], line: TextLine) -> bool:
    """Tell whether a piece stands in a row: at its height, and over none of its pieces."""
    top = median(other.box[1] for other in row)
    bottom = median(other.box[3] for other in row)
    shared = min(bottom, line.box[3]) - max(top, line.box[1])
    small = min(bottom - top, line.box[3] - line.box[1])
    if shared < OVERLAP * max(1, small):
        return False
    return all(_shared(other.box, line.box) <= small for other in row)


def _shared(one: Box, other: Box) -> int:
    """Return how many pixels two boxes have in common from left to right."""
    return min(one[2], other[2]) - max(one[0], other[0])


def blocks(lines: Iterable[TextLine]) -> list[list[TextLine]]:
    """Return pieces in reading order: columns of prose one after the other, all else by rows."""
    by_row = rows(lines)
    high = height_of(line for row in by_row for line in row)
    found: list[list[TextLine]] = []
    pending: list[tuple[TextLine, ...]] = []
    taken: list[Span] = []
    for row in by_row:
        spans = [(line.box[0], line.box[2]) for line in row]
        both = _union([*taken, *spans])
        # columns begin with this row, or end before it
        breaks = len(both) == 1 if len(taken) > 1 else len(_union(spans)) > 1
        if pending and breaks:
            found += _columns(pending, high)
            pending, both = [], _union(spans)
        pending.append(row)
        taken = both
    return found + _columns(pending, high)


def _union(spans: Iterable[Span]) -> list[Span]:
    """Return what spans cover together, from left to right."""
    found: list[Span] = []
    for left, right in sorted(spans):
        if found and left <= found[-1][1]:
            found[-1] = (found[-1][0], max(right, found[-1][1]))
        else:
            found.append((left, right))
    return found


def _columns(by_row: Sequence[tuple[TextLine, ...]], high: float) -> list[list[TextLine]]:
    """Part rows at a gutter if both sides are prose: wide lines, one under the other."""
    whole = [line for row in by_row for line in row]
    taken = _union((line.box[0], line.box[2]) for line in whole)
    for (_, left), (right, _) in pairwise(taken):
        sides = [
            [line for line in whole if line.box[2] <= left],
            [line for line in whole if line.box[0] >= right],
        ]
        if right - left >= GUTTER * high and all(_is_prose(side, high) for side in sides):
            return [*blocks(sides[0]), *blocks(sides[1])]
    return [whole]


def _is_prose(side: Sequence[TextLine], high: float) -> bool:
    by_row = rows(side)
    if len(by_row) < PROSE or any(len(row) > 1 for row in by_row):
        return False
    wide = [row[0].box[2] - row[0].box[0] for row in by_row]
    letters = [len(row[0].text) for row in by_row]
    return median(wide) >= COLUMN * high and median(letters) >= 3 * COLUMN
