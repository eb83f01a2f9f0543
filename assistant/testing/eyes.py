"""What a peer sees in pictures that it was really sent: a printed code, else the main colour.

So an answer that is right can only have come from the pixels.
"""

import importlib
import io
from collections.abc import Sequence
from typing import Any

_COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 160, 60),
    "blue": (30, 60, 200),
    "yellow": (230, 210, 40),
    "black": (15, 15, 15),
    "white": (240, 240, 240),
}


def painted(colour: str, code: str = "", size: tuple[int, int] = (320, 240)) -> bytes:
    """Return a JPEG of one colour ("red", …), with a QR code in it if one is given."""
    picture = importlib.import_module("PIL.Image").new("RGB", size, _COLOURS[colour])
    if code:
        zxing: Any = importlib.import_module("zxingcpp")
        made = zxing.create_barcode(code, zxing.BarcodeFormat.QRCode)
        image = importlib.import_module("PIL.Image").fromarray(made.to_image(scale=4))
        picture.paste(image.convert("RGB"), (20, 20))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=80)
    return target.getvalue()


def told(pictures: Sequence[bytes]) -> str:
    """Return what is to be seen in pictures, in words."""
    return " ".join(f"Picture {n}: {_one(data)}." for n, data in enumerate(pictures, 1))


def _one(data: bytes) -> str:
    image: Any = importlib.import_module("PIL.Image").open(io.BytesIO(data)).convert("RGB")
    found = importlib.import_module("zxingcpp").read_barcodes(image)
    codes = [code.text for code in found if code.text]
    return f"{_colour(image)}, it says {codes[0]}" if codes else _colour(image)


def _colour(image: Any) -> str:
    small = image.resize((32, 32))
    pixels = [small.getpixel((x, y)) for x in range(32) for y in range(32)]
    near = [min(_COLOURS, key=lambda name: _distance(_COLOURS[name], p)) for p in pixels]
    return max(_COLOURS, key=near.count)


def _distance(one: Sequence[int], other: Sequence[int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
