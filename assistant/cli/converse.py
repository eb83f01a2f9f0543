"""`assistant converse`: recordings as the microphone of the whole daemon."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Images, Settings, load_config


def command(  # noqa: PLR0913, PLR0917 - a command line has as many options as it has
    clips: Annotated[
        list[Path], typer.Argument(metavar="CLIP…", help="WAV or FLAC files, or directories.")
    ],
    config: ConfigFile = None,
    setting: Settings = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="S.wav", help="Record: left what it heard, right its voice."
        ),
    ] = None,
    flight: Annotated[
        Path | None,
        typer.Option("--flight", metavar="F.jsonl", help="Write what happened and was decided."),
    ] = None,
    gap: Annotated[
        float,
        typer.Option(
            "--gap", metavar="SECONDS", min=0, help="Seconds after an answer before the next clip."
        ),
    ] = 1.0,
    noise: Annotated[
        Path | None, typer.Option("--noise", metavar="F", help="A recording of the room's noise.")
    ] = None,
    image: Images = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Write a JSON line for each turn.")] = False,
) -> None:
    """Play recordings to it as its microphone, at the pace of real time.

    After each one it listens to a quiet room until its answer is over.
    """
    from assistant.cli.conversing import Play, play  # noqa: PLC0415 - keeps --help quick

    wanted = Play(tuple(clips), out, flight, gap, noise, tuple(image or ()), json=json)
    play(load_config(config, setting), wanted)
