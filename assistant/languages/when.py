"""Spans and moments in words become numbers: "an hour and a half", "every weekday at seven".

What a language calls them is data (``times`` in its file); what its table does not know is tried
as a date with `dateparser`.
"""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from assistant.languages.pack import load as load_pack
from assistant.languages.spoken import sentences

_DAY_S = 86_400
_MACHINE = re.compile(r"(\d+(?:\.\d+)?)s")
"""A span as a program writes it."""
_HOURS, _MINUTES, _NOON = 24, 60, 12
_EARLY = 7
"""Before this hour people sleep, if nothing else is said."""
_SHORTEST_S, _LONGEST_S = 0.5, 366 * _DAY_S
_DATE = re.compile(r"\d")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Impossible(Exception):  # noqa: N818 - reads as a sentence
    """Words for a moment that there is not; `why` names the answer that says so."""

    def __init__(self, why: str, **slots: object) -> None:
        super().__init__(why)
        self.why, self.slots = why, slots


@dataclass(frozen=True, slots=True)
class When:
    """A moment: so many seconds from now, or a wall clock's time, perhaps again and again."""

    seconds: float | None = None
    at: datetime | None = None
    """Of the wall clock, without a zone."""
    rule: str = ""
    """How it comes again (RFC 5545, RRULE)."""


@dataclass(frozen=True, slots=True)
class _Words:
    """A language's words for times, ready to be looked for."""

    code: str
    numbers: tuple[tuple[re.Pattern[str], str], ...]
    spans: tuple[tuple[re.Pattern[str], str], ...]
    unit: re.Pattern[str]
    units: Mapping[str, float]
    glue: re.Pattern[str]
    lead: re.Pattern[str]
    minus: re.Pattern[str]
    within: re.Pattern[str]
    days: tuple[tuple[re.Pattern[str], int], ...]
    weekdays: tuple[tuple[re.Pattern[str], int], ...]
    every: tuple[tuple[re.Pattern[str], str], ...]
    every_day: re.Pattern[str]
    parts: tuple[tuple[re.Pattern[str], str], ...]
    moments: tuple[tuple[re.Pattern[str], str], ...]
    clocks: tuple[re.Pattern[str], ...]
    fractions: Mapping[str, int]
    past: re.Pattern[str]
    about: re.Pattern[str]
    """What stands between a moment and what is to be done then."""


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w]){pattern}(?![\w])", re.IGNORECASE)


def _table(entries: Mapping[str, Any]) -> tuple[tuple[re.Pattern[str], Any], ...]:
    longest = sorted(entries.items(), key=lambda entry: -len(entry[0]))
    return tuple((_word(f"(?:{words})"), value) for words, value in longest)


@cache
def _words(code: str) -> _Words:
    times = sentences(code)["times"]
    units = {name: size for names, size in times["units"].items() for name in names.split("|")}
    known = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    return _Words(
        code=code,
        numbers=_numbers(code, times["numbers"]),
        spans=_table(times["spans"]),
        unit=re.compile(rf"(\d+(?:[.,]\d+)?)[ -]?({known})(?!\w)", re.IGNORECASE),
        units=units,
        glue=re.compile(rf"^(?:[\s,]|(?:{times['glue']})(?!\w))*$", re.IGNORECASE),
        lead=re.compile(rf"^(?:[\s,]|(?:{times['glue']})(?!\w))+", re.IGNORECASE),
        minus=re.compile(rf"(?<!\w)(?:(?:{times['minus']})(?!\w)|[-\u2212](?=\d))", re.IGNORECASE),
        within=re.compile(rf"^(?:{times['in']})\s+", re.IGNORECASE),
        days=_table(times["days"]),
        weekdays=_table({name: n for n, name in enumerate(times["weekdays"])}),
        every=_table(times["every"]),
        every_day=_word(f"(?:{times['every_day']})"),
        parts=_table(times["parts"]),
        moments=_table(times["moments"]),
        clocks=tuple(
            re.compile(rf"(?<![\w:]){c}(?![\w:])", re.IGNORECASE) for c in times["clocks"]
        ),
        fractions=times["fractions"],
        past=_word(f"(?:{times['past']})"),
        about=re.compile(rf"^(?:{times['about']})\s+", re.IGNORECASE),
    )


