"""`assistant chat`: a conversation in writing."""

from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Settings, load_config


def command(
    config: ConfigFile = None,
    setting: Settings = None,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Each answer as an object of JSON, one a line.")
    ] = False,
) -> None:
    """Talk with it in writing; an empty line or Ctrl-D ends it, Ctrl-C an answer.

    Questions may come from a pipe, one a line; then the answers alone are printed.
    """
    from assistant.cli.writing import chat  # noqa: PLC0415 - keeps --help quick

    chat(load_config(config, setting), as_json=json)
