"""The sound of a turn that is still being decoded, and the words of what was dropped of it.

So that a long monologue stays bounded, sound whose words will not change is dropped: at the end
of a sentence or in a gap between two words, never so that less than `KEPT_S` is left.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from assistant.listening.agreement import Agreement, bare, units
from assistant.ports import RATE, Samples, Transcript, Word

TRIM_S = 12.0
"""A longer window is cut, at the end of a sentence or in a pause."""
CUT_S = 16.0
"""A longer one between any two words that will not change or were said twice alike."""
LONGEST_S = 22.0
"""A longer one wherever it must be: with its padding, a decode should fit into Whisper's 30 s."""
KEPT_S = 4.0
"""So much is kept: context for the words to come."""
GAP_S = 0.3
"""A pause between two words."""
_ENDS = ".?!\u3002\uff1f\uff01\u0964\u061f"


@dataclass(frozen=True, slots=True)
class _Cut:
    """Between two words: seconds in the window, and how many units of the text lie before."""

    at: float
    units: int
    natural: bool


class Window:
    """The newest sound of a turn; `start` is where it begins, in samples of the turn."""

    def __init__(self) -> None:
        self.start = 0
        self._pieces: list[Samples] = []
        self._length = 0
        self.head = ""
        """The text of the sound that was dropped, as the last decode of it had it."""
        self.shown = ""
        """The same as it was shown when it became stable."""
        self.head_words: list[Word] = []

    @property
    def end(self) -> int:
        """So many samples of the turn were fed."""
        return self.start + self._length

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self._length / RATE

    def feed(self, samples: Samples) -> None:
        """Take more sound."""
        self._pieces.append(np.array(samples, np.int16))
        self._length += len(samples)

    def sound(self, end: int) -> Samples:
        """Return the window's sound up to a position in the turn."""
        if len(self._pieces) != 1:
            self._pieces = [np.concatenate([np.zeros(0, np.int16), *self._pieces])]
        return self._pieces[0][: max(0, end - self.start)]

    def trim(self, heard: Transcript, agreement: Agreement) -> None:
        """Drop sound that is understood for good, if the window has become too long.

        `heard` is of this window's sound, and the newest hypothesis that `agreement` took.
        """
        if self.seconds <= TRIM_S:
            return
        end = heard.covers / RATE  # of the sound that was decoded, within the window
        cuts = [cut for cut in _cuts(heard) if cut.at <= end - KEPT_S]
        held = [cut for cut in cuts if agreement.held(cut.units)]
        natural = [cut for cut in held if cut.natural]
        if natural or (held and self.seconds > CUT_S):
            cut = (natural or held)[-1]
            self._cut(cut, heard, agreement.trim(agreement.held(cut.units)))
        elif self.seconds > CUT_S:
            repeated = [cut for cut in cuts if agreement.repeated(cut.units)]
            if repeated or self.seconds > LONGEST_S:
                cut = (repeated or cuts or [_anywhere(heard, end)])[-1]
                agreement.settle(heard.text)
                self._cut(cut, heard, agreement.trim(cut.units))

    def _cut(self, cut: _Cut, heard: Transcript, shown: str) -> None:
        gone = round(cut.at * RATE)
        offset = self.start / RATE
        self.head_words += [
            Word(word.text, word.start + offset, word.end + offset)
            for word in heard.words
            if word.start < cut.at
        ]
        self.head = joined(self.head, "".join(units(heard.text)[: cut.units]))
        self.shown = joined(self.shown, shown)
        self._pieces = [self.sound(self.end)[gone:].copy()]
        self._length -= gone
        self.start += gone


def joined(head: str, tail: str) -> str:
    """Put two texts together; scripts without spaces get none."""
    head, tail = head.rstrip(), tail.lstrip()
    between = " " if head and tail and not _spaceless(head[-1] + tail[0]) else ""
    return head + between + tail


def _spaceless(letters: str) -> bool:
    return len(units(f"{letters}{letters}")) > 1


def _anywhere(heard: Transcript, end: float) -> _Cut:
    """Cut where no word's place is known: after all of the text, or in what gave none."""
    count = len(units(heard.text))
    return _Cut(end if count else max(0.0, end - KEPT_S), count, natural=False)


def _cuts(heard: Transcript) -> list[_Cut]:
    """List the places between words where text and sound can be parted together."""
    # Words and units are counted in different ways: they meet where as many letters lie before.
    ends, letters = {}, 0
    for number, unit in enumerate(units(heard.text), start=1):
        letters += len(bare(unit))
        ends[letters] = number
    cuts, letters = [], 0
    for word, after in pairwise(heard.words):
        letters += len(bare(word.text))
        if letters in ends:
            gap = after.start - word.end
            natural = gap >= GAP_S or word.text[-1:] in _ENDS
            cuts.append(_Cut((word.end + max(word.end, after.start)) / 2, ends[letters], natural))
    return cuts
