"""Pixels to a small JPEG. It is made from pixels alone, so it holds no metadata of any source."""

import importlib
import io
import sys
from dataclasses import dataclass
from typing import Any

from assistant.errors import BackendUnavailable
from assistant.ports import Detail, Image, Pixels

HALF = 0.5
"""Down to this scale each pixel is made of its four neighbours, and none is lost."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How large a picture leaves the machine."""

    glance_px: int = 1024
    """Longest side, to know what is there,"""
    glance_quality: int = 80
    read_px: int = 1568
    """and to read what is written."""
    read_quality: int = 85

    def of(self, detail: Detail) -> tuple[int, int]:
        """Return longest side and JPEG quality."""
        if detail == "read":
            return self.read_px, self.read_quality
        return self.glance_px, self.glance_quality


def encode(pixels: Pixels, longest: int, quality: int) -> Image:
    """Return a JPEG that fits; takes some ms, so not in the event loop. Never enlarges."""
    library = pillow()
    picture = _fitting(library, pixels, longest)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image(file.getvalue(), "image/jpeg")


def _fitting(library: Any, pixels: Pixels, longest: int) -> Any:
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    cv2: Any = sys.modules.get("cv2")
    if scale < 1 and cv2 is not None:  # a camera has loaded it: 2 to 8 ms instead of 22
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        how = cv2.INTER_LINEAR if scale >= HALF else cv2.INTER_AREA
        pixels = cv2.resize(pixels, size, interpolation=how)
    picture = library.fromarray(pixels)
    # Reducing by a whole factor first is several times as fast, and no eye sees it.
    picture.thumbnail((longest, longest), library.Resampling.BICUBIC, reducing_gap=2.0)
    return picture


def pillow() -> Any:
    """Return Pillow's `Image`, with its own limit on sizes off: `files` has stricter ones."""
    try:
        library = importlib.import_module("PIL.Image")
    except ImportError:
        raise BackendUnavailable(
            "looking", "pictures need the Python package pillow: pip install 'assistant[eyes]'"
        ) from None
    library.MAX_IMAGE_PIXELS = None  # type: ignore[attr-defined]
    return library
