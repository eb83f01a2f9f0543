"""Takes the speaker out of the microphone: WebRTC's AEC3, from the wheel of LiveKit.

It works offline; nothing is sent anywhere. https://github.com/livekit/python-sdks (Apache-2.0).
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import BackendUnavailable
from assistant.ports import FRAME, RATE, EchoCanceller, Samples
from assistant.sound.subtracting import Subtracting
from assistant.worker import Worker

NAME = "echo"


class Config(BaseModel):
    """Settings of the echo canceller."""

    model_config = ConfigDict(extra="forbid")

    noise_suppression: bool = Field(
        default=True, description="lower the noise of the room, too, while echo is cancelled"
    )
    subtract: bool = Field(
        default=True,
        description="where somebody speaks over it, subtract the echo instead of suppressing it: "
        "their words survive; works where microphone and speaker have one clock",
    )
    gain: bool = Field(
        default=False, description="make soft voices louder, too, while echo is cancelled"
    )


class WebRtcCanceller:
    """An `EchoCanceller`: 0.13 ms of a core for each 10 ms."""

    def __init__(self, rtc: Any, config: Config) -> None:
        self._frame = rtc.AudioFrame
        self._apm = rtc.AudioProcessingModule(
            echo_cancellation=True,
            noise_suppression=config.noise_suppression,
            high_pass_filter=True,
            auto_gain_control=config.gain,
        )
        self._apm.set_stream_delay_ms(0)

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side without the far side. Raises `BackendUnavailable`."""
        left = np.empty_like(near)
        try:
            for first in range(0, len(near), FRAME):
                part = slice(first, first + FRAME)
                self._apm.process_reverse_stream(self._made(far[part]))
                heard = self._made(near[part])
                self._apm.process_stream(heard)
                left[part] = np.frombuffer(heard.data, np.int16)
        except (RuntimeError, AssertionError) as error:
            raise BackendUnavailable(NAME, f"the canceller failed ({error})") from error
        return left

    def _made(self, sound: Samples) -> Any:
        return self._frame(sound.tobytes(), RATE, 1, FRAME)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Callable[[], EchoCanceller]]:
    """Load the library and give what makes cancellers. Raises `BackendUnavailable`."""
    worker = Worker("echo")
    try:
        rtc = await worker.run(_load)
    finally:
        worker.close()

    def make() -> EchoCanceller:
        suppress = WebRtcCanceller(rtc, config)
        return Subtracting(suppress) if config.subtract else suppress

    yield make


def _load() -> Any:
    logging.getLogger("livekit").setLevel(logging.ERROR)
    try:
        from livekit import rtc  # noqa: PLC0415 - not everybody has it, and it takes its time
    except (ImportError, OSError) as error:
        raise BackendUnavailable(
            NAME, f"LiveKit's library cannot be loaded ({error}); run: pip install livekit"
        ) from error
    return rtc
