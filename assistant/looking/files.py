"""Pictures, documents and short videos that were handed over, bounded before they are decoded.

A picture file can claim any size and fill the memory of who believes it, so its head is read
first, and what does not fit is refused with one line that says why.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import MediaError
from assistant.looking.encoding import pillow
from assistant.looking.pages import PAGES, read_pages
from assistant.looking.scenes import read_scenes
from assistant.ports import Pixels, Shot

LONGEST = 2048
"""Pixels are kept up to this side: more is never sent, and OCR reads no better."""
FILE_BYTES = 100_000_000
"""Pictures and documents; a video may be ten times as large."""
PIXELS = 50_000_000
"""Of a picture that has to be decoded as a whole,"""
JPEG_PIXELS = 250_000_000
"""and of a JPEG whose rows come in order, which can be decoded at an eighth of its size."""
KINDS = "JPEG, PNG, WebP, HEIC, GIF, PDF or a short video"
HEIC = frozenset({b"heic", b"heix", b"mif1"})
"""Its brands, behind "ftyp" in a file's head: phones send it under any name."""
VIDEO = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".3gp"})

Reader = Callable[[Path, float], list[Shot]]


def check(path: Path) -> None:
    """Raise `MediaError` for what is no file of a kind and size that can be looked at."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(16)
    except IsADirectoryError:
        raise MediaError(str(path), f"it is a directory; name one file: {KINDS}") from None
    except OSError as wrong:
        why = (wrong.strerror or str(wrong)).lower()
        raise MediaError(str(path), f"it cannot be read ({why})") from None
    if not head:
        raise MediaError(str(path), "it is empty")
    most = 10 * FILE_BYTES if _reader(path, head) is read_scenes else FILE_BYTES
    if size > most:
        raise MediaError(
            str(path), f"it has {size / 1e6:.0f} MB, and {most / 1e6:.0f} is the most; shrink it"
        )


def read(path: Path, at: float, pages: int = PAGES) -> list[Shot]:
    """Return the pictures in a file; blocks. `at`: now, on the loop's clock.

    `pages`: so many of a document, at most.
    Raises `MediaError`, or `BackendUnavailable` when the library for it is not installed.
    """
    check(path)
    with path.open("rb") as file:
        head = file.read(16)
    reader = _reader(path, head)
    return read_pages(path, at, pages) if reader is read_pages else reader(path, at)


def _reader(path: Path, head: bytes) -> Reader:
    if head.startswith(b"%PDF"):
        return read_pages
    known_video = head[4:8] == b"ftyp" and head[8:12] not in HEIC | {b"avif"}
    if known_video or path.suffix.lower() in VIDEO:
        return read_scenes
    return read_picture


def read_picture(path: Path, at: float) -> list[Shot]:
    """Return the one picture in a file, turned as it was taken."""
    library = pillow()
    with path.open("rb") as file:
        if file.read(12)[8:] in HEIC:
            _learn_heic(path)
    try:
        with library.open(path) as picture:
            _check_size(path, picture)
            return [Shot(_pixels(library, picture), at, "file")]
    except importlib.import_module("PIL").UnidentifiedImageError:
        raise MediaError(str(path), f"it is no picture; give {KINDS}") from None
    except (OSError, SyntaxError, ValueError, EOFError) as wrong:
        raise MediaError(str(path), f"it is damaged or cut off ({_brief(wrong)})") from None


def _check_size(path: Path, picture: Any) -> None:
    width, height = picture.size
    in_order = picture.format == "JPEG" and not picture.info.get("progressive")
    most = JPEG_PIXELS if in_order and picture.mode in {"RGB", "L"} else PIXELS
    if width * height > most:
        raise MediaError(
            str(path),
            f"{width} x {height} is {width * height / 1e6:.0f} million pixels, and "
            f"{most / 1e6:.0f} is the most; make it smaller",
        )
    if min(width, height) < 1:
        raise MediaError(str(path), "it has no pixels")


def _pixels(library: Any, picture: Any) -> Pixels:
    """Decode as little as will do, turn, and drop all but the pixels."""
    picture.draft("RGB", (LONGEST, LONGEST))
    picture.load()
    picture.thumbnail((LONGEST, LONGEST), library.Resampling.BICUBIC, reducing_gap=2.0)
    turned = importlib.import_module("PIL.ImageOps").exif_transpose(picture)
    if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
        clear = turned.convert("RGBA")
        turned = library.new("RGBA", clear.size, "white")
        turned.alpha_composite(clear)
    if turned.mode.startswith("I;16") or turned.mode in {"I", "F"}:
        deep = np.asarray(turned, dtype=np.float32)
        low, high = float(deep.min()), float(deep.max())
        turned = library.fromarray(((deep - low) / max(high - low, 1) * 255).astype(np.uint8))
    pixels: Pixels = np.array(turned.convert("RGB"), dtype=np.uint8)
    return pixels


def _learn_heic(path: Path) -> None:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        raise MediaError(
            str(path), "HEIC needs the Python package pillow-heif: pip install 'assistant[eyes]'"
        ) from None


def _brief(wrong: BaseException) -> str:
    """Return what a library says, without the names of files that it may hold."""
    text = str(wrong).splitlines()[0] if str(wrong) else type(wrong).__name__
    return text if "/" not in text and len(text) < 80 else type(wrong).__name__  # noqa: PLR2004
