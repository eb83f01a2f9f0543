"""The assistant's own voice and ears: loudness, pace, once more, and not listening."""

from assistant.errors import ToolError
from assistant.keeping.found import find, words
from assistant.languages.when import digits
from assistant.ports import Controls, Surroundings, tool

STEP = 15
"""Of 100: a change of loudness that is clearly heard."""
QUICKER = 1.2
PACES = (0.6, 1.8)


@tool("lasting", consent="allow")
async def set_volume(surroundings: Surroundings, level: str) -> str:
    """Set how loud the assistant is.

    `level`: 0 to 100.
    """
    say = words(surroundings)
    wanted = digits(surroundings.language, level).rstrip(" %")
    if not wanted.isdigit() or not 0 <= int(wanted) <= 100:  # noqa: PLR2004 - percent
        raise ToolError(say.say("volume_bad"))
    return _loudness(surroundings, int(wanted))


@tool("lasting", consent="allow")
async def louder(surroundings: Surroundings) -> str:
    """Have the assistant speak louder."""
    return _louder(surroundings, STEP)


@tool("lasting", consent="allow")
async def softer(surroundings: Surroundings) -> str:
    """Have the assistant speak more softly."""
    return _louder(surroundings, -STEP)


@tool("lasting", consent="allow")
async def slower(surroundings: Surroundings) -> str:
    """Have the assistant speak slower."""
    return _paced(surroundings, 1 / QUICKER)


@tool("lasting", consent="allow")
async def faster(surroundings: Surroundings) -> str:
    """Have the assistant speak faster."""
    return _paced(surroundings, QUICKER)


@tool("lasting", consent="allow")
async def normal_speed(surroundings: Surroundings) -> str:
    """Have the assistant speak at its usual pace."""
    return _paced(surroundings, None)


@tool(foreign=False)
async def repeat(surroundings: Surroundings) -> str:
    """Say the last answer once more."""
    said = find(surroundings, Controls).said()
    return said or words(surroundings).say("nothing_said")


@tool("lasting", consent="allow")
async def close_ears(surroundings: Surroundings) -> str:
    """Close the microphone, until the user opens it again by hand."""
    find(surroundings, Controls).close_ears()
    return words(surroundings).say("ears_closed")


def _louder(surroundings: Surroundings, step: int) -> str:
    say, now = words(surroundings), find(surroundings, Controls).volume()
    wanted = min(100, max(STEP, now + step))
    if wanted == now:
        return say.say("volume_most" if step > 0 else "volume_least")
    return _loudness(surroundings, wanted)


def _loudness(surroundings: Surroundings, level: int) -> str:
    find(surroundings, Controls).set_volume(level)
    return words(surroundings).say("volume_is", level=level)


def _paced(surroundings: Surroundings, factor: float | None) -> str:
    say, controls = words(surroundings), find(surroundings, Controls)
    now = controls.pace()
    if now is None:
        raise ToolError(say.say("no_speed"))
    if factor is None:
        controls.set_pace(1.0)
        return say.say("speed_normal")
    slowest, fastest = PACES
    wanted = min(fastest, max(slowest, now * factor))
    if abs(wanted - now) < 0.01:  # noqa: PLR2004 - nobody hears a hundredth
        return say.say("speed_fastest" if factor > 1 else "speed_slowest")
    controls.set_pace(wanted)
    return say.say("speed_faster" if factor > 1 else "speed_slower")
