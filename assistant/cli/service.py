"""service install | remove | status | logs."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from time import perf_counter
from typing import Annotated

import typer

from assistant.care.service import (
    NAME,
    NO_SYSTEMD,
    NOT_FOR_ROOT,
    Installed,
    Status,
    Systemd,
    for_root,
    install,
    remove,
)
from assistant.cli.options import ConfigFile, Settings, all_flags
from assistant.errors import AssistantError

WATCHED_S = 15.0
"""How long an installation looks whether it starts; the first one fetches models for longer."""
EVERY_S = 0.5
INACTIVE, UNKNOWN = 3, 4
"""Exit codes of `status`, as `systemctl` has them: it does not run; there is none."""
_LABEL = 11

app = typer.Typer(no_args_is_help=True, help="Have it start with your session, watched.")

System = Annotated[
    bool, typer.Option("--system", help="As a service of the system, which root has to do.")
]


@app.command("install")
def install_(
    config: ConfigFile = None, settings: Settings = None, *, system: System = False
) -> None:
    """Have it start with your session, now and from now on; again when it crashes or hangs.

    With --system it prints what root has to do for a service that needs nobody to log in.
    """
    arguments = [word for setting in settings or [] for word in ("--set", setting)]
    if config is not None:
        arguments = ["--config", str(config.expanduser().absolute()), *arguments]
    if system:
        typer.echo(for_root(arguments), nl=False)
        return
    done = install(arguments, config=config, flags=all_flags(settings))
    for line in _told(done, _settled(Systemd())):
        typer.echo(line)


@app.command("remove")
def remove_(*, system: System = False) -> None:
    """Stop it, and have it start no more; configuration, models and what it learned stay."""
    if system:
        typer.echo(NOT_FOR_ROOT, nl=False)
    elif remove():
        typer.echo(f"{NAME} is removed; configuration and models are where they were")
    else:
        typer.echo(f"{NAME} is not installed")


@app.command("status")
def status_(
    *,
    system: System = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one object of JSON.")] = False,
) -> None:
    """Show how the service is; exit code 3 if it does not run, 4 if there is none."""
    status = Systemd(system=system).status()
    if as_json:
        typer.echo(json.dumps(asdict(status)))
    else:
        for line in _lines(status):
            typer.echo(line)
    if not status.installed:
        raise typer.Exit(UNKNOWN)
    if status.active != "active":
        raise typer.Exit(INACTIVE)


@app.command("logs")
def logs_(
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it goes on.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="So many of the last.")] = 100,
    system: System = False,
) -> None:
    """Show its log, which is in the journal of the system."""
    program = shutil.which("journalctl")
    if program is None:
        raise AssistantError(NO_SYSTEMD)
    whose = "--unit" if system else "--user-unit"
    words = [program, f"{whose}={NAME}", f"--lines={lines}", *(["--follow"] if follow else [])]
    sys.stdout.flush()
    os.execv(program, words)  # noqa: S606 - it has the terminal from here on, pager and all


def _settled(systemd: Systemd) -> Status:
    """Wait a little until it runs, or has failed to."""
    began = perf_counter()
    while True:
        status = systemd.status()
        if status.active in {"active", "failed"} or perf_counter() - began > WATCHED_S:
            return status
        _pause(EVERY_S)


def _pause(seconds: float) -> None:
    from threading import Event  # noqa: PLC0415 - --help needs none

    Event().wait(seconds)


def _told(done: Installed, status: Status) -> Iterator[str]:
    yield f"{done.path}: {'written' if done.changed else 'as it was'}"
    yield ""
    yield from _lines(status)
    if status.active == "activating":
        yield _line("", "the first start fetches models: see `assistant service logs -f`")
    if done.keys:
        yield _line("keys", ", ".join(done.keys))
    if not done.confined:
        yield _line("sandbox", "without a read-only file system: this kernel gives users none")
    yield from _sound()
    yield ""
    yield "How it is: assistant service status. Its log: assistant service logs -f."


def _lines(status: Status) -> Iterator[str]:
    if not status.installed:
        yield f"{NAME} is not installed; `assistant service install` does it"
        return
    state = (
        status.active if status.active == status.detail else f"{status.active}, {status.detail}"
    )
    since = f", since {status.since}" if status.active == "active" and status.since else ""
    pid = f", pid {status.pid}" if status.pid else ""
    yield _line("service", f"{state}{since}{pid}")
    if status.says and status.pid:
        yield _line("assistant", status.says)
    if status.restarts:
        yield _line("restarts", f"{status.restarts}; why: `assistant service logs`")
    if status.active == "failed":
        reason = f"{status.result} ({status.code})" if status.code else status.result
        yield _line("failed", f"{reason}; why: `assistant service logs`, `assistant doctor`")
    yield _line("starts", "by itself" if status.enabled else "when it is told to")
    if status.lingers is not None:
        yield from _lingering(lingers=status.lingers)


def _lingering(*, lingers: bool) -> Iterator[str]:
    if lingers:
        yield _line(
            "linger", "on: it runs from boot on, without a login. Nobody sits at the machine"
        )
        yield _line("", "then, so this user needs the groups of its devices: audio, video, render")
    else:
        yield _line("linger", "off: it runs while you are logged in; to have it from boot on,")
        yield _line("", "`loginctl enable-linger`")


def _sound() -> Iterator[str]:
    from assistant.care.sound import server  # noqa: PLC0415 - loads numpy

    found = server()
    yield _line("sound", found.detail if found.state == "ok" else f"{found.detail}: {found.fix}")
    if found.state != "ok":
        yield _line("", "PipeWire and PulseAudio start when their socket is used, if that is on:")
        yield _line("", "`systemctl --user enable --now pipewire.socket pipewire-pulse.socket`")
        yield _line("", "(or pulseaudio.socket). The assistant waits for it.")


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL}} {text}"
