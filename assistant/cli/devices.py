"""devices: which microphones and speakers there are, and how to choose one."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from assistant.backends.device_sounddevice import SoundDevice

NONE = """\
No microphone and no speaker is to be found. Plug one in, or see `assistant doctor`.
Without one, `assistant run` shows a conversation, and `assistant converse` plays recordings."""
_PIPE = 120
"""Columns where the output is no terminal, so that no name is cut."""


def command(*, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List microphones and speakers, and say how to choose one."""
    from assistant.backends.device_sounddevice import list_devices  # noqa: PLC0415 - loads numpy

    found = list_devices()
    if as_json:
        typer.echo(json.dumps([asdict(device) for device in found], indent=2, ensure_ascii=False))
        return
    if not found:
        typer.echo(NONE)
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPE)
    console.print(table(found))
    console.print(how_to_choose(found), soft_wrap=True)


def table(found: "list[SoundDevice]") -> Table:
    """Return the devices as a table."""
    page = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    page.add_column("#", justify="right")
    page.add_column("name", overflow="fold")
    page.add_column("through")
    page.add_column("in", justify="right")
    page.add_column("out", justify="right")
    page.add_column("rate", justify="right", no_wrap=True)
    page.add_column("default for")
    for device in found:
        sides = {"microphone": device.default_input, "speaker": device.default_output}
        usual = ", ".join(side for side, is_it in sides.items() if is_it)
        page.add_row(
            str(device.index),
            Text(device.name, "bold" if usual else ""),
            Text(device.host_api),
            str(device.inputs or "-"),
            str(device.outputs or "-"),
            f"{device.rate} Hz",
            Text(usual, "green"),
        )
    return page


def how_to_choose(found: "list[SoundDevice]") -> Text:
    """Return what to write into the configuration, with a device that is there."""
    microphone = next((device for device in found if device.inputs), None)
    speaker = next((device for device in found if device.outputs), None)
    text = Text("To choose, put a part of a name (or a number) into `assistant config edit`:\n\n")
    text.append("  device:\n")
    for side, device in (("microphone", microphone), ("speaker", speaker)):
        if device is not None:
            text.append(f"    {side}: {json.dumps(device.name, ensure_ascii=False)}\n")
    text.append("\nor, for once, give `assistant run` --set device.microphone=PART.")
    return text
