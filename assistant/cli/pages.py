"""The pages of a file as pixels: the least that `read` needs."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.errors import AssistantError, MediaError
from assistant.ports import Pixels, TextLine

DPI = 150
"""At which a page is drawn: letters of ten points are then 20 pixels high."""
POINTS = 72
"""Of a PDF, in an inch."""
LARGEST = 40_000_000
"""Pixels of a page that are drawn or loaded."""
PAGES = 30
"""Pages of a document that are read."""


class Sheet(NamedTuple):
    """A page: its pixels, and its text where the file holds that."""

    pixels: Pixels
    layer: tuple[TextLine, ...] = ()


def sheets(path: Path) -> Iterator[Sheet]:
    """Yield the pages of a PDF or a picture. Raises `MediaError`."""
    if not path.is_file():
        raise MediaError(str(path), "there is no such file")
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as wrong:
        raise MediaError(str(path), f"it cannot be read ({wrong.strerror})") from wrong
    if b"%PDF-" in head:
        yield from _of_pdf(path)
    else:
        yield _of_picture(path)


def _of_picture(path: Path) -> Sheet:
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - only here
    except ImportError:
        raise AssistantError(_MISSING.format("Pillow")) from None

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(path)
        with opened as picture:
            if picture.width * picture.height > LARGEST:
                raise MediaError(str(path), _LARGE)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            return Sheet(np.asarray(upright))
    except UnidentifiedImageError as wrong:
        raise MediaError(str(path), "it is neither a picture nor a PDF") from wrong
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as wrong:
        raise MediaError(str(path), _LARGE) from wrong
    except (OSError, ValueError, SyntaxError) as wrong:
        raise MediaError(str(path), "the picture is damaged; save it again") from wrong


_LARGE = f"it has more than {LARGEST // 1_000_000} megapixels; make it smaller"
_MISSING = "{} is not installed; `pip install 'assistant[ocr]'` does that"


def _of_pdf(path: Path) -> Iterator[Sheet]:
    try:
        import pypdfium2  # noqa: PLC0415 - only for PDFs
    except ImportError:
        raise AssistantError(_MISSING.format("pypdfium2")) from None

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as wrong:
        if "password" in str(wrong).lower():
            message = "it wants a password; save a copy without one"
            raise MediaError(str(path), message) from wrong
        raise MediaError(str(path), "the PDF is damaged; save it again") from wrong
    try:
        for number in range(min(len(document), PAGES)):
            yield _sheet(document[number])
    finally:
        document.close()


def _sheet(page: Any) -> Sheet:
    wide, high = page.get_size()
    scale = min(DPI / POINTS, (LARGEST / max(1.0, wide * high)) ** 0.5)
    picture = page.render(scale=scale).to_pil().convert("RGB")
    text = page.get_textpage()
    layer = tuple(_layer(text, high, scale))
    text.close()
    page.close()
    return Sheet(np.asarray(picture), layer)


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
