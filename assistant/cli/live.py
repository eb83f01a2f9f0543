"""What the verbs that converse have in common: logging, how they end, a session that runs."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.app import settings
from assistant.cli import journal
from assistant.cli.leaving import leave
from assistant.errors import AssistantError, MediaError, leaves
from assistant.listening import pauses
from assistant.models import store
from assistant.ports import Device, Frame
from assistant.recorder.flight import FlightLog
from assistant.session import LiveSession, Shared
from assistant.sound.stereo import recording

if TYPE_CHECKING:
    from assistant.config import Config

STOPPING_S = 1.8
"""A clean end takes no longer; after it, the process ends as it is."""
TERMINATED = 128 + signal.SIGTERM

Stop = Callable[[], None]
"""Asks for the end: that of a conversation which is over, not that of a failure."""
Main = Callable[[Stop], Coroutine[Any, Any, None]]
Run = Callable[[Coroutine[Any, Any, int]], int]
Tap = Callable[[Frame], None]
Interrupted = Callable[[], bool]


class Lines(logging.Handler):
    """Log messages as lines, through whatever shows lines now."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__()
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        """Show one message."""
        self._show(self.format(record))


class Marked(logging.Formatter):
    """Log messages for the journal: each line begins with its priority."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a message."""
        return journal.marked(super().format(record), record.levelno)


def log_to(level: str, show: Callable[[str], None] | None = None) -> None:
    """Send log messages to stderr, or to `show`; other packages' only from warnings on.

    Where stderr is the journal, they go there in any case: it wants to know their priority.
    """
    marked = journal.goes_there()
    handler = logging.StreamHandler() if show is None or marked else Lines(show)
    form = Marked if marked else logging.Formatter
    handler.setFormatter(form("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("assistant").setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "openai"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def until_ended(
    main: Main,
    *,
    terminated: int = TERMINATED,
    run: Run = asyncio.run,
    interrupted: Interrupted = lambda: False,
    at_once: Callable[[], bool] = lambda: False,
) -> None:
    """Run a verb until it is over, asks for its end, or a signal comes; then end the process.

    A signal cancels it, wherever it is; it has `STOPPING_S` to close what is open, or no time if
    `at_once` says that nothing is. `terminated` is the exit code after SIGTERM. `interrupted` is
    called at SIGINT, and tells whether that ended something smaller. An `AssistantError` is raised
    to the caller.
    """
    code = run(_until_ended(main, terminated, interrupted, at_once))
    leave(code)


async def _until_ended(
    main: Main, terminated: int, interrupted: Interrupted, at_once: Callable[[], bool]
) -> int:
    loop = asyncio.get_running_loop()
    asked: list[int] = []
    working = loop.create_task(main(lambda: stop(0)))

    def stop(code: int) -> None:
        if not asked:
            asked.append(code)
            store.stop()
            if at_once():
                leave(code)
            loop.call_later(STOPPING_S, leave, code)
            working.cancel()

    def by_signal(number: signal.Signals) -> None:
        stop(terminated if number is signal.SIGTERM else 128 + number)

    with signals(by_signal, interrupted):
        await asyncio.wait({working})
    if not asked:
        working.result()
        return 0
    if not working.cancelled() and (error := working.exception()) is not None:
        bugs = [leaf for leaf in leaves(error) if not isinstance(leaf, AssistantError)]
        if bugs:  # what else breaks at the end is no news: it was to end
            raise error
    return asked[0]


@contextmanager
def signals(
    stop: Callable[[signal.Signals], object], interrupted: Interrupted = lambda: False
) -> Iterator[None]:
    """Call `stop` at the first signal that asks for the end; a second SIGINT ends the process.

    A closed terminal asks for it, too (SIGHUP), unless we were started to outlive it.
    """
    loop = asyncio.get_running_loop()
    asking = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asking.append(signal.SIGHUP)

    def first(number: signal.Signals) -> None:
        if number is signal.SIGINT and interrupted():
            return
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, lambda *_: os._exit(128 + signal.SIGINT))
        stop(number)

    try:
        for number in asking:
            loop.add_signal_handler(number, first, number)
        yield
    finally:
        for number in asking:
            with suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)


@asynccontextmanager
async def session_on(  # noqa: PLR0913 - a session and what is kept of it
    device: Device,
    shared: Shared,
    config: "Config",
    *,
    record: Path | None = None,
    flight: Path | None = None,
    learn: bool = False,
    tap: Tap | None = None,
    images: tuple[str, ...] = (),
) -> AsyncIterator[LiveSession]:
    """Make a session with its recorder; run it inside this context.

    `learn`: a person speaks, so that their pauses are worth keeping. `tap` gets each frame.
    `images`: paths of pictures that come with each question.
    """
    habits = state_dir() / "pauses.json"
    chosen = settings(config, shared.mind.info, pauses.read(habits))
    chosen = replace(chosen, sight=replace(chosen.sight, handed=images))
    async with AsyncExitStack() as stack:
        log = FlightLog(
            chosen.policy,
            path=flight or _flight_path(config),
            masked=config.recorder.mask,
            turns=config.recorder.ring_turns,
        )
        stack.callback(log.close)
        taps = [] if tap is None else [tap]
        record = record or config.recorder.record
        if record is not None:
            taps.append((await stack.enter_async_context(recording(record))).append)
        session = LiveSession(device, shared, chosen, flight=log, tap=_all(taps))
        if learn and config.turns.adapt:  # however it ends: a signal, sound that hangs
            stack.callback(_keep, habits, session, chosen.pauses)
        yield session


def _keep(place: Path, session: LiveSession, before: pauses.Pauses) -> None:
    """Write what was learned of the user's pauses; a disk that is full is said elsewhere."""
    if session.pauses != before:
        with suppress(OSError):
            pauses.write(place, session.pauses)


def _all(taps: list[Tap]) -> Tap | None:
    def tapped(frame: Frame) -> None:
        for tap in taps:
            tap(frame)

    return tapped if len(taps) > 1 else next(iter(taps), None)


def _flight_path(config: "Config") -> Path | None:
    if config.recorder.keep != "file":
        return None
    place = state_dir()
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as wrong:
        raise AssistantError(
            f"{place}: the flight log cannot be kept there ({wrong.strerror}); give --flight a "
            "path that can, or set recorder.keep to ram"
        ) from wrong
    return place / "flight.jsonl"


def state_dir() -> Path:
    """Return where logs and recordings go that nobody named a place for."""
    from platformdirs import user_state_path  # noqa: PLC0415 - not every verb needs it

    return user_state_path("assistant")


def check_writable(*paths: Path | None) -> None:
    """Raise `MediaError` for a file that cannot be written: before seconds go into loading."""
    for path in paths:
        if path is None:
            continue
        folder = path.absolute().parent
        if path.is_dir():
            why = "it is a directory"
        elif not folder.is_dir():
            why = f"there is no directory {folder}"
        elif not os.access(path if path.exists() else folder, os.W_OK):
            why = "it may not be written"
        else:
            continue
        raise MediaError(str(path), f"{why}; name another file")


async def alongside(session: LiveSession, work: Coroutine[Any, Any, None]) -> None:
    """Run a session and, while it lives, something that uses it."""
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(work)
        await session.run()
        working.cancel()
