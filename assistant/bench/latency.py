"""Voice to voice: from the last voiced sample to the first audible one of the answer.

Latency means nothing without its errors: an answer that begins before the speaker has ended, a
clip that is never answered and words that were heard wrong are reported beside it, always.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import open as open_card
from assistant.bench.converse import Exchange, converse
from assistant.bench.manifest import Known
from assistant.bench.outside import channels, first_audible, last_audible
from assistant.bench.words import Errors, errors
from assistant.ports import RATE, Frame, Samples
from assistant.session import LiveSession, Settings, Shared
from assistant.sound.clips import Clip
from assistant.sound.stereo import StereoWriter

MS = 1000.0
LEAD_MS = 60
"""A first sound less than this before the end of speech is a matter of taste, not early: the end
of speech itself is known to no better."""


@dataclass(frozen=True, slots=True)
class Row:
    """One clip, as measured."""

    name: str
    latency_ms: float | None
    early: bool
    heard: str
    said: str
    wrong: int
    words: int
    turns: int
    spans: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """Many clips, as measured."""

    clips: int
    answered: int
    early: int
    p50_ms: float
    p95_ms: float
    worst_ms: float
    wrong: int
    words: int

    @property
    def wer(self) -> float:
        """Words wrong, in percent."""
        return 100.0 * self.wrong / self.words if self.words else 0.0

    def line(self) -> str:
        """Return it as a line for people."""
        return (
            f"p50 {self.p50_ms:.0f} ms, p95 {self.p95_ms:.0f}, worst {self.worst_ms:.0f}; "
            f"n {self.clips}: answered {self.answered}, early {self.early}; "
            f"words wrong {self.wer:.1f} % of {self.words}"
        )


def summarise(rows: Sequence[Row]) -> Summary:
    """Put rows together; an early answer is counted, its latency is not."""
    good = [row.latency_ms for row in rows if row.latency_ms is not None and not row.early]
    times = np.array(good or [np.nan])
    return Summary(
        clips=len(rows),
        answered=sum(row.latency_ms is not None for row in rows),
        early=sum(row.early for row in rows),
        p50_ms=float(np.percentile(times, 50)),
        p95_ms=float(np.percentile(times, 95)),
        worst_ms=float(times.max()),
        wrong=sum(row.wrong for row in rows),
        words=sum(row.words for row in rows),
    )


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
    """Converse with every clip, one session for all, and measure the recording.

    `before` is called with each clip before it is played. The rows come when all is over; `told`
    gets each clip's preliminary one, by the program's own clocks, as soon as it is there.
    """
    exchanges: list[Exchange] = []
    writer = StereoWriter(recording)
    origin: list[int] = []

    def tap(frame: Frame) -> None:
        if not origin:
            origin.append(frame.position)
        writer.append(frame)

    try:
        async with open_card(CardConfig()) as card:
            session = LiveSession(card, shared, settings, tap=tap)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.run())
                sounds = _announced(clips, before)
                async for exchange in converse(session, card, sounds, gap=gap):
                    exchanges.append(exchange)
                    told(_inside(clips[len(exchanges) - 1], exchange))
    finally:
        writer.close()
    near, far = await asyncio.to_thread(channels, recording)
    edges = [exchange.first - origin[0] for exchange in exchanges] + [len(near)]
    return [
        _row(known, exchange, (near, far), (edges[n], edges[n + 1]))
        for n, (known, exchange) in enumerate(zip(clips, exchanges, strict=False))
    ]


def _announced(clips: Sequence[Known], before: Callable[[Known], None]) -> Iterator[Clip]:
    for known in clips:
        before(known)
        yield known.clip


def _row(
    known: Known,
    exchange: Exchange,
    recorded: tuple[Samples, Samples],
    span: tuple[int, int],
) -> Row:
    near, far = recorded
    start, end = span
    length = len(known.clip.samples)
    if known.ends is not None:
        spoken = start + round(known.ends * RATE)
    else:
        spoken = last_audible(near, start, start + length) or start + length
    sounded = first_audible(far, start, end)
    latency = None if sounded is None else (sounded - spoken) / RATE * MS
    row = _inside(known, exchange)
    early = row.turns > 1 or (latency is not None and latency < -LEAD_MS)
    return replace(row, latency_ms=latency, early=early)


def _inside(known: Known, exchange: Exchange) -> Row:
    heard = " ".join(turn.heard for turn in exchange.turns if turn.outcome != "nothing")
    scored = known.scored and known.transcript
    wrong = errors(known.transcript, heard) if scored and known.transcript else Errors()
    answered = [turn for turn in exchange.turns if turn.said]
    latency = answered[0].latency if answered else None
    spans = answered[-1].spans if answered else ()
    return Row(
        known.name,
        None if latency is None else latency * MS,
        early=exchange.early,
        heard=heard,
        said=" ".join(turn.said for turn in answered),
        wrong=wrong.wrong,
        words=wrong.words,
        turns=len(answered),
        spans=tuple((span.name, (span.end - span.start) * MS) for span in spans),
    )
