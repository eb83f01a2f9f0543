"""How long this user pauses before they go on: who hesitates long is waited for longer.

What is learned is one number, a high quantile of the pauses inside the user's turns. A pause moves
it by a step that does not depend on how long the pause was, so a telephone call in mid-sentence
counts as one long pause and not as a minute of patience.
"""

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

TYPICAL_MS = 820
"""That quantile of people who read and talk to a microphone (`docs/turn-ends.md`)."""
QUANTILE = 0.85
"""So many of a user's pauses should be waited through."""
SHORTEST_MS, LONGEST_MS = 100, 4000
"""What is shorter is part of a word; what is longer is no hesitation, and counts as this long."""
FIRST_STEP, LAST_STEP = 0.25, 0.03
"""What a pause moves the logarithm of the quantile by, at first and in the long run."""
SETTLES = 20
"""After so many pauses half of the difference to other people is believed."""
LEAST, MOST = 0.8, 1.6
"""Bounds of the factor."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """What is known of a user; `Pauses()` is a stranger."""

    quantile_ms: float = TYPICAL_MS
    count: int = 0

    def after(self, ms: float) -> "Pauses":
        """Return what is known after another pause inside a turn."""
        if ms < SHORTEST_MS:
            return self
        step = max(LAST_STEP, FIRST_STEP / math.sqrt(self.count + 1))
        up = min(ms, LONGEST_MS) > self.quantile_ms
        moved = self.quantile_ms * math.exp(step * (QUANTILE if up else QUANTILE - 1))
        bounded = min(max(moved, SHORTEST_MS), LONGEST_MS)
        return replace(self, quantile_ms=bounded, count=self.count + 1)

    @property
    def factor(self) -> float:
        """What to multiply waits on this user's silence by, `LEAST` to `MOST`; 1 at first."""
        believed = self.count / (self.count + SETTLES)
        factor: float = (self.quantile_ms / TYPICAL_MS) ** believed
        return min(max(factor, LEAST), MOST)


def read(path: Path) -> Pauses:
    """Return what was kept; a file that is missing, damaged or out of bounds is a stranger's."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        pauses = Pauses(float(kept["quantile_ms"]), int(kept["count"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return Pauses()
    sane = SHORTEST_MS <= pauses.quantile_ms <= LONGEST_MS and pauses.count >= 0
    return pauses if sane else Pauses()


def write(path: Path, pauses: Pauses) -> None:
    """Keep it, whole or not at all; raises `OSError`. To forget a user, remove the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(pauses)) + "\n", encoding="utf-8")
    draft.replace(path)
