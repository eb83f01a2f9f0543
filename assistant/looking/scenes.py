"""A short video as a few frames with their times."""

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import BackendUnavailable, MediaError
from assistant.ports import Pixels, Shot

FRAMES = 6
"""So many are looked at, evenly spread."""
SECONDS = 600.0
"""A longer video is not short: its first ten minutes are looked at."""
LONGEST = 1280
"""Pixels of a frame's longer side."""
SIDE = 8192
"""A frame's side beyond which no decoder is trusted with it."""
_BY_HAND = 3000
"""Frames that are read one by one where a file does not say how many it has."""


def read_scenes(path: Path, at: float) -> list[Shot]:
    """Return frames, evenly spread; blocks. Raises `MediaError`."""
    cv2 = _library()
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not video.isOpened():
            raise MediaError(str(path), "it is no video that can be read; convert it to MP4")
        rate = video.get(cv2.CAP_PROP_FPS) or 25.0
        size = max(video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if size > SIDE:
            raise MediaError(str(path), f"its frames are {size:.0f} pixels wide; make it smaller")
        count = int(min(video.get(cv2.CAP_PROP_FRAME_COUNT), SECONDS * rate))
        shots = [
            Shot(_pixels(cv2, frame), at, "file", place=f"at {_clock(seconds)}")
            for seconds, frame in _spread(cv2, video, count, rate)
        ]
    finally:
        video.release()
    if not shots:
        raise MediaError(str(path), "it is a video without a single frame; record it again")
    return shots


def _spread(cv2: Any, video: Any, count: int, rate: float) -> list[tuple[float, Any]]:
    found: list[tuple[float, Any]] = []
    if count <= 0:  # a stream without a head
        step = max(1, int(rate))
        for number in range(_BY_HAND):
            good, frame = video.read()
            if not good:
                break
            if number % step == 0:
                found.append((number / rate, frame))
        return found[:: max(1, len(found) // FRAMES)][:FRAMES]
    for part in range(FRAMES):
        number = min(count - 1, round((part + 0.5) * count / FRAMES))
        if found and number / rate <= found[-1][0]:
            continue
        video.set(cv2.CAP_PROP_POS_FRAMES, number)
        good, frame = video.read()
        if good:
            found.append((number / rate, frame))
    return found


def _pixels(cv2: Any, frame: Any) -> Pixels:
    height, width = frame.shape[:2]
    scale = LONGEST / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    pixels: Pixels = np.ascontiguousarray(frame[:, :, ::-1])
    return pixels


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"


def _library() -> Any:
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # it would write names of files
    try:
        return importlib.import_module("cv2")
    except ImportError:
        raise BackendUnavailable(
            "looking",
            "videos need the Python package opencv-python-headless: pip install 'assistant[eyes]'",
        ) from None
