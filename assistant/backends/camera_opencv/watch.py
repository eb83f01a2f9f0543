"""The thread of an open camera: it reads all the time, so that the newest frame is new.

A driver and a stream queue frames; who reads only when a picture is wanted gets one of seconds
ago. Decoding costs much more than reading, so while nobody waits hardly anything is decoded: of
what stands alone (a device's frames, MJPEG, the key frames of H.264) two or three a second.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from assistant.backends.camera_opencv.packets import Packets
from assistant.backends.camera_opencv.places import Place
from assistant.backends.camera_opencv.shots import FRESH_S, Bgr, Shots
from assistant.errors import BackendUnavailable

SOON_S, SOON_IDLE_S = 3.0, 0.09
"""So long after it was opened a picture is likely to be wanted: one is at hand, decoded."""
IDLE_S = 0.4
"""Between two frames that are decoded later while nobody waits: 1280 x 720 takes 9 ms."""
AGAIN_S = (0.2, 0.5, 1.0, 2.0)
"""Waits before a camera that was lost is opened again."""
WAITED_S = 0.003
"""A frame of a stream that was there sooner had come before it was asked for."""


class Source(Protocol):
    """Gives frames; called from one thread."""

    pace: float
    """Seconds from frame to frame of a recording."""
    whole: bool
    """The newest frame can be decoded without those before it."""

    def grab(self) -> bool:
        """Wait for the next frame, undecoded; tell whether there is one."""
        ...

    def retrieve(self) -> Bgr | None:
        """Decode the newest frame."""
        ...

    def release(self) -> None:
        """Close it."""
        ...


class Device:
    """A camera of this machine, through OpenCV."""

    whole, pace = True, 0.0

    def __init__(self, cv2: Any, place: Place, width: int, height: int) -> None:
        """Open it. Raises `OSError`."""
        self._capture = cv2.VideoCapture(place.target)
        for name, value in (
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
            (cv2.CAP_PROP_FRAME_WIDTH, width),
            (cv2.CAP_PROP_FRAME_HEIGHT, height),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            self._capture.set(name, value)
        if not self._capture.isOpened():
            self._capture.release()
            raise OSError("it cannot be opened")
        self.release: Callable[[], None] = self._capture.release

    def grab(self) -> bool:
        """Wait for the next frame, undecoded; tell whether there is one."""
        return bool(self._capture.grab())

    def retrieve(self) -> Bgr | None:
        """Decode the newest frame."""
        good, pixels = self._capture.retrieve()
        return pixels if good else None


@dataclass(frozen=True, slots=True)
class Timing:
    """Sizes and time-outs, in seconds."""

    open_s: float
    read_s: float
    settle_s: float
    frozen_s: float
    width: int
    height: int


class Watch:
    """Opens a camera and reads it until `stop`; opens it again when it is lost."""

    def __init__(
        self,
        cv2: Any,
        find: Callable[[], Place],
        timing: Timing,
        clock: Callable[[], float],
        told: Callable[["Watch"], None],
    ) -> None:
        """`told` is called in this thread after each change and each frame that is wanted."""
        self._cv2, self._find, self._timing = cv2, find, timing
        self._clock, self._told = clock, told
        self.active = False
        self.name = ""
        self.trouble = ""
        self.frames = 0
        """Frames that were kept so far."""
        self.wanted = False
        """Somebody waits: each frame is decoded."""
        self.shots: Shots | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="camera", daemon=True)

    def start(self, after: "Watch | None" = None) -> None:
        """Begin; not before `after` has let go of the camera, or hangs."""
        self._after = after
        self._thread.start()

    def stop(self) -> None:
        """Let it close the camera; never blocks."""
        self._over.set()

    def join(self, seconds: float) -> None:
        """Wait until it is closed, at most so long."""
        self._thread.join(seconds)

    def _work(self) -> None:
        if self._after is not None:
            self._after.join(self._timing.read_s + 1)
            self._after = None
        tries = 0
        while not self._over.is_set():
            seen = self.frames
            try:
                self._watch()
            except BackendUnavailable as wrong:
                self._tell(active=False, trouble=str(wrong).removeprefix(f"{wrong.backend}: "))
            tries = 0 if self.frames > seen else tries + 1
            self._over.wait(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
        self._tell(active=False, trouble=self.trouble)

    def _watch(self) -> None:
        place = self._find()
        self.name = place.name
        began = self._clock()
        source = self._opened(place)
        try:
            live = place.kind == "device"
            self.shots = Shots(
                self._cv2,
                self._timing.settle_s if live else 0.0,
                self._timing.frozen_s if place.kind != "file" else 0.0,
            )
            if not self._over.is_set():
                self._tell(active=True, trouble=self.trouble)
                self._read(source, place, began)
        finally:
            self.shots = None
            source.release()
            self._tell(active=False, trouble=self.trouble)

    def _opened(self, place: Place) -> Source:
        timing = self._timing
        try:
            if place.kind == "device":
                return Device(self._cv2, place, timing.width, timing.height)
            return Packets(place, timing.open_s, timing.read_s)
        except OSError:
            raise BackendUnavailable("camera", _closed(place)) from None

    def _read(self, source: Source, place: Place, at: float) -> None:
        """Read and keep frames; `at`: none has come before."""
        opened = due = self._clock()
        decoded = 0.0
        while not self._over.is_set():
            asked = self._clock()
            if not source.grab():
                raise BackendUnavailable("camera", _ended(place))
            now = self._clock()
            if place.kind == "file":  # is played at its own pace
                due = max(due + source.pace, now - source.pace)
                self._over.wait(max(0.0, due - now))
                at = now = self._clock()
            elif place.kind == "device" or now - asked >= WAITED_S:
                at = now  # else it may have waited in a queue since the one before it
            shots = self.shots
            if shots is None:
                return
            soon = at - opened < SOON_S
            turn = (soon or source.whole) and at - decoded >= (SOON_IDLE_S if soon else IDLE_S)
            if now - at <= FRESH_S and (self.wanted or not shots.settled or turn):
                decoded = at
                pixels = source.retrieve()
                if pixels is not None:
                    self._keep(pixels, at)

    def _keep(self, pixels: Any, at: float) -> None:
        if self.shots is None or self._over.is_set():
            return
        self.shots.add(pixels, at)
        self.frames += self.shots.settled
        mended, self.trouble = bool(self.trouble), ""
        if self.wanted or mended:
            self._told(self)

    def _tell(self, *, active: bool, trouble: str) -> None:
        if (active, trouble) != (self.active, self.trouble) or trouble:
            self.active, self.trouble = active, trouble
            self._told(self)


def _closed(place: Place) -> str:
    if place.kind == "device":
        return f"{place.name} cannot be opened; does another program use it, may you use it?"
    if place.kind == "stream":
        return f"{place.name} does not answer; is it on, is its address right?"
    return "the recording cannot be read as a video"


def _ended(place: Place) -> str:
    if place.kind == "file":
        return "the recording holds no picture"
    return f"{place.name} stopped giving pictures; is it still connected?"
