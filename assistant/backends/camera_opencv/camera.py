"""The port: arm, take a picture, disarm."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.backends.camera_opencv.places import find
from assistant.backends.camera_opencv.shots import STALE_S
from assistant.backends.camera_opencv.watch import Timing, Watch
from assistant.errors import BackendTimeout, BackendUnavailable
from assistant.ports import CameraInfo, Pixels, Shot

CLOSING_S = 1.0
"""How long the end waits for the camera to be closed."""


class Config(BaseModel):
    """Settings of the camera."""

    model_config = ConfigDict(extra="forbid")

    device: int | str = Field(
        default=0,
        description="Its number, a part of its name, the path of a video or a picture, a pattern "
        "of pictures (frame-%03d.jpg), or an address (http:// with MJPEG, rtsp://).",
    )
    width: int = Field(default=1280, ge=160, le=7680, description="Pixels that it is asked for,")
    height: int = Field(default=720, ge=120, le=4320, description="and their rows.")
    open_s: float = Field(
        default=4.0, gt=0, le=30, description="How long it may take to open, in seconds."
    )
    read_s: float = Field(
        default=2.0, gt=0, le=30, description="How long it may take for a frame, in seconds."
    )
    settle_s: float = Field(
        default=1.0, ge=0, le=10, description="How long exposure may take to settle, in seconds."
    )
    frozen_s: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="A picture of which not a bit changes for so long is frozen, in seconds; 0: "
        "it may stand still.",
    )


class OpenCvCamera:
    """A `Camera`; its thread runs while it is armed."""

    def __init__(self, config: Config, cv2: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._config, self._cv2, self._loop = config, cv2, loop
        self._timing = Timing(
            **config.model_dump(include=set(Timing.__slots__)),
        )
        self._observers: list[Callable[[], None]] = []
        self._holds = 0
        self._waiting = 0
        self._watch: Watch | None = None
        self._news = asyncio.Event()
        self._told = CameraInfo(self._usual_name())
        self._active = False
        self._pending = False

    @property
    def info(self) -> CameraInfo:
        """Name and trouble."""
        return self._told

    @property
    def active(self) -> bool:
        """It is open."""
        return self._active

    def watch(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have `told` called when it opens or closes, or has trouble; returns how to stop."""
        self._observers.append(told)
        return lambda: self._observers.remove(told)

    def arm(self) -> None:
        """Open it."""
        self._holds += 1
        if self._watch is None:
            self._begin()

    def disarm(self) -> None:
        """Close it when nobody holds it any more."""
        self._holds = max(0, self._holds - 1)
        if not self._holds and self._watch is not None:
            self._watch.stop()
            self._last, self._watch = self._watch, None

    async def shot(self) -> Shot:
        """Take a picture. Raises `BackendUnavailable` or `BackendTimeout`."""
        self.arm()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._config.open_s + self._config.read_s):
                return await self._taken()
        except TimeoutError:
            raise BackendTimeout(
                "camera", f"{self.info.name} gave no picture in time; is it connected?"
            ) from None
        finally:
            self._waiting -= 1
            if self._watch is not None and not self._waiting:
                self._watch.wanted = False
            self.disarm()

    async def close(self) -> None:
        """Close it for good."""
        self._holds = 0
        watches = [watch for watch in (self._watch, self._last) if watch is not None]
        self.disarm()
        for watch in watches:
            watch.stop()
            await self._loop.run_in_executor(None, watch.join, CLOSING_S)

    _last: Watch | None = None
    """The watch before this one, which may not have let go of the camera yet."""

    def _begin(self) -> None:
        self._watch = Watch(
            self._cv2,
            lambda: find(self._config.device),
            self._timing,
            self._loop.time,
            self._from_thread,
        )
        self._watch.start(self._last)

    async def _taken(self) -> Shot:
        first = self._watch.frames if self._watch else 0
        while True:
            self._news.clear()
            watch = self._watch
            if watch is None:
                raise BackendUnavailable("camera", "it was closed before it gave a picture")
            watch.wanted = True
            shots = watch.shots
            waited = watch.frames - first
            frame = shots.newest(self._loop.time(), waited=waited) if shots else None
            if frame is not None:
                pixels: Pixels = np.ascontiguousarray(frame.pixels[:, :, ::-1])
                if self._loop.time() - frame.at <= STALE_S:
                    return Shot(pixels, frame.at, "camera", frame.frozen)
                continue  # the machine was busy meanwhile
            if watch.trouble and not watch.active:
                raise BackendUnavailable("camera", watch.trouble)
            await self._news.wait()

    def _from_thread(self, watch: Watch) -> None:
        """Pass news on to the loop, once for as many as there are."""
        if self._pending:
            return
        self._pending = True
        with suppress(RuntimeError):  # the loop has closed: nobody wants it any more
            self._loop.call_soon_threadsafe(self._hear, watch)

    def _hear(self, watch: Watch) -> None:
        self._pending = False
        self._news.set()
        active = any(one is not None and one.active for one in (self._watch, self._last))
        name = watch.name or self._told.name
        told = CameraInfo(name, "camera", watch.trouble)
        if (told, active) != (self._told, self._active):
            self._told, self._active = told, active
            for observer in tuple(self._observers):
                observer()

    def _usual_name(self) -> str:
        try:
            return find(self._config.device).name
        except BackendUnavailable:
            return "camera"
