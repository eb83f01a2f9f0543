"""A network camera on loopback that speaks RTSP: H.264 in RTP, on the connection itself.

As RFC 2326 and 6184 have it, as far as players ask: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN.
"""

import asyncio
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from assistant.testing.network_camera import NetworkCamera

PAYLOAD = 1400
"""Bytes of a frame in one packet."""
CLOCK = 90_000
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
    "a=control:track0\r\n"
)


class RtspCamera(NetworkCamera):
    """Serves frames at a pace to each who asks; `frame(n)` returns the n-th as Annex B."""

    def __init__(self, frame: Callable[[int], bytes], rate: float = 25.0) -> None:
        super().__init__()
        self.frame, self.rate = frame, rate
        self.sent = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"rtsp://127.0.0.1:{self.port}/live"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer its requests, and play until it hangs up: what else it asks is not heard."""
        while True:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, number = request.split(maxsplit=1)[0], _header(request, "CSeq")
            writer.write(self._answer(method, number).encode())
            if method == "PLAY":
                await self._play(writer)

    def _answer(self, method: str, number: str) -> str:
        more = {
            "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
            "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n",
            "DESCRIBE": f"Content-Base: {self.url}/\r\nContent-Type: application/sdp\r\n"
            f"Content-Length: {len(SDP)}\r\n",
        }.get(method, "")
        body = SDP if method == "DESCRIBE" else ""
        return f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\nSession: 1\r\n{more}\r\n{body}"

    async def _play(self, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        began, sequence = loop.time(), count()
        for number in count():
            await asyncio.sleep(began + number / self.rate - loop.time())
            if not self.stalls:
                stamp = round(number / self.rate * CLOCK)
                writer.write(b"".join(packets(self.frame(self.sent), stamp, sequence)))
                await writer.drain()
                self.sent += 1


def _header(request: str, name: str) -> str:
    for line in request.splitlines():
        key, _, value = line.partition(":")
        if key.strip().casefold() == name.casefold():
            return value.strip()
    return "0"


def packets(frame: bytes, stamp: int, sequence: Iterator[int]) -> Iterator[bytes]:
    """Yield a frame's RTP packets, each framed for the connection ("$", channel, length)."""
    units = [unit for unit in _units(frame) if unit]
    for index, unit in enumerate(units):
        pieces = list(_pieces(unit))
        for place, piece in enumerate(pieces):
            last = index == len(units) - 1 and place == len(pieces) - 1
            head = struct.pack(
                "!BBHII", 0x80, 96 | (last << 7), next(sequence) & 0xFFFF, stamp & 0xFFFFFFFF, 1
            )
            yield b"$\0" + struct.pack("!H", len(head) + len(piece)) + head + piece


def _units(frame: bytes) -> list[bytes]:
    return [unit.rstrip(b"\0") for unit in frame.split(b"\0\0\1")]


def _pieces(unit: bytes) -> Iterator[bytes]:
    """Yield a unit in packets: as it is, or in fragments (FU-A)."""
    if len(unit) <= PAYLOAD:
        yield unit
        return
    kind = unit[0] & 0x1F
    for begin in range(1, len(unit), PAYLOAD):
        first, last = begin == 1, begin + PAYLOAD >= len(unit)
        yield (
            bytes([unit[0] & 0xE0 | 28, first << 7 | last << 6 | kind])
            + unit[begin : begin + PAYLOAD]
        )


class Encoder:
    """H.264 as cameras send it: no frame waits for a later one, parameters before key frames."""

    def __init__(self, width: int, height: int, group: int, rate: int = 25) -> None:
        """`group`: frames from one key frame to the next."""
        context: Any = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.framerate = rate
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "x264-params": f"keyint={group}:min-keyint={group}:scenecut=0:repeat-headers=1",
        }
        self._context = context

    def encode(self, pixels: NDArray[np.uint8]) -> bytes:
        """Return a picture, red first, as a frame in Annex B."""
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


def clip(frames: Sequence[NDArray[np.uint8]], group: int, rate: int = 25) -> list[bytes]:
    """Return pictures encoded once, to be played again and again."""
    height, width = frames[0].shape[:2]
    encoder = Encoder(width, height, group, rate)
    return [encoder.encode(pixels) for pixels in frames]
