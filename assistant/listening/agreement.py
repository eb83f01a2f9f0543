"""LocalAgreement-2: what two hypotheses in a row say alike is shown from then on as it is.

A recogniser that hears the same sound again, and a little more, changes its mind mostly about the
newest words. So captions that hold what was said twice hardly ever have to take a word back. The
last word of a hypothesis is never held: its sound may be cut off, its full stop become a comma.
"""

import re
from collections.abc import Sequence
from difflib import Match, SequenceMatcher

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts without spaces between words: each of their characters is a unit of its own."""
_SURE = 3
"""So many units said alike are no chance."""
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
        self._newest: list[str] = []
        self._before: list[str] = []

    @property
    def text(self) -> str:
        """What to show: the stable units, then the rest of the newest hypothesis."""
        return "".join(self._stable + self._rest)

    @property
    def stable(self) -> str:
        """The part of the text that stays as it is."""
        return "".join(self._stable)

    def held(self, count: int) -> int:
        """Return how many stable units say what the newest hypothesis says in its first `count`.

        0: these units are not stable, or the hypothesis contradicts the place where they end.
        """
        if self._exact:
            return count if count <= len(self._stable) else 0
        for block in _blocks(self._stable, self._newest):
            if block.b < count <= block.b + block.size:
                return block.a + count - block.b
        return 0

    def repeated(self, count: int) -> bool:
        """Tell whether the hypothesis before says the same just before a place in the newest.

        The newest may go on being unsure of an early word; what follows is stable all the same.
        """
        blocks = _blocks(self._before, self._newest)
        return any(block.b + _SURE <= count <= block.b + block.size for block in blocks)

    def add(self, hypothesis: str) -> None:
        """Take the next hypothesis about the same sound and what came after it."""
        found = units(hypothesis)
        self._before, self._newest = self._newest, found
        rest = found[len(self._stable) if self._exact else _continues(self._stable, found) :]
        same = min(agreed(self._rest, rest), max(0, len(rest) - 1))
        self._stable += rest[:same]
        self._rest = rest[same:]

    def settle(self, hypothesis: str) -> None:
        """Take a final hypothesis: it is right where it contradicts what was stable."""
        found = units(hypothesis)
        self._stable = self._stable[: agreed(self._stable, found)]
        self._rest = found[len(self._stable) :]
        self._newest = found

    def trim(self, count: int) -> str:
        """Forget so many units at the start, because their sound is gone; return their text."""
        whole = self._stable + self._rest
        gone, self._stable = whole[:count], self._stable[count:]
        self._rest = self._rest[max(0, count - len(whole) + len(self._rest)) :]
        self._before, self._newest = [], []
        return "".join(gone)

    @property
    def _exact(self) -> bool:
        return agreed(self._stable, self._newest) == len(self._stable)


def _continues(stable: Sequence[str], found: Sequence[str]) -> int:
    """Return where a hypothesis that contradicts the stable units goes on after them."""
    blocks = _blocks(stable, found)
    if not blocks:
        return min(len(stable), len(found))
    last = blocks[-1]
    missed = len(stable) - (last.a + last.size)  # taken to be replaced, one for one
    return min(len(found), last.b + last.size + missed)


def _blocks(stable: Sequence[str], found: Sequence[str]) -> list[Match]:
    """List the stretches that two texts have in common, in the same order."""
    old, new = [bare(unit) for unit in stable], [bare(unit) for unit in found]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return [block for block in blocks if block.size]
