"""Which frame is taken: a settled one, new, and the sharpest of the newest."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRESH_S, STALE_S = 0.08, 0.1
"""Older frames than the first are not chosen, and none is handed on that is older than the second:
it shows what was."""
STEADY = 2.5
"""Brightness, of 255, that changes less than this from frame to frame has settled,"""
STEADY_FRAMES = 3
"""if it does so for so many frames."""
SHARP_SHARE = 0.6
"""A frame with less of the sharpness of those before it is blurred: a better one may come."""
BURST = 5
"""So many frames are waited for at most."""
_LOOK = 320
"""Sharpness is measured at this width: what is finer is noise."""
_SPARSE = 8

Bgr = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded frame, as OpenCV has it: blue first."""

    pixels: Bgr
    at: float
    sharp: float
    frozen: bool = False


class Shots:
    """The newest frames of an open camera. Filled by its thread, read by the loop's."""

    def __init__(self, cv2: Any, settle_s: float, frozen_s: float) -> None:
        """After `settle_s` the exposure counts as settled; `frozen_s` 0: may stand still."""
        self._cv2, self._settle_s, self._frozen_s = cv2, settle_s, frozen_s
        self._lock = threading.Lock()
        self._frames: deque[Frame] = deque(maxlen=BURST)
        self._first: float | None = None
        self._settled = settle_s <= 0
        self._steady = 0
        self._bright = 0.0
        self._before: Bgr | None = None
        self._still_since = 0.0

    @property
    def settled(self) -> bool:
        """Frames are kept now."""
        return self._settled

    def add(self, pixels: Bgr, at: float) -> None:
        """Judge and keep a frame, in about a millisecond."""
        if not self._settle(pixels, at):
            return
        frame = Frame(pixels, at, self._sharpness(pixels), self._stands(pixels, at))
        with self._lock:
            self._frames.append(frame)

    def newest(self, now: float, *, waited: int = 0) -> Frame | None:
        """Return the frame to take; `None`: a better one is to come.

        `waited`: so many frames have come since somebody wants one.
        """
        with self._lock:
            frames = list(self._frames)
        fresh = [frame for frame in frames if now - frame.at <= FRESH_S]
        if not fresh:
            return None
        best = max(fresh, key=lambda frame: frame.sharp)
        usual = max(frame.sharp for frame in frames)
        return best if best.sharp >= SHARP_SHARE * usual or waited >= BURST else None

    def _settle(self, pixels: Bgr, at: float) -> bool:
        """Follow the exposure until it is steady; tell whether it was before this frame."""
        if self._settled:
            return True
        if self._first is None:
            self._first = at
        bright = float(pixels[::_SPARSE, ::_SPARSE].mean())
        steady = abs(bright - self._bright) < STEADY
        self._steady, self._bright = (self._steady + 1 if steady else 0), bright
        self._settled = self._steady >= STEADY_FRAMES or at - self._first >= self._settle_s
        return self._settled

    def _sharpness(self, pixels: Bgr) -> float:
        cv2, step = self._cv2, max(1, pixels.shape[1] // _LOOK)
        grey = cv2.cvtColor(np.ascontiguousarray(pixels[::step, ::step]), cv2.COLOR_BGR2GRAY)
        return float(cv2.Laplacian(grey, cv2.CV_32F).var())

    def _stands(self, pixels: Bgr, at: float) -> bool:
        """Tell whether not a bit has changed for too long: sensors always have noise."""
        few = pixels[::_SPARSE, ::_SPARSE].copy()
        if self._before is None or not np.array_equal(few, self._before):
            self._before, self._still_since = few, at
        return 0 < self._frozen_s <= at - self._still_since
