"""The recording: left what was heard, right what was played, sample by sample.

Every latency that is published is measured from such a file. It may be cut off at any moment, by
SIGKILL too, and is a whole WAV up to the last half second.
"""

import logging
import os
import struct
import threading
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from assistant.errors import MediaError
from assistant.ports import RATE, Frame, Samples
from assistant.worker import Worker

log = logging.getLogger(__name__)

_EVERY_SECONDS = 0.5
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_BLOCK = 4
"""Bytes of a sample on both channels."""
_FULL = 0xFFFF_FFFF - _HEADER.size - _BLOCK
"""Bytes of sound that the format can count: 18 hours."""
_CLOSING_SECONDS = 5.0


class StereoWriter:
    """Takes frames in the event loop and writes them in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            _write_at(self._file, _header(0), 0)
        except OSError as error:
            raise MediaError(
                str(path), f"cannot be written: {error.strerror}; record to another place"
            ) from error
        self._origin: int | None = None
        self._written = 0
        """Bytes of sound that the header has counted."""
        self._waiting: deque[tuple[int, Samples, Samples]] = deque()
        self._closing = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="recording", daemon=True)
        self._thread.start()

    def append(self, frame: Frame) -> None:
        """Take a frame; costs nothing. What is missing between two frames becomes silence."""
        if not self._stopped:
            self._waiting.append((frame.position, frame.near, frame.far))

    def close(self) -> None:
        """Write the rest; blocks for as long as the disk does, 5 s at most."""
        self._closing.set()
        self._thread.join(_CLOSING_SECONDS)
        if self._thread.is_alive():
            log.warning("%s: the disk does not answer; the last seconds are lost", self.path)

    def _work(self) -> None:
        try:
            while not self._closing.wait(_EVERY_SECONDS):
                self._write()
            self._write()
        except OSError as error:
            self._stopped = True
            self._waiting.clear()
            log.warning("%s: the recording ends here: %s", self.path, error.strerror)
        finally:
            os.close(self._file)

    def _write(self) -> None:
        end = self._written
        run, run_start = bytearray(), end
        while self._waiting:
            start, sound = self._place(*self._waiting.popleft())
            new = sound[max(0, end - start) :]
            if not new:
                continue
            if start > end:
                self._put(run, run_start)
                run, run_start = bytearray(), start
            run += new
            end = run_start + len(run)
        self._put(run, run_start)
        if end > self._written:
            _write_at(self._file, _header(end), 0)
            self._written = end

    def _put(self, sound: bytearray, at: int) -> None:
        if at + len(sound) > _FULL:
            raise OSError(0, "a WAV file holds 18 hours", str(self.path))
        _write_at(self._file, bytes(sound), _HEADER.size + at)

    def _place(self, position: int, near: Samples, far: Samples) -> tuple[int, bytes]:
        """Return where in the sound a frame belongs, and its bytes."""
        if self._origin is None:
            self._origin = position
        both = np.empty((len(near), 2), "<i2")
        both[:, 0], both[:, 1] = near, far
        return max(0, position - self._origin) * _BLOCK, both.tobytes()


@asynccontextmanager
async def recording(path: Path) -> AsyncIterator[StereoWriter]:
    """Open a recording and close it, neither of them in the event loop. Raises `MediaError`."""
    worker = Worker("recording-file")
    try:
        writer = await worker.run(lambda: StereoWriter(path))
        try:
            yield writer
        finally:
            await worker.run(writer.close)
    finally:
        worker.close()


def _header(size: int) -> bytes:
    rate, width, channels = RATE, 2, 2
    return _HEADER.pack(
        b"RIFF",
        _HEADER.size - 8 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        rate,
        rate * width * channels,
        width * channels,
        8 * width,
        b"data",
        size,
    )


def _write_at(file: int, content: bytes, at: int) -> None:
    """Write all of it, or raise `OSError`."""
    while content:
        count = os.pwrite(file, content, at)
        content, at = content[count:], at + count
