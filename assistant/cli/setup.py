"""setup: finds microphone, speaker, models and mind with you, and writes your configuration."""

from typing import Annotated

import typer

from assistant.cli.options import ConfigFile


def command(
    file: ConfigFile = None,
    *,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Ask nothing: what is suggested, or set already, holds."),
    ] = False,
) -> None:
    """Set it up in a few minutes; again whenever something has changed.

    Nothing is written before the end, so that Ctrl-C changes nothing.
    """
    from assistant.cli.dialogue import set_up  # noqa: PLC0415 - keeps --help quick

    set_up(file, yes=yes)
