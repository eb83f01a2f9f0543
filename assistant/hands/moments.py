"""The time and the date in words, here and elsewhere."""

import unicodedata
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from assistant.errors import ToolError, Unfit
from assistant.keeping.found import words
from assistant.languages.spoken import sentences
from assistant.languages.when import Impossible, moment
from assistant.ports import Surroundings


async def what_time(surroundings: Surroundings, place: str = "") -> str:
    """Tell the time of day."""
    say, here = words(surroundings), surroundings.now()
    if not place:
        return say.say("time_is", clock=say.clock(here))
    there, name = _there(here, place, surroundings)
    other = there.date() != here.date()
    key = "time_in_other_day" if other else "time_in"
    return say.say(key, place=name, clock=say.clock(there), weekday=say.weekday(there))


async def what_date(surroundings: Surroundings, place: str = "") -> str:
    """Tell the date."""
    say, now = words(surroundings), surroundings.now()
    if place:
        now, _ = _there(now, place, surroundings)
    return say.say("date_is", date=say.date(now, year=True))


async def date_of(surroundings: Surroundings, day: str) -> str:
    """Tell when a day is that was named. Raises `Unfit` if none was."""
    say, now = words(surroundings), surroundings.now()
    naive = now.replace(tzinfo=None)
    try:
        found = moment(day.strip(" ?.!"), surroundings.language, naive)
    except Impossible as wrong:
        raise Unfit("that is no day to come") from wrong
    if found is None:
        raise Unfit("that is no day")
    at = found.at or naive + timedelta(seconds=found.seconds or 0)
    days = (at.date() - naive.date()).days
    span = say.span(days * 86400)
    return say.say("days_until", date=say.date(at, year=at.year != now.year), span=span)


def warm(code: str) -> None:
    """Load the names of places."""
    _zones(code)


def _there(here: datetime, place: str, surroundings: Surroundings) -> tuple[datetime, str]:
    plain = place.strip(" ?.!")
    zone = _zones(surroundings.language).get(_form(plain))
    if zone is None:
        raise ToolError(words(surroundings).say("no_place", place=plain.title()))
    return here.astimezone(ZoneInfo(zone)), plain if plain != plain.lower() else plain.title()


@cache
def _zones(language: str) -> dict[str, str]:
    """Return zones by the city that names them, and by what the language's table adds."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone)
    named = {_form(zone.rpartition("/")[2]): zone for zone in zones if "Etc/" not in zone}
    own = {
        _form(name): zone
        for names, zone in sentences(language)["places"].items()
        for name in names.split("|")
    }
    return named | own


def _form(place: str) -> str:
    """Return a name without case and accents."""
    split = unicodedata.normalize("NFKD", place.casefold().replace("_", " ").replace("-", " "))
    return " ".join("".join(c for c in split if not unicodedata.combining(c)).split())
