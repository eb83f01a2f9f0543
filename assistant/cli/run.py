"""`assistant run`: the daemon; where there is no microphone, it shows itself instead."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Settings, load_config

Record = Annotated[
    Path | None,
    typer.Option(
        "--record", metavar="S.wav", help="Record: left what it hears, right what it plays."
    ),
]
Flight = Annotated[
    Path | None,
    typer.Option("--flight", metavar="F.jsonl", help="Write what happened and was decided."),
]


def command(  # noqa: PLR0913 - one for each option
    config: ConfigFile = None,
    setting: Settings = None,
    record: Record = None,
    flight: Flight = None,
    *,
    demonstrate: Annotated[
        bool, typer.Option("--demonstrate", help="Show itself, even if there is a microphone.")
    ] = False,
    waterfall: Annotated[
        bool, typer.Option("--waterfall", help="Show with each turn where its time went.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Do not start it again when it crashes or must.")
    ] = False,
) -> None:
    """Start the assistant and talk with it.

    Where there is no microphone it shows itself: a second voice asks it a few questions.
    """
    del once  # see `again`, which is asked before anything is loaded
    from assistant.cli.daemon import Wishes, daemon  # noqa: PLC0415 - keeps --help quick

    wishes = Wishes(record, flight, demonstrate=demonstrate, waterfall=waterfall)
    daemon(partial(load_config, config, setting), wishes)
