"""Papers for tests: as pieces of text, and drawn with the font that is inside Pillow."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from assistant.looking.page import Page, page_of
from assistant.ports import Pixels, TextLine

Placed = tuple[float, float, str]
"""Left, top, text."""
WIDE = 0.5
"""A letter against its height."""


def piece(
    left: float, top: float, text: str, high: int = 20, confidence: float = 0.99
) -> TextLine:
    right = round(left + WIDE * high * len(text))
    return TextLine(text, (round(left), round(top), right, round(top) + high), confidence)


def page(*placed: Placed, high: int = 20, size: tuple[int, int] = (1000, 1000)) -> Page:
    return page_of([piece(*one, high=high) for one in placed], *size)


def drawn(placed: Iterable[Placed], size: tuple[int, int] = (900, 500), high: int = 26) -> Pixels:
    picture = Image.new("RGB", size, (248, 248, 244))
    pen = ImageDraw.Draw(picture)
    font: Any = ImageFont.load_default(high)
    for left, top, text in placed:
        pen.text((left, top), text, fill=(15, 15, 20), font=font)
    return np.asarray(picture)


INVOICE: tuple[Placed, ...] = (
    (40, 30, "Harbour Tools Ltd"),
    (600, 30, "INVOICE"),
    (560, 90, "Invoice No:"),
    (720, 90, "INV-20417"),
    (560, 130, "Date:"),
    (720, 130, "2024-03-15"),
    (40, 160, "Bill to:"),
    (40, 195, "Maria Gonzalez"),
    (40, 260, "Item"),
    (500, 260, "Qty"),
    (720, 260, "Amount"),
    (40, 300, "Steel bracket"),
    (500, 300, "50"),
    (720, 300, "350.00"),
    (40, 340, "Delivery"),
    (500, 340, "1"),
    (720, 340, "250.00"),
    (500, 400, "Total:"),
    (720, 400, "$600.00"),
)
