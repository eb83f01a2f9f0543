"""What surrounds a skill in a session: time, screen, what is kept, what can be changed."""

import math
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TypeVar

from assistant.core.events import Event, Urgency, WantsFloor
from assistant.keeping.alarms import Alarms
from assistant.keeping.lists import Lists
from assistant.ports import Controls, Device, Paced, Synthesizer
from assistant.reasoning.hands import Hands
from assistant.views import View

T = TypeVar("T")

LOUDNESS = 80
"""Of 100: as loud as configured."""


class Company:
    """Surroundings (`ports.Surroundings`, `ports.Keeps`) of one session, or of none."""

    def __init__(
        self,
        language: str,
        kept: Iterable[object],
        now: Callable[[], datetime],
        show: Callable[[View], None] = lambda _: None,
        inject: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self._language, self._now = language, now
        self._kept = list(kept)
        self._show, self._inject = show, inject

    @property
    def language(self) -> str:
        """Code of the language that is spoken."""
        return self._language

    def now(self) -> datetime:
        """Return the time of day where the user is."""
        return self._now()

    def show(self, view: View) -> None:
        """Show something."""
        self._show(view)

    def announce(self, text: str, *, urgent: bool = False) -> None:
        """Have something said when nobody has the floor, or at once."""
        self._inject(WantsFloor(text, Urgency.NOW if urgent else Urgency.POLITE))

    def start_job(self, title: str, work: Callable[[], Awaitable[str]], deadline: float) -> int:
        """Begin long work: no hand does."""
        raise NotImplementedError

    def find(self, kind: type[T]) -> T | None:
        """Return the one of this type that is kept here."""
        return next((one for one in self._kept if isinstance(one, kind)), None)


class Kept:
    """What all sessions share of this: hands, alarms, lists."""

    def __init__(self, hands: Hands, alarms: Alarms, lists: Lists) -> None:
        self.hands, self.alarms, self.lists = hands, alarms, lists

    def company(
        self,
        controls: Controls | None = None,
        show: Callable[[View], None] = lambda _: None,
        inject: Callable[[Event], None] = lambda _: None,
    ) -> Company:
        """Return surroundings with all of it."""
        kept = [self.alarms, self.lists, *([] if controls is None else [controls])]
        return Company(self.hands.code, kept, self.alarms.now, show, inject)


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
