"""Leaves out what is left of the name at the start of what was understood.

The turn begins where the name ended, give or take a tenth of a second, so that a syllable or a
word of it may be heard still; and who may go on without the name says it all the same.
"""

import re
from difflib import SequenceMatcher

from assistant.languages.pack import normalised

ALIKE = 0.72
"""Likeness, 0 to 1, from which on letters are those of the name: "Hey Minecraft" is for "Hey
Mycroft", "Travis" is not for "Jarvis"."""
_TOKEN = re.compile(r"\S+")
_BETWEEN = " \t,.;:!?-\u2013\u2014\u2026"


def without_name(text: str, names: tuple[str, ...]) -> str:
    """Return the text behind a name, or behind the last words of one; else the whole text."""
    best, behind = ALIKE, 0
    for ending in (ending for name in names for ending in _endings(name)):
        for token in list(_TOKEN.finditer(text))[: len(ending) + 1]:
            heard = "".join(normalised(text[: token.end()]))
            likeness = SequenceMatcher(None, heard, "".join(ending), autojunk=False).ratio()
            if likeness >= best:
                best, behind = likeness, token.end()
    return text[behind:].lstrip(_BETWEEN) if behind else text


def _endings(name: str) -> list[tuple[str, ...]]:
    """List the name and its last words: "hey jarvis", "jarvis"."""
    words = normalised(name)
    return [words[start:] for start in range(len(words))]
