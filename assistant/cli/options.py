"""Options that several verbs share, and how they become a configuration."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import ConfigError

if TYPE_CHECKING:
    from assistant.config import Config

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Read this file instead of your own."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", "-s", metavar="KEY=VALUE", help="Change a setting, for example stt.model=base."
    ),
]
Images = Annotated[
    list[Path] | None,
    typer.Option(
        "--image", "-i", metavar="FILE", help="A picture, PDF or short video that it is about."
    ),
]
Extract = Annotated[
    str, typer.Option("--extract", metavar="FIELDS", help="As JSON: vendor,total,date.")
]
Tables = Annotated[bool, typer.Option("--tables", help="The tables as CSV.")]
AskMind = Annotated[
    bool, typer.Option("--mind/--no-mind", help="Ask the mind for fields, if it is able.")
]


def load_config(
    file: Path | None = None, settings: list[str] | None = None, **flags: object
) -> "Config":
    """Load the configuration with ``--set`` and a verb's own flags on top.

    A flag's name has ``__`` for the dot: ``recorder__record=path``; `None` is: not given.
    """
    from assistant.config import load  # noqa: PLC0415 - pydantic is slow, and --help needs none

    return load(file, flags=all_flags(settings, **flags))


def all_flags(settings: list[str] | None, **flags: object) -> dict[str, object]:
    """Turn ``--set`` options and named flags into dotted keys."""
    dotted: dict[str, object] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise ConfigError("--set", f"should be KEY=VALUE, is {setting!r}")
        dotted[key] = value
    named = {name.replace("__", "."): value for name, value in flags.items()}
    return dotted | {key: value for key, value in named.items() if value is not None}
