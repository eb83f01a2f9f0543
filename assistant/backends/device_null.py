"""No sound hardware: hears silence and plays into nothing, both at the pace of life."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, ConfigDict

from assistant.ports import DeviceInfo, Samples
from assistant.sound.card import silence
from assistant.sound.ticker import TickingCard


class Config(BaseModel):
    """It has no settings."""

    model_config = ConfigDict(extra="forbid")


class NullCard(TickingCard):
    """A `Device` for those who type and read."""

    info = DeviceInfo(None, None, full_duplex=True)

    def hear(self, position: int, count: int) -> Samples:  # noqa: ARG002 - silence has no place
        """Return silence."""
        return silence(count)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[NullCard]:  # noqa: ARG001 - as for every device
    """Open nothing, which always works."""
    card = NullCard()
    card.start()
    try:
        yield card
    finally:
        card.stop()
