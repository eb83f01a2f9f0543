"""Behind `assistant converse`: a session on a sound card made of files."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from assistant import heap
from assistant.app import fetch_models, open_shared
from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import open as open_card
from assistant.bench.converse import Exchange, converse
from assistant.cli.bars import bars
from assistant.cli.live import alongside, check_writable, log_to, session_on, until_ended
from assistant.cli.seeing import checked
from assistant.config import Config
from assistant.recorder.stalls import LoopMonitor
from assistant.recorder.waterfall import Waterfall
from assistant.sound.clips import load_all

MS = 1000


@dataclass(frozen=True, slots=True)
class Play:
    """What to play, and what to do with what comes of it."""

    clips: tuple[Path, ...]
    out: Path | None = None
    flight: Path | None = None
    gap: float = 1.0
    noise: Path | None = None
    images: tuple[Path, ...] = ()
    """What each recording is about."""
    json: bool = False


def play(config: Config, wanted: Play) -> None:
    """Converse with recordings, then end the process."""
    monitor = LoopMonitor()
    until_ended(lambda _: _play(config, wanted, monitor), run=monitor.run)


async def _play(config: Config, wanted: Play, monitor: LoopMonitor) -> None:
    told, results = Console(stderr=True), Console(soft_wrap=True, highlight=False)
    log_to(config.log.level)
    check_writable(wanted.out, wanted.flight)
    images = checked(wanted.images)
    clips = await asyncio.to_thread(load_all, wanted.clips)
    for clip in clips:
        if clip.warning:
            told.print(Text(f"{clip.path}: {clip.warning}", "yellow"), soft_wrap=True)
    with bars(told) as progress:
        await fetch_models(config, progress)
    async with (
        open_shared(config) as shared,
        open_card(CardConfig(noise=wanted.noise)) as card,
        session_on(
            *(card, shared, config), record=wanted.out, flight=wanted.flight, images=images
        ) as session,
    ):

        async def exchanges() -> None:
            async for exchange in converse(session, card, clips, gap=wanted.gap):
                # a first waterfall takes 20 ms to draw
                await asyncio.to_thread(_tell, exchange, results, as_json=wanted.json)

        heap.settle()
        async with monitor.watching():
            await alongside(session, exchanges())
    stalls = monitor.stalls
    told.print(
        f"longest event-loop stall {stalls.longest * MS:.1f} ms, 99 % under {stalls.p99 * MS:.1f}",
        style="dim",
    )


def _tell(exchange: Exchange, results: Console, *, as_json: bool) -> None:
    if as_json:
        for line in _lines(exchange):
            results.print(Text(json.dumps(line, ensure_ascii=False)))
        return
    results.print(Text(str(exchange.clip.path), "bold"))
    if not exchange.turns:
        results.print(Text("  nothing was heard", "dim"))
    for turn in exchange.turns:
        results.print(Text.assemble(("  heard  ", "dim"), (turn.heard, "green")))
        if turn.said or turn.failure:
            results.print(Text.assemble(("  said   ", "dim"), (turn.said or turn.failure, "cyan")))
            results.print(Waterfall(turn.spans))


def _lines(exchange: Exchange) -> list[dict[str, object]]:
    """Return a turn a line; a clip that led to none has a line of its own."""
    clip = str(exchange.clip.path)
    empty: dict[str, object] = {"turn": None, "clip": clip, "heard": "", "said": ""}
    return [
        {
            "turn": turn.turn,
            "clip": clip,
            "heard": turn.heard,
            "said": turn.said,
            "outcome": turn.outcome,
            "latency_ms": None if turn.latency is None else round(turn.latency * MS, 1),
            "spans": [
                {
                    "name": span.name,
                    "start_ms": round(span.start * MS, 1),
                    "ms": round((span.end - span.start) * MS, 1),
                    "setting": span.setting,
                }
                for span in turn.spans
            ],
            "early": exchange.early,
            "continues": turn.continues or None,
            "failure": turn.failure,
        }
        for turn in exchange.turns
    ] or [empty]
