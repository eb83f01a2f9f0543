"""The sound of a turn that is still being decoded, and the words of what was dropped of it.

So that a long monologue stays bounded, sound whose words will not change is dropped: in a pause
if there is one, never so that less than `KEPT_S` is left.
"""

import numpy as np

from assistant.listening.agreement import Agreement, units
from assistant.listening.cuts import Cut, anywhere, cuts
from assistant.ports import RATE, Samples, Transcript, Word

TRIM_S = 12.0
"""A longer window is cut in the pause after a sentence."""
CUT_S = 16.0
"""A longer one between any two words that will not change or were said twice alike."""
LONGEST_S = 22.0
"""A longer one wherever it must be: with its padding, a decode should fit into Whisper's 30 s."""
KEPT_S = 4.0
"""So much is kept: context for the words to come."""


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
        last = heard.covers / RATE - KEPT_S
        places = [cut for cut in cuts(heard, self.sound(self.end)) if cut.at <= last * RATE]
        held = [cut for cut in places if agreement.held(cut.units)]
        repeated = [cut for cut in places if agreement.repeated(cut.units)]
        if natural := [cut for cut in held if cut.pause and cut.sentence]:
            self._drop(natural[-1], heard, agreement.trim(agreement.held(natural[-1].units)))
        elif self.seconds > CUT_S and held:
            cut = _best(held)
            self._drop(cut, heard, agreement.trim(agreement.held(cut.units)))
        elif (self.seconds > CUT_S and repeated) or self.seconds > LONGEST_S:
            cut = _best(repeated or places or [anywhere(heard, last)])
            agreement.settle(heard.text)
            self._drop(cut, heard, agreement.trim(cut.units))

    def _drop(self, cut: Cut, heard: Transcript, shown: str) -> None:
        offset = self.start / RATE
        self.head_words += [
            Word(word.text, word.start + offset, word.end + offset)
            for word in heard.words[: cut.words]
        ]
        self.head = joined(self.head, "".join(units(heard.text)[: cut.units]))
        self.shown = joined(self.shown, shown)
        self._pieces = [self.sound(self.end)[cut.at :].copy()]
        self._length -= cut.at
        self.start += cut.at


def _best(places: list[Cut]) -> Cut:
    """Return the last place with a pause, or the last."""
    return ([cut for cut in places if cut.pause] or places)[-1]


def joined(head: str, tail: str) -> str:
    """Put two texts together; scripts without spaces get none."""
    head, tail = head.rstrip(), tail.lstrip()
    between = " " if head and tail and not _spaceless(head[-1] + tail[0]) else ""
    return head + between + tail


def _spaceless(letters: str) -> bool:
    return len(units(f"{letters}{letters}")) > 1
