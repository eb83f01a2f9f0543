"""How it is started: systemd units, lingering, assistants that run already."""

import os
import pwd
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from assistant.care.findings import Finding

UNITS = ("assistant.service", "assistant-system.service")
_LINGER = Path("/var/lib/systemd/linger")
_LAUNCHERS = "@-:+!|"
"""What may stand before the program in ExecStart."""


def folders(home: Path, config: str = "") -> list[tuple[Path, bool]]:
    """List where units are kept; True: those of this user's own manager."""
    base = Path(config) if Path(config).is_absolute() else home / ".config"
    return [
        (base / "systemd" / "user", True),
        (home / ".local" / "share" / "systemd" / "user", True),
        (Path("/etc/systemd/user"), True),
        (Path("/etc/systemd/system"), False),
        (Path("/usr/lib/systemd/user"), True),
        (Path("/usr/lib/systemd/system"), False),
    ]


def service(
    places: list[tuple[Path, bool]], linger: Path = _LINGER, user: str | None = None
) -> Iterator[Finding]:
    """Tell whether it is started by itself, and whether its unit still fits this installation."""
    user = user or _user()
    found = [
        (place / name, own) for place, own in places for name in UNITS if (place / name).is_file()
    ]
    if not found:
        yield Finding("ok", "service", "not installed: it is started by hand")
        return
    for unit, own in found:
        yield _unit(unit, enabled=_enabled(unit, [place for place, _ in places]))
        if own:
            yield _lingering(linger / user, user)


def _unit(unit: Path, *, enabled: bool) -> Finding:
    again = "install it anew: `assistant service install`"
    try:
        text = unit.read_text(errors="replace")
    except OSError as wrong:
        return Finding("warn", "service", f"{unit}: {wrong.strerror}", again)
    program = program_of(text)
    found = None if program is None else shutil.which(program)
    if found is None:
        starts = f"starts {program}, which is not there" if program else "starts nothing"
        return Finding("fail", "service", f"{unit} {starts}", again)
    if not _is_ours(Path(found)):
        detail = f"{unit} starts {found}, which is another installation than this one"
        return Finding("warn", "service", detail, again)
    if not enabled:
        user = "--user " if "/user/" in f"{unit}" else ""
        fix = f"`systemctl {user}enable --now {unit.name}`"
        return Finding("warn", "service", f"{unit} is not enabled: nothing starts it", fix)
    return Finding("ok", "service", f"{unit}, enabled")


def _is_ours(program: Path) -> bool:
    """Tell whether it is of this environment, itself or by a link."""
    ours = Path(sys.prefix) / "bin"
    return ours in {program.parent, program.resolve().parent}


def program_of(unit: str) -> str | None:
    """Return the program that a unit starts; the newest ExecStart counts, an empty one clears."""
    program = None
    for line in unit.splitlines():
        key, _, value = line.strip().partition("=")
        if key.strip() == "ExecStart":
            try:
                words = shlex.split(value.strip().lstrip(_LAUNCHERS))
            except ValueError:
                words = value.split()
            program = words[0] if words else None
    if program is not None:
        home = os.environ.get("HOME", "/")
        program = program.replace("%h", home).replace("%%", "%")
    return program


def _enabled(unit: Path, places: list[Path]) -> bool:
    """Tell whether a target wants it: a link of its name in a folder `*.wants`."""
    kinds = ("wants", "requires")
    return any(
        (link / unit.name).is_symlink()
        for place in {unit.parent, *places}
        for kind in kinds
        for link in place.glob(f"*.{kind}")
    )


def _lingering(mark: Path, user: str) -> Finding:
    if mark.exists():
        return Finding("ok", "linger", f"{user}'s services run without a login")
    return Finding(
        "warn",
        "linger",
        "it starts when you log in, and ends when you log out",
        f"`sudo loginctl enable-linger {user}`, if it is to run without a login",
    )


def others(proc: Path = Path("/proc"), *, me: int | None = None) -> Finding:
    """Tell which assistants of this user run; two share a microphone badly.

    Each is a few processes: one watches over it, others are its helpers.
    """
    me = os.getpid() if me is None else me
    parents = {one.pid: one.parent for one in _processes(proc) if _runs(one.words)}
    found = sorted(pid for pid, parent in parents.items() if pid != me and parent not in parents)
    if len(found) > 1:
        pids = ", ".join(map(str, found))
        fix = "end all but one: `assistant quit`, or `kill` and its number"
        return Finding("warn", "assistants", f"{len(found)} run at once (pid {pids})", fix)
    detail = f"one runs (pid {found[0]})" if found else "none runs"
    return Finding("ok", "assistants", detail)


class _Process(NamedTuple):
    pid: int
    parent: int
    words: list[str]


def _processes(proc: Path) -> Iterator[_Process]:
    for folder in proc.glob("[0-9]*"):
        try:
            if folder.stat().st_uid == os.getuid():
                line = (folder / "cmdline").read_bytes().decode(errors="replace")
                # proc(5): the name, in brackets, may hold anything; the state, then the parent
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = [word for word in line.split("\0") if word]
                yield _Process(int(folder.name), parent, words)
        except (OSError, ValueError, IndexError):  # it has just ended
            continue


def _runs(words: list[str]) -> bool:
    """Tell whether a command line is that of `assistant run`."""
    for at, word in enumerate(words[:-1]):
        python = at == 1 and Path(words[0]).name.startswith("python")
        named = Path(word).name == "assistant" and (at == 0 or python)
        module = word == "assistant" and words[at - 1] == "-m"
        if named or module:
            return "run" in words[at + 1 : at + 3]
    return False


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
