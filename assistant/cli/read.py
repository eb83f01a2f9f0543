"""`assistant read`: the text, the fields or the tables of a document."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Settings, load_config


def command(
    document: Annotated[Path, typer.Argument(metavar="FILE", help="A PDF or a picture.")],
    config: ConfigFile = None,
    setting: Settings = None,
    *,
    extract: Annotated[
        str, typer.Option("--extract", metavar="FIELDS", help="As JSON: vendor,total,date.")
    ] = "",
    tables: Annotated[bool, typer.Option("--tables", help="The tables as CSV.")] = False,
    mind: Annotated[
        bool, typer.Option("--mind/--no-mind", help="Ask the mind for fields, if it is able.")
    ] = True,
) -> None:
    """Read a document: its text, some fields of it, or its tables."""
    from assistant.cli.extracting import Wanted, read  # noqa: PLC0415 - keeps --help quick

    wanted = Wanted.of(extract, tables=tables, mind=mind)
    read(load_config(config, setting), document, wanted)
