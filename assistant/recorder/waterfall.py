"""Where the time of a turn went: marks become spans, spans become a small chart.

Each span names the setting that owns it, so that a slow turn says what to change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from assistant.ports import ANSWER, Moment, Span

SPEECH = "speech"
"""The span in which the answer sounds; too long for the chart."""
STYLES = {
    "pause": "yellow",
    "words": "cyan",
    "decision": "yellow",
    "capture": "bright_yellow",
    "encode": "bright_yellow",
    "upload": "bright_yellow",
    "mind": "magenta",
    "clause": "magenta",
    "voice": "green",
    "speaker": "blue",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something happened in a turn, at a time of the loop's clock."""

    turn: int
    name: Moment
    at: float


def spans(marks: Iterable[Mark]) -> tuple[Span, ...]:
    """Return the spans of one turn, in the order of their starts.

    Marks may be missing and may come in any order: words that were ready before the pause took
    no time after it, and what a draft did before the turn was over lies beside the decision. The
    first mark of a name counts. The span `ANSWER` is the whole, from the last voiced sample (or,
    for a typed turn, from its acceptance) to the first sound.
    """
    ordered = sorted(marks, key=lambda mark: mark.at)
    if not ordered:
        return ()
    at: dict[str, float] = {}
    for mark in ordered:
        at.setdefault(mark.name, mark.at)
    pause = _first(at, "finalized", "silence_reached")
    asked = _latest(at, _first(at, "drafted", "committed"), "encoded")
    pieces = (
        ("pause", at.get("last_voiced"), pause, "turns.finalize_ms"),
        ("words", pause, at.get("words_ready"), "stt.model"),
        ("decision", _latest(at, pause, "words_ready"), at.get("committed"), "turns.complete_ms"),
        ("capture", at.get("looked"), at.get("captured"), "vision.camera"),
        ("encode", at.get("captured"), at.get("encoded"), "vision.glance_px"),
        ("upload", asked, at.get("uploaded"), "llm.base_url"),
        ("mind", _latest(at, asked, "uploaded"), at.get("first_token"), "llm.backend"),
        ("clause", at.get("first_token"), at.get("first_clause"), "llm.model"),
        ("voice", at.get("first_clause"), at.get("first_sound_ready"), "tts.voice"),
        (
            "speaker",
            _latest(at, at.get("first_sound_ready"), "committed"),
            at.get("audible"),
            "device.backend",
        ),
        (ANSWER, _first(at, "last_voiced", "committed"), at.get("audible"), ""),
        (SPEECH, at.get("audible"), at.get("ended"), ""),
    )
    turn = ordered[0].turn
    made = (
        Span(turn, name, start, end, setting)
        for name, start, end, setting in pieces
        if start is not None and end is not None and end > start
    )
    return tuple(sorted(made, key=lambda span: span.start))


def critical(all_spans: Sequence[Span]) -> tuple[tuple[str, float], ...]:
    """Return what the answer waited for, piece by piece, in seconds; they add up to the whole."""
    whole = _named(all_spans, ANSWER)
    if whole is None:
        return ()
    parts = [span for span in all_spans if span.name not in {ANSWER, SPEECH}]
    pieces: list[tuple[str, float]] = []
    at = whole.end
    while at > whole.start:
        running = [span for span in parts if span.start < at <= span.end]
        if running:
            last = min(running, key=lambda span: span.end)
            name, start = last.name, max(last.start, whole.start)
        else:
            earlier = [span.end for span in parts if span.end < at]
            name, start = "unknown", max([*earlier, whole.start])
        pieces.append((name, at - start))
        at = start
    return tuple(reversed(pieces))


def one_line(all_spans: Sequence[Span]) -> str:
    """Return the waterfall in one line: ``pause 64 · words 71 · mind 105 = 240 ms``."""
    pieces = critical(all_spans)
    total = sum(seconds for _, seconds in pieces)
    shown = [f"{name} {_ms(seconds)}" for name, seconds in pieces if _ms(seconds) != "0"]
    return f"{' · '.join(shown)} = {_ms(total)} ms" if shown else ""


class Waterfall:
    """A chart of one turn for rich: a bar for each span, on the answer's time axis."""

    def __init__(self, all_spans: Sequence[Span]) -> None:
        self._spans = tuple(all_spans)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        bars = [span for span in self._spans if span.name not in {ANSWER, SPEECH}]
        if not bars:
            yield Text("no span of this turn is known", style="dim")
            return
        yield self._title(bars[0].turn)
        settings = max(len(span.setting) for span in bars)
        width = max(10, min(options.max_width, 100) - settings - 20)
        start = min(span.start for span in bars)
        scale = width / (max(span.end for span in bars) - start)
        fill = "#" if options.ascii_only else "█"
        for span in bars:
            offset = min(width - 1, int((span.start - start) * scale))
            length = max(1, min(width - offset, round((span.end - span.start) * scale)))
            line = Text(f"  {span.name:<9} ", no_wrap=True)
            line.append((" " * offset + fill * length).ljust(width), STYLES.get(span.name, ""))
            line.append(f" {_ms(span.end - span.start):>5}  ")
            line.append(span.setting, "dim")
            yield line

    def _title(self, turn: int) -> Text:
        title = Text(f"turn {turn}", style="bold")
        answer, speech = _named(self._spans, ANSWER), _named(self._spans, SPEECH)
        if answer is not None:
            title.append(f"  answer after {_ms(answer.end - answer.start)} ms", "not bold")
        if speech is not None:
            title.append(f", spoke for {speech.end - speech.start:.1f} s", "not bold")
        return title


def _first(at: dict[str, float], *names: Moment) -> float | None:
    return next((at[name] for name in names if name in at), None)


def _latest(at: dict[str, float], one: float | None, name: Moment) -> float | None:
    known = [moment for moment in (one, at.get(name)) if moment is not None]
    return max(known, default=None)


def _named(all_spans: Sequence[Span], name: str) -> Span | None:
    return next((span for span in all_spans if span.name == name), None)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
