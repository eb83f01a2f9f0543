"""The ears alone: words wrong, and how soon the text is there.

`decoded` gives a recogniser each clip as a whole. `followed` plays the clips at the pace of life
into a transcriber, as the ear does, and asks for the last word at a short pause. Every clip is
cut as the ear would: half a second before the first speech, and little after the last.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from assistant.bench.manifest import Known
from assistant.bench.words import Errors, errors, normalised, total
from assistant.ports import (
    FRAME,
    RATE,
    Recogniser,
    Samples,
    Transcriber,
    Transcript,
    Transcription,
)

PRE_ROLL_S = 0.5
"""Sound before the first speech that the ear keeps."""
TAIL_S = 0.15
"""Silence after the last speech when `decoded` is asked."""
PAUSE_S = 0.1
"""Silence after the last speech when `followed` asks for the last word."""
MS = 1000.0


@dataclass(frozen=True, slots=True)
class Row:
    """One clip, as measured."""

    name: str
    seconds: float
    """Of sound."""
    heard: str
    errors: Errors | None
    """`None`: what was said is not known exactly."""
    ms: float
    """To decode it; in `followed`, from the last voiced sample to the text."""
    partials: int = 0
    shown: int = 0
    """Words that the partials showed for the first time."""
    taken_back: int = 0
    """Words of partials that a later partial showed differently."""
    mended: int = 0
    """Stable words that the last word changed."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Many clips, as measured."""

    clips: int
    errors: Errors
    p50_ms: float
    p95_ms: float
    loops: int
    """Clips with three words more than were said."""
    partials: int
    shown: int
    taken_back: int
    mended: int

    def line(self) -> str:
        """Return it as a line for people."""
        wrong = self.errors
        text = (
            f"words wrong {wrong.rate:.2%} of {wrong.words} "
            f"({wrong.substituted} other, {wrong.deleted} missing, {wrong.inserted} added), "
            f"loops {self.loops}; p50 {self.p50_ms:.0f} ms, p95 {self.p95_ms:.0f}; n {self.clips}"
        )
        if self.partials:
            text += (
                f"; {self.partials} partials, {self.taken_back} of {self.shown} words taken back, "
                f"{self.mended} stable ones mended"
            )
        return text


def summarise(rows: Sequence[Row]) -> Summary:
    """Put rows together."""
    scored = [row.errors for row in rows if row.errors is not None]
    times = np.array([row.ms for row in rows] or [np.nan])
    return Summary(
        clips=len(rows),
        errors=total(scored),
        p50_ms=float(np.percentile(times, 50)),
        p95_ms=float(np.percentile(times, 95)),
        loops=sum(one.inserted >= _LOOP for one in scored),
        partials=sum(row.partials for row in rows),
        shown=sum(row.shown for row in rows),
        taken_back=sum(row.taken_back for row in rows),
        mended=sum(row.mended for row in rows),
    )


async def decoded(
    recogniser: Recogniser,
    clips: Sequence[Known],
    *,
    language: str = "en",
    told: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """Decode every clip as a whole, as a final text."""
    rows = []
    for known in clips:
        sound, _ = _cut(known, TAIL_S)
        begun = time.perf_counter()
        heard = await recogniser.recognise(sound, stream=0, final=True)
        taken = time.perf_counter() - begun
        rows.append(_row(known, sound, heard, taken, language))
        told(rows[-1])
    return rows


async def followed(
    transcriber: Transcriber,
    clips: Sequence[Known],
    *,
    language: str = "en",
    told: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """Play every clip into the transcriber at the pace of life."""
    rows = []
    for known in clips:
        sound, ends = _cut(known, PAUSE_S)
        turn = transcriber.open()
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_watch(turn))
            taken, last = await _play(turn, sound, ends)
            turn.close()
        row = _row(known, sound, last, taken, language)
        rows.append(_with_captions(row, watching.result(), last, language))
        told(rows[-1])
    return rows


_LOOP = 3


async def _play(turn: Transcription, sound: Samples, ends: int) -> tuple[float, Transcript]:
    """Feed the sound as it would come; return the time from its last speech, and the text."""
    now = asyncio.get_running_loop().time
    begun = now()
    for start, frame in _frames(sound):
        await asyncio.sleep(max(0.0, begun + (start + len(frame)) / RATE - now()))
        turn.feed(frame, voiced=start < ends)
    last = await turn.finalize()
    return now() - begun - ends / RATE, last


async def _watch(turn: Transcription) -> list[Transcript]:
    return [partial async for partial in turn.partials()]


def _frames(sound: Samples) -> Iterator[tuple[int, Samples]]:
    for start in range(0, len(sound), FRAME):
        yield start, sound[start : start + FRAME]


def _cut(known: Known, tail_s: float) -> tuple[Samples, int]:
    """Return the part that the ear would hear, and where in it the last speech ends."""
    samples = known.clip.samples
    start = round(max(0.0, (known.starts or 0.0) - PRE_ROLL_S) * RATE)
    if known.ends is None:
        return samples[start:], len(samples) - start
    ends = min(len(samples), round(known.ends * RATE))
    stop = ends + round(tail_s * RATE)
    quiet = np.zeros(max(0, stop - len(samples)), np.int16)
    return np.concatenate([samples[start:stop], quiet]), ends - start


def _row(known: Known, sound: Samples, heard: Transcript, taken: float, language: str) -> Row:
    scored = known.scored and known.transcript is not None
    return Row(
        name=known.name,
        seconds=len(sound) / RATE,
        heard=heard.text,
        errors=errors(known.transcript or "", heard.text, language) if scored else None,
        ms=taken * MS,
    )


def _with_captions(row: Row, shown: Sequence[Transcript], last: Transcript, language: str) -> Row:
    """Count what a reader of the captions saw change."""
    before: list[str] = []
    new = back = 0
    for partial in shown:
        words = normalised(partial.caption, language)
        same = _kept(before, words)
        back += len(before) - same
        new += len(words) - same
        before = words
    newest = shown[-1].caption[: shown[-1].stable] if shown else ""
    stable = normalised(newest, language)
    mended = len(stable) - _kept(stable, normalised(last.text, language))
    return Row(row.name, row.seconds, row.heard, row.errors, row.ms, len(shown), new, back, mended)


def _kept(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the words of a text that another one has, too, in the same order."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)
