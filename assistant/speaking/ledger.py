"""Which words have been heard, told from how much of a track has been played."""

import re
from dataclasses import dataclass, field

from assistant.ports import Spoken
from assistant.speaking.plain import Sentence

_TOLERANCE = 0.02
"""Seconds: a word that lacks less than this was heard."""
_PACE = 15.0
"""Characters a second, of a sentence whose sound is not complete and has no marks."""
_NEXT_WORD = re.compile(r"\S*\s*")


@dataclass(slots=True)
class _Entry:
    sentence: Sentence
    marks: list[tuple[int, float]] = field(default_factory=list)
    """Offsets in the spoken text, and the place on the track where what is there begins."""
    start: float = 0.0
    end: float = 0.0
    whole: bool = False

    def heard(self, position: float) -> str | None:
        """Return the written words heard up to this place on the track; None: all of them."""
        if not self.sentence.spoken or (self.whole and position >= self.end - _TOLERANCE):
            return None
        if self.end <= self.start or position <= self.start:
            return ""
        offset = self._marked(position) if self.marks else self._guessed(position)
        if self.whole and offset >= len(self.sentence.spoken):
            return None
        return self.sentence.heard(offset)

    def _marked(self, position: float) -> int:
        """Return the offset of the first word that has not been played to its end."""
        for (offset, _), (_, ends) in zip(self.marks, self.marks[1:], strict=False):
            if ends > position + _TOLERANCE:
                return offset
        last = self.marks[-1][0]
        if position < self.end - _TOLERANCE:
            return last
        after = _NEXT_WORD.match(self.sentence.spoken, last)
        return after.end() if after else last

    def _guessed(self, position: float) -> int:
        text = self.sentence.spoken
        total = self.end - self.start
        if not self.whole:
            total = max(total, len(text) / _PACE)
        at = int(len(text) * (position + _TOLERANCE - self.start) / total)
        if at >= len(text):
            return len(text)
        return max(text.rfind(" ", 0, at + 1) + 1, 0)


class Ledger:
    """What was written, what was spoken of it, and where on the track it is.

    A mark at the end of its text says where speech ends and the pause after it begins.
    """

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def add(self, sentence: Sentence) -> int:
        """Take the next sentence; returns its number, from 0."""
        self._entries.append(_Entry(sentence))
        return len(self._entries) - 1

    def sound(self, number: int, spoken: Spoken, start: float, end: float) -> None:
        """Put on record that some sound of a sentence is on the track from `start` to `end`."""
        entry = self._entries[number]
        if entry.end <= entry.start:
            entry.start = start
        entry.end = end
        entry.marks += [(offset, start + at) for offset, at in spoken.marks]

    def whole(self, number: int) -> None:
        """All sound of this sentence is on the track."""
        self._entries[number].whole = True

    @property
    def written(self) -> str:
        """All that was written so far."""
        return "".join(entry.sentence.written for entry in self._entries).strip()

    def heard(self, position: float) -> str:
        """Return the written words that were heard up to this place on the track.

        What cannot be spoken, such as code, counts once what stands before it was heard.
        """
        heard, silent = "", ""
        for entry in self._entries:
            part = entry.heard(position)
            if part is not None:
                return (heard + silent + part if part else heard).strip()
            if entry.sentence.spoken:
                heard += silent + entry.sentence.written
                silent = ""
            elif heard:
                heard += entry.sentence.written
            else:
                silent += entry.sentence.written
        return heard.strip()
