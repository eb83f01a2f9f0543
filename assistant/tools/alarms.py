"""Alarms and reminders: at a time of the wall clock, once or again and again."""

from datetime import datetime

from assistant.errors import ToolError, Unclear
from assistant.keeping.alarms import Alarm, Alarms
from assistant.keeping.clock import instant, jumped
from assistant.keeping.found import find, words
from assistant.keeping.speech import again, impossible, inside, set_for
from assistant.languages.spoken import Spoken
from assistant.languages.when import Impossible, When, moment, span, split
from assistant.ports import Surroundings, ToolResult, tool
from assistant.views import Card, Listing

SNOOZE_S = 540.0
"""Nine minutes, as clocks have done since there are any that snooze."""


@tool("undoable", foreign=False)
async def set_alarm(surroundings: Surroundings, when: str = "") -> ToolResult:
    """Set an alarm that wakes the user.

    `when`: the time in words, such as "seven tomorrow" or "every weekday at half past six".
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    if not when:
        raise Unclear(say.say("ask_when"), "when")
    wanted = _moment(when, surroundings, alarms, wakes=True)
    if wanted is None:
        raise ToolError(say.say("not_a_time"))
    at = wanted.at or _in(wanted, alarms)
    alarm = await alarms.set("alarm", at, rule=wanted.rule)
    text = _confirmed("alarm", wanted, alarm, alarms, say)
    return ToolResult(text, view=Card(text), undo=_undoing(alarms, alarm))


@tool("undoable", foreign=False)
async def cancel_alarm(surroundings: Surroundings, when: str = "") -> ToolResult:
    """Cancel an alarm, or all.

    `when`: which one, by its time; empty: all of them.
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    await alarms.load()
    if alarms.ringing and not when:
        await alarms.silence()
        return ToolResult(say.say("silenced"))
    chosen = alarms.every("alarm")
    if not chosen:
        raise ToolError(say.say("no_alarm"))
    if when:
        wanted = _moment(when, surroundings, alarms, wakes=True)
        clock = None if wanted is None or wanted.at is None else wanted.at.time()
        chosen = [alarm for alarm in chosen if alarm.at and _alike(alarm.at, clock)]
        if not chosen:
            raise ToolError(say.say("no_such_alarm"))
    await alarms.cancel(*chosen)
    if len(chosen) == 1:
        text = say.say("alarm_cancelled", when=_when(chosen[0], alarms, say))
    else:
        text = say.say("alarms_cancelled", count=len(chosen))
    return ToolResult(text, undo=_restoring(alarms, chosen))


@tool(foreign=False)
async def list_alarms(surroundings: Surroundings) -> ToolResult:
    """Tell which alarms are set."""
    say, alarms = words(surroundings), find(surroundings, Alarms)
    await alarms.load()
    every = alarms.every("alarm")
    times = [_when(alarm, alarms, say) for alarm in every]
    if not every:
        return ToolResult(say.say("no_alarm"))
    if len(every) == 1:
        return ToolResult(say.say("alarm_one", when=times[0]))
    text = say.say("alarm_many", count=len(every), list=say.all(times[:5]))
    return ToolResult(
        text, view=Listing(say.say("alarm_many", count=len(every), list=""), tuple(times))
    )


@tool("undoable", foreign=False)
async def set_reminder(
    surroundings: Surroundings, what: str = "", when: str = "", reminder: str = ""
) -> ToolResult:
    """Remind the user of something.

    `what`: of what, such as "call mum".
    `when`: the time in words, such as "at five" or "in ten minutes".
    `reminder`: both in one, instead, such as "call mum at five".
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    wanted = None
    if when:
        wanted = _moment(when, surroundings, alarms)
        if wanted is None:
            raise ToolError(say.say("not_a_time"))
    if reminder:
        about, found = _split(reminder, surroundings, alarms, say)
        what, wanted = what or about, wanted or found
    if not what:
        raise Unclear(say.say("ask_what"), "what")
    if wanted is None:
        raise Unclear(say.say("ask_remind_when"), "when")
    at = wanted.at or _in(wanted, alarms)
    alarm = await alarms.set("reminder", at, what.strip(" .!"), wanted.rule)
    if wanted.seconds is not None:
        text = say.say("reminder_set_in", span=say.span(wanted.seconds))
    else:
        text = _confirmed("reminder", wanted, alarm, alarms, say)
    return ToolResult(text, view=Card(text, alarm.name), undo=_undoing(alarms, alarm))


@tool("undoable", foreign=False)
async def cancel_reminder(surroundings: Surroundings, what: str = "") -> ToolResult:
    """Cancel a reminder, or all.

    `what`: words of the one that is meant; empty: all of them.
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    await alarms.load()
    chosen = alarms.every("reminder")
    if not chosen:
        raise ToolError(say.say("no_reminder"))
    if what:
        chosen = [a for a in chosen if what.strip(" .!?").casefold() in a.name.casefold()]
        if not chosen:
            raise ToolError(say.say("no_such_reminder"))
    await alarms.cancel(*chosen)
    key = "reminder_cancelled" if len(chosen) == 1 else "reminders_cancelled"
    return ToolResult(say.say(key, count=len(chosen)), undo=_restoring(alarms, chosen))


