"""status, mute, unmute, stop, talk, quit, with their options; `quick` does the work."""

from typing import Annotated

import typer

from assistant.cli import quick


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="As one object of JSON.")] = False
) -> None:
    """Show what the running assistant does and is made of."""
    quick.status(as_json=as_json)


def mute() -> None:
    """Close its microphone."""
    quick.mute()


def unmute() -> None:
    """Open its microphone again."""
    quick.unmute()


def stop() -> None:
    """Make it fall silent and listen."""
    quick.stop()


def talk(
    *,
    press: Annotated[bool, typer.Option("--press", help="Your turn begins.")] = False,
    release: Annotated[bool, typer.Option("--release", help="Your turn is over.")] = False,
) -> None:
    """Press or release its key to talk."""
    quick.talk(press=press, release=release)


def quit_() -> None:
    """End it; returns when it has ended."""
    quick.quit_()
