"""The pages of a PDF as pictures."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import BackendUnavailable, MediaError
from assistant.ports import Pixels, Shot

PAGES = 5
"""So many are looked at, from the first on."""
LONGEST = 2048
"""Pixels of a page's longer side."""
POINTS = 14_400
"""The longest side that a PDF may have by its standard: 200 inches."""


def read_pages(path: Path, at: float) -> list[Shot]:
    """Return the first pages; blocks. Raises `MediaError`."""
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
            Shot(_page(pdfium, document, path, n), at, "file", place=_place(n, count))
            for n in range(min(count, PAGES))
        ]
    finally:
        document.close()


def _page(pdfium: Any, document: Any, path: Path, number: int) -> Pixels:
    try:
        page = document[number]
        width, height = page.get_size()
        if not 0 < max(width, height) <= POINTS:
            raise MediaError(str(path), f"page {number + 1} has an impossible size")
        bitmap = page.render(scale=LONGEST / max(width, height), rev_byteorder=True)
        pixels: Pixels = np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8)
        page.close()
    except pdfium.PdfiumError:
        raise MediaError(str(path), f"page {number + 1} is damaged; export it again") from None
    return pixels


def _place(number: int, count: int) -> str:
    return f"page {number + 1} of {count}" if count > 1 else ""


def _library() -> Any:
    try:
        return importlib.import_module("pypdfium2")
    except ImportError:
        raise BackendUnavailable(
            "looking", "PDF needs the Python package pypdfium2: pip install 'assistant[eyes]'"
        ) from None
