"""What the sound server's own mixer says: muted, or at zero volume. Asked through `pactl`."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.care.findings import Finding, State

Side = Literal["source", "sink"]

REACH = 3.0
"""Seconds for the sound server to answer."""
FAINT = 20
"""Percent below which a microphone or a speaker is as good as off."""
_WHAT: Mapping[Side, str] = {"source": "microphone", "sink": "speaker"}
_PERCENT = re.compile(r"(\d+)%")
_HEAD = re.compile(r"(?:Source|Sink) #\d+")


@dataclass(frozen=True, slots=True)
class Setting:
    """Of a microphone or a speaker, in the server's mixer."""

    name: str
    about: str
    muted: bool
    percent: int


def volume(
    side: Side, wish: str | int | None = None, environ: Mapping[str, str] = os.environ
) -> Finding:
    """Tell whether the one in use is muted or turned down; `wish` is what is configured."""
    what = f"{_WHAT[side]} mixer"
    if shutil.which("pactl") is None:
        return Finding(
            "warn",
            what,
            "pactl is not installed: whether it is muted cannot be asked",
            "`sudo apt install pulseaudio-utils`",
        )
    settings, default = _asked(side, environ)
    if not settings:
        return Finding("ok", what, "no sound server to ask")
    one = _named(settings, wish, default)
    if one is None:
        return Finding("ok", what, "the sound server's mixer does not know it")
    detail = f"{one.about}, {one.percent} %"
    if one.muted:
        fix = f"`pactl set-{side}-mute {one.name} 0`"
        return Finding("fail", what, f"{detail}, muted", fix)
    if one.percent < FAINT:
        state: State = "warn" if one.percent else "fail"
        return Finding(state, what, detail, f"`pactl set-{side}-volume {one.name} 100%`")
    return Finding("ok", what, detail)


def parse(text: str) -> list[Setting]:
    """Read what `pactl list sources` or `sinks` prints."""
    found = []
    for block in _HEAD.split(text)[1:]:
        fields: dict[str, str] = {}
        for line in block.splitlines():
            label, colon, value = line.strip().partition(":")
            if colon and line.startswith("\t") and not line.startswith("\t\t"):
                fields.setdefault(label, value.strip())
        percents = [int(percent) for percent in _PERCENT.findall(fields.get("Volume", ""))]
        if "Name" in fields:
            name = fields["Name"]
            about = fields.get("Description", name)
            muted = fields.get("Mute") == "yes"
            found.append(Setting(name, about, muted, max(percents, default=100)))
    return found


def _asked(side: Side, environ: Mapping[str, str]) -> tuple[list[Setting], str]:
    default = ""
    for line in _pactl(environ, "info").splitlines():
        label, _, value = line.partition(": ")
        if label == f"Default {side.capitalize()}":
            default = value.strip()
    return parse(_pactl(environ, "list", f"{side}s")), default


def _pactl(environ: Mapping[str, str], *words: str) -> str:
    """Return what it prints; nothing if the server does not answer, which is told elsewhere."""
    try:
        return subprocess.run(  # noqa: S603 - constant words
            ["pactl", *words],  # noqa: S607 - wherever it is installed
            env={**environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=REACH,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _named(settings: list[Setting], wish: str | int | None, default: str) -> Setting | None:
    """Find the one that PortAudio's device is; the default, unless another is named."""
    if isinstance(wish, str):
        part = wish.casefold()
        for one in settings:
            if part in {one.name.casefold(), one.about.casefold()} or part in one.about.casefold():
                return one
    return next((one for one in settings if one.name == default), None)
