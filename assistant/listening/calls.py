"""Orders that need no transcriber: the name, and a phrase that silences.

All sound is listened to, ours as well: the name must work while a loudspeaker speaks and the
microphone counts as closed.
"""

from collections.abc import Callable

from assistant.core.events import Action, Cause, Poked, Woken
from assistant.listening.ring import Ring
from assistant.ports import RATE, Called, Frame, Samples, WakeDetector

MEMORY = RATE
"""So much sound is kept, 1 s: from the end of a name to the moment at which it was recognised."""
AT_ONCE = RATE // 5
"""Sound of a quiet room is listened to in pieces of so many samples, which costs half. To leave it
out would cost names: the detector must know the room's noise (28 % fewer are found)."""
ECHO = RATE
"""A phrase that we said ourselves comes back from the room within so many samples."""


class Calls:
    """Hears them in one device's sound. Positions count the samples that came, from 0."""

    def __init__(self, make: Callable[[], WakeDetector]) -> None:
        self._theirs, self._ours = make(), make()
        self._near = Ring(MEMORY)
        self._heard_to = 0
        self._said = -ECHO
        """Where we ourselves said one of the phrases."""
        self._named: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What wakes, as people say it."""
        return self._theirs.names

    def hear(self, frame: Frame, *, stirs: bool, talking: bool) -> Woken | Poked | None:
        """Take a frame; tell what was called.

        `stirs`: it may hold more than the silence of the room.
        `talking`: there is something to silence.
        """
        self._near.write(frame.near)
        if frame.far.any() and self._ours.process(frame.far) is not None:
            self._said = self._near.end
        waits = self._near.end - self._heard_to
        called = self._heard() if stirs or waits >= AT_ONCE else None
        if called is None or (called.stops and not talking):
            return None
        if called.stops:
            return Poked(Action.STOP)
        self._named = self._near.end - called.ago
        return Woken(Cause.NAME)

    def take_name(self) -> int | None:
        """Return where the name ended if it was called just now, once."""
        named, self._named = self._named, None
        return None if named is None or named < self._near.end - MEMORY else named

    def sound(self, start: int) -> Samples:
        """Return a copy of all sound from a position on, whether the microphone was open or not.

        At most `MEMORY` of it.
        """
        return self._near.view(start, self._near.end).copy()

    def _heard(self) -> Called | None:
        """Tell of a phrase that somebody else than us has said."""
        now = self._near.end
        called = self._theirs.process(self._near.view(self._heard_to, now))
        self._heard_to = now
        return None if now - self._said < ECHO else called
