"""How likely a speaker has finished: from the words, and from judges who are asked beside them."""

import math
from dataclasses import dataclass
from functools import lru_cache

from assistant.languages.pack import Pack, normalised

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
UNDECIDED = 0.45
"""At most this while a judge is still thinking, at least this after a question: not complete, nor
incomplete. Of 26 silences behind a question mark none over 220 ms lay inside a sentence."""
DOUBT = 0.005
"""Nobody is believed to be surer than this."""
BREAKS = ("-", "\u2013", "\u2014")
ELLIPSES = ("...", "\u2026")
COMMAS = (",", ";", ":", "\uff0c", "\u3001")
QUESTION_MARKS = ("?", "\uff1f")
QUOTES = "\"'\u201d\u2019\u00bb)]"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known in a pause; the judges' probabilities are `None` where none was heard."""

    cue: float
    ends_sentence: bool
    """The recogniser closed the words as it closes a sentence."""
    hesitated: bool = False
    """The speaker has gone on after a pause in this turn before."""
    sound: float | None = None
    words: float | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """How much the log-odds of each count, and how much the closing of the sentence."""

    bias: float
    cue: float
    ends_sentence: float
    sound: float = 0.0
    words: float = 0.0


FITTED = {
    (True, True): Weights(-0.13, 0.51, 0.91, sound=0.29, words=0.62),
    (True, False): Weights(-1.73, 0.24, 1.63, sound=0.29),
    (False, True): Weights(1.29, 0.58, 0.0, words=0.82),
}
"""By (sound, words): who was heard. From `scripts/fit_completeness.py`; `docs/turn-ends.md`."""
HESITATED = 1.9
"""Log-odds against an end when the speaker has hesitated before (fitted, error 0.4)."""


def cue(text: str, pack: Pack) -> float:
    """Return the probability that a message ends with this text, by its words alone.

    Only what speaks against an end is strong here: a recogniser closes any piece of sound with a
    full stop, so that one means nothing.
    """
    words = normalised(text)
    written = text.rstrip().rstrip(QUOTES)
    if not words:
        return 1.0
    if words[-1] in _openers(pack) or written.endswith(BREAKS) or is_number(words, pack):
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


def is_number(words: tuple[str, ...], pack: Pack) -> bool:
    """Tell whether this is a number and nothing else: they are dictated piece by piece."""
    return bool(words) and all(word.isdecimal() or word in pack.digits for word in words)


def ends_sentence(text: str, pack: Pack) -> bool:
    """Tell whether a text ends as a sentence does, with nothing that speaks against it."""
    written = text.rstrip().rstrip(QUOTES)
    return written.endswith(tuple(pack.sentence_ends)) and cue(text, pack) >= PLAIN


def combine(evidence: Evidence) -> float:
    """Return the probability that the speaker has finished, from all that is known.

    Without judges that is the cue. Words with which nothing ends cannot be outvoted, nor can a
    question be held for a mere beginning.
    """
    heard = evidence.sound is not None, evidence.words is not None
    if not any(heard):
        return evidence.cue
    weights = FITTED[heard]
    total = weights.bias + weights.cue * log_odds(evidence.cue)
    total += weights.ends_sentence * evidence.ends_sentence
    if evidence.sound is not None:
        total += weights.sound * log_odds(evidence.sound)
    if evidence.words is not None:
        total += weights.words * log_odds(evidence.words)
    together = 1.0 / (1.0 + math.exp(HESITATED * evidence.hesitated - total))
    return within(together, evidence.cue)


def within(together: float, cue: float) -> float:
    """Keep a probability within what the cue alone allows."""
    if cue <= NEVER_ENDS:
        return min(together, cue)
    return max(together, UNDECIDED) if cue >= QUESTION else together


def log_odds(probability: float) -> float:
    """Return the logarithm of the odds, bounded by `DOUBT`."""
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
