"""The thread of an open camera: it reads all the time, so that the newest frame is new.

A driver and a stream queue frames; who reads only when a picture is wanted gets one of seconds
ago. Decoding costs more than reading, so while nobody waits only some frames are decoded: those
of a device by its driver's own terms, those of MJPEG because they are asked for undecoded. Other
streams (H.264) are decoded as a whole by FFmpeg: each frame needs the one before.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assistant.backends.camera_opencv.places import Place
from assistant.backends.camera_opencv.shots import Shots
from assistant.errors import BackendUnavailable

SOON_S, SOON_IDLE_S = 3.0, 0.09
"""So long after it was opened a picture is likely to be wanted: one is at hand, decoded."""
IDLE_S = 0.4
"""Between two frames that are decoded later while nobody waits: 1280 x 720 takes 9 ms."""
UNDECODED = -1
"""As `CAP_PROP_FORMAT`: FFmpeg gives frames as they came."""
AGAIN_S = (0.2, 0.5, 1.0, 2.0)
"""Waits before a camera that was lost is opened again."""
STILL_S = 0.05
"""A single picture is taken anew so often."""
PACE = 25.0
"""Frames a second of a recording that does not say."""


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
        capture = self._opened(place)
        try:
            live = place.kind == "device"
            self.shots = Shots(
                self._cv2,
                self._timing.settle_s if live else 0.0,
                self._timing.frozen_s if place.kind != "file" else 0.0,
            )
            if not self._over.is_set():
                self._tell(active=True, trouble=self.trouble)
                self._read_file(capture) if place.kind == "file" else self._read(capture, place)
        finally:
            self.shots = None
            capture.release()
            self._tell(active=False, trouble=self.trouble)

    def _opened(self, place: Place) -> Any:
        cv2, timing = self._cv2, self._timing
        limits = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(timing.open_s * 1000)),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(timing.read_s * 1000)),
        ]
        if place.kind == "stream":
            capture = cv2.VideoCapture(place.target, cv2.CAP_FFMPEG, limits)
        elif place.kind == "file":
            capture = cv2.VideoCapture(place.target)
        else:
            capture = cv2.VideoCapture(place.target)
            for name, value in (
                (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
                (cv2.CAP_PROP_FRAME_WIDTH, timing.width),
                (cv2.CAP_PROP_FRAME_HEIGHT, timing.height),
                (cv2.CAP_PROP_BUFFERSIZE, 1),
            ):
                capture.set(name, value)
        if not capture.isOpened():
            capture.release()
            raise BackendUnavailable("camera", _closed(place))
        return capture

    def _read(self, capture: Any, place: Place) -> None:
        cv2 = self._cv2
        jpegs = (
            place.kind == "stream"
            and int(capture.get(cv2.CAP_PROP_FOURCC)) == cv2.VideoWriter.fourcc(*"MJPG")
            and capture.set(cv2.CAP_PROP_FORMAT, UNDECODED)
        )
        opened, decoded = self._clock(), 0.0
        while not self._over.is_set():
            if not capture.grab():
                raise BackendUnavailable(
                    "camera", f"{place.name} stopped giving pictures; is it still connected?"
                )
            at, shots = self._clock(), self.shots
            if shots is None:
                return
            idle = SOON_IDLE_S if at - opened < SOON_S else IDLE_S
            if self.wanted or not shots.settled or at - decoded >= idle:
                good, pixels = capture.retrieve()
                if good and jpegs:
                    pixels = cv2.imdecode(pixels, cv2.IMREAD_COLOR)
                if good and pixels is not None:
                    decoded = at
                    self._keep(pixels, at)

    def _read_file(self, capture: Any) -> None:
        """Play a recording at its own pace, again and again; a single picture stands."""
        rate = capture.get(self._cv2.CAP_PROP_FPS)
        pace = 1 / (rate if 1 <= rate <= 240 else PACE)  # noqa: PLR2004 - else it is no rate
        due, count, last, rewound = self._clock(), 0, None, False
        while not self._over.is_set():
            good, pixels = capture.read()
            if good:
                count, last, rewound = count + 1, pixels, False
                due = max(due + pace, self._clock() - pace)
                self._over.wait(max(0.0, due - self._clock()))
            elif last is None:
                raise BackendUnavailable("camera", "the recording holds no picture")
            elif count == 1:
                self._over.wait(STILL_S)
                pixels = last
            elif not rewound:
                rewound = True
                capture.set(self._cv2.CAP_PROP_POS_FRAMES, 0)
                continue
            else:
                return  # it cannot be rewound: opened again
            self._keep(pixels, self._clock())

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
