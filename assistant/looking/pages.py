"""The pages of a PDF as pictures."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import BackendUnavailable, MediaError
from assistant.ports import Pixels, Shot, TextLine

PAGES = 5
"""So many are looked at, from the first on."""
LONGEST = 2048
"""Pixels of a page's longer side."""
POINTS = 14_400
"""The longest side that a PDF may have by its standard: 200 inches."""


def read_pages(path: Path, at: float, most: int = PAGES) -> list[Shot]:
    """Return the first pages, at `most` so many; blocks. Raises `MediaError`."""
    pdfium = _library()
    try:
        document = pdfium.PdfDocument(str(path))
    except pdfium.PdfiumError as wrong:
        if "password" in str(wrong).lower():
            raise MediaError(
                str(path), "it has a password; save a copy without one and give that"
            ) from None
        raise MediaError(str(path), "it is a damaged PDF; export it again") from None
    try:
        count = len(document)
        if not count:
            raise MediaError(str(path), "it has no pages")
        return [
            Shot(pixels, at, "file", place=_place(n, count), layer=layer)
            for n in range(min(count, most))
            for pixels, layer in (_page(pdfium, document, path, n),)
        ]
    finally:
        document.close()


def _page(
    pdfium: Any, document: Any, path: Path, number: int
) -> tuple[Pixels, tuple[TextLine, ...]]:
    try:
        page = document[number]
        width, height = page.get_size()
        if not 0 < max(width, height) <= POINTS:
            raise MediaError(str(path), f"page {number + 1} has an impossible size")
        scale = LONGEST / max(width, height)
        bitmap = page.render(scale=scale, rev_byteorder=True)
        pixels: Pixels = np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8)
        text = page.get_textpage()
        layer = tuple(_layer(text, height, scale))
        text.close()
        page.close()
    except pdfium.PdfiumError:
        raise MediaError(str(path), f"page {number + 1} is damaged; export it again") from None
    return pixels, layer


def _layer(text: Any, high: float, scale: float) -> Iterator[TextLine]:
    """Yield the pieces of a page's own text, where they are drawn."""
    for number in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(number)
        said = " ".join(text.get_text_bounded(left, bottom, right, top).split())
        if said:
            sides = (left * scale, (high - top) * scale, right * scale, (high - bottom) * scale)
            yield TextLine(
                said, (round(sides[0]), round(sides[1]), round(sides[2]), round(sides[3]))
            )


def _place(number: int, count: int) -> str:
    return f"page {number + 1} of {count}" if count > 1 else ""


def _library() -> Any:
    try:
        return importlib.import_module("pypdfium2")
    except ImportError:
        raise BackendUnavailable(
            "looking", "PDF needs the Python package pypdfium2: pip install 'assistant[eyes]'"
        ) from None
