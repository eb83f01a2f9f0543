"""models list | pull | remove | path | check."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant.cli.bars import bars
from assistant.errors import ModelError
from assistant.models.report import Checked, Listed
from assistant.models.store import default

_WIDE = 200
"""Columns of the list where its output is no terminal, so that nothing is cut."""
_ROOMY = 110
"""Columns of a terminal from which the list says what each model is about."""
_GIGA = 1000
"""Megabytes from which a size is told in gigabytes."""
_STAGES = {"stt": "ears", "llm": "mind", "tts": "voice", "turn": "turn", "other": "other"}

app = typer.Typer(no_args_is_help=True, help="List, fetch, check and remove models.")

Names = Annotated[
    list[str], typer.Argument(help="Names of the list, or hf:owner/repository[/file][@revision].")
]


@app.command("list")
def list_(
    *,
    here: Annotated[bool, typer.Option("--here", help="Only what is on this machine.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the models that have a name, and what else was fetched."""
    store = default()
    listed = [line for line in store.list() if line.here or not here]
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in listed], indent=2, ensure_ascii=False))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    console.print(_table(listed, console.width))
    total = sum(line.bytes or 0 for line in listed if line.here)
    console.print(f"Here: {size(total)} in {store.root}", highlight=False, soft_wrap=True)
    if not all(line.verified for line in listed):
        console.print(
            "hub's word: no checksum is pinned; the hub's own record is trusted when it is pulled."
        )


@app.command()
def pull(names: Names) -> None:
    """Fetch models, or what is missing or damaged of them."""
    store = default()
    with bars() as progress:
        places = [store.pull(name, progress) for name in names]
    for place in places:
        typer.echo(place)


@app.command()
def remove(names: Names) -> None:
    """Remove models from this machine."""
    store = default()
    for name in names:
        typer.echo(f"{name}: {size(store.remove(name))} freed")


@app.command()
def path(name: Annotated[str, typer.Argument(help="A name of the list.")]) -> None:
    """Print where a model is; exit code 69 if it is not here."""
    typer.echo(default().path(name))


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names; without any: all that are here.")
    ] = None,
) -> None:
    """Compare every byte of models with their checksums; exit code 69 if one is damaged."""
    store = default()
    names = names or [line.name for line in store.list() if line.here]
    damaged = []
    for name in names:
        checked = store.check(name)
        typer.echo(f"{name}: {_verdict(checked)}")
        if not checked.good:
            damaged.append(name)
    if damaged:
        raise ModelError(
            damaged[0], f"damaged; `assistant models pull {' '.join(damaged)}` mends it."
        )


def _verdict(checked: Checked) -> str:
    wrong = [f"{file.name}: {file.state}" for file in checked.files if not file.good]
    if wrong:
        return "; ".join(wrong)
    if checked.verified:
        return "right, by pinned checksums"
    known = all(file.state != "not known" for file in checked.files)
    return "as it came from the hub, unverified" if known else "whole, unverified"


def _table(listed: list[Listed], width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    longest = max((len(line.name) for line in listed), default=0)
    table.add_column("model", min_width=longest, no_wrap=True)
    table.add_column("for", min_width=5, no_wrap=True)
    table.add_column("size", min_width=6, justify="right", no_wrap=True)
    table.add_column("here", min_width=4, justify="center", no_wrap=True)
    table.add_column("checksum", min_width=10, no_wrap=True)
    table.add_column("licence", overflow="ellipsis", no_wrap=True)
    if width >= _ROOMY:
        table.add_column("about", overflow="ellipsis", no_wrap=True)
    for line, following in zip(listed, [*listed[1:], None], strict=True):
        cells: list[str | Text] = [
            Text(line.name, style="bold" if line.here else ""),
            _STAGES[line.kind],
            size(line.bytes),
            Text("yes", style="green") if line.here else Text("—", style="dim"),
            Text("pinned", style="green") if line.verified else Text("hub's word", style="yellow"),
            line.licence,
            Text(line.about, style="dim"),
        ]
        last = following is not None and following.kind != line.kind
        table.add_row(*cells[: len(table.columns)], end_section=last)
    return table


def size(count: int | None) -> str:
    """Return a number of bytes for people."""
    if count is None:
        return "?"
    mega = count / 1e6
    return f"{mega / 1000:.1f} GB" if mega >= _GIGA else f"{mega:.0f} MB"
