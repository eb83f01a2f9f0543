"""`assistant read`: the text, the fields or the tables of a document."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import AskMind, ConfigFile, Extract, Settings, Tables, load_config


def command(
    document: Annotated[Path, typer.Argument(metavar="FILE", help="A PDF or a picture.")],
    config: ConfigFile = None,
    setting: Settings = None,
    *,
    extract: Extract = "",
    tables: Tables = False,
    mind: AskMind = True,
) -> None:
    """Read a document: its text, some fields of it, or its tables."""
    from assistant.cli.extracting import Wanted, read  # noqa: PLC0415 - keeps --help quick

    wanted = Wanted.of(extract, tables=tables, mind=mind)
    read(load_config(config, setting), document, wanted)
