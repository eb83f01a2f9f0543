"""Behind `bench`: load what is measured, measure, show tables and write them to a folder."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assistant import app
from assistant.bench import (
    asr,
    barge_in,
    cancel,
    idle,
    latency,
    manifest,
    pausing,
    quiet,
    stub,
    vision,
)
from assistant.bench.machine import described, line, load
from assistant.bench.report import Report, Table, number
from assistant.cli.bars import bars
from assistant.cli.live import log_to
from assistant.cli.measuring import Run, print_line, tell, with_shared
from assistant.config import Config
from assistant.errors import MediaError
from assistant.listening.streaming import StreamingTranscriber
from assistant.session import Settings, Shared

OVERVIEW = (
    *("clips", "p50 ms", "p95 ms", "worst ms", "longest wait ms", "early", "of those mended"),
    *("unanswered", "words wrong", "pauses", "turn ended in a pause", "spoke in a pause"),
    *("pauses inside a sentence", "turn ended in one of those"),
    "messages cut there, mended",
    *("drafts", "drafts used", "saved by a used draft, median ms"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clips, and where the results go."""

    folder: Path
    out: Path
    only: str | None = None
    limit: int | None = None
    stub: bool = False
    group: str | None = None


def run_latency(config: Config, wanted: Wanted) -> None:
    """Measure voice to voice."""
    clips = manifest.read(wanted.folder, language=config.language, only=wanted.only)
    if wanted.group is not None:
        clips = [known for known in clips if known.group == wanted.group]
    if not clips:
        raise MediaError(str(wanted.folder), f"no clip is in the group {wanted.group!r}")
    _converse(config, wanted, manifest.spread(clips, wanted.limit), "latency", "Voice to voice")


def run_turns(config: Config, wanted: Wanted) -> None:
    """Measure voice to voice over the clips in which somebody hesitates."""
    clips = manifest.read(wanted.folder, language=config.language, only=wanted.only)
    clips = manifest.spread([known for known in clips if known.pauses], wanted.limit)
    if not clips:
        raise MediaError(str(wanted.folder), "no clip has a pause; give one with `pauses_s`")
    _converse(config, wanted, clips, "turns", "Messages with pauses inside")


def run_barge_in(
    config: Config, folder: Path | None, noises: Path | None, wanted: Wanted, times: int
) -> None:
    """Measure what sounds over an answer."""
    trials = [] if folder is None else barge_in.people(manifest.read(folder))
    if noises is not None:
        trials += barge_in.noises(manifest.read(noises))

    def told(row: barge_in.Row) -> None:
        what = "killed" if row.killed else "held" if row.held else "went on"
        print_line(f"{row.name:44} {what:8} {row.heard}")

    async def work(shared: Shared, settings: Settings) -> list[barge_in.Row]:
        if wanted.stub:
            shared = replace(shared, voice=stub.voice(), fallback=None)
        chosen = (trials + await barge_in.made()) * times
        return await barge_in.measure(
            shared, settings, chosen, _recording(wanted.out, "barge-in"), told=told
        )

    run = with_shared(config, work)
    summaries = barge_in.summarise(run.result)
    header = ("sound", "n", "killed the answer", "held it", "silent, median", "worst", "timed")
    table = Table(
        header,
        tuple(
            (
                *(one.kind, str(one.trials), str(one.killed), str(one.held)),
                *(number(one.p50_ms), number(one.worst_ms), str(one.timed)),
            )
            for one in summaries
        ),
    )
    each = Table(
        ("sound", "kind", "killed", "held", "silent after ms", "heard"),
        tuple(
            (
                *(row.name, row.kind, "lost" if row.lost else _yes(row.killed), _yes(row.held)),
                *(number(row.silent_ms), row.heard),
            )
            for row in run.result
        ),
    )
    tell(
        run,
        Report(
            "barge-in",
            "Sounds over an answer",
            (table, each),
            {
                "summary": [asdict(one) for one in summaries],
                "trials": [asdict(row) for row in run.result],
            },
            run.notes,
            {"onset to silence": [r.silent_ms for r in run.result if r.silent_ms is not None]},
        ),
        wanted.out,
    )


