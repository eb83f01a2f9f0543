"""Word error rate: how many words of what was said were heard wrongly."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from num2words import num2words

_FILLERS = frozenset({"uh", "um", "uhm", "mm", "mmm", "hmm", "er", "erm", "ah"})
_SPELLINGS = {
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "ok": "okay",
    "em": "them",
    "o'clock": "oclock",
    "etcetera": "etc",
}
_YEARS = range(1100, 2100)
"""Four digits in this range are read in pairs: 1813 is "eighteen thirteen"."""
_SPELLED_OUT = 5
"""So many digits with no comma, or a leading zero, are read digit by digit."""
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:(?:st|nd|rd|th)\b)?")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00b4": "'"})


@dataclass(frozen=True, slots=True)
class Errors:
    """How a text differs from what was said, in words."""

    substituted: int = 0
    deleted: int = 0
    inserted: int = 0
    words: int = 0
    """Words that were said."""

    @property
    def wrong(self) -> int:
        """Edits that turn one into the other."""
        return self.substituted + self.deleted + self.inserted

    @property
    def rate(self) -> float:
        """Word error rate: edits per word said (may exceed 1)."""
        return self.wrong / self.words if self.words else float(self.wrong > 0)

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.substituted + other.substituted,
            self.deleted + other.deleted,
            self.inserted + other.inserted,
            self.words + other.words,
        )


def normalised(text: str, language: str = "en") -> list[str]:
    """Return the words as they are spoken: lower case, no marks, no fillers, digits as words.

    Languages written without spaces come out as one word a character.
    """
    text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    text = text.replace("%", " percent " if language == "en" else " % ")
    text = _NUMBER.sub(lambda found: f" {_spoken(found[0], language)} ", text)
    words = []
    for raw in re.findall(r"[\w']+", text):
        word = raw.strip("'_")
        word = _SPELLINGS.get(word, word)
        if word and word not in _FILLERS:
            words += list(word) if _unspaced(word) else [word]
    return words


def errors(said: str, heard: str, language: str = "en") -> Errors:
    """Compare two texts after normalising both (Levenshtein distance over words)."""
    return _distance(normalised(said, language), normalised(heard, language))


def total(parts: Iterable[Errors]) -> Errors:
    """Add up the errors of many utterances; the rate is then that of all words."""
    return sum(parts, Errors())


def _spoken(number: str, language: str) -> str:
    digits = re.sub(r"(st|nd|rd|th)$", "", number)
    ordinal = digits != number
    plain = digits.replace(",", "")
    if digits.isdigit() and (len(digits) >= _SPELLED_OUT or re.match(r"0\d", digits)):
        return " ".join(num2words(int(digit), lang=language) for digit in digits)
    if "." in plain:
        spoken = num2words(float(plain), lang=language)
    elif ordinal:
        spoken = num2words(int(plain), to="ordinal", lang=language)
    elif digits == plain and len(plain) == len("1813") and int(plain) in _YEARS:
        spoken = num2words(int(plain), to="year", lang=language)
    else:
        spoken = num2words(int(plain), lang=language)
    return str(spoken).replace("-", " ").replace(" and ", " ")


def _unspaced(word: str) -> bool:
    return any("\u3040" <= letter <= "\u9fff" for letter in word)


def _distance(said: Sequence[str], heard: Sequence[str]) -> Errors:
    # One row of the edit matrix at a time; a cell holds (edits, substituted, deleted, inserted).
    row = [(column, 0, 0, column) for column in range(len(heard) + 1)]
    for line, word in enumerate(said, start=1):
        above, row = row, [(line, 0, line, 0)]
        for column, other in enumerate(heard, start=1):
            edits, subs, dels, adds = above[column - 1]
            wrong = int(word != other)
            best = (edits + wrong, subs + wrong, dels, adds)
            edits, subs, dels, adds = above[column]
            best = min(best, (edits + 1, subs, dels + 1, adds))
            edits, subs, dels, adds = row[column - 1]
            row.append(min(best, (edits + 1, subs, dels, adds + 1)))
    _, subs, dels, adds = row[-1]
    return Errors(subs, dels, adds, len(said))
