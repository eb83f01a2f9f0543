"""Timers, any number of them, with names if they need any."""

from assistant.errors import ToolError, Unclear
from assistant.keeping.alarms import Alarm, Alarms
from assistant.keeping.found import find, words
from assistant.keeping.speech import called, impossible
from assistant.languages.spoken import Spoken
from assistant.languages.when import Impossible, span
from assistant.ports import Surroundings, ToolResult, tool
from assistant.views import Countdown


@tool("undoable", foreign=False)
async def set_timer(surroundings: Surroundings, duration: str = "", name: str = "") -> ToolResult:
    """Start a timer.

    `duration`: how long, in words, such as "ten minutes".
    `name`: what it is for, if that was said, such as "pizza".
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    if not duration:
        raise Unclear(say.say("ask_duration"), "duration")
    seconds, rest = _span(duration, surroundings, say)
    others = len(alarms.every("timer"))
    alarm = await alarms.start(seconds, _name(name or rest))

    async def undo() -> None:
        await alarms.cancel(alarm)

    key = "timer_set_named" if alarm.name else "timer_set_another" if others else "timer_set"
    text = say.say(key, name=alarm.name, span=say.span(seconds), count=others + 1)
    if not alarms.heeded:
        text = f"{text} {say.say('timer_offline')}"
    view = Countdown(called(alarm, say), seconds)
    return ToolResult(text, view=view, undo=undo)


@tool("undoable", foreign=False)
async def change_timer(surroundings: Surroundings, duration: str, name: str = "") -> ToolResult:
    """Give a timer that runs more time.

    `duration`: how much more, in words, such as "five minutes".
    `name`: which timer, if there are several.
    """
    return await _shifted(surroundings, duration, name, 1)


@tool("undoable", foreign=False)
async def shorten_timer(surroundings: Surroundings, duration: str, name: str = "") -> ToolResult:
    """Take time off a timer that runs.

    `duration`: how much less, in words, such as "one minute".
    `name`: which timer, if there are several.
    """
    return await _shifted(surroundings, duration, name, -1)


@tool("undoable", foreign=False)
async def cancel_timer(surroundings: Surroundings, name: str = "") -> ToolResult:
    """Cancel a timer, or silence one that rings.

    `name`: which timer, if there are several.
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    alarm = await _one(surroundings, name)
    others = len(alarms.every("timer")) - 1
    await alarms.cancel(alarm)

    async def undo() -> None:
        await alarms.put_back(alarm)

    text = say.say("timer_cancelled", name=called(alarm, say, others))
    return ToolResult(text, view=Countdown(called(alarm, say), None), undo=undo)


@tool("undoable", foreign=False)
async def cancel_all_timers(surroundings: Surroundings) -> ToolResult:
    """Cancel all timers."""
    say, alarms = words(surroundings), find(surroundings, Alarms)
    await alarms.load()
    every = alarms.every("timer")
    if len(every) < 2:  # noqa: PLR2004 - one is called by its name
        return await cancel_timer(surroundings)
    await alarms.cancel(*every)

    async def undo() -> None:
        await alarms.put_back(*every)

    return ToolResult(say.say("timers_cancelled", count=len(every)), undo=undo)


@tool("undoable", foreign=False)
async def pause_timer(surroundings: Surroundings, name: str = "") -> ToolResult:
    """Pause a timer.

    `name`: which timer, if there are several.
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    alarm = await _one(surroundings, name)
    paused = alarm if alarm.state == "paused" else await alarms.pause(alarm)

    async def undo() -> None:
        await alarms.resume(paused)

    text = say.say("timer_paused", name=called(alarm, say), span=say.span(paused.left))
    return ToolResult(text, undo=undo)


@tool("undoable", foreign=False)
async def resume_timer(surroundings: Surroundings, name: str = "") -> ToolResult:
    """Let a paused timer go on.

    `name`: which timer, if there are several.
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    alarm = await _one(surroundings, name, paused=True)
    if alarm.state != "paused":
        raise ToolError(say.say("timer_not_paused", name=called(alarm, say)))
    goes_on = await alarms.resume(alarm)

    async def undo() -> None:
        await alarms.put_back(alarm)

    left = alarms.left(goes_on)
    text = say.say("timer_resumed", name=called(alarm, say), span=say.span(left))
    return ToolResult(text, view=Countdown(called(alarm, say), left), undo=undo)


