"""Vendor, total, date: labels on a page and what stands beside them.

A value stands behind its label, to its right, or under it. What a page says in its sentences is
no label: those stand at the beginning of a piece of text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.languages.pack import normalised
from assistant.languages.sight import Field, Kind, SightWords
from assistant.looking.page import Page, height_of
from assistant.looking.values import Value, find
from assistant.ports import TextLine

State = Literal["found", "missing", "uncertain"]
"""How far a field is known."""

SURE = 0.8
"""Confidence of the reader from which on a value is believed."""
BELOW = 3.0
"""Heights of a line under which a value under its label stands no more."""
FAR = 40
"""Heights of a line to the right of a label beyond which nothing belongs to it."""
LABEL = 4
"""Words that may stand in a piece between a label and its value."""
ALIKE = 5
"""Letters of a label from which on one of them may be misread."""
TOP = 0.33
"""Part of a page, from its top, in which the vendor stands."""
LARGE = 1.25
"""A name so much higher than other text is the vendor's."""
UNDER = 2
"""The place of what stands under its label."""
SECTION = 5
"""Lines under a label such as "Bill to" that tell of the customer, not of the vendor."""


_NET = re.compile(r"\S+@\S+|(?:https?:|www\.)\S+")
_GLUED = re.compile(r"(?<=\d{2})(?=[A-Z][a-z]{2})")
"""Where a reader loses the space between a number and the next label."""


@dataclass(frozen=True, slots=True)
class Found:
    """A field of a document; `value` is plain (``2024-03-15``, ``1250.00``), `printed` as is."""

    state: State
    value: str | None = None
    printed: str | None = None
    page: int | None = None
    """Counted from 1."""
    why: str = ""
    """What makes it uncertain, for people."""

    def as_json(self) -> dict[str, object]:
        """Return it as plain data."""
        told: dict[str, object] = {"value": self.value, "state": self.state}
        rest = {"printed": self.printed, "page": self.page, "why": self.why}
        return told | {key: value for key, value in rest.items() if value}


MISSING = Found("missing")


@dataclass(frozen=True, slots=True)
class _Candidate:
    value: Value
    line: TextLine
    page: int
    label: int
    """How far down the list of labels its label stands: 0 is the surest."""
    place: int
    """0: in the label's own piece, 1: right of it, 2: under it."""


def field_named(name: str, words: SightWords) -> Field:
    """Return what a field that somebody asks for is like: one that papers have, or its own."""
    asked = " ".join(normalised(name.replace("_", " ").replace("-", " ")))
    if asked in words.fields:
        return words.fields[asked]
    for known in words.fields.values():
        if asked in known.labels:
            first = (asked, *(label for label in known.labels if label != asked))
            return Field(known.kind, first if len(asked.split()) == 1 else (asked, *known.labels))
    kinds = [words.kinds[word] for word in reversed(asked.split()) if word in words.kinds]
    return Field(kinds[0] if kinds else "text", (asked,))


def extract(pages: Sequence[Page], names: Sequence[str], words: SightWords) -> dict[str, Found]:
    """Return each field that is asked for, by the rules alone."""
    day_first = order_of_dates(pages, words)
    return {name: _extract(pages, name, words, day_first=day_first) for name in names}


def order_of_dates(pages: Sequence[Page], words: SightWords) -> bool | None:
    """Tell by all dates of a document whether 03/04/2024 is in April; `None`: none tells."""
    text = "\n".join(page.text for page in pages)
    for first in (True, False):
        read = [find("date", text, words.months, day_first=way) for way in (first, not first)]
        if len(read[0]) > len(read[1]):
            return first
    sure = [v for v in find("date", text, words.months) if v.sure and v.printed[:1].isdigit()]
    for value in sure:
        head = value.printed.replace("-", "/").replace(".", "/").split("/")[0].strip()
        if len(value.plain) == len("2024-03-15") and head.isdigit() and len(head) <= 2:  # noqa: PLR2004
            day, month = int(value.plain[8:]), int(value.plain[5:7])
            if day != month and "/" in value.printed.replace("-", "/").replace(".", "/"):
                return int(head) == day
    return None


def _extract(
    pages: Sequence[Page], name: str, words: SightWords, *, day_first: bool | None
) -> Found:
    field = field_named(name, words)
    found = [
        candidate
        for number, page in enumerate(pages, start=1)
        for candidate in _labelled(page, number, field, words, day_first=day_first)
    ]
    if found:
        return _best(found, field)
    if field == words.fields.get("vendor") and pages:
        return _vendor(pages[0], words)
    if field == words.fields.get("date"):
        return _lone_date(pages, words, day_first=day_first)
    return MISSING


# ── labels ────────────────────────────────────────────────────────────────────────────────────


