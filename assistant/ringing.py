"""What is due rings: a bell on the tone track until it is stopped, and a sentence over it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import numpy as np

from assistant.core.events import Event, Urgency, WantsFloor
from assistant.errors import AssistantError
from assistant.keeping.alarms import Alarm, Alarms, Due, News, Silenced
from assistant.keeping.speech import called, rings
from assistant.languages.spoken import Spoken
from assistant.ports import Audio, Device, Track
from assistant.views import Countdown, View

_log = logging.getLogger(__name__)

EVERY_S = 2.0
"""From bell to bell."""
AGAIN_S = 30.0
"""From sentence to sentence."""
LONGEST_S = 300.0
"""So long it rings where nobody is; then it has been missed."""
LOW_DB = -18.0
"""How much lower it rings while somebody speaks."""
_TOGETHER = 3
"""So many that are due at once are named; of the rest the number is told."""
_RATE = 24_000
_NOTES = (1046.5, 1318.51, 1567.98, 1318.51)
"""C6, E6, G6, E6: as high as our other tones, which no detector takes for speech."""
_NOTE_S = 0.16
_PEAK = 10 ** (-10 / 20)


class Ringing:
    """The bell of one session. `obey` is to be called with each news of the alarms."""

    def __init__(
        self,
        alarms: Alarms,
        device: Device,
        say: Spoken,
        inject: Callable[[Event], None],
        show: Callable[[View], None],
    ) -> None:
        self.on = False
        """It rings now."""
        self.say = say
        """How the language answers that is spoken."""
        self._alarms, self._device = alarms, device
        self._inject, self._show = inject, show
        self._due: list[Due] = []
        self._rings = asyncio.Event()
        self._level, self._low = 0.0, False
        self._words = ""
        self._since = 0.0

    async def run(self) -> None:
        """Ring whatever is due, until cancelled."""
        stop = self._alarms.watch(self._told)
        try:
            while True:
                await self._rings.wait()
                await self._ring()
        finally:
            stop()

    def lower(self, *, on: bool) -> None:
        """Ring more softly while somebody speaks, or as before."""
        if on is not self._low:
            self._low = on
            self._tune()

    def set_level(self, decibels: float) -> None:
        """Ring as loud as the voice is to be."""
        self._level = decibels
        self._tune()

    def _tune(self) -> None:
        self._device.gain(Track.TONE, self._level + (LOW_DB if self._low and self.on else 0.0))

    def _told(self, news: News) -> None:
        match news:
            case Due():
                if not self._due:  # what is due at the same moment is told in one breath
                    asyncio.get_running_loop().call_soon(self._tell)
                self._due.append(news)
            case Silenced(alarms):
                for alarm in alarms:
                    self._show(Countdown(self._name(alarm), None))
                if self.on and not self._alarms_ring(alarms):
                    self._silence()

    def _alarms_ring(self, but: tuple[Alarm, ...]) -> bool:
        gone = {alarm.id for alarm in but}
        return any(alarm.id not in gone for alarm in self._alarms.ringing)

    def _tell(self) -> None:
        due, self._due = self._due, []
        now = self._alarms.now()
        for missed, urgency in ((True, Urgency.POLITE), (False, Urgency.NOW)):
            chosen = [one for one in due if one.missed is missed]
            if not chosen:
                continue
            words = self._sentences(chosen, now)
            self._inject(WantsFloor(words, urgency))
            if not missed:
                self._words = words
                self._since = asyncio.get_running_loop().time()
                self.on = True
                self._rings.set()
        for one in due:
            self._show(Countdown(self._name(one.alarm), None, rings=not one.missed))

    def _sentences(self, due: list[Due], now: datetime) -> str:
        told = [rings(one, self.say, now) for one in due[:_TOGETHER]]
        if len(due) > _TOGETHER:
            told.append(self.say.say("and_more", count=len(due) - _TOGETHER))
        return " ".join(told)

    async def _ring(self) -> None:
        """Ring until silenced, or for as long as anybody may need to come."""
        loop = asyncio.get_running_loop()
        self._tune()
        told = loop.time()
        bell = _bell()
        while self.on and loop.time() - self._since < LONGEST_S:
            try:
                await self._device.write(Track.TONE, bell)
            except AssistantError as wrong:
                _log.warning("the bell cannot be heard: %s", wrong)
                self._rings.clear()
                return
            await asyncio.sleep(EVERY_S)
            if self.on and loop.time() - told >= AGAIN_S:
                told = loop.time()
                self._inject(WantsFloor(self._words, Urgency.POLITE))
        if self.on:
            self._silence()
            await self._alarms.silence()

    def _silence(self) -> None:
        self.on = False
        self._rings.clear()
        self._device.flush(Track.TONE)
        self._tune()

    def _name(self, alarm: Alarm) -> str:
        return called(alarm, self.say, 1)


def _bell() -> Audio:
    """Return one ring: four notes that die away."""
    at = np.arange(round(_NOTE_S * _RATE)) / _RATE
    edge = np.minimum(1.0, np.minimum(at, _NOTE_S - at) / 0.008)
    fall = edge * np.exp(-at * 6)
    notes = [(np.sin(2 * np.pi * note * at) * fall) for note in _NOTES]
    wave = np.concatenate(notes) * _PEAK * 32767.0
    return Audio(wave.astype(np.int16), _RATE)