def run_quiet(config: Config, folder: Path, out: Path, minutes: float) -> None:
    """Measure whether noise is answered."""
    clips = quiet.wordless(manifest.read(folder))

    async def work(shared: Shared, settings: Settings) -> quiet.Quiet:
        place = _recording(out, "quiet")
        return await quiet.measure(
            shared, settings, clips, place, minutes=minutes, told=print_line
        )

    run = with_shared(config, work)
    _one_line(run, out, "quiet", "Noise without words", run.result.line(), asdict(run.result))


def run_idle(config: Config, out: Path, seconds: float) -> None:
    """Measure what listening to silence costs."""

    async def work(shared: Shared, settings: Settings) -> idle.Idle:
        return await idle.measure(shared, settings, seconds=seconds)

    run = with_shared(config, work)
    name = "idle-wake" if config.turns.mode == "wake" else "idle"
    _one_line(run, out, name, "Listening to a quiet room", run.result.line(), asdict(run.result))


def run_cancel(config: Config, out: Path, trials: int) -> None:
    """Measure how soon it falls silent."""

    async def work(shared: Shared, settings: Settings) -> cancel.Cancelled:
        return await cancel.measure(shared, settings, _recording(out, "cancel"), trials=trials)

    run = with_shared(config, work)
    _one_line(run, out, "cancel", "Stopped by key", run.result.line(), asdict(run.result))


def run_vision(config: Config, wanted: Wanted) -> None:
    """Measure what looking adds to an answer."""
    clips = manifest.read(wanted.folder, language=config.language, only=wanted.only)
    clips = manifest.spread(clips, wanted.limit)

    async def work(shared: Shared, settings: Settings) -> vision.Vision:
        wanted.out.mkdir(parents=True, exist_ok=True)
        return await vision.measure(
            shared,
            settings,
            clips,
            wanted.out,
            told=lambda row: print_line(f"{row.name:28} {number(row.latency_ms, ' ms'):>8}"),
        )

    run = with_shared(_looking(config), work, stubbed=True)
    title = "A visual answer against a spoken one, stages of known cost"
    _one_line(run, wanted.out, "vision", title, run.result.line(), asdict(run.result))


def _looking(config: Config) -> Config:
    """Return the configuration of an assistant that may look; the camera is the bench's own."""
    vision = config.vision.model_copy(update={"mode": "auto", "screen": None})
    return config.model_copy(update={"vision": vision})


def run_asr(config: Config, folder: Path, out: Path) -> None:
    """Measure the ears on whole clips, and followed as they are spoken."""
    log_to(config.log.level)
    machine = described()
    clips = [known for known in manifest.read(folder, language=config.language) if known.scored]
    if not clips:
        raise MediaError(str(folder), "has no clip with an exact transcript (column `wer`)")

    async def main() -> tuple[str, list[asr.Row], list[asr.Row]]:
        with bars() as progress:
            await app.fetch_models(config, progress, ("vad", "stt"))
        async with app.open_ears(config) as ears:
            name = ears.transcriber.name
            followed = await asr.followed(ears.transcriber, clips, language=config.language)
        async with app.open_stage(config, "stt") as recogniser:
            return name, await asr.decoded(recogniser, clips, language=config.language), followed

    name, whole, followed = asyncio.run(main())
    groups = {known.name: known.group for known in clips}
    rows, data = [], {}
    for way, measured in (("whole clips", whole), ("followed live", followed)):
        for group in ("all", *sorted(set(groups.values()))):
            chosen = [row for row in measured if group in ("all", groups[row.name])]
            one = asr.summarise(chosen)
            data[f"{way}, {group}"] = asdict(one) | {"wer": 100 * one.errors.rate}
            words = f"{one.errors.rate:.2%} of {one.errors.words}"
            times = (number(one.p50_ms), number(one.p95_ms))
            rows.append((f"{way}, {group}", str(one.clips), words, str(one.loops), *times))
        print_line(f"{way}: {asr.summarise(measured).line()}")
    header = ("clips", "n", "words wrong", "loops", "p50 ms", "p95 ms")
    notes = (line(machine | {"load_after": round(load(), 2)}), name)
    report = Report("asr", "Words", (Table(header, tuple(rows)),), data, notes)
    run = Run(None, notes, {"machine": machine, "models": {"ears": name}})
    tell(run, report, out)


