"""RapidOCR: PP-OCRv6 in onnxruntime. Its models (30 MB) are inside its wheel; nothing is fetched.

The engine is loaded when the first picture comes and let go after some idle minutes. It finds
pieces of lines by itself, whatever their size; one page takes a second or two on one core.
"""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from assistant.cores import MIND
from assistant.errors import BackendTimeout, BackendUnavailable
from assistant.heap import give_back
from assistant.ports import Pixels, TextLine
from assistant.worker import Worker

_NAME = "rapidocr"
_DETECTOR, _RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_DEADLINE = 60.0
"""Seconds for one picture; a full page takes about three."""
LARGEST = 2000
"""Pixels of the longer side that it looks at: the lines of a page are then 15 pixels high."""
SMALLEST, SLENDER = 8, 6
"""Pixels below which there is no letter; a picture that is longer is made wider."""
FLAT = 4.0
"""Only of lines that are so many times as wide as high the slope is believed."""


class Config(BaseModel):
    """Settings of the reader."""

    model_config = ConfigDict(extra="forbid")

    threads: int = Field(default=1, ge=1, le=64, description="Threads that read.")
    idle_minutes: float = Field(
        default=5,
        gt=0,
        description="Without a picture for so long, in minutes, it is let go.",
    )
    certain: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="What it is less sure of is left out: noise, hand-writing.",
    )


class RapidOcr:
    """`ports.TextReader`."""

    def __init__(self, config: Config, worker: Worker, models: Path) -> None:
        self._config, self._worker, self._models = config, worker, models
        self._engine: Any = None
        self._letting_go: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        """Which engine."""
        return _NAME

    @property
    def loaded(self) -> bool:
        """The engine is in memory."""
        return self._engine is not None

    async def read(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the pieces of text that it finds."""
        self._keep()
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._worker.run(lambda: self._read(pixels))
        except TimeoutError as late:
            message = f"no text within {_DEADLINE:g} s; is the machine busy?"
            raise BackendTimeout(_NAME, message, retryable=True) from late
        finally:
            loop = asyncio.get_running_loop()
            self._keep()
            self._letting_go = loop.call_later(self._config.idle_minutes * 60, self._idle)

    def _idle(self) -> None:
        self.let_go()
        asyncio.get_running_loop().run_in_executor(None, give_back)

    def let_go(self) -> None:
        """Give the engine's memory back; the next picture loads it again."""
        self._engine = None

    def _keep(self) -> None:
        if self._letting_go is not None:
            self._letting_go.cancel()
            self._letting_go = None

    def close(self) -> None:
        """Let go of all."""
        self._keep()
        self.let_go()

    def _read(self, pixels: Pixels) -> tuple[TextLine, ...]:
        import cv2  # noqa: PLC0415 - 0.1 s that only who reads should pay

        if min(pixels.shape[:2]) < SMALLEST:
            return ()
        engine = self._engine
        if engine is None:
            engine = self._engine = _load(self._models, self._config)
        height, width = pixels.shape[:2]
        scale = min(1.0, LARGEST / max(height, width))
        picture: Any = pixels[:, :, ::-1]
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        high, wide = picture.shape[:2]
        missing = (max(0, wide // SLENDER - high), max(0, high // SLENDER - wide))
        if any(missing):  # it enlarges the shorter side of what it is given
            picture = np.pad(picture, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
        found = engine(np.ascontiguousarray(picture))
        if found.txts is None:
            return ()
        return tuple(
            line(text, np.asarray(corners) / scale, float(confidence))
            for text, corners, confidence in zip(
                found.txts, found.boxes, found.scores, strict=True
            )
            if text.strip()
        )


def line(text: str, corners: NDArray[np.float64], confidence: float) -> TextLine:
    """Make a line of its four corners, clockwise from the upper left."""
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    run, rise = (corners[1] + corners[2] - corners[0] - corners[3]) / 2
    high = np.linalg.norm(corners[3] - corners[0])
    slope = round(float(rise / run), 4) if run > FLAT * high else None
    box = (round(float(left)), round(float(top)), round(float(right)), round(float(bottom)))
    return TextLine(" ".join(text.split()), box, round(confidence, 3), slope)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[RapidOcr]:
    """Find the engine without loading it; raises `BackendUnavailable` if it is not there."""
    worker = Worker("ocr", nice=5, cores=MIND)
    reader = RapidOcr(config, worker, _models())
    try:
        yield reader
    finally:
        reader.close()
        worker.close()


def _models() -> Path:
    found = importlib.util.find_spec("rapidocr")
    if found is None or found.origin is None:
        message = "it is not installed; `pip install 'assistant[ocr]'` does that"
        raise BackendUnavailable(_NAME, message)
    models = Path(found.origin).parent / "models"
    if not all((models / name).is_file() for name in (_DETECTOR, _RECOGNISER)):
        message = f"its models are not in {models}; install rapidocr 3.10 or newer again"
        raise BackendUnavailable(_NAME, message)
    return models


def _load(models: Path, config: Config) -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 - 1.7 s

    engine = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": config.certain,
            "Global.use_cls": False,  # whole pages are turned, not lines
            "Det.model_path": str(models / _DETECTOR),  # a path: it never fetches
            "Rec.model_path": str(models / _RECOGNISER),
            f"{engine}.intra_op_num_threads": config.threads,
            f"{engine}.inter_op_num_threads": 1,
        }
    )
