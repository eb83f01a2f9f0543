"""`assistant captions`: live captions of what is said."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Settings, load_config


def command(
    clips: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[CLIP…]", help="Recordings; without any, the microphone."),
    ] = None,
    config: ConfigFile = None,
    setting: Settings = None,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Write a JSON line whenever the words change.")
    ] = False,
) -> None:
    """Show live captions of what the microphone hears; Ctrl-C ends it.

    As JSON each line has the words so far, how many characters of them will stay, and when the
    caption began; `final` is the last one of each.
    """
    from assistant.cli.captioning import captions  # noqa: PLC0415 - keeps --help quick

    captions(load_config(config, setting), clips or [], as_json=json)
