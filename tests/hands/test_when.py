"""Words for spans and moments, in English; what is impossible is said to be so."""

from datetime import datetime

import pytest

from assistant.languages.when import Impossible, When, moment, span, split

NOW = datetime(2026, 11, 28, 20, 42)
"""A Saturday."""


@pytest.mark.parametrize(
    ("text", "seconds", "rest"),
    [
        ("five minutes", 300, ""),
        ("an hour and a half", 5400, ""),
        ("one and a half hours", 5400, ""),
        ("half an hour", 1800, ""),
        ("a quarter of an hour", 900, ""),
        ("2 hours and 30 minutes", 9000, ""),
        ("twenty-five minutes", 1500, ""),
        ("a minute", 60, ""),
        ("90 sec", 90, ""),
        ("300s", 300, ""),
        ("10 minute pizza", 600, "pizza"),
        ("10-minute pizza", 600, "pizza"),
    ],
)
def test_spans(text: str, seconds: float, rest: str) -> None:
    assert span(text, "en") == (seconds, rest)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("minus five minutes", "negative"),
        ("-5 minutes", "negative"),
        ("\u22125 minutes", "negative"),
        ("five minutes ago", "negative"),
        ("zero seconds", "nothing"),
        ("0.0001 seconds", "nothing"),
        ("90 weeks", "too_long"),
    ],
)
def test_impossible_spans(text: str, why: str) -> None:
    with pytest.raises(Impossible, match=why):
        span(text, "en")


@pytest.mark.parametrize(
    ("text", "at", "rule"),
    [
        ("seven", datetime(2026, 11, 29, 7), ""),
        ("tomorrow at seven", datetime(2026, 11, 29, 7), ""),
        ("half past six", datetime(2026, 11, 29, 6, 30), ""),
        ("quarter to eight", datetime(2026, 11, 29, 7, 45), ""),
        ("seven oh five", datetime(2026, 11, 29, 7, 5), ""),
        ("7:30 pm tomorrow", datetime(2026, 11, 29, 19, 30), ""),
        ("9 p.m.", datetime(2026, 11, 28, 21), ""),
        ("tonight at nine", datetime(2026, 11, 28, 21), ""),
        ("friday at noon", datetime(2026, 12, 4, 12), ""),
        ("midnight", datetime(2026, 11, 29), ""),
        ("the 3rd of december at 9", datetime(2026, 12, 3, 9), ""),
        ("december 24th at 6 pm", datetime(2026, 12, 24, 18), ""),
        ("tomorrow morning", datetime(2026, 11, 29, 8), ""),
        ("every day at 7am", datetime(2026, 11, 28, 7), "FREQ=DAILY"),
        (
            "every weekday at seven",
            datetime(2026, 11, 28, 7),
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        ),
        (
            "every monday and thursday at 18:15",
            datetime(2026, 11, 28, 18, 15),
            "FREQ=WEEKLY;BYDAY=MO,TH",
        ),
    ],
)
def test_moments(text: str, at: datetime, rule: str) -> None:
    assert moment(text, "en", NOW, wakes=True) == When(at=at, rule=rule)


@pytest.mark.parametrize("text", ["call mum", "blue cheese", "every hour", "the 45th of may", ""])
def test_what_is_no_moment(text: str) -> None:
    assert moment(text, "en", NOW) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("25 o'clock", "no_such_time"),
        ("5:75", "no_such_time"),
        ("yesterday at five", "past"),
        ("today at noon", "past"),
        ("in minus five minutes", "negative"),
        ("in -5 minutes", "negative"),
        ("25:00", "no_such_time"),
        ("12:60", "no_such_time"),
        ("an hour ago", "past"),
    ],
)
def test_impossible_moments(text: str, why: str) -> None:
    with pytest.raises(Impossible, match=why):
        moment(text, "en", NOW)


@pytest.mark.parametrize(
    ("text", "about", "when"),
    [
        ("call mum tomorrow at five", "call mum", When(at=datetime(2026, 11, 29, 17))),
        ("buy milk in ten minutes", "buy milk", When(seconds=600)),
        ("in an hour to check the oven", "check the oven", When(seconds=3600)),
        ("tomorrow at nine that Sam comes", "Sam comes", When(at=datetime(2026, 11, 29, 9))),
        ("read chapter 5", "read chapter 5", None),
        ("call mum", "call mum", None),
    ],
)
def test_a_reminder_is_parted(text: str, about: str, when: When | None) -> None:
    assert split(text, "en", NOW) == (about, when)
