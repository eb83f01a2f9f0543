"""Tesseract, where the distribution has it: quicker than the rest on clean pages, no memory kept.

Each picture is one short-lived process; the picture goes through a pipe.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import groupby

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import Pixels, TextLine
from assistant.worker import Worker

_PROGRAM = "tesseract"
_LANGUAGES = {
    "en": "eng",
    "de": "deu",
    "fr": "fra",
    "es": "spa",
    "it": "ita",
    "nl": "nld",
    "pt": "por",
    "pl": "pol",
    "sv": "swe",
    "da": "dan",
    "cs": "ces",
    "ru": "rus",
}
"""Its names of languages; another is asked for as it is."""
GAP = 1.2
"""Heights of a line between two words that are no neighbours: columns, a label and its value."""
SMALL, LARGEST = 1600, 3000
"""Pixels of the longer side: below the one it reads better twice as large; it gets no more than
the other."""
NOISE = 0.8
"""Pixels over which noise is evened out."""
MOST_GAIN = 6.0
"""By so much the contrast of a dark picture is raised."""
SMALLEST = 8
"""Pixels below which there is no letter."""
_SPARSE = "11"
"""Text wherever it stands. It takes pages for magazines otherwise, and drops columns of amounts:
57 of 69 fields instead of 50."""
FEW = 4
"""Words from which nothing of a slope is to be seen, but that some letters go lower."""
_WORD = "5"
"""The level of words in its table."""


class Config(BaseModel):
    """Settings of the reader."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field(default="en", description="the language, filled in from the assistant's")
    deadline_s: float = Field(default=20, gt=0, le=300, description="Time for one picture, s.")
    certain: float = Field(
        default=0.3, ge=0, le=1, description="Words that it is less sure of are left out."
    )


class Tesseract:
    """`ports.TextReader`."""

    def __init__(self, program: str, language: str, config: Config, worker: Worker) -> None:
        self._config, self._worker = config, worker
        self._command = (program, "stdin", "stdout", "-l", language, "--psm", _SPARSE, "tsv")

    @property
    def name(self) -> str:
        """Which engine."""
        return _PROGRAM

    async def read(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the pieces of text that it finds."""
        if min(pixels.shape[:2]) < SMALLEST:
            return ()
        picture, scale = await self._worker.run(lambda: _prepared(pixels))
        table = await run(self._command, picture, self._config.deadline_s)
        return tuple(_lines(table.decode(errors="replace"), scale, self._config.certain))


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Tesseract]:
    """Find the program and the language; raises `BackendUnavailable`."""
    program = shutil.which(_PROGRAM)
    if program is None:
        message = "the program is not installed; `sudo apt install tesseract-ocr` does that"
        raise BackendUnavailable(_PROGRAM, message)
    language = _LANGUAGES.get(config.language, config.language)
    there = (await run((program, "--list-langs"), b"", config.deadline_s)).decode().split()
    if language not in there:
        message = f"it lacks the language; `sudo apt install tesseract-ocr-{language}` adds it"
        raise BackendUnavailable(_PROGRAM, message)
    worker = Worker("ocr")
    try:
        yield Tesseract(program, language, config, worker)
    finally:
        worker.close()


async def run(command: tuple[str, ...], picture: bytes, deadline: float) -> bytes:
    """Return what the program writes, within `deadline` seconds. It runs on one thread."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment()
        )
    except OSError as error:
        message = f"the program cannot be run ({error.strerror}); reinstall tesseract-ocr"
        raise BackendUnavailable(_PROGRAM, message) from error
    try:
        async with asyncio.timeout(deadline):
            written, _ = await process.communicate(picture)
    except TimeoutError as late:
        message = f"no text within {deadline:g} s (ocr.deadline_s); is the machine busy?"
        raise BackendTimeout(_PROGRAM, message, retryable=True) from late
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()  # a killed process ends at once
    if process.returncode != 0:
        raise BackendError(_PROGRAM, "it could not read the picture; try `tesseract --version`")
    return written


def _environment() -> Mapping[str, str]:
    """With more threads it is slower, and takes the machine from everybody else."""
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}


def _prepared(pixels: Pixels) -> tuple[bytes, float]:
    """Return the picture as a PGM file in grey, and by how much it was enlarged."""
    import cv2  # noqa: PLC0415 - 0.1 s that only who reads should pay

    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    grey = cv2.GaussianBlur(grey, (0, 0), NOISE)
    black, white = float(grey.min()), float(np.percentile(grey[::4, ::4], 99))
    gain = min(MOST_GAIN, 255 / max(1.0, white - black))
    grey = cv2.convertScaleAbs(np.maximum(grey, np.uint8(black)), alpha=gain, beta=-black * gain)
    height, width = grey.shape
    longest = max(height, width)
    scale = 2.0 if longest < SMALL else min(1.0, LARGEST / longest)
    if scale != 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        grey = cv2.resize(grey, size, interpolation=way)
    return b"P5 %d %d 255\n" % (grey.shape[1], grey.shape[0]) + grey.tobytes(), scale


def _lines(table: str, scale: float, certain: float) -> Iterator[TextLine]:
    rows = [row.split("\t") for row in table.splitlines()]
    words = [row for row in rows if len(row) == 12 and row[0] == _WORD and row[11].strip()]  # noqa: PLR2004
    for _, of_line in groupby(words, key=lambda row: row[1:5]):
        pieces: list[list[TextLine]] = []
        for row in of_line:
            confidence = float(row[10]) / 100
            if confidence < certain:
                continue
            left, top, width, height = (round(int(number) / scale) for number in row[6:10])
            word = TextLine(row[11], (left, top, left + width, top + height), confidence)
            if pieces and left - pieces[-1][-1].box[2] <= GAP * _height(pieces[-1]):
                pieces[-1].append(word)
            else:
                pieces.append([word])
        yield from map(_joined, pieces)


def _height(words: list[TextLine]) -> int:
    return max(word.box[3] - word.box[1] for word in words)


def _joined(words: list[TextLine]) -> TextLine:
    boxes = np.array([word.box for word in words])
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    slope = None
    if len(words) > FEW:
        middle = (boxes[:, 0] + boxes[:, 2]) / 2
        slope = round(float(np.polyfit(middle, boxes[:, 3], 1)[0]), 4)
    confidence = sum(w.confidence * len(w.text) for w in words) / sum(len(w.text) for w in words)
    return TextLine(
        " ".join(word.text for word in words),
        (int(left), int(top), int(right), int(bottom)),
        round(confidence, 3),
        slope,
    )
