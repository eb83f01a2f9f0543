"""A long letter read aloud, a paragraph at a time: go on, repeat, go back, spell that.

Pure: `step` takes what was wished and where the reading is, and returns where it is then and what
is said. A text is content: what stands in it changes nothing here.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from assistant.languages.pack import Pack, normalised

PAUSE = "\n\n"
"""Stands in a text where one who reads it aloud waits for "go on"."""


class Wish(Enum):
    """What a listener wants of one who reads to them."""

    GO_ON = auto()
    REPEAT = auto()
    BACK = auto()
    SPELL = auto()


@dataclass(frozen=True, slots=True)
class Reading:
    """A text that is being read: its paragraphs, and how many of them were."""

    paragraphs: tuple[str, ...]
    read: int = 0

    @property
    def ended(self) -> bool:
        """All of it was read."""
        return self.read >= len(self.paragraphs)

    @property
    def newest(self) -> str:
        """The paragraph that was read last."""
        return self.paragraphs[self.read - 1] if self.read else ""


def wish(text: str, pack: Pack) -> tuple[Wish, str] | None:
    """Return what words wish of a reading, and of what; `None`: something else is meant."""
    said = normalised(text)
    courtesies = {word for phrase in pack.courtesies for word in normalised(phrase)}
    while said and said[-1] in courtesies:
        said = said[:-1]
    while said and said[0] in courtesies:
        said = said[1:]
    words = pack.sight
    for kind, phrases in (
        (Wish.GO_ON, words.go_on),
        (Wish.REPEAT, words.repeat),
        (Wish.BACK, words.back),
    ):
        if said in {normalised(phrase) for phrase in phrases}:
            return kind, ""
    for phrase in sorted(map(normalised, words.spell), key=len, reverse=True):
        if phrase and said[: len(phrase)] == phrase:
            return Wish.SPELL, " ".join(said[len(phrase) :])
    return None


def step(reading: Reading, wanted: Wish, of: str, pack: Pack) -> tuple[Reading, str]:
    """Return where the reading is after a wish, and what is said."""
    says = pack.sight.says
    if wanted is Wish.SPELL:
        return reading, spelt(_meant(reading.newest, of)) or says["nothing to spell"]
    goes = {Wish.GO_ON: 1, Wish.BACK: -1}.get(wanted, 0 if reading.read else 1)
    if goes > 0 and reading.ended:
        return reading, says["read end"]
    if goes < 0 and reading.read <= 1:
        return reading, says["read begin"]
    there = replace(reading, read=reading.read + goes)
    return there, there.newest


class Aloud:
    """What is being read aloud in a conversation; a draft that is discarded has read nothing."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._turn = 0
        self._before = self._after = Reading(())

    def begin(self, turn: int, text: str) -> str:
        """Return the first piece of a text, for a turn; what was read before is over."""
        pieces = tuple(text.split(PAUSE))
        self._keep(turn, Reading(pieces, 1))
        more = self.pack.sight.says["read more"]
        return pieces[0] if len(pieces) == 1 else f"{pieces[0]} … {more}"

    def go_on(self, turn: int, text: str) -> str | None:
        """Return what words wish to hear of it; `None`: they are about something else."""
        reading = self._at(turn)
        wanted = wish(text, self.pack)
        if wanted is None or len(reading.paragraphs) < 2:  # noqa: PLR2004 - all of it was said
            return None
        there, said = step(reading, *wanted, self.pack)
        ended = wanted[0] is Wish.GO_ON and there == reading
        self._keep(turn, Reading(()) if ended else there)
        return said

    def stop(self) -> None:
        """Keep nothing of it."""
        self._before = self._after = Reading(())

    def _at(self, turn: int) -> Reading:
        """Return how far it was when the turn began: a turn may be thought of more than once."""
        return self._before if turn == self._turn else self._after

    def _keep(self, turn: int, reading: Reading) -> None:
        self._turn, self._before, self._after = turn, self._at(turn), reading


def _meant(text: str, of: str) -> str:
    """Return what is to be spelt: the words that were named, else the last name or number."""
    tokens = [token.strip(".,;:!?()\"'\u201c\u201d") for token in text.split()]
    if of:
        named = normalised(of)
        for at in range(len(tokens)):
            if normalised(" ".join(tokens[at : at + len(named)])) == named:
                return " ".join(tokens[at : at + len(named)])
        return of
    begins = {0} | {at + 1 for at, token in enumerate(text.split()) if token[-1:] in ".!?"}
    special = [
        token
        for at, token in enumerate(tokens)
        if any(map(str.isdigit, token))
        or "@" in token
        or (token[:1].isupper() and at not in begins)
    ]
    return (special or tokens or [""])[-1]


def spelt(text: str) -> str:
    """Return a text letter by letter, as a voice can say it."""
    return ", ".join("space" if letter == " " else letter.upper() for letter in text)
