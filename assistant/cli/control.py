"""The verbs that talk to the running assistant, with their options; `quick` does the work."""

from typing import Annotated

import typer

from assistant.cli import quick

AsJson = Annotated[bool, typer.Option("--json", help="As one object of JSON.")]


def status(
    *,
    as_json: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, with each change.")] = False,
) -> None:
    """Show what the running assistant does and is made of."""
    if watch:
        quick.watch(as_json=as_json)
    else:
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


def report(*, as_json: AsJson = False) -> None:
    """Tell how healthy it is, in a text that may be shown to anybody."""
    quick.report(as_json=as_json)


def reload(
    profile: Annotated[
        str | None,
        typer.Option("--profile", help="With this one of your profiles; none: with no one."),
    ] = None,
) -> None:
    """Have it read its configuration again, without an end to the conversation."""
    quick.reload(profile)


def quit_() -> None:
    """End it; returns when it has ended."""
    quick.quit_()
