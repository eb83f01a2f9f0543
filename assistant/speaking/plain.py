"""The text of a language model becomes text to be spoken.

Markdown, code, tables, addresses and emoji go; numbers, units, signs and abbreviations become
words. What was written is kept beside what is spoken, so that "heard so far" can be told in
written words.
"""

import html
import re
from dataclasses import dataclass
from functools import cache

from assistant.speaking.lexicon import Lexicon, lexicon
from assistant.speaking.numbers import Numbers
from assistant.speaking.traced import Rewrite, Traced

_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")
_NOTHING = re.compile(
    r"\s*(?:([-*_=])(?:\s*\1){2,}|=+|-+|\|?[\s:|]*-[\s:|-]*\|[\s:|-]*)\s*"  # rules, table rules
)
_ROW = re.compile(r"\s*\|")
_CELL = re.compile(r"\s*\|\s*")
_UNENDED = re.compile(r"(?<=\w)$|[,:;]$")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_LINE_STARTS: tuple[tuple[re.Pattern[str], Rewrite], ...] = (
    (re.compile(r"^\s*(?:>\s?)+"), ""),
    (re.compile(r"^\s*#{1,6}\s+"), ""),
    (re.compile(r"^\s*[-*+•·‣]\s+(?:\[[ xX]\]\s+)?"), ""),
    (re.compile(r"^\s*(\d{1,3})[.)](?=\s)"), lambda match: f"{match[1]},"),
)

