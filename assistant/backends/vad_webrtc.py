"""WebRTC's voice activity detector: a few microseconds a frame, and it calls loud noise speech.

So it is a gate before a better detector, not a judge. It knows absolute levels only: speech below
about -45 dBFS is noise to it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

import webrtcvad
from pydantic import BaseModel, ConfigDict, Field

from assistant.ports import RATE, Samples, VoiceDetector


class Config(BaseModel):
    """Settings of the detector."""

    model_config = ConfigDict(extra="forbid")

    aggressiveness: Literal[0, 1, 2, 3] = Field(
        default=2,
        description="How much sound is called noise, 0 (least) to 3. 0 and 1 let hiss through.",
    )
    frame_ms: Literal[10, 20, 30] = Field(
        default=30,
        description="Milliseconds in a call; 30 costs a third of 10 and is as good for a gate.",
    )


class WebRtcDetector:
    """One stream's detector; knows only yes (1.0) and no (0.0)."""

    def __init__(self, config: Config) -> None:
        self.window = RATE * config.frame_ms // 1000
        self._aggressiveness = config.aggressiveness
        self.reset()

    def probability(self, samples: Samples) -> float:
        """Return 1.0 for speech, 0.0 for other sound, in about 3 µs for 30 ms."""
        return 1.0 if self._vad.is_speech(samples.tobytes(), RATE) else 0.0

    def reset(self) -> None:
        """Begin with a new estimate of the noise."""
        self._vad = webrtcvad.Vad(self._aggressiveness)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Callable[[], VoiceDetector]]:
    """Yield what makes a detector; each stream wants its own."""
    yield lambda: WebRtcDetector(config)
