"""YuNet (MIT, 230 kB) finds faces through OpenCV. It counts them; it knows nobody."""

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import BackendUnavailable, ModelError
from assistant.models import store
from assistant.ports import Box, Pixels
from assistant.worker import Worker

_NAME = "yunet"
LARGEST = 1024
"""Pixels of the longer side that it looks at."""


class Config(BaseModel):
    """Settings of the detector."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(
        default="yunet", min_length=1, description="A model of the catalogue, or an .onnx file."
    )
    certain: float = Field(default=0.7, ge=0, le=1, description="How sure it must be of a face.")


class Yunet:
    """`ports.FaceFinder`."""

    def __init__(self, detector: Any, worker: Worker) -> None:
        self._detector, self._worker = detector, worker

    async def faces(self, pixels: Pixels) -> tuple[Box, ...]:
        """Return where faces are."""
        return await self._worker.run(lambda: self._find(pixels))

    def _find(self, pixels: Pixels) -> tuple[Box, ...]:
        import cv2  # noqa: PLC0415 - loaded already, with the detector

        picture = np.ascontiguousarray(pixels[:, :, ::-1])
        height, width = picture.shape[:2]
        scale = min(1.0, LARGEST / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self._detector.setInputSize(size)
        _, found = self._detector.detect(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        boxes = [] if found is None else (found[:, :4] / scale).round().astype(int).tolist()
        return tuple((x, y, x + wide, y + high) for x, y, wide, high in boxes)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Yunet]:
    """Load the detector if its weights are here.

    Raises `ModelError` where they are not (`assistant models pull yunet`), `BackendUnavailable`
    where OpenCV is not, or cannot read them.
    """
    if importlib.util.find_spec("cv2") is None:
        message = "OpenCV is not installed; `pip install 'assistant[ocr]'` does that"
        raise BackendUnavailable(_NAME, message)
    worker = Worker("faces", nice=5)
    try:
        yield Yunet(await worker.run(lambda: _load(config)), worker)
    finally:
        worker.close()


def _weights(model: str) -> Path:
    given = Path(model).expanduser()
    place = given if given.suffix == ".onnx" else store.path(model)
    found = [place] if place.is_file() else sorted(place.rglob("*.onnx"))
    if len(found) != 1:
        raise ModelError(model, f"{place} holds {len(found)} .onnx files; give the path of one")
    return found[0]


def _load(config: Config) -> Any:
    path = _weights(config.model)
    import cv2  # noqa: PLC0415 - 0.1 s that only who counts faces should pay

    try:
        return cv2.FaceDetectorYN.create(str(path), "", (LARGEST, LARGEST), config.certain)
    except cv2.error as wrong:
        message = f"{path} cannot be loaded: is it there, and whole? `assistant models check`"
        raise BackendUnavailable(_NAME, message) from wrong
