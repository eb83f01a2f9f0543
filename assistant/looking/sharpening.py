"""A picture that was taken while the paper moved, made sharp again (Richardson and Lucy).

The blur of a movement is a short straight line. Which one is not known: it is tried out, and what
reads best is kept.
"""

import numpy as np
from numpy.typing import NDArray

from assistant.ports import Pixels

LENGTH = 9
"""Pixels that a paper moved; blurs of 5 are read as they are."""
ROUNDS = 8
"""More make the grain of a picture into letters."""
WEIGHTS = np.array((0.299, 0.587, 0.114), np.float32)

Floats = NDArray[np.float32]


def sharpened(pixels: Pixels, axis: int, length: int = LENGTH) -> Pixels:
    """Return a grey picture without a blur along an axis (0: up and down, 1: sideways).

    It takes a fraction of a second: not in the loop's thread.
    """
    seen: Floats = (pixels.astype(np.float32) @ WEIGHTS + 1).astype(np.float32)
    guess = seen.copy()
    for _ in range(ROUNDS):
        blurred = np.maximum(_mean(guess, axis, length), 1)
        guess *= _mean(np.divide(seen, blurred, dtype=np.float32), axis, length)
    grey = np.clip(guess - 1, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def _mean(picture: Floats, axis: int, length: int) -> Floats:
    """Return the mean of `length` (odd) pixels around each, along an axis."""
    half = length // 2
    edges = [(0, 0), (0, 0)]
    edges[axis] = (half + 1, half)
    sums = np.cumsum(np.pad(picture, edges, mode="edge"), axis=axis, dtype=np.float64)
    if axis == 0:
        means = (sums[length:] - sums[:-length]) / length
    else:
        means = (sums[:, length:] - sums[:, :-length]) / length
    result: Floats = means.astype(np.float32)
    return result
