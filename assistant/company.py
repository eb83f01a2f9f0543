"""What is kept beside sessions, and what can be turned in one."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assistant.keeping.alarms import Alarms
from assistant.keeping.lists import Lists
from assistant.ports import Controls, Device, Paced, Synthesizer
from assistant.reasoning.hands import Hands
from assistant.reasoning.surroundings import Around

LOUDNESS = 80
"""Of 100: as loud as configured."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What all sessions share of this: hands, alarms, lists."""

    hands: Hands
    alarms: Alarms
    lists: Lists

    def around(self, controls: Controls | None = None) -> Around:
        """Return surroundings with all of it, by the clock that alarms go by."""
        kept = (self.alarms, self.lists, *(() if controls is None else (controls,)))
        return Around(self.hands.code, kept=kept, clock=self.alarms.now)


class Dials:
    """Loudness and pace of one session's voice, as words change them."""

    def __init__(self, device: Device, voices: Iterable[Synthesizer | None]) -> None:
        self.volume = LOUDNESS
        self.pace: float | None = 1.0
        self.changed: Callable[[], None] = lambda: None
        self._device = device
        self._voices: list[Paced] = []
        for voice in voices:
            if isinstance(voice, Paced):
                self._voices.append(voice)
        if not self._voices:
            self.pace = None

    @property
    def decibels(self) -> float:
        """The gain of this loudness."""
        return max(-60.0, 40 * math.log10(max(1, self.volume) / LOUDNESS))

    def set_volume(self, volume: int) -> None:
        """Be so loud from now on."""
        self.volume = volume
        self.changed()

    def set_pace(self, factor: float) -> None:
        """Speak so fast from the next sentence on."""
        self.pace = factor
        for voice in self._voices:
            voice.pace(factor)
