"""config show | check | edit | schema."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
import yaml

from assistant.cli.options import ConfigFile, Settings, all_flags
from assistant.config import load
from assistant.config.fields import plain
from assistant.config.layers import chosen_file, from_environment, users
from assistant.config.schema import schema
from assistant.config.writing import fresh, write, write_schema
from assistant.errors import AssistantError, ConfigError

EDITORS = ("sensible-editor", "nano", "vim", "vi")

app = typer.Typer(no_args_is_help=True, help="Show, check and edit the configuration.")


@app.command()
def show(
    file: ConfigFile = None,
    settings: Settings = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON instead of YAML.")] = False,
) -> None:
    """Show the settings that hold, secrets masked."""
    tree = plain(load(file, flags=all_flags(settings)))
    if as_json:
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
        return
    typer.echo(f"# from {_sources(file)}")
    typer.echo(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), nl=False)


def _sources(file: Path | None) -> str:
    variables = {
        place.removeprefix("environment ")
        for place in from_environment(os.environ).places.values()
    }
    return ", ".join([str(chosen_file(file, os.environ)), *sorted(variables)])


@app.command()
def check(file: ConfigFile = None, settings: Settings = None) -> None:
    """List every mistake in it; exit code 78 if any."""
    load(file, flags=all_flags(settings))
    typer.echo(f"{_sources(file)}: fine")


@app.command()
def edit(file: ConfigFile = None) -> None:
    """Open your own file in $EDITOR, then check it."""
    path = file or users(os.environ)
    if path is None:
        raise ConfigError("", "there is no home to keep a configuration in; name one: --config")
    editor = _editor()
    _prepare(path)
    while not _edited(editor, path):
        pass
    typer.echo(f"{path}: fine; `assistant reload` has a running one take it")


def _edited(editor: list[str], path: Path) -> bool:
    """Have it edited once; False: it is wrong, and the user wants to go on."""
    try:
        ended = subprocess.run([*editor, str(path)], check=False)  # noqa: S603 - the user's own
    except OSError as wrong:
        raise AssistantError(
            f"{editor[0]} cannot be started: {wrong.strerror}; set EDITOR to another one"
        ) from None
    if ended.returncode:
        raise AssistantError(f"{editor[0]} ended with {ended.returncode}; {path} is as it left it")
    try:
        load(path)
    except ConfigError as wrong:
        if not sys.stdin.isatty():
            raise
        typer.echo(str(wrong), err=True)
        if not typer.confirm("Edit it again?", default=True):
            raise
        return False
    return True


def _editor() -> list[str]:
    for variable in ("VISUAL", "EDITOR"):
        if named := os.environ.get(variable):
            return shlex.split(named)
    for name in EDITORS:
        if found := shutil.which(name):
            return [found]
    raise AssistantError("there is no editor; install nano, or set EDITOR to yours")


def _prepare(path: Path) -> None:
    """Make the file from the shipped one if it is not there, and the schema beside it anew."""
    if not path.exists():
        write(path, fresh())
        return
    try:
        write_schema(path.parent)
    except OSError as wrong:
        raise ConfigError(str(path), f"cannot be made: {wrong.strerror}; check the path") from None


@app.command("schema")
def print_schema() -> None:
    """Print its JSON schema, for editors."""
    typer.echo(json.dumps(schema(), indent=2))
