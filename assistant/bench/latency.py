"""Voice to voice: from the last voiced sample to the first audible one of the answer.

Latency means nothing without its errors: an answer that begins before the speaker has ended, a
clip that is never answered and words that were heard wrong are reported beside it, always.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.bench.converse import Exchange, converse
from assistant.bench.manifest import Known
from assistant.bench.outside import begins, first_audible, last_audible
from assistant.bench.recorded import NONE, Drafts, Room, drafts, ended, recorded
from assistant.bench.words import Errors, errors, normalised
from assistant.ports import ANSWER, RATE, Samples, TurnReport
from assistant.recorder.waterfall import SPEECH
from assistant.session import Settings, Shared
from assistant.sound.clips import Clip

MS = 1000.0
LEAD_MS = 60
"""A first sound less than this before the end of speech is a matter of taste, not early: the end
of speech itself is known to no better."""
GAP_MS = 100
"""An answer that was taken back has fallen silent for so long before the mended one begins."""
LATE_S = 0.3
"""What was decided in a pause sounds at most so long after it."""
DETECTED_S = 0.1
"""So much later than in the manifest the detector may find a pause to be over."""
WHOLE = 0.8
"""Part of the words of a message that a mended answer must be to."""


@dataclass(frozen=True, slots=True)
class Row:
    """One clip, as measured."""

    name: str
    group: str
    latency_ms: float | None
    """To the first sound; below zero: it spoke before the clip was over."""
    wait_ms: float | None
    """From the end of speech to an answer that is one to the whole; 0: it spoke already."""
    early: bool
    """It answered before the clip was over, audibly or not, or in pieces."""
    mended: bool
    """That early answer was taken back, and the whole message answered."""
    heard: str
    said: str
    wrong: int
    words: int
    turns: int
    pauses: int = 0
    ended_in_pause: int = 0
    """Pauses of 300 ms and more inside the message in which the turn was taken for over."""
    spoke_in_pause: int = 0
    """Pauses in which, or just behind which, it began to speak."""
    inside: int = 0
    """Pauses inside a sentence."""
    ended_inside: int = 0
    """Of those, how often the turn was taken for over."""
    drafts: Drafts = NONE
    spans: tuple[tuple[str, float, float], ...] = ()
    """Name, start and end in ms after the last voiced sample, by the program's own clocks."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Many clips, as measured."""

    clips: int
    answered: int
    early: int
    mended: int
    p50_ms: float
    p95_ms: float
    worst_ms: float
    longest_wait_ms: float
    wrong: int
    words: int
    pauses: int
    ended_in_pause: int
    spoke_in_pause: int
    inside: int
    ended_inside: int
    cut: int
    """Messages in which that happened,"""
    cut_mended: int
    """and those of them that were answered as a whole in the end."""
    drafts: int
    drafts_used: int
    draft_saved_ms: float
    """Median."""

    @property
    def wer(self) -> float:
        """Words wrong, in percent."""
        return 100.0 * self.wrong / self.words if self.words else 0.0

    @property
    def unanswered(self) -> int:
        """Clips to which nothing was said."""
        return self.clips - self.answered

    def line(self) -> str:
        """Return it as a line for people."""
        return (
            f"p50 {self.p50_ms:.0f} ms, p95 {self.p95_ms:.0f}, worst {self.worst_ms:.0f}; "
            f"n {self.clips}: unanswered {self.unanswered}, early {self.early} "
            f"(mended {self.mended}), longest wait {self.longest_wait_ms:.0f} ms; "
            f"words wrong {self.wer:.1f} % of {self.words}"
        )


def summarise(rows: Sequence[Row]) -> Summary:
    """Put rows together; an early answer is counted, its latency is not."""
    good = [row.latency_ms for row in rows if row.latency_ms is not None and not row.early]
    times = np.array(good or [np.nan])
    waits = [row.wait_ms for row in rows if row.wait_ms is not None]
    saved = [ms for row in rows for ms in row.drafts.saved_ms]
    return Summary(
        clips=len(rows),
        answered=sum(row.latency_ms is not None for row in rows),
        early=sum(row.early for row in rows),
        mended=sum(row.mended for row in rows),
        p50_ms=float(np.percentile(times, 50)),
        p95_ms=float(np.percentile(times, 95)),
        worst_ms=float(times.max()),
        longest_wait_ms=max(waits, default=float("nan")),
        wrong=sum(row.wrong for row in rows),
        words=sum(row.words for row in rows),
        pauses=sum(row.pauses for row in rows),
        ended_in_pause=sum(row.ended_in_pause for row in rows),
        spoke_in_pause=sum(row.spoke_in_pause for row in rows),
        inside=sum(row.inside for row in rows),
        ended_inside=sum(row.ended_inside for row in rows),
        cut=sum(row.ended_inside > 0 for row in rows),
        cut_mended=sum(row.ended_inside > 0 and row.mended for row in rows),
        drafts=sum(row.drafts.begun for row in rows),
        drafts_used=sum(row.drafts.used for row in rows),
        draft_saved_ms=float(np.median(saved)) if saved else float("nan"),
    )


def grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Sort rows by their group; "complete" comes first."""
    names = sorted({row.group for row in rows}, key=lambda name: (name != "complete", name))
    return {name: [row for row in rows if row.group == name] for name in names}


def median(rows: Sequence[Row]) -> Row | None:
    """Return the row in the middle: its waterfall is the typical one."""
    good = [row for row in rows if row.latency_ms is not None and not row.early and row.spans]
    good.sort(key=lambda row: row.latency_ms or 0.0)
    return good[len(good) // 2] if good else None


async def measure(  # noqa: PLR0913 - two of them are only there to be told
    shared: Shared,
    settings: Settings,
    clips: Sequence[Known],
    recording: Path,
    *,
    gap: float = 0.6,
    before: Callable[[Known], None] = lambda _: None,
    told: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """Play every clip to one session, each as the first message of a conversation, and measure.

    `before` is called with each clip before it is played. The rows come when all is over; `told`
    gets each clip's preliminary one, by the program's own clocks, as soon as it is there.
    """
    exchanges: list[Exchange] = []
    async with recorded(shared, settings, recording) as room:
        sounds = _announced(clips, before, room.session.forget_all)
        async for exchange in converse(room.session, room.card, sounds, gap=gap):
            exchanges.append(exchange)
            told(_inside(clips[len(exchanges) - 1], exchange))
    near, far = await room.sound()
    edges = [room.place(exchange.first) for exchange in exchanges] + [len(near)]
    return [
        _row(known, exchange, room, (near[:stop], far[:stop]), start)
        for known, exchange, start, stop in zip(
            clips, exchanges, edges[:-1], edges[1:], strict=False
        )
    ]


def _announced(
    clips: Sequence[Known], before: Callable[[Known], None], forget: Callable[[], None]
) -> Iterator[Clip]:
    for known in clips:
        before(known)
        forget()  # what one speaker said has nothing to do with the next
        yield known.clip


def _row(
    known: Known,
    exchange: Exchange,
    room: Room,
    recording: tuple[Samples, Samples],
    start: int,
) -> Row:
    """Measure one clip: the recording up to the next one, and where in it this one starts."""
    near, far = recording
    length = len(known.clip.samples)
    if known.ends is not None:
        spoken = start + round(known.ends * RATE)
    else:
        spoken = last_audible(near, start, start + length) or start + length
    row = timed(_inside(known, exchange), far, start, spoken)
    steps = room.steps.between(start, len(near))
    over = ended(steps)
    spans = [(start + round(a * RATE), start + round(b * RATE)) for a, b in known.pauses]
    late, detected = round(LATE_S * RATE), round(DETECTED_S * RATE)
    cut = [any(a <= place < b + detected for place in over) for a, b in spans]
    return replace(
        row,
        pauses=len(spans),
        ended_in_pause=sum(cut),
        inside=sum(known.inside),
        ended_inside=sum(was and inner for was, inner in zip(cut, known.inside, strict=False)),
        spoke_in_pause=sum(begins(far, a, b + late) is not None for a, b in spans),
        drafts=drafts(steps),
    )


def timed(row: Row, far: Samples, start: int, spoken: int) -> Row:
    """Add what the recording tells: `start` of the clip, end of speech, both in samples."""
    sounded = first_audible(far, start)
    latency = None if sounded is None else (sounded - spoken) / RATE * MS
    early = row.early or (latency is not None and latency < -LEAD_MS)
    mended = row.mended and early
    return replace(
        row,
        latency_ms=latency,
        wait_ms=_wait(far, spoken, again=mended),
        early=early,
        mended=mended,
    )


def _wait(far: Samples, spoken: int, *, again: bool) -> float | None:
    """Return the ms to an answer behind `spoken`; `again`: what sounds there is taken back."""
    sounded = first_audible(far, spoken)
    if again and sounded is not None and sounded - spoken < GAP_MS * RATE // 1000:
        at = sounded
        while (end := last_of(far, at)) is not None:
            at = end
        sounded = first_audible(far, at)
    return None if sounded is None else (sounded - spoken) / RATE * MS


def last_of(far: Samples, at: int) -> int | None:
    """Return the end of the sound within `GAP_MS` behind `at`; `None`: that is silent."""
    return last_audible(far, at, at + GAP_MS * RATE // 1000)


def _inside(known: Known, exchange: Exchange) -> Row:
    final = _final(exchange.turns)
    heard = " ".join(turn.heard for turn in final)
    scored = known.scored and known.transcript
    wrong = errors(known.transcript, heard) if scored and known.transcript else Errors()
    answered = [turn for turn in exchange.turns if turn.said]
    last = answered[-1] if answered else None
    latency = None if last is None or last.latency is None else last.latency * MS
    whole = [turn for turn in final if turn.said]
    return Row(
        known.name,
        known.group,
        latency,
        latency,
        early=exchange.early,
        mended=exchange.early and len(whole) == 1 and _is_whole(whole[0].heard, known.transcript),
        heard=heard,
        said=" ".join(turn.said for turn in answered),
        wrong=wrong.wrong,
        words=wrong.words,
        turns=len(answered),
        spans=() if last is None else _relative(last),
    )


def _final(turns: Sequence[TurnReport]) -> list[TurnReport]:
    """Leave out noise, and turns that a later one took in: their words are in that one."""
    taken_in = {turn.continues for turn in turns}
    return [turn for turn in turns if turn.outcome != "nothing" and turn.turn not in taken_in]


def _is_whole(heard: str, transcript: str | None) -> bool:
    return transcript is None or len(normalised(heard)) >= WHOLE * len(normalised(transcript))


def _relative(turn: TurnReport) -> tuple[tuple[str, float, float], ...]:
    zero = next((span.start for span in turn.spans if span.name == ANSWER), None)
    if zero is None:
        return ()
    return tuple(
        (span.name, (span.start - zero) * MS, (span.end - zero) * MS)
        for span in turn.spans
        if span.name not in {ANSWER, SPEECH}
    )
