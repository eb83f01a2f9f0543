"""The machine's own microphone and speaker, through PortAudio.

`portaudio` tames the library: which devices there are, its noise, its hangs; `streams` holds the
callbacks, which copy and no more; `card` makes frames of what they copied. `pulse` asks the sound
server what PortAudio does not tell, and with `ducking` lowers other programs; `zeros` finds a
microphone that is dead.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.backends.device_sounddevice.card import SoundCard
from assistant.backends.device_sounddevice.portaudio import (
    PortAudio,
    SoundDevice,
    Wish,
    list_devices,
)
from assistant.errors import BackendUnavailable

__all__ = ["Config", "SoundCard", "SoundDevice", "list_devices", "open"]


class Config(BaseModel):
    """Settings of the sound device."""

    model_config = ConfigDict(extra="forbid")

    microphone: str | int | None = Field(
        default=None, description="a part of its name, or its number; null: the system's default"
    )
    speaker: str | int | None = Field(
        default=None, description="a part of its name, or its number; null: the system's default"
    )
    channel: int | None = Field(
        default=None,
        ge=1,
        description="which channel of the microphone is heard, from 1; null: all of them, as the "
        "sound server mixes them, and of a card without one the first",
    )
    duplex: Literal["auto", "half", "full"] = Field(
        default="auto",
        description="half: deaf while speaking; full: never; auto: half until it is measured that "
        "it does not hear itself",
    )
    latency_ms: int = Field(
        default=20, ge=5, le=200, description="sound in the buffer of each device"
    )
    volume_db: float = Field(
        default=0, ge=-60, le=0, description="how loud it speaks, dB; 0: as loud as it can"
    )
    duck_db: float = Field(
        default=14,
        ge=0,
        le=60,
        description="so much lower do other programs play while it listens to you or speaks, dB; "
        "0: as loud as ever (needs PulseAudio or PipeWire, and the extra desktop)",
    )
    zeros_s: float = Field(
        default=60,
        ge=0,
        le=3600,
        description="a microphone that gives digital silence for so long is said to be dead, in "
        "seconds; 0: never",
    )
    wait: bool = Field(
        default=False, description="start without sound hardware, and wait until there is some"
    )


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[SoundCard]:
    """Open microphone and speaker, and have them back whenever they are lost.

    Raises `BackendUnavailable` if one of them is not there at the start, unless it is to wait.
    """
    wish = Wish(config.microphone, config.speaker, config.latency_ms / 1000, config.channel)
    async with PortAudio.session() as portaudio:
        sides = None
        try:
            sides = await portaudio.choose(wish)
        except BackendUnavailable:
            if not config.wait:
                raise
        card = SoundCard(portaudio, wish, sides, duplex=config.duplex)
        card.tune(config)
        try:
            await card.start()
            async with asyncio.TaskGroup() as tasks:
                keeping = tasks.create_task(card.keep(), name="keep the sound card")
                watching = tasks.create_task(card.server.accompany(), name="the sound server")
                yield card
                keeping.cancel()
                watching.cancel()
        finally:
            await card.stop()