_URL = r"(?:https?|ftp)://(?:www\.)?([\w.-]+\w)(?::\d+)?((?:/[^\s<>()\[\]*`]*)?)"
_PATH = re.compile(r"/[A-Za-z]+(?:[/_-][A-Za-z]+)*/?")
_SPOKEN_PATH = 24
"""Characters: a longer path of an address is not read out."""
_ENDINGS = (
    r"com|org|net|edu|gov|io|ai|app|dev|info|co\.uk|uk|de|fr|eu|tv|me"
    r"|py|js|ts|md|txt|json|yaml|yml|toml|sh|html|css|csv|pdf|png|jpg|exe|zip|rs|go"
)
_EMOJI = re.compile(
    "(?:[0-9#*]\ufe0f?\u20e3|[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff"
    "\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\ufe00-\ufe0f\u200d"
    "\u20e3\U000e0020-\U000e007f\ufffd])+"
)
_EMOTICON = re.compile(r"(?:(?<=\s)|^)[:;=][-']?[)(DPpO/|*](?=\s|$|[.!?])")
_OPENING = re.compile(r"(?:^|(?<=\s))[*_`~\[(\"\u201c]+$")
_LETTERS = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of an answer as it was written and as it is spoken (empty: nothing to say)."""

    written: str
    spoken: str
    origins: tuple[int, ...] = ()
    """For each character of `spoken` the place in `written` that it stands for."""

    @property
    def asks(self) -> bool:
        """It ends with a question mark."""
        return self.spoken.endswith(("?", "\uff1f", "\u037e", "\u061f"))

    def heard(self, characters: int) -> str:
        """Return what was written for the first so many characters of `spoken`."""
        if characters >= len(self.spoken.rstrip()):
            return self.written
        if characters <= 0:
            return ""
        return _OPENING.sub("", self.written[: self.origins[characters]])


class Plain:
    """Turns one answer, chunk after chunk, into what is spoken of it.

    Keeps what spans chunks: an open code fence, a row of a table, the start of a line.
    """

    def __init__(self, language: str = "en") -> None:
        self._before, self._numbers, self._after = _rules(language)
        self._fenced = False
        self._skipping = False
        self._row = False
        self._fresh = True

    def feed(self, written: str) -> Sentence:
        """Turn the next chunk of the answer into a sentence."""
        spoken: list[str] = []
        origins: list[int] = []
        at = 0
        for line in written.splitlines(keepends=True):
            text = self._line(line)
            if text is not None and text.text:
                if spoken:
                    spoken.append(" ")
                    origins.append(at + text.origins[0])
                spoken.append(text.text)
                origins += [at + origin for origin in text.origins]
            at += len(line)
        return Sentence(written, "".join(spoken), tuple(origins))

    def _line(self, line: str) -> Traced | None:
        fresh, ended = self._fresh, line.endswith("\n")
        if line.strip() or ended:
            self._fresh = ended
        if fresh:
            self._row = _ROW.match(line) is not None
            self._skipping = _FENCE.match(line) is not None
            if self._skipping:
                self._fenced = not self._fenced
        if self._fenced or self._skipping:
            return None
        if fresh and _NOTHING.fullmatch(line):
            return None
        return self._speak(Traced(line), fresh=fresh, ended=ended)

    def _speak(self, text: Traced, *, fresh: bool, ended: bool) -> Traced | None:
        if fresh:
            for pattern, rewrite in _LINE_STARTS:
                text.sub(pattern, rewrite)
        if self._row:
            text.sub(_CELL, ", ")
        for pattern, rewrite in self._before:
            text.sub(pattern, rewrite)
        self._numbers.apply(text)
        for pattern, rewrite in self._after:
            text.sub(pattern, rewrite)
        text.strip()
        if not _LETTERS.search(text.text):
            return None
        if ended:
            text.sub(_UNENDED, ".")
        return text


_Rules = list[tuple[re.Pattern[str], Rewrite]]


def _compiled(rules: list[tuple[str, Rewrite]]) -> _Rules:
    return [(re.compile(pattern), rewrite) for pattern, rewrite in rules]


@cache
def _rules(language: str) -> tuple[_Rules, Numbers, _Rules]:
    words = lexicon(language)
    return _before_numbers(words), Numbers(words), _after_numbers(words)


def _before_numbers(words: Lexicon) -> _Rules:
    """Return the rules for markup, addresses and abbreviations."""

    def dotted(text: str) -> str:
        said = text.replace(".", words.dot).replace("_", " ")
        return _HYPHEN.sub(" dash " if words.dot.strip() == "dot" else "-", said)

    def address(match: re.Match[str]) -> str:
        host, path = match[1], match[2].rstrip(".,;:!?'\"")
        ended = match[2][len(path) :]
        if len(path) <= _SPOKEN_PATH and _PATH.fullmatch(path):
            return dotted(host) + path.rstrip("/").replace("/", words.slash) + ended
        return dotted(host) + ended

    def mail(match: re.Match[str]) -> str:
        return f"{dotted(match[1])}{words.at}{dotted(match[2])}"

    short = {**words.titles, **words.abbreviations}

    def abbreviation(match: re.Match[str]) -> str | None:
        said, rest = short[match[1]], match[2]
        follows = rest.lstrip()
        if match[1] == "No." and not follows.isdigit():
            return None  # the word
        if match[1] == "St." and not follows.isupper():
            said = "Street"
        ends = match[1] in words.abbreviations and (not follows or follows.isupper())
        return f"{said}{'.' if ends else ''}"

    known = "|".join(map(re.escape, sorted(short, key=len, reverse=True))) or r"(?!)"
    return _compiled(
        [
            (r"<!--.*?-->|</?[A-Za-z][^<>]*>(?<!@)", _tag),
            (r"&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z]+);", lambda match: html.unescape(match.group())),
            (r"\\([\\`*_{}\[\]()#+.!|>~$-])", lambda match: match[1]),
            (r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+[\"'][^\"']*[\"'])?\)", lambda match: match[1]),
            (r"\s?\[\^[^\]]*\]:?|\s?\[\d+\](?![(\[])", ""),
            (r"\[([^\[\]]+)\]\[[^\]]*\]", lambda match: match[1]),
            (r"\]\([^\s)]*\)?", ""),
            (r"\b([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)\b", mail),
            (_URL, address),
            (
                rf"\b(?:www\.)?((?:[\w-]+\.)+(?:{_ENDINGS}))(?![\w.]\w)\b",
                lambda match: dotted(match[1]),
            ),
            (_EMOTICON.pattern, ""),
            (r"~(?=[$€£]?\d)", words.symbols.get("~", "")),
            (
                "(?<!\\w)(\\d)['\u2019\u2032](\\d{1,2})(?:[\"\u201d\u2033]|(?!\\w))",
                lambda match: f"{match[1]} foot {match[2]}" if "ft" in words.units else None,
            ),
            (r"(?<=\bC)#", " sharp" if words.numbers == "en" else ""),
            ("→", words.symbols.get("→", "")),
            (_EMOJI.pattern, ""),
            ("[\u2018\u2019\u02bc]", "'"),
            ('["\u201c\u201d\u201e\u00ab\u00bb`]', ""),
            (rf"(?<![\w.])({known})(?!\w)(?=(\s*\S?))", abbreviation),
            (r"\b((?:[A-Za-z]\.){2,})", _initials),
        ]
    )


def _tag(match: re.Match[str]) -> str:
    """Drop a tag; a line break is a pause, an address in angle brackets stays."""
    if "://" in match.group() or "@" in match.group():
        return match.group()
    return ", " if match.group().lower().startswith("<br") else ""


def _initials(match: re.Match[str]) -> str:
    """Spell "U.S." as "U S"; at the end of a text it ends a sentence too."""
    letters = " ".join(match[1].replace(".", ""))
    return letters + ("." if match.end() >= len(match.string.rstrip()) else "")


def _after_numbers(words: Lexicon) -> _Rules:
    """Return the rules for signs and for the punctuation that is left."""
    signs = f"[{''.join(map(re.escape, words.symbols))}]" if words.symbols else r"(?!)"
    times = "month|year|week|day|night|hour|minute|second|person|user|kg|lb|oz|liter|litre"
    return _compiled(
        [
            (r"[-\u2013]{2,3}|\s[-\u2013\u2014\u2015]+\s|[\u2014\u2015]", ", "),
            (r"(?<=[A-Za-z])\u2013(?=[A-Za-z])", "-"),
            (r"[*~]+|(?<!\w)_+|_+(?!\w)", ""),
            (r"(?<=\w)_+(?=\w)", " "),
            (rf"\s?/\s?(?=(?:{times})\b)", words.per or " "),
            (r"(?<=\w)\s?/\s?(?=\w)", " "),
            (signs, lambda match: words.symbols[match.group()]),
            (r"#(?=\w)", "hashtag " if words.numbers == "en" else ""),
            (r"\(\s*\)|\[\s*\]", ""),
            (r"\s*[(\[{]\s*(?=\S)", lambda match: ", " if match.start() else ""),
            (r"\s*[)\]}](?=\s*[\w])", ","),
            (r"[\])}\[({|<>^\\#$€£¥]", " "),
            (r"(?:\.\s?){3,}|…", _ellipsis),
            (r"([!?])[!?]+", lambda match: "?" if "?" in match.group() else "!"),
            (r"(?<![\w.!?])'|'(?!\w)(?<!s')", ""),
            (r"\s+(?=[,.;:!?](?:\s|$))", ""),
            (r"[,;:\s]*,(?:\s*[,;])*(?=\s|$)", ","),
            (r"[,;:]\s*(?=[.!?](?:\s|$))", ""),
            (r"^[\s,.;:!?/-]+", ""),
            (r"\s{2,}|[^\S ]", " "),
        ]
    )


def _ellipsis(match: re.Match[str]) -> str:
    """Read three dots as a pause, or as the end before a capital or the end of the text."""
    rest = match.string[match.end() :].lstrip()
    return ". " if not rest or rest[0].isupper() else ", "
