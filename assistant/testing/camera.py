"""A camera that shows what a test gives it, in the loop's time, and counts how it is used."""

import asyncio
from collections.abc import Callable

import numpy as np

from assistant.errors import AssistantError, BackendUnavailable
from assistant.ports import CameraInfo, Pixels, Shot, Source


def scene(
    red: int, green: int, blue: int, *, width: int = 64, height: int = 48, noise: int = 8
) -> Pixels:
    """Return a picture of one colour with a sensor's noise, the same each time."""
    random = np.random.default_rng(3)
    plain = np.array([red, green, blue]) + random.integers(-noise, noise + 1, (height, width, 3))
    return np.clip(plain, 0, 255).astype(np.uint8)


class ScriptedCamera:
    """A fake of `ports.Camera`; `opens_s` after it was armed, its pictures come at once.

    `opened` has the instants at which it was opened, `shots` those of pictures that were taken,
    `seconds` how long it was open in all.
    """

    def __init__(
        self,
        pixels: Pixels | None = None,
        *,
        opens_s: float = 0.3,
        age_s: float = 0.03,
        source: Source = "camera",
        name: str = "scripted camera",
    ) -> None:
        self.pixels = scene(200, 30, 30) if pixels is None else pixels
        self.info = CameraInfo(name, source)
        self.opened: list[float] = []
        self.shots: list[float] = []
        self.seconds = 0.0
        self.fails: AssistantError | None = None
        """Raised instead of the next pictures."""
        self.stalls = False
        """No picture comes any more."""
        self.frozen = False
        self._opens_s, self._age_s = opens_s, age_s
        self._holds = 0
        self._observers: list[Callable[[], None]] = []

    @property
    def active(self) -> bool:
        """It is open."""
        return self._holds > 0

    def watch(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have `told` called when it opens and closes."""
        self._observers.append(told)
        return lambda: self._observers.remove(told)

    def arm(self) -> None:
        """Open it, or hold it open."""
        self._holds += 1
        if self._holds == 1:
            self.opened.append(self._now)
            self._tell()

    async def shot(self) -> Shot:
        """Take a picture."""
        self.arm()
        try:
            await asyncio.sleep(max(0.0, self.opened[-1] + self._opens_s - self._now))
            if self.stalls:
                await asyncio.get_running_loop().create_future()
            if self.fails is not None:
                raise self.fails
            self.shots.append(self._now)
            return Shot(self.pixels, self._now - self._age_s, self.info.source, self.frozen)
        finally:
            self.disarm()

    def disarm(self) -> None:
        """Close it, if nobody else holds it."""
        if not self._holds:
            raise BackendUnavailable("camera", "it was closed more often than opened")
        self._holds -= 1
        if not self._holds:
            self.seconds += self._now - self.opened[-1]
            self._tell()

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _tell(self) -> None:
        for told in tuple(self._observers):
            told()
