"""zxing-cpp finds barcodes and QR codes: one library of 2 MB, Apache-2.0."""

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from assistant.errors import BackendUnavailable
from assistant.ports import Box, Code, Pixels
from assistant.worker import Worker

_NAME = "zxing"
_SPOKEN = (("QR", "QR code"), ("DATAMATRIX", "data matrix code"), ("AZTEC", "Aztec code"))
"""How kinds are called; all others are barcodes."""


class Config(BaseModel):
    """Settings: there are none."""

    model_config = ConfigDict(extra="forbid")


class Zxing:
    """`ports.CodeReader`."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def codes(self, pixels: Pixels) -> tuple[Code, ...]:
        """Return the codes from top to bottom."""
        return await self._worker.run(lambda: _find(pixels))


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Zxing]:
    """Start its thread; raises `BackendUnavailable` if it is not there."""
    del config
    if importlib.util.find_spec("zxingcpp") is None:
        message = "it is not installed; `pip install 'assistant[ocr]'` does that"
        raise BackendUnavailable(_NAME, message)
    worker = Worker("codes", nice=5)
    try:
        yield Zxing(worker)
    finally:
        worker.close()


def _find(pixels: Pixels) -> tuple[Code, ...]:
    import zxingcpp  # noqa: PLC0415 - only who looks for codes should load it

    found = zxingcpp.read_barcodes(np.ascontiguousarray(pixels))
    codes = [Code(code.text, _spoken(str(code.format)), _box(code.position)) for code in found]
    return tuple(sorted(codes, key=lambda code: (code.box[1], code.box[0])))


def _spoken(kind: str) -> str:
    plain = kind.upper().replace(" ", "").replace("_", "")
    return next((spoken for name, spoken in _SPOKEN if name in plain), "barcode")


def _box(position: Any) -> Box:
    corners = [
        (corner.x, corner.y)
        for corner in (
            position.top_left,
            position.top_right,
            position.bottom_left,
            position.bottom_right,
        )
    ]
    across, down = zip(*corners, strict=True)
    return min(across), min(down), max(across), max(down)
