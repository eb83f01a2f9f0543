"""`assistant bench`: measurements of the assistant from outside."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Settings, load_config

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Recordings, with or without a manifest.tsv.")
]
Out = Annotated[
    Path, typer.Option("--out", metavar="FOLDER", help="Where recordings and tables go.")
]
HERE = Path("out/bench")


@app.command()
def latency(
    folder: Folder,
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
    only: Annotated[
        str | None, typer.Option("--only", help="Clips whose `complete` is this: yes, long, …")
    ] = "yes",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")] = None,
) -> None:
    """Voice to voice over recordings, with early, missing and wrong answers."""
    from assistant.cli.benching import Wanted, run_latency  # noqa: PLC0415 - keeps --help quick

    run_latency(load_config(config, setting), Wanted(folder, out, only, limit))


@app.command()
def idle(
    config: ConfigFile = None,
    setting: Settings = None,
    seconds: Annotated[float, typer.Option("--seconds", min=1)] = 30.0,
) -> None:
    """Processor time and memory while it listens to a quiet room."""
    from assistant.cli.benching import run_idle  # noqa: PLC0415 - keeps --help quick

    run_idle(load_config(config, setting), seconds)


@app.command()
def cancel(
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
    trials: Annotated[int, typer.Option("--trials", min=1)] = 5,
) -> None:
    """How soon it is silent when it is stopped."""
    from assistant.cli.benching import run_cancel  # noqa: PLC0415 - keeps --help quick

    run_cancel(load_config(config, setting), out, trials)


@app.command()
def asr(
    folder: Folder,
    config: ConfigFile = None,
    setting: Settings = None,
) -> None:
    """Words wrong and time per clip of the ears alone."""
    from assistant.cli.benching import run_asr  # noqa: PLC0415 - keeps --help quick

    run_asr(load_config(config, setting), folder)
