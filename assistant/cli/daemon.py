"""The daemon behind `assistant run`: models, backends, device, control socket, screen."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status

from assistant import heap
from assistant.app import fetch_models, open_device, open_shared, together
from assistant.care.health import Recent
from assistant.care.watched import Manager, Pulse, report
from assistant.cli import journal
from assistant.cli.bars import bars
from assistant.cli.demonstration import demonstrate
from assistant.cli.knobs import knobs
from assistant.cli.live import (
    Stop,
    alongside,
    check_writable,
    log_to,
    session_on,
    state_dir,
    until_ended,
)
from assistant.cli.sieve import sift
from assistant.cli.upkeep import House
from assistant.config import Config
from assistant.control.client import default_path
from assistant.control.entrance import Entrance
from assistant.control.place import free
from assistant.control.server import serve
from assistant.core.events import Muted
from assistant.errors import AssistantError, BackendUnavailable
from assistant.home.devices import Devices
from assistant.house import keep_home
from assistant.ports import Device
from assistant.recorder.book import called
from assistant.recorder.stalls import LoopMonitor
from assistant.recorder.waterfall import one_line
from assistant.session import LiveSession, Shared
from assistant.showing.screen import HOW_TO_STOP, Screen

RELIEF_S = 1.0
"""How long the screen waits for the answers of `status` to be as new as it is."""
_QUIET = ("listening", "waiting", "muted", "deaf")
"""When no engine is at work."""


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


@dataclass(frozen=True, slots=True)
class _Around:
    """What is there before anything is loaded."""

    house: House
    entrance: Entrance
    manager: Manager
    stop: Stop
    loaded: asyncio.Event
    serving: asyncio.Event
    """Set when nobody is answered by the porter any more, who would call it starting."""
    loading: "_Loading"


class _Loading:
    """Engines load, and nothing is there yet that would have to be kept.

    They hold the interpreter's lock for up to a second at a time, and each step of a clean end
    would wait for them again.
    """

    def __init__(self) -> None:
        self._undo: Callable[[], None] | None = None

    @contextmanager
    def shown(self, status: Status, door: Path | None) -> Iterator[None]:
        """Be loading meanwhile; `door`: our socket."""

        def undo() -> None:
            status.stop()
            if door is not None:
                door.unlink(missing_ok=True)

        with status:
            self._undo = undo
            try:
                yield
            finally:
                self._undo = None

    def given_up(self) -> bool:
        """Leave nothing behind, and tell whether that was all there was."""
        if self._undo is None:
            return False
        with suppress(OSError, ValueError):  # the terminal has gone
            self._undo()
        return True


def daemon(configured: Callable[[], Config], wishes: Wishes) -> None:
    """Run until somebody stops it, then end the process. `configured` reads the configuration."""
    config, monitor = configured(), LoopMonitor()
    sift(chatter=config.log.level.upper() == "DEBUG")
    recent = Recent()
    logging.getLogger("assistant").addHandler(recent)
    house = House(config, configured, recent, monitor)
    loading = _Loading()
    until_ended(
        lambda stop: _daemon(config, wishes, house, stop, loading),
        terminated=0,
        run=monitor.run,
        at_once=loading.given_up,
    )


async def _daemon(
    config: Config, wishes: Wishes, house: House, stop: Stop, loading: _Loading
) -> None:
    # The journal is no place for what is said.
    console = Console(highlight=False, quiet=journal.goes_there(journal.STDOUT))
    entrance = Entrance(muted=lambda: _mute().exists(), on_mute=lambda on: _keep_mute(on=on))
    around = _Around(
        *(house, entrance, Manager.of(os.environ), stop),
        *(asyncio.Event(), asyncio.Event(), loading),
    )
    log_to(config.log.level)
    check_writable(wishes.record, wishes.flight)
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(AsyncExitStack())
        unserved: AssistantError | None = None
        place: Path | None = None
        if config.control.enabled and not wishes.demonstrate:
            place = config.control.socket or Path(default_path())
            unserved = await _opened(door, place, around)
            place = place if unserved is None else None
        else:
            around.serving.set()
        with bars() as progress:
            await fetch_models(config, progress)
        with loading.shown(console.status("loading ears, mind and voice"), place):
            opening: dict[str, AbstractAsyncContextManager[Any]] = {
                "shared": open_shared(config),
                "device": _device(
                    config, wanted=not wishes.demonstrate, waits=bool(around.manager)
                ),
            }
            opened = await stack.enter_async_context(together(opening))
        shared, device = opened["shared"], opened["device"]
        heap.settle()
        if isinstance(device, _Missing):
            await door.aclose()
            await demonstrate(
                config,
                shared,
                console,
                device.why,
                record=wishes.record,
                flight=wishes.flight,
            )
        elif unserved is not None:
            raise unserved
        else:
            await _converse(config, device, shared, console, wishes, around)


async def _opened(door: AsyncExitStack, path: Path, around: _Around) -> AssistantError | None:
    """Open the socket. What cannot be made is returned: a demonstration needs none.

    Raises `AssistantError` when another assistant runs.
    """
    free(path)
    served = serve(
        around.entrance,
        on_quit=around.stop,
        path=path,
        upkeep=around.house.upkeep,
        loading=around.loaded.wait,
        serving=around.serving.set,
    )
    try:
        await door.enter_async_context(served)
    except AssistantError as wrong:
        return wrong
    return None


@asynccontextmanager
async def _device(
    config: Config, *, wanted: bool, waits: bool
) -> AsyncIterator[Device | _Missing]:
    """Open microphone and speaker; where there are none and none was named, say why.

    `waits`: a service may start before the sound server, and has nobody to show itself to. Muted
    once, it starts muted.
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
                if waits or config.device.backend != "auto":
                    raise
                device = _Missing(str(wrong).removeprefix(f"{wrong.backend}: "))
        yield device


async def _converse(
    config: Config,
    device: Device,
    shared: Shared,
    console: Console,
    wishes: Wishes,
    around: _Around,
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
        health = around.house.furnish(session, device, shared, pulse)
        around.loaded.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(RELIEF_S):
                await around.serving.wait()
        if _mute().exists():  # it may have been wished for while it was loading
            await device.mute(on=True)
            session.inject(Muted(on=True))
        around.entrance.open(session)
        stack.callback(session.watch(lambda _: _keep_mute(on=session.state.muted)))
        screen = stack.enter_context(
            Screen(console, waterfall=one_line if wishes.waterfall else None)
        )
        log_to(config.log.level, screen.line)
        stack.callback(log_to, config.log.level)
        stack.callback(session.watch(screen))
        screen.welcome(session.state, _how_to_talk(config, session.names))
        telling = report(around.manager, pulse, lambda: session.state)
        home = _home(config, session, shared, around)
        await alongside(session, _beside(telling, health.keep(lambda: _quiet(session)), home))


async def _beside(*works: Coroutine[Any, Any, None]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for work in works:
            tasks.create_task(work)


async def _home(config: Config, session: LiveSession, shared: Shared, around: _Around) -> None:
    """Be a part of the home, where there is one."""
    if isinstance(shared.household, Devices):
        turned = knobs(session, around.house, session.controls)
        timers = config.hands.enabled
        await keep_home(config, session, turned, shared.household, state_dir(), timers=timers)


def _quiet(session: LiveSession) -> bool:
    return session.state.activity in _QUIET


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
