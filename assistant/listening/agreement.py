"""LocalAgreement-2: what two hypotheses in a row say alike is shown from then on as it is.

A recogniser that hears the same sound again, and a little more, changes its mind mostly about the
newest words. So captions that hold what was said twice hardly ever have to take a word back. The
last word of a hypothesis is never held: its sound may be cut off, its full stop become a comma.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts without spaces between words: each of their characters is a unit of its own."""
_UNIT = re.compile(rf"\s*(?:[{_UNSPACED}]|[^\s{_UNSPACED}]+)[^\w\s]*")


def units(text: str) -> list[str]:
    """Split a text into words, or characters of a script without spaces; joined, it is the text.

    All but the first unit keep the space before them.
    """
    return _UNIT.findall(text.strip())


def bare(unit: str) -> str:
    """Return a unit as it is compared: no case, no punctuation."""
    return re.sub(r"[^\w]", "", unit).casefold()


def agreed(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the units at the start that two texts have in common."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if bare(left) != bare(right):
            break
        count += 1
    return count


class Agreement:
    """The hypotheses of one stretch of sound, newest first believed in part."""

    def __init__(self) -> None:
        self._stable: list[str] = []
        self._rest: list[str] = []
        self._exact = True

    @property
    def text(self) -> str:
        """What to show: the stable units, then the rest of the newest hypothesis."""
        return "".join(self._stable + self._rest)

    @property
    def stable(self) -> str:
        """The part of the text that stays as it is."""
        return "".join(self._stable)

    @property
    def stable_units(self) -> int:
        """So many units of the newest hypothesis are stable; 0 if it contradicts them."""
        return len(self._stable) if self._exact else 0

    def add(self, hypothesis: str) -> None:
        """Take the next hypothesis about the same sound and what came after it."""
        found = units(hypothesis)
        said = agreed(self._stable, found)
        self._exact = said == len(self._stable)
        rest = found[said if self._exact else _continues(self._stable, found) :]
        same = min(agreed(self._rest, rest), max(0, len(rest) - 1))
        self._stable += rest[:same]
        self._rest = rest[same:]

    def settle(self, hypothesis: str) -> None:
        """Take a final hypothesis: it is right where it contradicts what was stable."""
        found = units(hypothesis)
        self._stable = self._stable[: agreed(self._stable, found)]
        self._rest = found[len(self._stable) :]
        self._exact = True

    def trim(self, count: int) -> str:
        """Forget so many units at the start, because their sound is gone; return their text."""
        whole = self._stable + self._rest
        gone, self._stable = whole[:count], self._stable[count:]
        self._rest = self._rest[max(0, count - len(whole) + len(self._rest)) :]
        return "".join(gone)


def _continues(stable: Sequence[str], found: Sequence[str]) -> int:
    """Return where a hypothesis that contradicts the stable units goes on after them."""
    old, new = [bare(unit) for unit in stable], [bare(unit) for unit in found]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    matched = [block for block in blocks if block.size]
    if not matched:
        return min(len(old), len(new))
    last = matched[-1]
    missed = len(old) - (last.a + last.size)  # taken to be replaced, one for one
    return min(len(new), last.b + last.size + missed)
