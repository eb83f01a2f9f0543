"""Which ears this machine can carry, and the models that are still to be fetched."""

import asyncio
import shutil

from rich.text import Text

from assistant.app import needed_models, stages
from assistant.backends import stt_whisper
from assistant.backends.stt_whisper.names import catalogue_name
from assistant.care.machine import existing
from assistant.cli.asking import Asked
from assistant.cli.bars import bars
from assistant.cli.models import size
from assistant.cli.wishes import Wishes
from assistant.config import Config
from assistant.errors import BackendError, ModelError
from assistant.models import store
from assistant.models.trouble import is_set

QUICK = 0.25
"""Seconds for 3 s of speech, from which on answers come late; what `stt.model: auto` goes by."""
STEP = 2.5
"""About so much longer the next larger model takes (5 s of speech on two cores: tiny 97 ms,
base 274, small 463)."""
_DEADLINE = 90.0
_LADDER = ("tiny", "base", "small", "medium", "large-v3-turbo")


def offer_ears(asked: Asked, wishes: Wishes) -> None:
    """Time the models that are here, offer the next larger one, and choose."""
    if wishes.config.stt.backend != "whisper":
        return
    console = asked.console
    timed = _timed(asked, wishes.config)
    if (larger := _next(timed, wishes.config.language)) is not None:
        about = _size_of(larger)
        question = f"A larger model ({larger}, {about}) may be quick enough here. Fetch it?"
        if asked.sure(question, suggested=False) and _fetched(asked, [larger]):
            timed = _timed(asked, wishes.config)
    for name, seconds in timed.items():
        late = "  too slow to answer at once" if seconds >= QUICK else ""
        console.print(Text(f"  {name:<24} {1000 * seconds:4.0f} ms for 3 s of speech{late}"))
    now = str(wishes.now("stt.model"))
    quick = [name for name, seconds in timed.items() if seconds < QUICK] or list(timed)[:1]
    best = quick[-1] if quick else "the smallest, once it is here"
    options = {"auto": f"the best that is quick enough: {best}"}
    options |= {name.removeprefix("whisper-"): "" for name in timed}
    options.setdefault(now, "as it is")
    wishes.set("stt.model", asked.choose("With which ears?", options, now))
    console.print()


def _timed(asked: Asked, config: Config) -> dict[str, float]:
    """Return seconds by name, from quick to good; nothing if they cannot be measured."""
    settings = stages(config)["stt"].config
    assert isinstance(settings, stt_whisper.Config)  # noqa: S101 - its backend is whisper

    async def timed() -> list[tuple[str, float]]:
        async with asyncio.timeout(_DEADLINE):
            return await stt_whisper.timed(settings)

    with asked.console.status("timing the models that are here"):
        try:
            return dict(asyncio.run(timed()))
        except TimeoutError:
            why = f"the models could not be timed within {_DEADLINE:.0f} s"
        except (BackendError, ModelError) as wrong:
            why = str(wrong)
    asked.console.print(Text(why, "yellow"), soft_wrap=True)
    return {}


def _next(timed: dict[str, float], language: str) -> str | None:
    """Name the next larger model, if it is not here and likely to be quick enough."""
    if not timed or is_set("ASSISTANT_OFFLINE"):
        return None
    name, seconds = list(timed.items())[-1]
    size_here = name.removeprefix("whisper-").removesuffix(".en")
    if size_here not in _LADDER[:-1] or seconds * STEP >= QUICK:
        return None
    larger = _LADDER[_LADDER.index(size_here) + 1]
    english = language == "en" and larger in {"base", "small"}
    return catalogue_name(f"{larger}.en" if english else larger)


def fetch(asked: Asked, config: Config) -> None:
    """Say what is still to be fetched, how large it is and where there is room; ask, and fetch."""
    missing = [
        name for name in dict.fromkeys(needed_models(stages(config).values())) if _lacks(name)
    ]
    if not missing:
        return
    console = asked.console
    console.print(Text("\nStill to be fetched:", "bold"))
    for name in missing:
        console.print(Text(f"  {name:<32} {_size_of(name)}"))
    root = store.default().root
    free = shutil.disk_usage(existing(root)).free
    if asked.sure(f"Fetch them now, into {root} ({size(free)} free)?"):
        _fetched(asked, missing)
    else:
        console.print("`assistant run` fetches them when it starts.")


def _fetched(asked: Asked, names: list[str]) -> bool:
    try:
        with bars() as progress:
            for name in names:
                store.ensure(name, progress)
    except ModelError as wrong:
        asked.console.print(Text(f"{wrong}", "yellow"), soft_wrap=True)
        return False
    return True


def _lacks(name: str) -> bool:
    try:
        store.path(name)
    except ModelError:
        return True
    return False


def _size_of(name: str) -> str:
    return next((size(line.bytes) for line in store.default().list() if line.name == name), "?")