@tool(foreign=False)
async def list_reminders(surroundings: Surroundings) -> ToolResult:
    """Tell which reminders are set."""
    say, alarms = words(surroundings), find(surroundings, Alarms)
    await alarms.load()
    every = alarms.every("reminder")
    if not every:
        return ToolResult(say.say("no_reminder"))
    items = [say.say("reminder_item", what=a.name, when=_when(a, alarms, say)) for a in every[:5]]
    return ToolResult(say.say("reminder_list", list="; ".join(items)))


@tool("lasting", consent="allow")
async def silence(surroundings: Surroundings) -> str:
    """Stop what rings."""
    say, alarms = words(surroundings), find(surroundings, Alarms)
    rang = await alarms.silence()
    return say.say("silenced" if rang else "nothing_rings")


@tool("lasting", consent="allow")
async def snooze(surroundings: Surroundings, duration: str = "") -> str:
    """Let what rings ring again a little later.

    `duration`: after how long, in words; empty: after nine minutes.
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    seconds = SNOOZE_S
    if not alarms.ringing:
        raise ToolError(say.say("nothing_rings"))
    if duration:
        try:
            found = span(duration, surroundings.language)
        except Impossible as wrong:
            raise ToolError(impossible(wrong, say)) from wrong
        if found is None:
            raise ToolError(say.say("not_a_span"))
        seconds = found[0]
    await alarms.snooze(seconds)
    return say.say("snoozed", span=say.span(seconds))


# ── what they share ───────────────────────────────────────────────────────────────────────────


def _naive(alarms: Alarms) -> datetime:
    return alarms.now().replace(tzinfo=None)


def _moment(
    text: str, surroundings: Surroundings, alarms: Alarms, *, wakes: bool = False
) -> When | None:
    try:
        return moment(text, surroundings.language, _naive(alarms), wakes=wakes)
    except Impossible as wrong:
        raise ToolError(impossible(wrong, words(surroundings))) from wrong


def _split(
    text: str, surroundings: Surroundings, alarms: Alarms, say: Spoken
) -> tuple[str, When | None]:
    try:
        return split(text.strip(" .!?"), surroundings.language, _naive(alarms))
    except Impossible as wrong:
        raise ToolError(impossible(wrong, say)) from wrong


def _in(wanted: When, alarms: Alarms) -> datetime:
    """Return the wall clock's time in so many seconds."""
    clock = alarms.clock
    assert wanted.seconds is not None  # noqa: S101 - it is this or a time
    at = datetime.fromtimestamp(clock.wall() + wanted.seconds, clock.zone())
    return at.replace(tzinfo=None)


def _confirmed(key: str, wanted: When, alarm: Alarm, alarms: Alarms, say: Spoken) -> str:
    assert alarm.at is not None  # noqa: S101 - it was set for a time
    zone, now = alarms.clock.zone(), alarms.now()
    at = datetime.fromtimestamp(instant(alarm.at, zone), zone)
    if jumped(alarm.at, zone):
        missing = say.clock(alarm.at.replace(tzinfo=zone))
        text = say.say(f"{key}_jumped", clock=missing, when=say.when(at, now))
    else:
        text = set_for(key, wanted, at, say, now)
    return text if alarms.heeded else f"{text} {say.say('timer_offline')}"


def _when(alarm: Alarm, alarms: Alarms, say: Spoken) -> str:
    clock, now = alarms.clock, alarms.now()
    if alarm.rule and alarm.at is not None:
        daily = say.clock(alarm.at.replace(tzinfo=now.tzinfo))
        return inside(say.say("rule_at", rule=again(alarm.rule, say), clock=daily))
    due = round(clock.wall() + alarms.left(alarm))  # clocks may be set forward or back until then
    return say.when(datetime.fromtimestamp(due, clock.zone()), now)


def _alike(at: datetime, clock: object) -> bool:
    """Tell whether this is the time of day that was said, in whichever half of the day."""
    twelve = at.replace(hour=(at.hour + 12) % 24).time()
    return clock is not None and clock in (at.time(), twelve)


def _undoing(alarms: Alarms, alarm: Alarm):  # type: ignore[no-untyped-def]  # noqa: ANN202
    async def undo() -> None:
        await alarms.cancel(alarm)

    return undo


def _restoring(alarms: Alarms, chosen: list[Alarm]):  # type: ignore[no-untyped-def]  # noqa: ANN202
    async def undo() -> None:
        await alarms.put_back(*chosen)

    return undo
