"""Is a question about something that can be seen? Rules of the language pack, in microseconds.

They read the words as far as they have come, so that a camera can be open when the question is
over. What they miss, the `look` tool recovers: a mind that wants to see asks for it.
"""

import re
from dataclasses import dataclass

from assistant.languages.pack import Pack, normalised
from assistant.ports import Before, Detail, Source

NOTHING = re.compile(r"(?!)")
"""Matches nothing."""
LONGEST = 40
"""Words of a sentence; a longer one is no question: it is read aloud, or dictated."""
_SENTENCE_END = re.compile(r"[.?!]+(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Wish:
    """Where to look, and how closely."""

    source: Source
    detail: Detail


class Visual:
    """The rules of one language, compiled."""

    def __init__(self, pack: Pack) -> None:
        sights = pack.sights
        self._shown = _compiled(sights.shown)
        self._pointing = _compiled(sights.pointing)
        self._near = _compiled(sights.near)
        self._vague = _compiled(sights.vague)
        self._screen = _compiled(sights.screen)
        self._file = _compiled(sights.file)
        self._asides = _compiled(sights.asides)
        self._never = _compiled(sights.never)
        self._reading = _compiled(sights.reading)
        self._lead = (
            re.compile(rf"^(?:(?:{'|'.join(sights.leads)}) )+") if sights.leads else NOTHING
        )
        self._refers = _compiled(sights.refers)

    def wish(self, text: str, *, before: Before = "nothing") -> Wish | None:
        """Return where a question wants to look; `None`: nowhere.

        `before`: after words, "what is that?" may be about them; after a picture, "what colour is
        it?" is about that.
        """
        alone = True
        for sentence in _SENTENCE_END.split(text):
            said = normalised(sentence)
            words = " ".join(said) if len(said) <= LONGEST else ""
            words = " ".join(self._asides.sub("", words).split())
            if (source := self._source(words, before=before, alone=alone)) is not None:
                reads = source == "screen" or self._reading.search(words) is not None
                return Wish(source, "read" if reads else "glance")
            alone = alone and not self._lead.sub("", f"{words} ")
        return None

    def refers(self, text: str) -> bool:
        """Tell whether a question may go on about the picture of the one before."""
        words = " ".join(normalised(text))
        return self._refers.search(words) is not None and not self._never.search(words)

    def _source(self, words: str, *, before: Before, alone: bool) -> Source | None:
        if self._never.search(words):
            return None
        bare = self._lead.sub("", words)
        if self._screen.search(words):
            return "screen"
        if self._file.search(words):
            return "file"
        for asked in {words, bare}:
            if (
                self._shown.search(asked)
                or (before != "picture" and self._near.search(asked))
                or (before != "picture" and alone and self._pointing.search(asked))
                or (before == "nothing" and self._vague.search(asked))
            ):
                return "camera"
        return None


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else NOTHING
