"""Amounts, dates and numbers as they are printed, and what they mean where that is certain."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from assistant.languages.sight import Kind

_CURRENCY = r"(?:[$€£¥₹]|US\$|USD|EUR|GBP|CHF|CAD|AUD|JPY|INR|Rs\.?)"
_AMOUNT = re.compile(
    rf"(?<![\w.,/-])(?<!\d:)(?P<minus>[-\u2212(]\s?)?(?P<before>{_CURRENCY})?\s?(?P<inner>[-\u2212])?"
    r"(?P<whole>\d{1,3}(?:[ ,.'\u2019]\s?\d{3})+|\d+)"
    r"(?:\s?[.,]\s?(?P<cents>\d{2}))?(?![\d/]|[.,:-]\d)"
    rf"\s?(?P<after>{_CURRENCY}(?!\w)|%)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<!\w)[A-Z0-9][A-Z0-9]*(?:[-/._:]+[A-Z0-9]+)*(?!\w)", re.IGNORECASE)
_SPACED = re.compile(r"(?<!\w)[A-Z]{1,4}[ -]?\d[\d -]*\d(?!\w)|(?<!\w)\d[\d -]{4,}\d(?!\w)")
_DAY, _YEAR, _MONTH = r"(?:[0-3]?\d)", r"(?:(?:19|20)\d{2}|\d{2})", r"(?:[01]?\d)"
_SEPARATOR = r"\s?[-/.]\s?"
_ORDINAL = r"(?:st|nd|rd|th|\.)?"
_IN_DIGITS = (
    re.compile(
        rf"(?<!\d)(?P<y>(?:19|20)\d\d){_SEPARATOR}(?P<m>{_MONTH}){_SEPARATOR}(?P<d>{_DAY})(?!\d)"
    ),
    re.compile(
        rf"(?<![\d/.-])(?P<a>{_DAY}){_SEPARATOR}(?P<b>{_DAY}){_SEPARATOR}(?P<y>{_YEAR})(?!\d)"
    ),
    re.compile(r"(?<![\d/.-])(?P<m>0?[1-9]|1[0-2])\s?[/-]\s?(?P<y>(?:19|20)\d\d)(?![\d/-])"),
)
CENTURY = 2000
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Value:
    """A value that stands in a text: as printed, and plainly.

    `plain`: an amount as ``1250.00``, a date as ``2024-03-15``; else as printed.
    """

    printed: str
    plain: str
    start: int
    sure: bool = True
    """There is only one way to understand it."""
    rank: int = 0
    """How much it looks like its kind: of several, the highest is meant."""


def find(
    kind: Kind, text: str, months: Sequence[str] = (), *, day_first: bool | None = None
) -> list[Value]:
    """Return the values of a kind in a text, best first, else in its order.

    `months`: their names from January on; `day_first`: what 03/04/2024 means, `None`: not known.
    """
    match kind:
        case "amount":
            found = list(_amounts(text))
        case "date":
            found = list(_dates(text, months, day_first=day_first))
        case "number":
            found = list(_numbers(text, months))
        case "text":
            plain = text.strip(" :;#.-\u2013|\t")
            found = [Value(plain, plain, text.find(plain))] if plain else []
    return sorted(found, key=lambda value: -value.rank)


def amount_of(text: str) -> Decimal | None:
    """Return the best amount in a text as a number; `None`: there is none."""
    found = find("amount", text)
    return Decimal(found[0].plain) if found else None


def _amounts(text: str) -> Iterator[Value]:
    for found in _AMOUNT.finditer(text):
        if found["after"] == "%":
            continue
        whole = re.sub(r"\D", "", found["whole"])
        cents = found["cents"]
        currency = bool(found["before"] or found["after"])
        sign = "-" if found["minus"] or found["inner"] else ""
        plain = sign + whole.lstrip("0").rjust(1, "0") + (f".{cents}" if cents else "")
        printed = found[0].strip(" (")
        yield Value(printed, plain, found.start(), rank=2 * bool(cents) + currency)


def _dates(text: str, months: Sequence[str], *, day_first: bool | None) -> Iterator[Value]:
    taken: list[tuple[int, int]] = []
    for rank, pattern in ((2, _named(months)), *((1, p) for p in _IN_DIGITS)):
        if pattern is None:
            continue
        for found in pattern.finditer(text):
            if any(found.start() < end and start < found.end() for start, end in taken):
                continue
            value = _date(found, months, rank, day_first=day_first)
            if value is not None:
                taken.append(found.span())
                yield value


def _named(months: Sequence[str]) -> re.Pattern[str] | None:
    """Return what dates with the name of a month look like, or its first three letters."""
    if not months:
        return None
    name = "|".join(
        sorted(
            {re.escape(form) for m in months for form in (m, m[:3], m[:4])}, key=len, reverse=True
        )
    )
    before = rf"(?P<d>{_DAY}){_ORDINAL}[\s-]*(?:of\s)?(?P<n>{name})\.?,?[\s-]*(?P<y>{_YEAR})"
    day = rf"(?P<d2>{_DAY}){_ORDINAL}(?:,[\s-]*|[\s-]+)"
    after = rf"(?P<n2>{name})\.?[\s-]*(?:{day})?(?P<y2>(?:19|20)\d\d)"
    return re.compile(rf"(?<!\w)(?:{before}|{after})(?!\d)", re.IGNORECASE)


def _date(
    found: re.Match[str], months: Sequence[str], rank: int, *, day_first: bool | None
) -> Value | None:
    parts = {name[0]: part for name, part in found.groupdict().items() if part}
    year = int(parts["y"]) + (CENTURY if len(parts["y"]) == 2 else 0)  # noqa: PLR2004 - '24
    printed, sure = found[0].strip(), True
    if "n" in parts:
        month = 1 + next(
            i for i, name in enumerate(months) if name.lower().startswith(parts["n"].lower()[:3])
        )
        day = int(parts.get("d", 0))
    elif "a" in parts:
        first, second = int(parts["a"]), int(parts["b"])
        if first > MONTHS or (day_first and second <= MONTHS):
            day, month = first, second
        else:
            month, day = first, second
        sure = first > MONTHS or second > MONTHS or first == second or day_first is not None
    else:
        month, day = int(parts["m"]), int(parts.get("d", 0))
    try:
        plain = date(year, month, day or 1).isoformat()
    except ValueError:
        return None
    plain = plain if day else plain[:7]
    return Value(printed, plain if sure else printed, found.start(), sure=sure, rank=rank)


def _numbers(text: str, months: Sequence[str]) -> Iterator[Value]:
    dates = [
        (value.start, value.start + len(value.printed))
        for value in _dates(text, months, day_first=None)
    ]
    taken: list[tuple[int, int]] = []
    for rank, pattern in ((2, _SPACED), (1, _NUMBER)):
        for found in pattern.finditer(text):
            span = found.span()
            if not any(letter.isdigit() for letter in found[0]):
                continue
            if any(span[0] < end and start < span[1] for start, end in taken):
                continue
            taken.append(span)
            printed = found[0].strip()
            is_date = any(span[0] < end and start < span[1] for start, end in dates)
            yield Value(printed, printed, span[0], rank=-1 if is_date else rank)