def _labelled(
    page: Page, number: int, field: Field, words: SightWords, *, day_first: bool | None
) -> Iterator[_Candidate]:
    labels = [normalised(label) for label in field.labels]
    every = _all_labels(words) | set(labels)
    others = every - set(labels)
    for line in _parted(page, every):
        match = _match(line.text, labels, others)
        if match is None:
            continue
        at, rest = match
        for place, candidate in _beside(page, line, rest, field.kind, every):
            values = find(field.kind, candidate.text, words.months, day_first=day_first)
            if field.kind == "text":
                values = [value for value in values if not _is_label(value.printed, every)]
            if values and (place == 0 or _alone(values[0], candidate.text, field.kind)):
                yield _Candidate(values[0], candidate, number, at, place)
                break


def _all_labels(words: SightWords) -> set[tuple[str, ...]]:
    return {normalised(label) for field in words.fields.values() for label in field.labels}


def _parted(page: Page, labels: set[tuple[str, ...]]) -> Iterator[TextLine]:
    """Yield the pieces of a page, parted where a second label begins: "Qty: 21 Refills: 0"."""
    for line in page.lines:
        tokens = _GLUED.sub(" ", line.text).split()
        start, whole = 0, len(line.text)
        for at in range(1, len(tokens) + 1):
            if at < len(tokens) and not _begins(tokens, at, labels):
                continue
            left, top, right, bottom = line.box
            before, after = (len(" ".join(tokens[:n])) / max(1, whole) for n in (start, at))
            box = (
                round(left + (right - left) * min(1, before)),
                top,
                round(left + (right - left) * min(1, after)),
                bottom,
            )
            yield replace(line, text=" ".join(tokens[start:at]), box=box)
            start = at


def _begins(tokens: Sequence[str], at: int, labels: set[tuple[str, ...]]) -> bool:
    """Tell whether a label begins at a token, after a value."""
    if not any(letter.isdigit() for letter in tokens[at - 1]) or not tokens[at][0].isalpha():
        return False
    if tokens[at].endswith(":"):
        return True
    ahead = normalised(" ".join(tokens[at : at + LABEL]))
    known = any(ahead[:n] in labels for n in range(1, len(ahead) + 1))
    return known and at + 1 < len(tokens) and any(map(str.isdigit, "".join(tokens[at + 1 :])))


def _match(
    text: str, labels: Sequence[tuple[str, ...]], others: set[tuple[str, ...]]
) -> tuple[int, str] | None:
    """Return which label a piece of text begins with, and what follows it there."""
    said = normalised(text)
    for at, label in enumerate(labels):
        if said[: len(label)] != label:
            continue
        longer = any(said[: len(o)] == o for o in others if len(o) > len(label))
        if longer:
            continue
        rest = _after(text, len(label))
        begins = rest[:1] in {"", ":", "#", ".", "-", "("} or rest.lstrip()[:1] in {":", "#", "$"}
        words_before = [w for w in rest.split(":", 1)[0].split() if w.isalpha()]
        if begins or len(words_before) == 0 or (":" in rest and len(words_before) < LABEL):
            return at, rest
        if len(said) - len(label) <= LABEL and not rest.rstrip().endswith("."):
            return at + len(labels), rest
    if said in others:
        return None
    for at, label in enumerate(labels):  # a label alone, its spaces or a letter lost
        if _nearly("".join(said), "".join(label)):
            return at + len(labels), ""
    return None


def _nearly(one: str, other: str) -> bool:
    """Tell whether two long words differ by a letter at most: "Totall", "Billto"."""
    if min(len(one), len(other)) < ALIKE or abs(len(one) - len(other)) > 1:
        return False
    differ = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    same = next(differ, min(len(one), len(other)))
    return one[same:] == other[same + 1 :] or one[same + 1 :] in {other[same:], other[same + 1 :]}


def _after(text: str, words: int) -> str:
    """Return what follows the first so many words of a text."""
    at = 0
    for _ in range(words):
        while at < len(text) and not text[at].isalnum():
            at += 1
        while at < len(text) and (text[at].isalnum() or text[at] in "'\u2019"):
            at += 1
    return text[at:]


def _is_label(text: str, others: set[tuple[str, ...]]) -> bool:
    said = normalised(text)
    return said in others or (text.rstrip().endswith(":") and len(said) <= LABEL)


def _alone(value: Value, text: str, kind: Kind) -> bool:
    """Tell whether a piece beside a label is the value, and no sentence that holds one."""
    if kind in {"text", "amount"}:
        return True
    rest = len(normalised(text)) - len(normalised(value.printed))
    return rest <= LABEL


def _beside(
    page: Page, label: TextLine, rest: str, kind: Kind, labels: set[tuple[str, ...]]
) -> Iterator[tuple[int, TextLine]]:
    """Yield what may hold a label's value: its own piece, those right of it, those under it."""
    own = rest.strip(" :#.-\u2013(")
    if own and (kind != "text" or ":" in rest or not own[0].islower()):
        yield 0, replace(label, text=rest)
    high = label.box[3] - label.box[1]
    row = next((row for row in page.rows if any(_same_height(label, one) for one in row)), ())
    for piece in row:
        if piece.box[0] >= label.box[2] - high and piece is not label:
            if piece.box[0] - label.box[2] > FAR * high or _is_label(piece.text, labels):
                break
            yield 1, piece
    usual = height_of(page.lines)
    for piece in sorted(page.lines, key=lambda line: line.box[1]):
        gap = piece.box[1] - label.box[3]
        if -high / 2 < gap < BELOW * usual and piece not in row:
            shared = min(piece.box[2], label.box[2]) - max(piece.box[0], label.box[0])
            if shared > 0 and not _is_label(piece.text, labels):
                yield 2, piece


