"""`assistant replay`: a flight log through the core again."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    flight: Annotated[Path, typer.Argument(metavar="FLIGHT", help="A flight log (JSON lines).")],
) -> None:
    """Decide a recorded flight log over again; differences end with exit code 1."""
    from assistant.errors import MediaError  # noqa: PLC0415 - keeps --help quick
    from assistant.recorder.replay import read, replay  # noqa: PLC0415 - likewise

    try:
        lines = flight.read_text().splitlines(keepends=True)
    except OSError as wrong:
        raise MediaError(str(flight), f"cannot be read: {wrong.strerror}") from wrong
    except UnicodeDecodeError as wrong:
        raise MediaError(str(flight), "this is no flight log: it is not text") from wrong
    steps = sum(1 for _ in read(lines, name=str(flight)).records)
    differences = list(replay(lines, name=str(flight)))
    for difference in differences:
        typer.echo(f"line {difference.line}, at {difference.at:.3f} s: {difference.event}")
        typer.echo(f"  then: {difference.logged}")
        typer.echo(f"  now:  {difference.produced}")
    if differences:
        typer.echo(f"{len(differences)} of {steps} steps are decided differently now")
        raise typer.Exit(1)
    typer.echo(f"all {steps} steps are decided as they were")
