"""Bright, dark or covered, and what has moved between two looks."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.looking.colours import small
from assistant.ports import Pixels

Light = Literal["covered", "dark", "dim", "lamp", "bright"]
"""``covered``: nothing but black. ``lamp``: a dim room in which something shines."""
Place = Literal["left", "middle place", "right", "everywhere"]

BLACK, FLAT = 0.047, 0.024
"""Mean brightness of a black picture, and how much it varies (standard deviation) by noise."""
DARK, DIM = 0.10, 0.28
"""Mean brightness below which it is dark, and dim."""
GLOW, GLOWING = 0.92, 0.004
"""So bright is what shines; so much of a picture it takes, at least."""
GRID = 48
"""Cells along the longer side in which motion is looked for."""
CHANGED = 0.10
"""A cell has changed whose brightness, against that of all, differs by so much."""
MOVED = 0.015
"""Something has moved when so much of a picture has changed."""
ALL = 0.6
"""Everything has changed when so much of a picture has."""

Grey = NDArray[np.float32]
"""Brightness from 0 to 1, in small."""
WEIGHTS = np.array((0.299 / 255, 0.587 / 255, 0.114 / 255), np.float32)
"""What eyes make of red, green and blue."""


def grey(pixels: Pixels, side: int = 96) -> Grey:
    """Return the brightness of a picture, small."""
    result: Grey = small(pixels, side).astype(np.float32) @ WEIGHTS
    return result


def light(pixels: Pixels) -> Light:
    """Tell how bright it is where a picture was taken, and whether the lens saw anything."""
    seen = grey(pixels)
    mean = float(seen.mean())
    if mean < BLACK and float(seen.std()) < FLAT:
        return "covered"
    shines = float((seen > GLOW).mean()) > GLOWING
    if mean >= DIM:
        return "bright"
    if shines:
        return "lamp"
    return "dark" if mean < DARK else "dim"


def thumbnail(pixels: Pixels) -> Grey:
    """Return what is kept of a picture to tell what has moved: nothing can be read in it."""
    fine = grey(pixels, GRID * 4)
    high, wide = (max(1, length // 4) for length in fine.shape)
    cells = fine[: high * 4, : wide * 4]
    if cells.shape != (high * 4, wide * 4):
        return fine
    result: Grey = cells.reshape(high, 4, wide, 4).mean(axis=(1, 3))
    return result


def moved(before: Grey, now: Grey) -> Place | None:
    """Tell where something has changed; `None`: nowhere, or all of it got darker or lighter."""
    if before.shape != now.shape:
        return "everywhere"
    difference = np.abs((now - np.median(now)) - (before - np.median(before)))
    changed = difference > CHANGED
    if changed.mean() < MOVED:
        return None
    if changed.mean() > ALL:
        return "everywhere"
    across = float(np.nonzero(changed)[1].mean()) / changed.shape[1]
    thirds: tuple[Place, ...] = ("left", "middle place", "right")
    return thirds[min(2, int(across * 3))]
