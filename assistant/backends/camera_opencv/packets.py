"""Streams and recordings through PyAV: read as they come, decoded as far as somebody looks.

A frame of H.264 needs those before it, back to one that stands alone (a key frame). So the packets
since then are kept, undecoded: reading them costs a hundredth of decoding them, and who wants a
picture gets that of the newest after those before it have been caught up with.
"""

import importlib
from collections import deque
from contextlib import suppress
from typing import Any

import numpy as np

from assistant.backends.camera_opencv.places import Place
from assistant.backends.camera_opencv.shots import Bgr

PACE = 25.0
"""Frames a second of a recording that does not say."""
KEPT_BYTES = 64_000_000
"""Packets of so many bytes are kept; a stream without key frames is decoded by the way."""


class Packets:
    """A stream or a recording that is open, for its thread alone."""

    def __init__(self, place: Place, open_s: float, read_s: float) -> None:
        """Open it. Raises `OSError` without the address, which may hold a password."""
        self._av: Any = importlib.import_module("av")
        self._place, self._timeout = place, (open_s, read_s)
        self.whole = self._still = False
        self._count = self._bytes = 0
        self._pending: deque[Any] = deque()
        self._frame: Any = None
        self._open()
        rate = float(self._stream.average_rate or 0)
        self.pace = 1 / (rate if 1 <= rate <= 240 else PACE)  # noqa: PLR2004 - else it is no rate

    def grab(self) -> bool:
        """Wait for the next frame, undecoded; tell whether there is one.

        A recording that ends begins anew; a single picture stands.
        """
        packet = None if self._still else self._next()
        if packet is None and self._place.kind == "file" and self._count:
            self._still = self._count == 1
            if self._still:
                return True
            packet = self._again()
        if packet is None:
            return False
        self._count += 1
        self.whole = packet.is_keyframe
        if self.whole:
            self._pending.clear()
            self._bytes = 0
        self._pending.append(packet)
        self._bytes += packet.size
        if self._bytes > KEPT_BYTES:
            self._catch_up()
        return True

    def retrieve(self) -> Bgr | None:
        """Return the picture of the newest frame; `None` where there is none yet."""
        self._catch_up()
        frame = self._frame
        if frame is None:
            return None
        pixels: Bgr = frame.to_ndarray(format="bgr24")
        turns = round(frame.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels

    def release(self) -> None:
        """Close it."""
        self._container.close()

    def _open(self) -> None:
        place, wrong = self._place, self._av.error.FFmpegError
        options = {"rtsp_transport": "tcp"} if place.kind == "stream" else {}
        try:
            container = self._av.open(str(place.target), timeout=self._timeout, options=options)
        except wrong:
            raise OSError("it cannot be opened") from None
        if not container.streams.video:
            container.close()
            raise OSError("it holds no video")
        self._container, self._stream = container, container.streams.video[0]
        # Decoding several frames at once would hold back the newest.
        self._stream.codec_context.thread_type = "SLICE"
        self._source = container.demux(self._stream)

    def _again(self) -> Any:
        """Begin a recording anew: not each can be rewound."""
        self._container.close()
        self._pending.clear()
        try:
            self._open()
        except OSError:  # it has been removed meanwhile
            return None
        return self._next()

    def _next(self) -> Any:
        with suppress(self._av.error.FFmpegError):  # it has stopped, or is damaged from here on
            for packet in self._source:
                if packet.size:
                    return packet
        return None

    def _catch_up(self) -> None:
        while self._pending:
            packet = self._pending.popleft()
            with suppress(
                self._av.error.FFmpegError
            ):  # damaged on its way: those that follow may be well
                for frame in packet.decode():
                    self._frame = self._frame if frame.is_corrupt else frame
        self._bytes = 0
