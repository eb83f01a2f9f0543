"""A sound card made of files: what it hears are recordings, at the pace of life."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.ports import FRAME, RATE, Audio, DeviceInfo, Frame, Samples, Track
from assistant.sound import clips
from assistant.sound.card import silence
from assistant.sound.ticker import TickingCard
from assistant.worker import Worker

_NOISE_SECONDS = 7
"""The noise goes round after so long: no period that a detector could follow."""
_NOISE_SEED = 3
_FULL_SCALE = 32_768
_TICKS_A_SECOND = RATE // FRAME


class Config(BaseModel):
    """Settings of the file device."""

    model_config = ConfigDict(extra="forbid")

    clips: list[Path] = Field(default=[], description="sound files or directories, in order")
    lead: float = Field(default=0.5, ge=0, description="seconds of room noise before the first")
    gap: float = Field(default=3.0, ge=0, description="seconds of room noise after each clip")
    noise_level: float | None = Field(
        default=-70.0, le=0, description="room noise, dBFS (RMS); null: digital silence"
    )
    noise: Path | None = Field(
        default=None, description="a recording of noise to use instead, at its own level"
    )
    input_latency_ms: int = Field(
        default=10, ge=0, le=500, description="a frame comes so much later than its last sample"
    )
    output_latency_ms: int = Field(
        default=30, ge=0, le=500, description="sound leaves so much later than it was mixed"
    )


@dataclass(frozen=True, slots=True)
class Playing:
    """A clip before the microphone: positions of its first sample, and of the first after it."""

    first: int
    last: int
    _card: "FileCard" = field(repr=False)

    async def over(self) -> None:
        """Wait until the frame with its last sample has come, or the frames have ended."""
        await self._card.heard(self.last)


class FileCard(TickingCard):
    """A `Device`; `play` puts sound before its microphone, `end` ends its frames."""

    def __init__(self, config: Config, noise: Samples | None = None) -> None:
        super().__init__(
            input_ticks=config.input_latency_ms * _TICKS_A_SECOND // 1000,
            output_ticks=config.output_latency_ms * _TICKS_A_SECOND // 1000,
        )
        self.info = DeviceInfo("recordings", "a recording", full_duplex=True)
        self._noise = room(config.noise_level) if noise is None else noise
        self._script: deque[tuple[int, Samples]] = deque()
        self._script_end = 0

    def play(self, samples: Samples, *, after: float = 0.0) -> Playing:
        """Let a clip be heard from the next tick on, but `after` seconds after the last one."""
        with self.mixer.lock:
            self.catch_up()
            first = max(self.mixed * FRAME, self._script_end + round(after * RATE))
            self._script.append((first, samples))
            self._script_end = first + len(samples)
            return Playing(first, self._script_end, self)

    def end(self, *, after: float = 0.0) -> None:
        """End the frames `after` seconds after the last clip, or now if that has passed."""
        with self.mixer.lock:
            self.last = self._script_end + round(after * RATE)

    def frames(self) -> AsyncGenerator[Frame, None]:
        """Yield frames."""
        self._begin()
        return super().frames()

    async def write(self, track: Track, audio: Audio) -> tuple[float, float]:
        """Queue sound, as each card does."""
        self._begin()
        return await super().write(track, audio)

    async def heard(self, position: int) -> None:
        """Wait until the frame with the sample before `position` has come."""
        await self.until(lambda: self.sent * FRAME >= position or self.ended or None)

    def hear(self, position: int, count: int) -> Samples:
        """Return the noise of the room and the clips in it."""
        while self._script and self._script[0][0] + len(self._script[0][1]) <= position:
            self._script.popleft()
        noise = self._room(position, count)
        if not self._script or self._script[0][0] >= position + count:
            return noise
        heard = noise.astype(np.int32)
        for first, samples in self._script:
            if first >= position + count:
                break
            begin, end = max(first, position), min(first + len(samples), position + count)
            heard[begin - position : end - position] += samples[begin - first : end - first]
        return np.clip(heard, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)

    def _begin(self) -> None:
        """Let time begin with its first user: while models load, no clip is to pass unheard."""
        if not self.started:
            self.start()

    def _room(self, position: int, count: int) -> Samples:
        start = position % len(self._noise)
        if start + count <= len(self._noise):
            return self._noise[start : start + count]
        return self._noise[np.arange(start, start + count) % len(self._noise)]


def room(level: float | None) -> Samples:
    """Return the sound of a quiet room: white noise at `level` dBFS, the same each time."""
    if level is None:
        return silence(RATE)
    random = np.random.default_rng(_NOISE_SEED)
    noise = random.standard_normal(_NOISE_SECONDS * RATE) * _FULL_SCALE * 10 ** (level / 20)
    return np.clip(np.rint(noise), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[FileCard]:
    """Open the card and put the clips of the configuration before it. Raises `MediaError`.

    Without clips it hears the room until the caller plays something.
    """
    reader = Worker("clips")
    try:
        noise = await reader.run(
            lambda: clips.load(config.noise).samples if config.noise else room(config.noise_level)
        )
        script = await reader.run(lambda: clips.load_all(config.clips))
    finally:
        reader.close()
    card = FileCard(config, noise)
    try:
        for number, clip in enumerate(script):
            card.play(clip.samples, after=config.gap if number else config.lead)
        if script:
            card.end(after=config.gap)
        yield card
    finally:
        card.stop()
