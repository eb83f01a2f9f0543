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


Only = Annotated[
    str, typer.Option("--only", help="Clips whose `complete` is this: yes, long, fragment, all.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="At most so many, evenly spread.")
]
Stub = Annotated[
    bool,
    typer.Option("--stub", help="Stages of known cost: what is measured is the turn-taking."),
]


@app.command()
def latency(  # noqa: PLR0913, PLR0917 - each is an option of the verb
    folder: Folder,
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
    only: Only = "yes",
    limit: Limit = None,
    stub: Stub = False,  # noqa: FBT002 - typer's way
    group: Annotated[
        str | None, typer.Option("--group", help="One group of them alone, such as complete.")
    ] = None,
) -> None:
    """Voice to voice over recordings, with early, missing and wrong answers."""
    from assistant.cli.benching import Wanted, run_latency  # noqa: PLC0415 - keeps --help quick

    wanted = Wanted(folder, out, _only(only), limit, stub, group)
    run_latency(load_config(config, setting), wanted)


@app.command()
def turns(  # noqa: PLR0913, PLR0917 - each is an option of the verb
    folder: Folder,
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
    only: Only = "all",
    limit: Limit = None,
    stub: Stub = False,  # noqa: FBT002 - typer's way
) -> None:
    """Messages with pauses inside: answers begun too early, and whether that was mended."""
    from assistant.cli.benching import Wanted, run_turns  # noqa: PLC0415 - keeps --help quick

    run_turns(load_config(config, setting), Wanted(folder, out, _only(only), limit, stub))


@app.command("barge-in")
def barge_in(  # noqa: PLR0913, PLR0917 - each is an option of the verb
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Recordings of people who interrupt.")
    ] = None,
    noise: Annotated[
        Path | None, typer.Option("--noise", metavar="DIR", help="Noises, with a manifest.tsv.")
    ] = None,
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
    times: Annotated[int, typer.Option("--times", min=1, help="Each sound so often.")] = 1,
    stub: Annotated[bool, typer.Option("--stub", help="The voice costs nothing.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """What sounds over an answer: words silence it, noise and "mm-hmm" do not."""
    from assistant.cli.benching import Wanted, run_barge_in  # noqa: PLC0415 - keeps --help quick

    wanted = Wanted(folder or out, out, stub=stub)
    run_barge_in(load_config(config, setting), folder, noise, wanted, times)


@app.command()
def quiet(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Noises, with a manifest.tsv.")],
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
    minutes: Annotated[float, typer.Option("--minutes", min=0.1)] = 10.0,
) -> None:
    """Noise in which nobody speaks: nothing may be answered."""
    from assistant.cli.benching import run_quiet  # noqa: PLC0415 - keeps --help quick

    run_quiet(load_config(config, setting), folder, out, minutes)


@app.command()
def idle(
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
    seconds: Annotated[float, typer.Option("--seconds", min=1)] = 30.0,
) -> None:
    """Processor time and memory while it listens to a quiet room."""
    from assistant.cli.benching import run_idle  # noqa: PLC0415 - keeps --help quick

    run_idle(load_config(config, setting), out, seconds)


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
def vision(
    folder: Folder,
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
    limit: Limit = 10,
) -> None:
    """How much later a visual answer is than a spoken one, with stages of known cost."""
    from assistant.cli.benching import Wanted, run_vision  # noqa: PLC0415 - keeps --help quick

    run_vision(load_config(config, setting), Wanted(folder, out, "yes", limit))


@app.command()
def asr(
    folder: Folder,
    config: ConfigFile = None,
    setting: Settings = None,
    out: Out = HERE,
) -> None:
    """Words wrong and time per clip of the ears alone."""
    from assistant.cli.benching import run_asr  # noqa: PLC0415 - keeps --help quick

    run_asr(load_config(config, setting), folder, out)


def _only(only: str) -> str | None:
    return None if only == "all" else only