def _numbers(code: str, own: Mapping[str, int]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return how numbers up to 99 are written in words, longest first."""
    from num2words import num2words  # noqa: PLC0415 - 0.1 s to import

    names = load_pack(code).numbers
    table = {str(num2words(n, lang=names)): n for n in (0, *range(2, 100))}
    table |= {name.replace("-", " "): n for name, n in table.items()}
    table |= own
    longest = sorted(table.items(), key=lambda entry: -len(entry[0]))
    return tuple((_word(re.escape(name)), str(n)) for name, n in longest)


@lru_cache(maxsize=1024)
def digits(code: str, text: str) -> str:
    """Return a text in small letters whose number words are digits."""
    text = text.lower().replace("\u2019", "'").strip(" .!?,")
    for pattern, number in _words(code).numbers:
        text = pattern.sub(number, text)
    return text


def span(text: str, code: str) -> tuple[float, str] | None:
    """Return seconds and the words that are no part of them; None if there is no span.

    Raises `Impossible` for one that is negative or over, nothing, or longer than a year.
    """
    if machine := _MACHINE.fullmatch(text.strip()):
        return _bounded(float(machine[1])), ""
    words, text = _words(code), digits(code, text)
    for pattern, replacement in words.spans:
        text = pattern.sub(replacement, text)
    found = list(words.unit.finditer(text))
    if not found:
        return None
    if words.minus.search(text) or words.past.search(text):
        raise Impossible("negative")
    seconds = sum(float(m[1].replace(",", ".")) * words.units[m[2].lower()] for m in found)
    for left, right in pairwise(found):
        if not words.glue.match(text[left.end() : right.start()]):
            return None
    return _bounded(seconds), f"{text[: found[0].start()]} {text[found[-1].end() :]}".strip()


def _bounded(seconds: float) -> float:
    if seconds < _SHORTEST_S:
        raise Impossible("nothing")
    if seconds > _LONGEST_S:
        raise Impossible("too_long")
    return seconds


class _Rest:
    """What is left of a text while its parts are found and taken away."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, table: tuple[tuple[re.Pattern[str], Any], ...]) -> Any | None:
        for pattern, value in table:
            if pattern.search(self.text):
                self.text = pattern.sub(" ", self.text, count=1)
                return value
        return None

    def cut(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self.text)
        if found:
            self.text = f"{self.text[: found.start()]} {self.text[found.end() :]}"
        return found


def moment(text: str, code: str, now: datetime, *, wakes: bool = False) -> When | None:
    """Return what moment a text names, or None; `now` is the wall clock's, without a zone.

    `wakes`: it is for getting up, so that "six" is in the morning. Raises `Impossible`.
    """
    words = _words(code)
    plain = digits(code, text)
    if words.past.search(plain):
        raise Impossible("past")
    if within := words.within.match(plain):
        lasts = span(plain[within.end() :], code)
        if lasts is not None:
            return None if lasts[1] else When(seconds=lasts[0])
    rest = _Rest(plain)
    rule = _rule(rest, words)
    day = rest.take(words.days)
    weekday = None if rule else rest.take(words.weekdays)
    part = rest.take(words.parts)
    clock = _clock(rest, words)
    given = _date(rest, words, now)
    if given is None and not words.glue.match(rest.text):
        return None
    if not (rule or clock or given or day is not None or weekday is not None or part):
        return None
    return _joined(now, rule, day, weekday, given, _Hour(clock, part, wakes=wakes))


def _rule(rest: _Rest, words: _Words) -> str:
    """Find how it comes again: "every weekday", "every Monday and Thursday"."""
    rule = rest.take(words.every)
    if rule:
        return str(rule)
    if not rest.cut(words.every_day):
        return ""
    days: list[int] = []
    while (day := rest.take(words.weekdays)) is not None:
        days.append(day)
    if not days:
        return "FREQ=DAILY"
    return f"FREQ=WEEKLY;BYDAY={','.join(_WEEKDAYS[day] for day in sorted(set(days)))}"


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int
    certain: bool
    """It is known whether it is before or after noon."""


def _clock(rest: _Rest, words: _Words) -> _Clock | None:
    exact = rest.take(words.moments)
    if exact is not None:
        hour, minute = map(int, str(exact).split(":"))
        return _Clock(hour, minute, certain=True)
    for number, pattern in enumerate(words.clocks):
        bare = number == len(words.clocks) - 1
        if bare and _DATE.search(pattern.sub("", rest.text)):
            break  # digits of a date
        found = rest.cut(pattern)
        if found:
            return _read(found, words)
    return None


def _read(found: re.Match[str], words: _Words) -> _Clock:
    """Turn a match into a time of day. Raises `Impossible`."""
    parts = found.groupdict()
    hour = int(parts["h"])
    minute = _minutes(parts.get("m"), words)
    if hour > _HOURS or minute >= _MINUTES:
        shown = f"{hour}:{minute:02}" if minute else str(hour)
        raise Impossible("no_such_time", time=shown)
    if parts.get("to") is not None:
        hour, minute = hour - 1, _MINUTES - minute
    half = (parts.get("ap") or "").replace(".", "").strip()
    if half and not 1 <= hour <= _NOON:
        return _Clock(hour % _HOURS, minute, certain=True)
    if half:
        hour = hour % _NOON + (_NOON if half.startswith("p") else 0)
    certain = bool(half) or hour > _NOON or hour == 0
    return _Clock(hour % _HOURS, minute, certain=certain)


def _minutes(given: str | None, words: _Words) -> int:
    if not given:
        return 0
    known = words.fractions.get(given)
    return known if known is not None else int(given)


def _date(rest: _Rest, words: _Words, now: datetime) -> date | None:
    """Have a date read that the table does not know: "the 3rd of December"."""
    text = words.lead.sub("", rest.text).strip(" ,")
    if not _DATE.search(text):
        return None
    dateparser = importlib.import_module("dateparser")
    wanted = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": now,
        "REQUIRE_PARTS": ["day", "month"],
    }
    found = dateparser.parse(text, languages=[words.code], settings=wanted)
    if found is None:
        return None
    rest.text = ""
    day: date = found.date()
    return day


