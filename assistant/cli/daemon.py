"""The daemon behind `assistant run`: models, backends, device, control socket, screen."""

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from assistant.app import fetch_models, open_device, open_shared
from assistant.cli.bars import bars
from assistant.cli.demonstration import demonstrate
from assistant.cli.live import log_to, session_on, signals, until_stopped
from assistant.config import Config
from assistant.control.server import serve
from assistant.errors import BackendUnavailable
from assistant.ports import Device
from assistant.recorder.waterfall import one_line
from assistant.session import LiveSession, Shared
from assistant.showing.screen import Screen


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for beside the configuration."""

    record: Path | None = None
    flight: Path | None = None
    demonstrate: bool = False
    waterfall: bool = False


class _Stopped:
    """Whether somebody wants the end, and the exit code that this gives."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.code = 0

    def by_signal(self, number: int) -> None:
        self.code = 128 + number if number == signal.SIGINT else 0
        self.event.set()


def daemon(config: Config, wishes: Wishes) -> int:
    """Run until somebody stops it; returns the exit code."""
    return asyncio.run(_daemon(config, wishes))


async def _daemon(config: Config, wishes: Wishes) -> int:
    console = Console()
    log_to(config.log.level)
    stopped = _Stopped()
    with signals(stopped.by_signal):
        with bars() as progress:
            await fetch_models(config, progress)
        loading = console.status("loading ears, mind and voice")
        loading.start()
        async with open_shared(config) as shared, AsyncExitStack() as stack:
            device, missing = None, ""
            if not wishes.demonstrate:
                try:
                    device = await stack.enter_async_context(open_device(config))
                except BackendUnavailable as wrong:
                    if config.device.backend != "auto":
                        raise
                    missing = str(wrong)
            loading.stop()
            if device is None:
                await demonstrate(config, shared, console, wishes.record, missing, stopped.event)
            else:
                await _converse(config, device, shared, console, wishes, stopped)
    return stopped.code


async def _converse(
    config: Config,
    device: Device,
    shared: Shared,
    console: Console,
    wishes: Wishes,
    stopped: _Stopped,
) -> None:
    async with AsyncExitStack() as stack:
        session: LiveSession = await stack.enter_async_context(
            session_on(device, shared, config, record=wishes.record, flight=wishes.flight)
        )
        if config.control.enabled:
            door = serve(session, on_quit=stopped.event.set, path=config.control.socket)
            await stack.enter_async_context(door)
        screen = stack.enter_context(
            Screen(console, waterfall=one_line if wishes.waterfall else None)
        )
        log_to(config.log.level, screen.line)
        stack.callback(log_to, config.log.level)
        stack.callback(session.watch(screen))
        screen.welcome(session.state)
        await until_stopped(session, stopped.event)
