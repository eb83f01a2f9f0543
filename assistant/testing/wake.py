"""A wake detector that hears what the sound says: exact instants, no model."""

import numpy as np

from assistant.ports import RATE, Called, Samples

NAME_LEVEL = 12_345
"""The sample value that is the name; the scripted voice detector takes it for speech."""
STOP_LEVEL = 12_346
"""The sample value that is the phrase which silences."""


def name(seconds: float = 0.5) -> Samples:
    """Return sound at `RATE` in which `ScriptedWakeDetector` hears its name."""
    return np.full(round(seconds * RATE), NAME_LEVEL, np.int16)


def stop(seconds: float = 0.4) -> Samples:
    """Return sound at `RATE` in which it hears the phrase that silences."""
    return np.full(round(seconds * RATE), STOP_LEVEL, np.int16)


class ScriptedWakeDetector:
    """Tells of a phrase `lag_s` after its end, in the call that brings that sample."""

    def __init__(self, said: str = "Hey Ada", lag_s: float = 0.1) -> None:
        self.said = said
        self.heard = 0
        """So many samples came."""
        self._lag = round(lag_s * RATE)
        self._phrase = 0
        """The sample value of the phrase that goes on, or 0."""
        self._due: tuple[int, Called] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its only name."""
        return (self.said,)

    def process(self, samples: Samples) -> Called | None:
        """Take sound; tell of a phrase that ended `lag_s` before its end."""
        for index in np.flatnonzero(np.diff(samples, prepend=np.int16(self._phrase))):
            value = int(samples[index])
            if self._phrase:
                self._due = (self.heard + int(index) + self._lag, self._called())
            self._phrase = value if value in {NAME_LEVEL, STOP_LEVEL} else 0
        self.heard += len(samples)
        if self._due is None or self.heard < self._due[0]:
            return None
        called, self._due = self._due[1], None
        return called

    def _called(self) -> Called:
        if self._phrase == STOP_LEVEL:
            return Called("stop", self._lag, stops=True)
        return Called(self.said, self._lag)
