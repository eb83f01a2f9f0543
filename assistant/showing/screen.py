"""A session in a terminal: what runs, one living line of state, and each turn when it is over."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NamedTuple, Self, assert_never

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assistant.ports import Seen, SessionState, Span, TurnReport
from assistant.showing.terminal import Terminal
from assistant.views import (
    Activity,
    Caption,
    Card,
    Countdown,
    Listing,
    Looking,
    Picture,
    Progress,
    Status,
)


class _Look(NamedTuple):
    sign: str
    plain: str
    """The sign where the terminal has only ASCII."""
    style: str


_LOOKS = {
    Activity.LISTENING: _Look("○", "-", "dim"),
    Activity.HEARING: _Look("●", "*", "green"),
    Activity.THINKING: _Look("◌", "~", "magenta"),
    Activity.SPEAKING: _Look("▶", ">", "cyan"),
    Activity.MUTED: _Look("✕", "x", "red"),
    Activity.WAITING: _Look("○", "-", "dim"),
    Activity.DEAF: _Look("✕", "x", "red"),
}
_WORDLESS = {
    *(Activity.LISTENING, Activity.WAITING, Activity.MUTED, Activity.SPEAKING, Activity.DEAF)
}
"""These begin without words; while it thinks, those that it heard stay."""
_LABEL = 11
"""Columns of the labels at the left, the space behind them included."""
HOW_TO_STOP = "Speak when you like; Ctrl-C ends the conversation."


class Screen:
    """An observer of a session that writes to a terminal; in a file or a pipe, the turns alone.

    `waterfall` turns the spans of a turn into one line, which is then shown with each turn.
    Nothing of this waits for the terminal.
    """

    def __init__(
        self, console: Console, *, waterfall: Callable[[Sequence[Span]], str] | None = None
    ) -> None:
        self._terminal = Terminal(console)
        self._waterfall = waterfall
        self._ascii = not console.encoding.lower().startswith("utf")
        self._status = Status(Activity.LISTENING)
        self._words = Text()
        self._asides: dict[str, str] = {}

    def welcome(self, state: SessionState, how_to_stop: str = HOW_TO_STOP) -> None:
        """Show what runs, and how to stop it."""
        if not self._terminal.lives:
            return
        table = _grid()
        table.add_row("microphone", _device(state.microphone))
        table.add_row("speaker", _device(state.speaker))
        table.add_row("ears", _text(state.ears))
        table.add_row("mind", _text(state.mind))
        table.add_row("voice", _text(state.voice))
        self._terminal.print("")
        self._terminal.print(_indented(table))
        self._terminal.print(Text(f"\n {how_to_stop}\n", "dim"))
        self._refresh()

    def __call__(self, seen: Seen) -> None:
        """Show a view, or a turn that is over."""
        match seen:
            case Status(activity):
                if activity is not self._status.activity and activity in _WORDLESS:
                    self._words = Text()
                if seen.text:
                    self._words = _text(seen.text)
                self._status = seen
            case Caption(text=text, stable=stable):
                self._words = _text(text)
                if not seen.final:
                    self._words.stylize("dim", stable)
            case TurnReport():
                self._turn(seen)
            case Card() | Listing() | Picture():
                self._terminal.print(_shown(seen))
            case Countdown() | Progress():
                self._aside(seen)
            case Looking(cameras):
                self._looking(cameras)
            case _:
                assert_never(seen)
        self._refresh()

    def line(self, text: str) -> None:
        """Print a line above the living one: a warning, a log message."""
        self._terminal.print(_text(text))

    def show(self, page: RenderableType) -> None:
        """Print anything that rich can draw above the living line."""
        self._terminal.print(page)

    def close(self) -> None:
        """Remove the living line; the turns stay."""
        self._terminal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def _turn(self, report: TurnReport) -> None:
        if report.outcome == "nothing":
            return
        heard, said = _text(report.heard.strip()), _told(report)
        spans = "" if self._waterfall is None else self._waterfall(report.spans)
        if self._terminal.lives:
            table = _grid()
            if heard:
                table.add_row(Text("you", "not dim green"), heard)
            table.add_row(Text("assistant", "not dim cyan"), said)
            if spans:
                table.add_row("", Text(spans, "dim"))
            self._terminal.print(_indented(table))
        else:
            if heard:
                self._terminal.print(Text("you: ") + heard)
            self._terminal.print(Text("assistant: ") + said)
            if spans:
                self._terminal.print(Text(spans))

    def _aside(self, view: Countdown | Progress) -> None:
        """Keep what runs beside the conversation, at the end of the living line."""
        if isinstance(view, Progress):
            over = view.done is not None and view.done >= 1
            name, text = f"job {view.job}", _clean(view.title)
            if view.done is not None:
                text += f" {view.done:.0%}"
        else:
            over, name, text = view.seconds is None, view.name, _clean(view.name)
            if view.seconds is None:
                self._terminal.print(Text(f" {text}: the time is up", "yellow"))
            else:
                text += " {:.0f}:{:02.0f}".format(*divmod(int(view.seconds), 60))
        if over:
            self._asides.pop(name, None)
        else:
            self._asides[name] = text

    def _looking(self, cameras: tuple[str, ...]) -> None:
        """A camera that is open is to be seen for as long as it is."""
        if cameras:
            sign = "(camera)" if self._ascii else "◉"
            self._asides["looking"] = f"{sign} {_clean(', '.join(cameras))}"
        else:
            self._asides.pop("looking", None)

    def _refresh(self) -> None:
        activity = self._status.activity
        look = _LOOKS[activity]
        sign = look.plain if self._ascii else look.sign
        line = Text.assemble((f" {sign} {activity.value:<{_LABEL - 2}} ", look.style))
        asides = "".join(f"  {text}" for text in self._asides.values())
        room = self._terminal.room - line.cell_len - cell_len(asides)
        words = _newest(self._words, room, "..." if self._ascii else "…")
        if asides:
            words.pad_right(max(0, room - words.cell_len))
        self._terminal.live(line + words + Text(asides, "yellow"))


def _grid() -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=_LABEL, style="dim")
    table.add_column(overflow="fold")
    return table


def _indented(table: Table) -> Padding:
    return Padding(table, (0, 0, 0, 1), expand=False)


def _device(name: str | None) -> Text:
    return Text("none", "yellow") if name is None else _text(name)


def _told(report: TurnReport) -> Text:
    """Return what was answered, and how that went."""
    said = _text(report.said.strip())
    if report.outcome == "failed":
        said.append(f"{' ' if said else ''}{_clean(report.failure) or 'no answer'}", "red")
    elif report.outcome == "interrupted":
        said.append(" (interrupted)" if said else "(interrupted)", "yellow")
    if report.latency is not None:
        said.append(f" ({report.latency:.2f} s)", "dim")
    return said


def _shown(view: Card | Listing | Picture) -> Text:
    match view:
        case Card(title, body):
            text = Text(f" {_clean(title)}", "bold")
            return text.append(f"  {_clean(body)}", "not bold") if body else text
        case Listing(title, items):
            text = Text(f" {_clean(title)}", "bold")
            for item in items:
                text.append(f"\n   - {_clean(item)}", "not bold")
            return text
        case Picture(alt=alt):
            return Text(f" [picture: {_clean(alt)}]", "dim")


def _clean(text: str) -> str:
    """Return text without what could move the cursor or change colours: it is not ours."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _text(text: str) -> Text:
    return Text(_clean(text))


def _newest(words: Text, room: int, sign: str) -> Text:
    """Return words cut at their start to fit: the end is what was just said."""
    if words.cell_len <= room:
        return words.copy()
    left, start = room - len(sign), len(words)
    while start and (left := left - cell_len(words.plain[start - 1])) >= 0:
        start -= 1
    return Text(sign, "dim") + words[start:]
