"""A voice detector that does what the sound says: exact windows, no model."""

import numpy as np

from assistant.ports import RATE, Samples

FULL = 10_000
"""The sample value that stands for probability 1."""


def sound(seconds: float, probability: float = 1.0) -> Samples:
    """Return sound at `RATE` that `ScriptedDetector` takes for speech with this probability."""
    return np.full(round(seconds * RATE), round(probability * FULL), np.int16)


class ScriptedDetector:
    """Reads the probability off the samples: their mean, as a part of `FULL`.

    So a window that is half speech is half as probable, wherever it lies, and what was skipped
    does not matter. `calls` and `resets` count what was asked of it.
    """

    def __init__(self, window: int = 512) -> None:
        self.window = window
        self.calls = 0
        self.resets = 0

    def probability(self, samples: Samples) -> float:
        """Return the mean of a window as a part of `FULL`, 0 to 1."""
        if len(samples) != self.window:
            raise ValueError(f"a window holds {self.window} samples, not {len(samples)}")
        self.calls += 1
        return min(max(float(samples.mean()) / FULL, 0.0), 1.0)

    def reset(self) -> None:
        """Count it."""
        self.resets += 1
