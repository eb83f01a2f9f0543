"""What Whisper must not be believed: copies, words beyond the sound, phrases from silence.

Pure functions over what one decode gave. All limits were set on recordings of people and noises;
`docs/listening.md` has the measurements.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

FASTEST = 4.5
"""Words a second beyond which a text is doubted; people rarely pass 4."""
COPIED = 4.0
"""Words a second beyond which a repeated whole is taken for a loop, not for insistence."""
UNLIKELY = -1.0
"""Mean log-probability of a token below which a text is doubted."""
SILENT = 0.6
"""No-speech probability with which an empty text is believed (Whisper's own threshold)."""
NOBODY = 0.85
PER_LOGPROB = 0.2
"""Nobody spoke if the no-speech probability exceeds `NOBODY` + `PER_LOGPROB` x log-probability."""
SUSPECT = 0.3
"""No-speech probability with which a phrase of `OUT_OF_NOTHING` is not believed."""
_THRICE = 3
UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
"""Languages written without spaces; two characters count as a word."""
OUT_OF_NOTHING = frozenset(
    {
        "", "bye", "bye bye", "goodbye", "hmm", "oh", "okay", "please subscribe", "so",
        "subscribe", "thank you", "thank you for watching", "thank you very much",
        "thanks for watching", "the end", "you", "amara org", "untertitel der amara org community",
        "sous titres réalisés para la communauté d amara org", "ご視聴ありがとうございました",
        "字幕由amara org社区提供",
    }
)  # fmt: skip
"""What Whisper says when nobody spoke; alone it proves nothing, people say these, too."""


class Doubt(Enum):
    """Why a text should be decoded again, with the whole context."""

    CAPPED = auto()
    """It did not end by itself."""
    FAST = auto()
    """More words than anybody says in this time."""
    UNLIKELY = auto()
    """The model itself does not believe it."""
    EMPTY = auto()
    """No text, though the model hears speech."""
    NOBODY = auto()
    """Text, though the model hears no speech."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text between two of Whisper's timestamps, in seconds of its window."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one decode says about itself."""

    seconds: float
    """Of the sound, without padding."""
    logprob: float
    """Mean log-probability of a token."""
    no_speech: float
    """Probability that nobody spoke."""
    capped: bool = False
    """It used all tokens that it was given."""


def within(segments: Sequence[Segment], seconds: float) -> list[Segment]:
    """Keep what begins inside the sound: a segment that begins in the padding is a loop."""
    return [part for part in segments if part.start == 0.0 or part.start < seconds]


def first_copy(text: str, rate: float) -> str:
    """Cut a whole that is said again and again, too fast to be true, to its first copy.

    `rate` is in words a second. A single repeated word is left alone ("five five").
    """
    words = text.split()
    bare = [_bare(word) for word in words]
    if rate > COPIED:
        for length in range(2, len(words) // 2 + 1):
            if len(set(bare[:length])) > 1 and all(
                word == bare[at % length] for at, word in enumerate(bare)
            ):
                return " ".join(words[:length])
    return text


def collapsed(text: str) -> str:
    """Cut phrases that are said three times and more in a row to one, wherever they stand."""
    words = text.split()
    bare = [_bare(word) for word in words]
    kept: list[str] = []
    at = 0
    while at < len(words):
        length, copies = _repeated(bare, at)
        kept += words[at : at + length]
        at += length * copies
    return " ".join(kept)


def count(text: str, language: str) -> int:
    """Count words; in a language without spaces, two characters are one."""
    if language in UNSPACED:
        return len(re.findall(r"\w", text)) // 2
    return len(text.split())


def doubt(text: str, evidence: Evidence, language: str) -> Doubt | None:
    """Say why a text should be decoded again, or that it need not be."""
    if text and nobody_spoke(text, evidence):
        return Doubt.NOBODY
    if not text:
        return None if evidence.no_speech > SILENT else Doubt.EMPTY
    if evidence.capped:
        return Doubt.CAPPED
    if count(text, language) > FASTEST * max(evidence.seconds, 1.0):
        return Doubt.FAST
    return Doubt.UNLIKELY if evidence.logprob < UNLIKELY else None


def nobody_spoke(text: str, evidence: Evidence) -> bool:
    """Judge no-speech and log-probability together, phrases that come from silence more strictly.

    With both models measured this finds four noises in five. One decode is not enough to say so of
    a long utterance with pauses: a final text is only dropped if the whole context agrees.
    """
    known = " ".join(re.findall(r"\w+", text.lower())) in OUT_OF_NOTHING
    if known and evidence.no_speech > SUSPECT:
        return True
    return evidence.no_speech > NOBODY + PER_LOGPROB * evidence.logprob


def _repeated(bare: Sequence[str], at: int) -> tuple[int, int]:
    """Return length and number of copies of what is said over and over from here on."""
    for length in range(1, (len(bare) - at) // _THRICE + 1):
        copies = 1
        while bare[at + copies * length : at + (copies + 1) * length] == bare[at : at + length]:
            copies += 1
        if copies >= _THRICE:
            return length, copies
    return 1, 1


def _bare(word: str) -> str:
    return re.sub(r"[^\w]", "", word).lower()
