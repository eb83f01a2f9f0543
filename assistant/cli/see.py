"""`assistant see`: one question about a picture, or what is on a page of it."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import (
    AskMind,
    ConfigFile,
    Extract,
    Settings,
    Tables,
    load_config,
)
from assistant.errors import AssistantError


def command(  # noqa: PLR0913 - one for each option
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[FILE] QUESTION…", help="A picture, PDF or short video, and the question."
        ),
    ],
    config: ConfigFile = None,
    setting: Settings = None,
    *,
    speak: Annotated[bool, typer.Option("--speak", help="Speak the answer, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As one object of JSON.")] = False,
    extract: Extract = "",
    tables: Tables = False,
    mind: AskMind = True,
) -> None:
    """Ask about a picture; without one, about what the camera sees.

    The running assistant answers; where none runs, a mind is loaded for this. With `--extract` or
    `--tables` there is no question: fields or tables of the file are printed, as `read` does.
    """
    if extract or tables:
        if len(words) > 1 or speak:
            raise AssistantError(
                "--extract and --tables take one file, and neither a question nor --speak"
            )
        from assistant.cli.extracting import Wanted, read  # noqa: PLC0415 - keeps --help quick

        wanted = Wanted.of(extract, tables=tables, mind=mind)
        read(load_config(config, setting), Path(words[0]), wanted)
        return
    from assistant.cli.seeing import see  # noqa: PLC0415 - keeps --help quick

    image, question = parted(words)
    see(load_config(config, setting), question, image, speak=speak, as_json=json)


def parted(words: list[str]) -> tuple[Path | None, str]:
    """Tell the file from the question: a first word that is, or looks like, a path is one."""
    first = Path(words[0]).expanduser()
    looks = len(words) > 1 and (" " not in words[0]) and ("/" in words[0] or first.suffix)
    if first.exists() or (looks and first.suffix[1:].isalnum() and len(first.suffix) <= 5):  # noqa: PLR2004 - .jpeg
        return first, " ".join(words[1:])
    return None, " ".join(words)
