"""What the verbs that converse have in common: logging, signals, a session that runs."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.app import settings
from assistant.ports import Device, Frame
from assistant.recorder.flight import FlightLog
from assistant.session import LiveSession, Shared
from assistant.sound.stereo import StereoWriter

if TYPE_CHECKING:
    from assistant.config import Config

STOPPING_S = 2.0
"""A clean end takes no longer; after it, the process ends as it is."""


class Lines(logging.Handler):
    """Log messages as lines, through whatever shows lines now."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__()
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        """Show one message."""
        self._show(self.format(record))


def log_to(level: str, show: Callable[[str], None] | None = None) -> None:
    """Send log messages to stderr, or to `show`; other packages' only from warnings on."""
    handler: logging.Handler = logging.StreamHandler() if show is None else Lines(show)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("assistant").setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "openai"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def signals(stop: Callable[[int], object]) -> Iterator[None]:
    """Call `stop` at SIGTERM and at the first SIGINT; a second SIGINT ends the process."""
    loop = asyncio.get_running_loop()

    def first(number: signal.Signals) -> None:
        stop(number)
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, lambda *_: os._exit(128 + signal.SIGINT))

    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, first, number)
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)


@asynccontextmanager
async def session_on(
    device: Device,
    shared: Shared,
    config: "Config",
    *,
    record: Path | None = None,
    flight: Path | None = None,
) -> AsyncIterator[LiveSession]:
    """Make a session with its recorder; run it inside this context."""
    chosen = settings(config, shared.mind.info)
    async with AsyncExitStack() as stack:
        log = FlightLog(
            chosen.policy,
            path=flight or _flight_path(config),
            masked=config.recorder.mask,
            turns=config.recorder.ring_turns,
        )
        stack.callback(log.close)
        tap: Callable[[Frame], None] | None = None
        record = record or config.recorder.record
        if record is not None:
            writer = StereoWriter(record)
            stack.callback(writer.close)
            tap = writer.append
        yield LiveSession(device, shared, chosen, flight=log, tap=tap)


def _flight_path(config: "Config") -> Path | None:
    if config.recorder.keep != "file":
        return None
    place = state_dir()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place / "flight.jsonl"


def state_dir() -> Path:
    """Return where logs and recordings go that nobody named a place for."""
    from platformdirs import user_state_path  # noqa: PLC0415 - not every verb needs it

    return user_state_path("assistant")


async def until_stopped(session: LiveSession, stop: asyncio.Event) -> None:
    """Run a session until its sound is over or somebody stops it; it then ends within 2 s."""
    running = asyncio.ensure_future(session.run())  # noqa: TID251 - its end is awaited below
    stopping = asyncio.ensure_future(stop.wait())  # noqa: TID251 - likewise
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not running.done():
            running.cancel()
            await asyncio.wait({running}, timeout=STOPPING_S)
    if not running.cancelled():
        running.result()


async def alongside(
    session: LiveSession, stop: asyncio.Event, work: Coroutine[Any, Any, None]
) -> None:
    """Run a session and, while it lives, something that uses it."""
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(work)
        await until_stopped(session, stop)
        working.cancel()


def leave(code: int) -> None:
    """End the process now: a worker thread in the middle of its work must not keep it alive."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