@tool(foreign=False)
async def time_left(surroundings: Surroundings, name: str = "") -> ToolResult:
    """Tell how much time is left on the timers.

    `name`: which timer, if only one is meant.
    """
    say, alarms = words(surroundings), find(surroundings, Alarms)
    await alarms.load()
    every = alarms.every("timer")
    if name:
        every = [await _one(surroundings, name)]
    if not every:
        return ToolResult(say.say("no_timer"))
    parts = [_left(alarm, alarms, say, len(every) - 1) for alarm in every[:5]]
    first = every[0]
    view = Countdown(called(first, say), max(0.0, alarms.left(first)))
    return ToolResult(" ".join(parts), view=view)


def _left(alarm: Alarm, alarms: Alarms, say: Spoken, others: int) -> str:
    left = alarms.left(alarm)
    name = called(alarm, say, others)
    if alarm.state == "ringing":
        return say.say("timer_rings_now", name=name)
    key = "timer_left_paused" if alarm.state == "paused" else "timer_left"
    return say.say(key, name=name[:1].lower() + name[1:], span=say.span(left))


def _span(duration: str, surroundings: Surroundings, say: Spoken) -> tuple[float, str]:
    try:
        found = span(duration, surroundings.language)
    except Impossible as wrong:
        raise ToolError(impossible(wrong, say)) from wrong
    if found is None:
        raise ToolError(say.say("not_a_span"))
    return found


def _name(text: str) -> str:
    return text.strip(" .,!?\"'")[:80]


async def _one(surroundings: Surroundings, name: str, *, paused: bool = False) -> Alarm:
    """Return the timer that is meant. Raises `ToolError`, or `Unclear` if it may be several."""
    say, alarms = words(surroundings), find(surroundings, Alarms)
    await alarms.load()
    every = alarms.every("timer")
    if not every:
        raise ToolError(say.say("no_timer"))
    if not name:
        rings = [alarm for alarm in every if alarm.state == "ringing"]
        waits = [alarm for alarm in every if alarm.state == "paused"] if paused else []
        chosen = rings or waits or every
    else:
        chosen = _named(every, name, surroundings.language)
        if not chosen:
            raise ToolError(say.say("no_such_timer", name=name))
    if len(chosen) == 1 or (name and len({alarm.name for alarm in chosen}) == 1):
        return chosen[0]  # of two that are called the same, the next to ring
    names = [called(alarm, say, 1) for alarm in chosen[:5]]
    text = say.all([one[:1].lower() + one[1:] for one in names])
    raise Unclear(say.say("which_timer", names=text), "name")


def _named(every: list[Alarm], name: str, language: str) -> list[Alarm]:
    """Return those that are called so, or last so long."""
    wanted = _name(name).casefold()
    by_name = [alarm for alarm in every if alarm.name and alarm.name.casefold() in wanted]
    if by_name:
        return by_name
    try:
        lasts = span(name, language)
    except Impossible:
        return []
    return [] if lasts is None else [alarm for alarm in every if alarm.total == lasts[0]]


async def _shifted(surroundings: Surroundings, duration: str, name: str, sign: int) -> ToolResult:
    say, alarms = words(surroundings), find(surroundings, Alarms)
    seconds, _ = _span(duration, surroundings, say)
    before = await _one(surroundings, name)
    if alarms.left(before) + sign * seconds <= 0:
        raise ToolError(say.say("bad_negative"))
    after = await alarms.shift(before, sign * seconds)

    async def undo() -> None:
        await alarms.put_back(before)

    left, known = alarms.left(after), called(after, say)
    text = say.say("timer_changed", name=known, span=say.span(left))
    return ToolResult(text, view=Countdown(known, left), undo=undo)
