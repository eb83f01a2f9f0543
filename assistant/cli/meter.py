"""A level meter for each microphone, live; nothing of it where there is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from assistant.care.microphones import LEAST, Ear

LOWEST = -60.0
"""dBFS at the left end of a bar."""
_CELLS = 24
_WIDEST = 40


@contextmanager
def meters(console: Console) -> Iterator[Callable[[list[Ear]], None]]:
    """Yield what shows the microphones as they are now."""
    if not console.is_terminal:
        yield lambda _: None
        return
    with Live(console=console, refresh_per_second=10, transient=True) as live:
        yield lambda ears: live.update(table(ears))


def table(ears: list[Ear]) -> Table:
    """Return a line for each microphone: name, bar, level, whether it has heard a voice."""
    page = Table.grid(padding=(0, 1))
    for ear in ears:
        page.add_row(
            Text(ear.device.name[:_WIDEST]),
            bar(ear.level),
            Text(f"{ear.level:4.0f} dB", "dim"),
            Text("hears you", "green") if ear.spoken >= LEAST else Text(""),
        )
    return page


def bar(level: float) -> Text:
    """Return a level in dBFS as a bar: yellow where it will soon be too loud, red where it is."""
    filled = round(_CELLS * min(1.0, max(0.0, 1 - level / LOWEST)))
    style = "red" if level > -3 else "yellow" if level > -12 else "green"  # noqa: PLR2004 - dBFS
    return Text.assemble(("█" * filled, style), ("·" * (_CELLS - filled), "dim"))
