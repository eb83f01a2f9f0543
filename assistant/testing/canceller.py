"""A canceller that lowers the echo by so many decibels: what it achieves is known."""

import numpy as np

from assistant.ports import Samples


class ScriptedCanceller:
    """Lowers what it knows to be echo, which it is told, and lets everything else through."""

    def __init__(self, decibels: float = 40.0) -> None:
        self.decibels = decibels
        self.echo: Samples = np.zeros(0, np.int16)
        """What of the near side of the next call is echo."""
        self.calls = 0
        self.far: list[Samples] = []
        """What it was given as the far side."""

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side with its echo lowered."""
        self.calls += 1
        self.far.append(far.copy())
        echo = self.echo if len(self.echo) == len(near) else near
        left = near - echo * (1 - 10 ** (-self.decibels / 20))
        cleared: Samples = np.clip(np.rint(left), -32_768, 32_767).astype(np.int16)
        return cleared
