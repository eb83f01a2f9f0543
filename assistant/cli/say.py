"""`assistant say`: have a text spoken."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Settings, load_config


def command(
    text: Annotated[list[str], typer.Argument(metavar="TEXT…", help="What to say.")],
    config: ConfigFile = None,
    setting: Settings = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="F.wav", help="Write it to a file instead.")
    ] = None,
) -> None:
    """Have a text spoken.

    The running assistant says it, when nobody speaks; where none runs, a voice is loaded for this.
    """
    from assistant.cli.speaking import say  # noqa: PLC0415 - keeps --help quick

    say(load_config(config, setting), " ".join(text), out)
