"""The names that people give to colours, and how much of a picture has which."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.ports import Pixels

NAMES = (
    *("black", "grey", "white", "red", "orange", "yellow", "green", "turquoise"),
    *("blue", "purple", "pink", "brown", "beige"),
)
SIDE = 96
"""Pixels of the longer side that are looked at."""
PART = 0.15
"""A colour is named that has so much of the picture."""
MOST = 3
"""Colours that are named."""
DARK, GREY = 0.16, 0.14
"""Brightness below which all is black; saturation below which nothing has a colour."""
WHITE = 0.82
"""Brightness above which what has no colour is white."""
PALE = 0.35
"""Saturation below which red is pink and orange is beige."""
BROWN = 0.62
"""Brightness below which orange is brown."""
HUES = ((15, "red"), (42, "orange"), (68, "yellow"), (165, "green"), (195, "turquoise"))
"""Where the hues end, in degrees; the rest follows."""
MORE_HUES = ((258, "blue"), (300, "purple"), (340, "pink"), (361, "red"))

Floats = NDArray[np.float32]


def small(pixels: Pixels, side: int = SIDE) -> Pixels:
    """Return every so manieth pixel: nothing that a daemon's loop would notice."""
    step = max(1, -(-max(pixels.shape[:2]) // side))
    return pixels[step // 2 :: step, step // 2 :: step]


def middle(pixels: Pixels) -> Pixels:
    """Return the middle third of a picture, where what is held up to a camera is."""
    height, width = pixels.shape[:2]
    return pixels[height // 3 : -(-2 * height // 3), width // 3 : -(-2 * width // 3)]


def colours(pixels: Pixels) -> list[tuple[str, float]]:
    """Return the colours of a picture with their parts of it, the largest first."""
    named = names(small(pixels).reshape(-1, 3))
    counts = np.bincount(named, minlength=len(NAMES)) / max(1, len(named))
    order = sorted(range(len(NAMES)), key=lambda at: -counts[at])
    return [(NAMES[at], float(counts[at])) for at in order if counts[at] > 0]


def main(pixels: Pixels) -> list[str]:
    """Return the colours that somebody would name."""
    found = colours(pixels)
    return [name for name, part in found if part >= PART][:MOST] or [found[0][0]]


def names(rgb: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return for each pixel the index of its colour in `NAMES`."""
    hue, saturation, value = _hsv(rgb)
    hues = [hue < limit for limit, _ in (*HUES, *MORE_HUES)]
    called: list[str] = [name for _, name in (*HUES, *MORE_HUES)]
    plain = np.select(hues, [NAMES.index(name) for name in called], NAMES.index("red"))

    def of(*which: str) -> NDArray[np.bool_]:
        return np.isin(plain, [NAMES.index(name) for name in which])

    warm, pale = of("red", "orange"), saturation < PALE
    yellowish = of("yellow", "orange")
    conditions = [
        value < DARK,
        (saturation < GREY) & (value > WHITE),
        saturation < GREY,
        pale & yellowish & (value > BROWN),
        pale & of("red") & (value > BROWN),
        warm & (value < BROWN) & ~(of("red") & (saturation > 2 * PALE)),
        yellowish & (value < BROWN * 0.8) & (hue < HUES[2][0] - 10),
    ]
    chosen = ("black", "white", "grey", "beige", "pink", "brown", "brown")
    result: NDArray[np.intp] = np.select(
        conditions, [NAMES.index(name) for name in chosen], plain
    ).astype(np.intp)
    return result


def _hsv(rgb: NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
    """Return hue in degrees, saturation and brightness from 0 to 1."""
    scaled = rgb.astype(np.float32) / 255
    red, green, blue = scaled[:, 0], scaled[:, 1], scaled[:, 2]
    most, least = scaled.max(axis=1), scaled.min(axis=1)
    span = np.maximum(most - least, 1e-6)
    hue = np.where(
        most == red,
        (green - blue) / span,
        np.where(most == green, 2 + (blue - red) / span, 4 + (red - green) / span),
    )
    return (hue * 60) % 360, (most - least) / np.maximum(most, 1e-6), most


def listed(names_: Sequence[str], conjunction: str) -> str:
    """Return names as a sentence has them: "red, white and blue"."""
    if len(names_) < 2:  # noqa: PLR2004 - one needs no "and"
        return "".join(names_)
    return f"{', '.join(names_[:-1])}{conjunction}{names_[-1]}"
