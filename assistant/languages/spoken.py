"""What is said without a mind: a language's answers, and how it says spans, times and dates.

All of it is data, in ``sentences/<code>.yaml`` beside this file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistant.languages.pack import load as load_pack

_FOLDER = Path(__file__).parent / "sentences"
_NOON = 12
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_CLOSE = 3
"""From so many hours on, what is left is told without its seconds."""


@cache
def sentences(code: str) -> Mapping[str, Any]:
    """Return what a language's file holds; raises `ConfigError` if there is no such language."""
    load_pack(code)
    path = _FOLDER / f"{code}.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as quick, where it is
    return yaml.load(path.read_text("utf-8"), loader) or {}  # noqa: S506 - both are safe


@dataclass(frozen=True, slots=True)
class Spoken:
    """How one language answers."""

    answers: Mapping[str, str]
    forms: Mapping[str, Any]

    def say(self, key: str, **slots: object) -> str:
        """Return an answer with its slots filled; its first letter is a capital."""
        text = " ".join(self.answers[key].format(**slots).split())
        return text[:1].upper() + text[1:]

    def span(self, seconds: float) -> str:
        """Return how long something lasts: "1 hour and 5 minutes"."""
        left = max(0, round(seconds))
        if left >= _CLOSE * 3600:
            left = round(left / 60) * 60
        parts: list[str] = []
        for unit, size in _UNITS:
            count, left = divmod(left, size)
            if count:
                parts.append(self.count(count, unit))
        return self.all(parts) if parts else self.count(0, "second")

    def name_of(self, seconds: float) -> str:
        """Return what a timer of this length is called: "5 minute"."""
        left, parts = round(seconds), []
        for unit, size in _UNITS:
            count, left = divmod(left, size)
            if count:
                parts.append(self.forms["named"][unit].format(n=count))
        return " ".join(parts)

    def count(self, number: int, unit: str) -> str:
        """Return a number of a unit: "1 day", "2 days"."""
        one, many = self.forms["units"][unit]
        return str(one if number == 1 else many).format(n=number)

    def all(self, parts: Sequence[str]) -> str:
        """Return a list as it is said: "a, b and c"."""
        if len(parts) < 2:  # noqa: PLR2004 - one needs no "and"
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.forms['and']} {parts[-1]}"

    def clock(self, at: datetime) -> str:
        """Return a time of day: "7:30 PM"."""
        form = self.forms["clock"]
        key = "minute" if at.minute else "hour"
        if at.hour == 1 and f"{key}_one" in form:
            key = f"{key}_one"
        half = form["am" if at.hour < _NOON else "pm"] if "am" in form else ""
        hour = (at.hour % _NOON or _NOON) if half else at.hour
        return str(form[key].format(h=hour, m=at.minute, mm=f"{at.minute:02}", half=half)).strip()

    def weekday(self, at: datetime) -> str:
        """Return the day of the week."""
        return str(self.forms["weekdays"][at.weekday()])

    def date(self, at: datetime, *, year: bool = False) -> str:
        """Return a date: "Monday, November 30"."""
        month = self.forms["months"][at.month - 1]
        form = self.forms["date_year" if year else "date"]
        return str(form.format(weekday=self.weekday(at), d=at.day, month=month, y=at.year))

    def when(self, at: datetime, now: datetime) -> str:
        """Return a moment as people say it from now: "tomorrow at 7 AM"."""
        days = (at.date() - now.date()).days
        words = self.forms["when"]
        time = words["at"].format(clock=self.clock(at))
        if days in (0, 1):
            return f"{words['today' if not days else 'tomorrow']} {time}".strip()
        if 0 < days <= 6:  # noqa: PLR2004 - a week less one day: the name is clear
            return f"{words['on'].format(day=self.weekday(at))} {time}"
        far = timedelta(days=300)
        return f"{words['on'].format(day=self.date(at, year=at - now > far))} {time}"


@cache
def spoken(code: str) -> Spoken:
    """Return how a language answers."""
    data = sentences(code)
    return Spoken(data["answers"], data["forms"])
