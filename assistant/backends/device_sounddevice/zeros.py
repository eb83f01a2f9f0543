"""A microphone that gives nothing but digital zeros: a switch on it, or a driver that sleeps."""

from assistant.ports import Samples


class Zeros:
    """Tells when a microphone has been dead for too long.

    One that comes to life by itself has a gate or a switch: it gets twice the time from then on.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds` of zeros are too long; 0: never."""
        self.seconds = seconds
        self.dead = False
        self._patience = 1
        self._count = 0

    def restart(self) -> None:
        """Another stream begins."""
        self._count, self._patience, self.dead = 0, 1, False

    def hear(self, sound: Samples, rate: int) -> bool:
        """Take what was heard next; return whether `dead` is another now."""
        if len(sound) == 0:
            return False
        was = self.dead
        if sound.any():
            self._count, self.dead = 0, False
            self._patience *= 1 + was
        else:
            self._count += len(sound)
            limit = self.seconds * self._patience * rate
            self.dead = self.seconds > 0 and self._count >= limit
        return self.dead is not was
