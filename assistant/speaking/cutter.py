"""Where a text that grows can be cut into chunks that are good to speak."""

import re

from assistant.speaking.lexicon import Lexicon

FIRST_WORDS = 3
"""Words of the shortest first clause: less sounds chopped, and saves nothing."""
MOST_WORDS = 12
"""Words of the longest chunk: bounds how long a voice stays busy once it is cancelled."""
_FIT_WORDS = 10  # where no breath offers itself, so that no single word is left over
_LEAST_WORDS = 4  # before a cut inside a sentence
_LINK = 200  # characters that an open bracket may keep a clause from ending

_MARKS = re.compile(
    "[.!?\u2026]+[\"')\\]*_`\u201d\u2019\u00bb]*(?=\\s)"  # followed by white space
    "|[\u3002\uff01\uff1f\uff0e]+[\u300d\u300f\u201d\u2019)\uff09\u3011]*"  # CJK: by nothing
    "|\\n"
)
_LAST_MARK = re.compile(
    "[.!?\u2026\u3002\uff01\uff1f\uff0e]+[\"')\\]*_`\u201d\u2019\u00bb\u300d\u300f]*$"
)
_CLAUSE = re.compile(
    "[,;:][\"')*_\u201d\u2019]*(?=\\s)|\u2014|\\s\u2013(?=\\s)|[\u3001\uff0c\uff1b\uff1a]"
)
_WORD = re.compile(r"\S+")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WIDE_WORD = 2  # characters of Chinese, Japanese and Korean that take as long as a word
_LISTED = re.compile(r"(?:^|\n|[.!?:;]\s)\s*\d{1,3}\.$")
_INITIAL = re.compile(r"(?:^|[\s(\"'])[A-HJ-Z]\.$")
_LETTERED = re.compile(r"(?:^|[\s(\"'])(?:[A-Za-z]\.){2,}$")
_NUMBER = re.compile(r"\d\.$")