def _same_height(part: TextLine, piece: TextLine) -> bool:
    """Tell whether a part was cut out of a piece, or is all of it."""
    within = piece.box[0] <= part.box[0] and part.box[2] <= piece.box[2]
    return within and part.box[1] == piece.box[1] and part.box[3] == piece.box[3]


# ── which of several ──────────────────────────────────────────────────────────────────────────


def _best(found: Sequence[_Candidate], field: Field) -> Found:
    """Choose: the surest label, the nearest place; of amounts in a column, the last."""
    surest = min(candidate.label for candidate in found)
    found = [candidate for candidate in found if candidate.label == surest]
    beside = [candidate for candidate in found if candidate.place < UNDER] or found
    if field.kind == "amount":
        chosen = beside[-1]
    else:
        chosen = min(beside, key=lambda one: (one.place, -one.value.rank))
    others = [one for one in beside if one.value.plain.casefold() != chosen.value.plain.casefold()]
    why = _doubt(chosen.value, chosen.line)
    if not why and not all(_sums_up(chosen, other, field) for other in others):
        why = f"the page says {others[0].value.printed} as well"
    return _as_found(chosen.value, chosen.page, why)


def _sums_up(chosen: _Candidate, other: _Candidate, field: Field) -> bool:
    """Tell whether the last amount is no less than the one before: a sum of sums."""
    if field.kind != "amount":
        return False
    return float(chosen.value.plain) >= float(other.value.plain)


def _doubt(value: Value, line: TextLine) -> str:
    if line.confidence < SURE:
        return "hard to read"
    return "" if value.sure else "day and month may be the other way round"


def _as_found(value: Value, page: int, why: str) -> Found:
    state: State = "uncertain" if why else "found"
    return Found(state, value.plain, value.printed, page, why)


# ── fields without a label ────────────────────────────────────────────────────────────────────


def _vendor(page: Page, words: SightWords) -> Found:
    """Return the name that stands largest at the top, or that an address on the net has."""
    labels = _all_labels(words)
    titles = {normalised(title) for title in words.titles} | {
        label for label in labels if len(label) > 1
    }
    customers = {normalised(label) for label in words.fields["customer"].labels}
    names = [
        line
        for line in page.lines
        if line.box[1] < TOP * page.height
        and line.text[0].isalpha()
        and sum(letter.isalpha() for letter in line.text) > len(line.text) / 2
        and not any(normalised(line.text)[: len(title)] == title for title in titles)
        and not _is_label(line.text, labels)
        and not find("date", line.text, words.months)
        and "@" not in line.text
        and not _of_customer(page, line, customers)
    ]
    if not names:
        return MISSING
    usual = height_of(page.lines)
    largest = max(names, key=lambda line: (line.box[3] - line.box[1], -line.box[1]))
    large = largest.box[3] - largest.box[1] > LARGE * usual
    net = _letters(" ".join(_NET.findall(page.text)))
    known = [line for line in names if len(line.text) > LABEL and _letters(line.text) in net]
    company = [line for line in names if words.company & set(normalised(line.text)[-1:])]
    if known:
        chosen = max(known, key=lambda line: len(line.text))
    else:
        chosen = largest if large else (company or names)[0]
    why = "" if known or large or company else "no label says so; it stands first"
    value = Value(chosen.text, chosen.text, 0)
    return _as_found(value, 1, _doubt(value, chosen) or why)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _of_customer(page: Page, line: TextLine, labels: set[tuple[str, ...]]) -> bool:
    """Tell whether a name stands under "Bill to" or the like."""
    high = height_of(page.lines)
    return any(
        normalised(label.text) in labels
        and 0 < line.box[3] - label.box[3] < 2 * SECTION * high
        and min(line.box[2], label.box[2]) > max(line.box[0], label.box[0])
        for label in page.lines
    )


def _lone_date(pages: Sequence[Page], words: SightWords, *, day_first: bool | None) -> Found:
    """Return the only date of a document; receipts give it without a label."""
    dates = [
        (value, number, line)
        for number, page in enumerate(pages, start=1)
        for line in page.lines
        for value in find("date", line.text, words.months, day_first=day_first)
    ]
    if not dates:
        return MISSING
    value, number, line = dates[0]
    several = len({value.plain for value, _, _ in dates}) > 1
    why = "no label says so, and there are others" if several else ""
    return _as_found(value, number, _doubt(value, line) or why)
