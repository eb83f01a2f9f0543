"""One session's hold on a camera: armed while a question may want it, closed after use."""

import asyncio

from assistant.errors import BackendTimeout
from assistant.ports import Camera, Shot

SHOT_S = 6.0
"""A camera that shows nothing for so long shows nothing."""
STALE_S = 0.1
"""An older picture shows what was, not what is."""


class Glance:
    """Arms a camera at most once, and so disarms it: others may hold it, too."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self._armed = False

    def arm(self) -> None:
        """Have it open; never blocks."""
        if not self._armed:
            self._armed = True
            self.camera.arm()

    def close(self) -> None:
        """Let go of it; never blocks."""
        if self._armed:
            self._armed = False
            self.camera.disarm()

    async def shot(self) -> Shot:
        """Take a picture that is not stale. Raises `BackendUnavailable` or `BackendTimeout`."""
        now = asyncio.get_running_loop().time
        self.arm()
        try:
            async with asyncio.timeout(SHOT_S):
                while True:
                    shot = await self.camera.shot()
                    if now() - shot.at <= STALE_S:
                        return shot
                    await asyncio.sleep(STALE_S / 4)
        except TimeoutError:
            name = self.camera.info.name
            raise BackendTimeout(
                "camera", f"{name} gave no picture within {SHOT_S:g} s; is it connected?"
            ) from None