class Cutter:
    """Holds what is not yet a chunk, and knows where the next one ends."""

    def __init__(self, words: Lexicon, most_words: int) -> None:
        self._words = words
        self._most = most_words
        self._first = True
        self._held = ""
        short = {*words.titles, *words.abbreviations}
        self._titles = frozenset(text.lower() for text in words.titles if text != "No.")
        self._short = frozenset(text.lower() for text in short if text != "No.")

    def add(self, piece: str) -> None:
        """Take more text."""
        self._held += piece

    def may_go(self) -> bool:
        """A pause would end a chunk now."""
        return self._pause() > 0

    def paused(self) -> str | None:
        """Return what a pause ends."""
        end = self._pause()
        if self._count(self._held[:end]) > self._most:
            end = self._breath(end)
        return self._take(end) if end else None

    def cut(self) -> str | None:
        """Return the next chunk that is whole whatever may follow, if there is one."""
        end = self._sentence()
        if self._first and (clause := self._clause(FIRST_WORDS, end or len(self._held))):
            end = clause
        if self._count(self._held[: end or None]) > self._most:
            whole = end > 0 or self._held[-1:].isspace()
            if whole or self._count(self._held) > self._most + 1:
                end = self._breath(end or len(self._held))
        return self._take(end) if end else None

    def rest(self) -> list[str]:
        """Return all that is left, at the end of the text."""
        chunks: list[str] = []
        while (chunk := self.cut()) is not None:
            chunks.append(chunk)
        while self._count(self._held) > self._most:
            chunks.append(self._take(self._breath(len(self._held))))
        if self._held.strip():
            chunks.append(self._take(len(self._held)))
        return chunks

    def _take(self, end: int) -> str:
        while end < len(self._held) and self._held[end].isspace():
            end += 1
        chunk, self._held = self._held[:end], self._held[end:]
        self._first = False
        return chunk

    def _count(self, text: str) -> int:
        """Count words; two wide characters take as long as one."""
        wide = len(_WIDE.findall(text))
        return len(_WORD.findall(text)) + wide // _WIDE_WORD

    def _sentence(self) -> int:
        """Return the end of the first whole sentence or line, or 0."""
        for match in _MARKS.finditer(self._held):
            line = match.group() == "\n"
            if self._held[: match.start()].strip() and (line or self._ends(match.end())):
                return match.end()
        return 0

    def _ends(self, end: int) -> bool:
        """A mark that white space follows ends a sentence here."""
        text, after = self._held[:end], self._held[end:].lstrip()
        word = (
            text.rsplit(maxsplit=1)[-1]
            .lstrip("(\"'*_\u201c\u2018")
            .rstrip("\"')]*_`\u201d\u2019\u00bb")
        )
        if not word.endswith((".", "\u2026")):
            return True
        if word.endswith(("..", "\u2026")):
            return bool(after) and not after[0].islower()
        if word == "No.":
            return bool(after) and not after[0].isdigit()
        if word.lower() in self._titles or _LISTED.search(text) or _INITIAL.search(text):
            return False
        return self._short_ends(word, after) or not self._is_short(word, text)

    def _is_short(self, word: str, text: str) -> bool:
        return word.lower() in self._short or _LETTERED.search(text) is not None

    def _short_ends(self, word: str, after: str) -> bool:
        """An abbreviation ends a sentence if the next word, which is there, begins one."""
        follower = _WORD.match(after)
        if follower is None or len(follower.group()) == len(after):
            return False
        starts = follower.group().rstrip(",")
        lettered = word.lower() not in self._short or word.isupper()
        return starts in self._words.starters if lettered else starts[:1].isupper()

    def _clause(self, least: int, end: int) -> int:
        """Return the end of the first clause with so many words, or 0."""
        for match in _CLAUSE.finditer(self._held, 0, end):
            before, after = self._held[: match.end()], self._held[match.end() :].lstrip()
            numbers = before[-2:-1].isdigit() and (not after or after[0].isdigit())
            if self._count(before) >= least and not numbers and not self._open(before):
                return match.end()
        return 0

    @staticmethod
    def _open(text: str) -> bool:
        """A link's bracket is open at the end of the text."""
        start = max(text.rfind("["), text.rfind("]("))
        return start >= 0 and len(text) - start < _LINK and not _closed(text[start:])

    def _pause(self) -> int:
        """Return the end of the chunk that a pause would end, or 0."""
        held = self._held
        if not held.strip():
            return 0
        if match := _LAST_MARK.search(held.rstrip()):
            mark = match.group()[0]
            if mark not in ".\u2026" or self._pause_ends(held.rstrip()):
                return len(held)
        if self._first:
            end = 0
            for match in _WORD.finditer(held):
                if match.end() < len(held):
                    end = match.end()
            if self._count(held[:end]) >= FIRST_WORDS and not self._open(held[:end]):
                return end
        return 0

    def _pause_ends(self, text: str) -> bool:
        """A full stop that a pause follows ends a sentence: it is no abbreviation or number."""
        word = text.rsplit(maxsplit=1)[-1].lower().lstrip("(\"'*_\u201c")
        number = _NUMBER.search(text) is not None and not self._held[-1].isspace()
        unsure = (_LISTED, _INITIAL, _LETTERED)
        return not (word in self._short or number or any(form.search(text) for form in unsure))

    def _breath(self, end: int) -> int:
        """Return where to cut a text that is too long: a clause, a conjunction, any word."""
        spans = [match.span() for match in _WORD.finditer(self._held, 0, end)]
        ends = [stop for _, stop in spans if self._count(self._held[:stop]) <= self._most]
        if not ends or len(ends) == len(spans):
            return self._wide_cut(end)
        for match in reversed(list(_CLAUSE.finditer(self._held, 0, ends[-1] + 1))):
            if match.end() <= ends[-1] and self._count(self._held[: match.end()]) >= _LEAST_WORDS:
                return match.end()
        for number in range(len(ends), _LEAST_WORDS - 1, -1):
            if self._bare(spans[number]) in self._words.conjunctions:
                return ends[number - 1]
        number = min(len(ends), _FIT_WORDS if self._most == MOST_WORDS else self._most)
        while number > _LEAST_WORDS and self._bare(spans[number - 1]) in self._words.leaning:
            number -= 1
        return ends[number - 1]

    def _wide_cut(self, end: int) -> int:
        """Cut a text without spaces by its length."""
        return min(end, self._most * _WIDE_WORD)

    def _bare(self, span: tuple[int, int]) -> str:
        return self._held[slice(*span)].strip("\"'*_(),").lower()


def _closed(text: str) -> bool:
    """A text that begins with a link's bracket closes it: `[…](…)`, or `[…]` and no link."""
    if text.startswith("]("):
        return ")" in text
    return "]" in text and not text.endswith("]")