def _converse(
    config: Config, wanted: Wanted, clips: Sequence[manifest.Known], name: str, title: str
) -> None:
    name = f"{name}-stub" if wanted.stub else name

    def told(row: latency.Row) -> None:
        print_line(f"{row.name:28} {number(row.latency_ms, ' ms'):>8}  {row.heard}")

    async def work(shared: Shared, settings: Settings) -> list[latency.Row]:
        place, known = _recording(wanted.out, name), list(clips)
        ears = shared.ears.transcriber
        if isinstance(ears, StreamingTranscriber) and any(one.pauses for one in clips):
            known = await pausing.told_apart(clips, ears.recogniser)
        before: Callable[[manifest.Known], None] = _nothing
        if wanted.stub:
            knowing = stub.KnowingEars()
            shared, before = stub.staged(shared, knowing), knowing.expect
        return await latency.measure(shared, settings, known, place, before=before, told=told)

    run = with_shared(config, work, stubbed=wanted.stub)
    groups = latency.grouped(run.result)
    overall = {group: latency.summarise(rows) for group, rows in groups.items()}
    for group, summary in overall.items():
        print_line(f"{group}: {summary.line()}")
    middle = latency.median(next(iter(groups.values()), []))
    report = Report(
        name,
        title + (", stages of known cost" if wanted.stub else ""),
        (_overview(overall), _clips(run.result)),
        {
            "summary": {
                group: asdict(summary) | {"wer": summary.wer, "unanswered": summary.unanswered}
                for group, summary in overall.items()
            },
            "clips": [asdict(row) for row in run.result],
        },
        run.notes,
        {
            group: [row.latency_ms for row in rows if row.latency_ms is not None and not row.early]
            for group, rows in groups.items()
        },
        middle.spans if middle else (),
    )
    tell(run, report, wanted.out)


def _nothing(_: manifest.Known) -> None:
    pass


def _overview(overall: Mapping[str, latency.Summary]) -> Table:
    """Return the figures as lines, the groups side by side."""
    columns = [_summary(one) for one in overall.values()]
    return Table(("", *overall), tuple(zip(OVERVIEW, *columns, strict=True)))


def _summary(one: latency.Summary) -> tuple[str, ...]:
    return (
        *(str(one.clips), number(one.p50_ms), number(one.p95_ms), number(one.worst_ms)),
        *(number(one.longest_wait_ms), str(one.early), str(one.mended), str(one.unanswered)),
        f"{one.wer:.1f} % of {one.words}",
        *(str(one.pauses), str(one.ended_in_pause), str(one.spoke_in_pause)),
        *(str(one.inside), str(one.ended_inside), f"{one.cut_mended} of {one.cut}"),
        *(str(one.drafts), str(one.drafts_used), number(one.draft_saved_ms)),
    )


def _clips(rows: Sequence[latency.Row]) -> Table:
    header = ("clip", "ms", "wait", "", "turns", "wrong", "drafts", "used", "heard")
    return Table(header, tuple(_clip(row) for row in rows))


def _clip(row: latency.Row) -> tuple[str, ...]:
    note = "mended" if row.mended else "early" if row.early else ""
    return (
        *(row.name, number(row.latency_ms), number(row.wait_ms), note, str(row.turns)),
        *(f"{row.wrong}/{row.words}", str(row.drafts.begun), str(row.drafts.used), row.heard),
    )


def _one_line(
    run: Run[Any], out: Path, name: str, title: str, told: str, data: Mapping[str, Any]
) -> None:
    """Report what is a single line of figures."""
    rows = tuple((name.replace("_", " "), _cell(value)) for name, value in data.items())
    table = Table(("", title), rows)
    print_line(told)
    tell(run, Report(name, title, (table,), {"summary": data}, run.notes), out)


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_cell(one) for one in value) or "-"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _recording(out: Path, name: str) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    return out / f"{name}.wav"


def _yes(true: bool) -> str:  # noqa: FBT001 - it is what is written
    return "yes" if true else ""