@dataclass(frozen=True, slots=True)
class _Hour:
    """A time of day that may leave open which half of the day it is in."""

    clock: _Clock | None
    part: str | None
    wakes: bool

    def times(self, *, named: bool) -> tuple[time, ...]:
        """Return what it may be; `named`: its day is given."""
        start, _, end = (self.part or "0-24").partition("-")
        if self.clock is None:
            usual = {"0": 9, "5": 8, "12": 15, "17": 19, "18": 20, "20": 21}
            return (time(usual.get(start, 9)),)
        hour, minute = self.clock.hour, self.clock.minute
        if self.clock.certain:
            return (time(hour, minute),)
        both = (time(hour, minute), time((hour + _NOON) % _HOURS, minute))
        if self.part:
            inside = [at for at in both if int(start) <= at.hour < int(end)]
            return tuple(inside[:1]) or both[:1]
        if hour < _EARLY and not self.wakes:
            return both[1:]
        return both[:1] if named else both


def _joined(
    now: datetime,
    rule: str,
    day: int | None,
    weekday: int | None,
    given: date | None,
    hour: _Hour,
) -> When:
    named = bool(rule) or day is not None or weekday is not None or given is not None
    options = hour.times(named=named and not (day == 0 and not rule))
    if rule:
        return When(at=datetime.combine(now.date(), options[0]), rule=rule)
    if given is not None or (day or 0) != 0:
        base = given or now.date() + timedelta(days=day or 0)
        at = datetime.combine(base, options[0])
    elif weekday is not None:
        at = datetime.combine(
            now.date() + timedelta(days=(weekday - now.weekday()) % 7), options[0]
        )
        if at <= now:
            at += timedelta(days=7)
    else:
        today = [datetime.combine(now.date(), option) for option in options]
        coming = [at for at in today if at > now]
        if not coming and day == 0:
            raise Impossible("past")
        later = [at + timedelta(days=1) for at in today]
        at = min(coming or later)
    if at <= now:
        raise Impossible("past")
    return When(at=at)


def split(text: str, code: str, now: datetime, *, wakes: bool = False) -> tuple[str, When | None]:
    """Part a text into what it is about and when: ("call mum", tomorrow at five).

    Raises `Impossible`.
    """
    parts = text.split()
    for cut in range(len(parts)):  # the longest end that is a moment; a bare number is none
        if parts[cut:] == parts[-1:] and digits(code, parts[-1]).isdigit():
            break
        if (when := moment(" ".join(parts[cut:]), code, now, wakes=wakes)) is not None:
            return " ".join(parts[:cut]), when
    for cut in range(len(parts) - 1, 0, -1):  # else the longest beginning
        if (when := moment(" ".join(parts[:cut]), code, now, wakes=wakes)) is not None:
            about = " ".join(parts[cut:])
            return _words(code).about.sub("", about), when
    return text, None
