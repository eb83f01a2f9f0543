"""Pictures and streams that tests make."""

import asyncio
import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from assistant.ports import Pixels
from assistant.testing.network_camera import NetworkCamera

RED, GREEN, BLUE = (200, 30, 30), (30, 180, 60), (40, 60, 210)


def plain(colour: tuple[int, int, int], width: int = 320, height: int = 240) -> Pixels:
    """Return a picture of one colour with the noise of a sensor."""
    noise = np.random.default_rng(7).integers(-12, 12, (height, width, 3))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


def jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()


def colour_of(data: bytes) -> tuple[int, int, int]:
    """Return the mean colour of an encoded picture."""
    with Image.open(io.BytesIO(data)) as picture:
        red, green, blue = np.asarray(picture.convert("RGB")).reshape(-1, 3).mean(axis=0)
    return round(red), round(green), round(blue)


def near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 20 for a, b in zip(one, other, strict=True))


def video(path: Path, frames: list[Pixels], rate: float = 25.0) -> Path:
    """Write a video file of MJPEG frames."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (width, height))
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[:, :, ::-1]))
    writer.release()
    return path


class MjpegServer(NetworkCamera):
    """A camera that sends JPEG after JPEG over HTTP."""

    def __init__(self, *, stalls: bool = False, frozen: bool = False) -> None:
        super().__init__()
        self.stalls, self.frozen = stalls, frozen
        self.colour, self.rate, self.frames = RED, 25.0, 0
        self.refuses = False
        """New connections are closed at once."""

    @property
    def url(self) -> str:
        return f"http://user:secret@127.0.0.1:{self.port}/video.mjpg"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if self.refuses:
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
            b"Connection: close\r\n\r\n"
        )
        while True:
            if not self.stalls:
                await self._send(writer)
            await asyncio.sleep(1 / self.rate)

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        pixels = plain(self.colour)
        if not self.frozen:
            self.frames += 1
            pixels[::7, ::7] = self.frames * 37 % 256
        data = jpeg(pixels)
        writer.write(
            b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data)
            + data
            + b"\r\n"
        )
        await writer.drain()
