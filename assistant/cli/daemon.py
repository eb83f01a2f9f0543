"""The daemon behind `assistant run`: models, backends, device, control socket, screen."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from assistant.app import fetch_models, open_device, open_shared, together
from assistant.care.watched import Manager, Pulse, report
from assistant.cli.bars import bars
from assistant.cli.demonstration import demonstrate
from assistant.cli.live import (
    Stop,
    alongside,
    check_writable,
    log_to,
    session_on,
    state_dir,
    until_ended,
)
from assistant.config import Config
from assistant.control.client import default_path
from assistant.control.place import free
from assistant.control.server import serve
from assistant.core.events import Muted
from assistant.errors import BackendUnavailable
from assistant.ports import Device
from assistant.recorder.book import called
from assistant.recorder.waterfall import one_line
from assistant.session import Shared
from assistant.showing.screen import HOW_TO_STOP, Screen


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for beside the configuration."""

    record: Path | None = None
    flight: Path | None = None
    demonstrate: bool = False
    waterfall: bool = False


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why there is no device, for a person; empty: none was wanted."""

    why: str = ""


def daemon(config: Config, wishes: Wishes) -> None:
    """Run until somebody stops it, then end the process."""
    until_ended(lambda stop: _daemon(config, wishes, stop), terminated=0)


async def _daemon(config: Config, wishes: Wishes, stop: Stop) -> None:
    console = Console(highlight=False)
    manager = Manager.of(os.environ)
    log_to(config.log.level)
    check_writable(wishes.record, wishes.flight)
    if config.control.enabled and not wishes.demonstrate:
        # it would be found out by `serve`, but after seconds of loading
        free(config.control.socket or Path(default_path()))
    with bars() as progress:
        await fetch_models(config, progress)
    async with AsyncExitStack() as stack:
        with console.status("loading ears, mind and voice"):
            opening: dict[str, AbstractAsyncContextManager[Any]] = {
                "shared": open_shared(config),
                "device": _device(config, wanted=not wishes.demonstrate, waits=bool(manager)),
            }
            opened = await stack.enter_async_context(together(opening))
        shared, device = opened["shared"], opened["device"]
        if isinstance(device, _Missing):
            await demonstrate(
                config,
                shared,
                console,
                device.why,
                record=wishes.record,
                flight=wishes.flight,
            )
        else:
            await _converse(config, device, shared, console, wishes, stop, manager)


@asynccontextmanager
async def _device(
    config: Config, *, wanted: bool, waits: bool
) -> AsyncIterator[Device | _Missing]:
    """Open microphone and speaker; where there are none and none was named, say why.

    `waits`: a service may start before the sound server. Muted once, it starts muted.
    """
    async with AsyncExitStack() as stack:
        device: Device | _Missing = _Missing()
        if wanted:
            try:
                opening = open_device(config, waits=waits, cancels=True)
                device = await stack.enter_async_context(opening)
                if _mute().exists():
                    await device.mute(on=True)
            except BackendUnavailable as wrong:
                if config.device.backend != "auto":
                    raise
                device = _Missing(str(wrong).removeprefix(f"{wrong.backend}: "))
        yield device


async def _converse(  # noqa: PLR0913, PLR0917 - all that a daemon is made of
    config: Config,
    device: Device,
    shared: Shared,
    console: Console,
    wishes: Wishes,
    stop: Stop,
    manager: Manager,
) -> None:
    pulse = Pulse(asyncio.get_running_loop().time)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            session_on(
                *(device, shared, config),
                record=wishes.record,
                flight=wishes.flight,
                learn=True,
                tap=pulse,
            )
        )
        if _mute().exists():
            session.inject(Muted(on=True))
        stack.callback(session.watch(lambda _: _keep_mute(on=session.state.muted)))
        if config.control.enabled:
            door = serve(session, on_quit=stop, path=config.control.socket)
            await stack.enter_async_context(door)
        screen = stack.enter_context(
            Screen(console, waterfall=one_line if wishes.waterfall else None)
        )
        log_to(config.log.level, screen.line)
        stack.callback(log_to, config.log.level)
        stack.callback(session.watch(screen))
        screen.welcome(session.state, _how_to_talk(config, session.names))
        await alongside(session, report(manager, pulse, lambda: session.state))


def _mute() -> Path:
    """Return the file whose being there says: the microphone was closed, and is to stay so."""
    return state_dir() / "muted"


def _keep_mute(*, on: bool) -> None:
    """Remember it over restarts; a disk that is full is said elsewhere."""
    place = _mute()
    if on is place.exists():
        return
    with suppress(OSError):
        if on:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.touch(mode=0o600)
        else:
            place.unlink(missing_ok=True)


def _how_to_talk(config: Config, names: tuple[str, ...]) -> str:
    match config.turns.mode:
        case "wake":
            return f"Say {called(names)}, and what you want; Ctrl-C ends the conversation."
        case "push":
            return "`assistant talk --press`, speak, `assistant talk --release`; Ctrl-C ends it."
        case _:
            return HOW_TO_STOP
