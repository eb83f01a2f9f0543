"""`assistant see`: one question about a picture, or about what the camera sees."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Settings, load_config


def command(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[IMAGE] QUESTION…", help="A picture, PDF or short video, and the question."
        ),
    ],
    config: ConfigFile = None,
    setting: Settings = None,
    *,
    speak: Annotated[bool, typer.Option("--speak", help="Speak the answer, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As one object of JSON.")] = False,
) -> None:
    """Ask about a picture; without one, about what the camera sees.

    The running assistant answers; where none runs, a mind is loaded for this.
    """
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
