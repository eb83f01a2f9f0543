"""Which pauses of a recording lie inside a sentence: read off a transcript of the whole of it."""

from collections.abc import Sequence
from dataclasses import replace

from assistant.bench.manifest import Known
from assistant.ports import RATE, Recogniser, Transcript

ENDS = (".", "?", "!", "…")
WORD_S = 0.05
"""A word that begins less than this before a pause is behind it: times are no more exact."""


async def told_apart(clips: Sequence[Known], recogniser: Recogniser) -> list[Known]:
    """Return the clips with `inside` filled in."""
    told = []
    for known in clips:
        sound = known.clip.samples
        whole = await recogniser.recognise(sound, stream=0, final=True)
        heads = [sound[: round(start * RATE)] for start, _ in known.pauses]
        said = [(await recogniser.recognise(one, stream=0, final=True)).text for one in heads]
        told.append(replace(known, inside=inside(known, whole, said)))
    return told


def inside(known: Known, whole: Transcript, said: Sequence[str]) -> tuple[bool, ...]:
    """Tell for each pause whether the last word before it ends no sentence.

    `said`: what is heard up to each pause. Which word of the whole is the last one is told in two
    ways, by their starts (Whisper stretches words over the pauses behind them) and by their
    number; a sentence that ends by either does.
    """
    return tuple(
        not (_ends(_by_start(whole, start)) or _ends(whole.text.split()[: len(words.split())]))
        for (start, _), words in zip(known.pauses, said, strict=True)
    )


def _by_start(whole: Transcript, pause: float) -> list[str]:
    return [word.text for word in whole.words if word.start < pause - WORD_S]


def _ends(words: Sequence[str]) -> bool:
    return bool(words) and words[-1].rstrip("\"'").endswith(ENDS)
