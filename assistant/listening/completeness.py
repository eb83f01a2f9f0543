"""How likely a speaker has finished: from the words, and from judges who are asked beside them."""

import asyncio
import math
from collections.abc import Sequence
from functools import lru_cache

from assistant.errors import AssistantError
from assistant.languages.pack import Pack, normalised
from assistant.ports import EndJudge, Samples

NEVER_ENDS = 0.05
"""After "the", "and", "um", a dash: the speaker goes on."""
HARDLY_ENDS = 0.15
"""After "for", "with", a comma, an ellipsis; or the text is a mere beginning ("can you")."""
PLAIN = 0.7
"""Nothing in the words speaks against their being complete, which says little."""
QUESTION = 0.85
"""The recogniser heard a question; it would write a full stop after anything."""
ANSWER = 0.97
"""A short answer to what we asked, or a short order: nothing is to be added."""
DOUBT = 0.02
"""Nobody is believed to be surer than this."""
BREAKS = ("-", "\u2013", "\u2014")
ELLIPSES = ("...", "\u2026")
COMMAS = (",", ";", ":", "\uff0c", "\u3001")
QUESTION_MARKS = ("?", "\uff1f")
QUOTES = "\"'\u201d\u2019\u00bb)]"


def cue(text: str, pack: Pack) -> float:
    """Return the probability that a message ends with this text, by its words alone.

    Only what speaks against an end is strong here: a recogniser closes any piece of sound with a
    full stop, so that one means nothing.
    """
    words = normalised(text)
    written = text.rstrip().rstrip(QUOTES)
    if not words:
        return 1.0
    if words[-1] in _openers(pack) or written.endswith(BREAKS):
        return NEVER_ENDS
    if written.endswith(QUESTION_MARKS) and words not in _heads(pack):
        return QUESTION
    if (
        words[-1] in pack.dangling
        or words in _heads(pack)
        or written.endswith((*ELLIPSES, *COMMAS))
    ):
        return HARDLY_ENDS
    return PLAIN


def ends_sentence(text: str, pack: Pack) -> bool:
    """Tell whether a text ends as a sentence does, with nothing that speaks against it."""
    written = text.rstrip().rstrip(QUOTES)
    return written.endswith(tuple(pack.sentence_ends)) and cue(text, pack) >= PLAIN


def combine(words: float, judged: Sequence[float]) -> float:
    """Return one probability from the cue of the words and the judges who answered.

    The mean of their log-odds: one who is sure outweighs one who is not. Words with which nothing
    ends cannot be outvoted.
    """
    if not judged:
        return words
    voices = [_log_odds(voice) for voice in (words, *judged)]
    together = 1.0 / (1.0 + math.exp(-sum(voices) / len(voices)))
    return min(together, words) if words <= NEVER_ENDS else together


async def consult(
    judges: Sequence[EndJudge], words: str, sound: Samples, seconds: float
) -> tuple[float, ...]:
    """Ask all judges at once; who fails or is late is left out."""
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_ask(judge, words, sound, seconds)) for judge in judges]
    answers = (task.result() for task in asked)
    return tuple(answer for answer in answers if answer is not None)


async def _ask(judge: EndJudge, words: str, sound: Samples, seconds: float) -> float | None:
    try:
        async with asyncio.timeout(seconds):
            return await judge.finished(words, sound)
    except (AssistantError, TimeoutError):
        return None


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, DOUBT), 1.0 - DOUBT)
    return math.log(bounded / (1.0 - bounded))


@lru_cache(maxsize=16)
def _openers(pack: Pack) -> frozenset[str]:
    """Words after which somebody goes on."""
    fillers = (normalised(filler) for filler in pack.fillers)
    return pack.openers | {words[0] for words in fillers if len(words) == 1}


@lru_cache(maxsize=16)
def _heads(pack: Pack) -> frozenset[tuple[str, ...]]:
    return frozenset(normalised(head) for head in pack.heads)
