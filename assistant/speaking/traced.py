"""Text that remembers, through every rewriting, where it came from."""

import re
from collections.abc import Callable

Rewrite = str | Callable[[re.Match[str]], str | None]
"""What takes the place of a match: a text, or a function; it returns None to leave it alone."""


class Traced:
    """A text and, for each of its characters, the place in the original that it stands for.

    All characters of a replacement stand for the start of what they replace, so a number that
    was said by half is not yet said.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.origins = tuple(range(len(text)))

    def sub(self, pattern: re.Pattern[str], rewrite: Rewrite) -> None:
        """Rewrite each match of the pattern.

        A text that begins or ends as its match does keeps those characters' own places.
        """
        texts: list[str] = []
        origins: list[int] = []
        at = 0
        for match in pattern.finditer(self.text):
            new = rewrite if isinstance(rewrite, str) else rewrite(match)
            if new is None:
                continue
            start, end = match.span()
            head = _common(match.group(), new)
            tail = _common(match.group()[head:][::-1], new[head:][::-1])
            texts += [self.text[at:start], new]
            origins += self.origins[at : start + head]
            anchor = self.origins[start + head] if start + head < len(self.text) else -1
            origins += [anchor] * (len(new) - head - tail)
            origins += self.origins[end - tail : end]
            at = end
        self.text = "".join([*texts, self.text[at:]])
        self.origins = (*origins, *self.origins[at:])

    def strip(self) -> None:
        """Drop white space from both ends."""
        start = len(self.text) - len(self.text.lstrip())
        end = len(self.text.rstrip())
        self.text = self.text[start:end]
        self.origins = self.origins[start:end]


def _common(one: str, other: str) -> int:
    """Count the characters that two texts have in common at their start."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
