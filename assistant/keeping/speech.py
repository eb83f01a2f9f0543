"""How alarms are called, and what is said when they ring."""

from datetime import datetime

from assistant.keeping.alarms import Alarm, Due
from assistant.languages.spoken import Spoken
from assistant.languages.when import Impossible, When

_RULES = {
    "FREQ=DAILY": "rule_daily",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": "rule_weekdays",
    "FREQ=WEEKLY;BYDAY=SA,SU": "rule_weekend",
    "FREQ=DAILY;INTERVAL=2": "rule_other",
}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LATE_S = 5.0
"""What rings later than this says so."""


def called(alarm: Alarm, say: Spoken, others: int = 0) -> str:
    """Return what a timer is called: "your pizza timer"."""
    if alarm.name:
        return inside(say.say("timer_called", name=alarm.name))
    if others and alarm.total:
        return inside(say.say("timer_of", length=say.name_of(alarm.total)))
    return inside(say.say("the_timer"))


def inside(text: str) -> str:
    """Return a name as it stands within a sentence."""
    return text[:1].lower() + text[1:]


def rings(due: Due, say: Spoken, now: datetime) -> str:
    """Return what is said when one rings, or was missed."""
    alarm = due.alarm
    how = "missed" if due.missed else "rang_late" if due.late > _LATE_S else "rang"
    lasted = say.span(due.late)
    if alarm.kind == "timer":
        return say.say(f"timer_{how}", name=called(alarm, say, 1), span=lasted)
    at = now if alarm.at is None else alarm.at.replace(tzinfo=now.tzinfo)
    if alarm.kind == "reminder":
        return say.say(f"reminder_{how}", what=alarm.name, span=lasted)
    return say.say(f"alarm_{how}", clock=say.clock(at), span=lasted, when=say.when(at, now))


def again(rule: str, say: Spoken) -> str:
    """Return how one comes again: "every weekday"."""
    if key := _RULES.get(rule):
        return inside(say.say(key))
    days = rule.partition("BYDAY=")[2].split(",")
    names = [str(say.forms["weekdays"][_DAYS.index(day)]) for day in days if day in _DAYS]
    return inside(say.say("rule_days", days=say.all(names)))


def impossible(wrong: Impossible, say: Spoken) -> str:
    """Return why there is no such moment."""
    key = {"no_such_time": "bad_time"}.get(wrong.why, f"bad_{wrong.why}")
    return say.say(key, **wrong.slots)


def set_for(key: str, when: When, at: datetime, say: Spoken, now: datetime) -> str:
    """Return that one was set: `key` "alarm" or "reminder"."""
    told = say.when(at, now)
    if when.rule:
        rule = again(when.rule, say)
        return say.say(f"{key}_set_rule", rule=rule, clock=say.clock(at))
    return say.say(f"{key}_set", when=told)
