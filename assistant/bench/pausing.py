"""Which pauses of a recording lie inside a sentence: read off a transcript of the whole of it."""

from collections.abc import Sequence
from dataclasses import replace

from assistant.bench.manifest import Known
from assistant.ports import Recogniser, Transcript

ENDS = (".", "?", "!", "…")
WORD_S = 0.05
"""A word that begins less than this before a pause is behind it: times are no more exact."""


async def told_apart(clips: Sequence[Known], recogniser: Recogniser) -> list[Known]:
    """Return the clips with `inside` filled in. Only starts of words are used.

    Whisper stretches words over the pauses behind them.
    """
    told = []
    for known in clips:
        whole = await recogniser.recognise(known.clip.samples, stream=0, final=True)
        told.append(replace(known, inside=inside(known, whole)))
    return told


def inside(known: Known, whole: Transcript) -> tuple[bool, ...]:
    """Tell for each pause whether the last word before it ends no sentence."""
    return tuple(_open(whole, start) for start, _ in known.pauses)


def _open(whole: Transcript, pause: float) -> bool:
    before = [word.text for word in whole.words if word.start < pause - WORD_S]
    return not (before and before[-1].rstrip("\"'").endswith(ENDS))
