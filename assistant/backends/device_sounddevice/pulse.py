"""What only the sound server knows: that it moved or muted us, and what others play.

Through PulseAudio's own protocol, which PipeWire speaks too, beside the streams of PortAudio.
Where there is no such server, or the library for it is not installed, nothing of this happens.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from assistant.backends.device_sounddevice.ducking import Ducking

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 2.0
"""A server that has stopped says nothing; the streams notice that, too."""
_AGAIN_SECONDS = (1.0, 15.0)
"""Between two tries to reach a server: at first, and at most."""
_PACE_SECONDS = 0.1
"""Between two looks at the server, however much happens there."""
_RELEASE_SECONDS = 0.6
"""After our turn, until others are loud again: who answers at once should not hear them swell."""
_END_SECONDS = 0.5
_NOWHERE = 0xFFFF_FFFF
"""PulseAudio's index of nothing."""
_EVENTS = ("sink_input", "source_output", "source")


class Told(NamedTuple):
    """Who is told what the server does to our streams; both are called in the loop."""

    lost: Callable[[str], None]
    """A stream plays to, or hears, another device than the one that was asked for."""
    doubt: Callable[[str], None]
    """The microphone gives nothing, because of this; empty: not any more."""


class SoundServer:
    """The server while a card is open. `accompany` it; `duck` meanwhile."""

    def __init__(self, told: Told, ducking: Ducking, *, named: tuple[bool, bool]) -> None:
        """`named`: whether microphone and speaker are those of the configuration."""
        self.ducking = ducking
        self._told = told
        self._named = named
        self._homes: tuple[dict[int, str], dict[int, str]] = ({}, {})
        """Of our recording and our playing streams: the device on which each began."""
        self._news = asyncio.Event()
        self._release: asyncio.TimerHandle | None = None

    def duck(self, *, on: bool) -> None:
        """Lower what other programs play on our speaker, or let it be loud again soon."""
        if self._release is not None:
            self._release.cancel()
            self._release = None
        if on:
            self._want(on=True)
        elif self.ducking.wanted:
            loop = asyncio.get_running_loop()
            self._release = loop.call_later(_RELEASE_SECONDS, lambda: self._want(on=False))

    def look(self) -> None:
        """Have a look at the server soon."""
        self._news.set()

    async def accompany(self) -> None:
        """Watch whatever server there is, until cancelled; then others are loud again."""
        try:
            pulse = _connection()
        except (ImportError, OSError) as missing:
            log.debug("the sound server is not watched: %s", missing)
            return
        failures = _failures()
        pause = _AGAIN_SECONDS[0]
        while True:
            try:
                async with _connected(pulse):
                    pause = _AGAIN_SECONDS[0]
                    await self._watch(pulse)
            except* failures as wrong:
                log.debug("the sound server is out of reach: %s", wrong.exceptions[0])
            self._told.doubt("")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _AGAIN_SECONDS[1])

    def _want(self, *, on: bool) -> None:
        if self.ducking.wanted is not on:
            self.ducking.wanted = on
            self._news.set()

    async def _watch(self, pulse: Any) -> None:
        """Look whenever something has changed, until the server is gone."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            server = (await pulse.server_info()).cookie
        for homes in self._homes:
            homes.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(pulse), name="listen to the sound server")
            try:
                while True:
                    self._news.clear()
                    async with asyncio.timeout(_ANSWER_SECONDS):
                        await self._look(pulse, server)
                    await self._news.wait()
                    await asyncio.sleep(_PACE_SECONDS)
            except asyncio.CancelledError:
                if pulse.connected:  # else it is the server that has ended, and we go on
                    await self._put_back(pulse, server)
                raise
            finally:
                # before its task ends: that would wait for an answer to its good-bye
                pulse.disconnect()

    async def _put_back(self, pulse: Any, server: int) -> None:
        """Let others be loud again before we end; what fails is left to the next start."""
        self.ducking.wanted = False
        with suppress(*_failures()):
            async with asyncio.timeout(_END_SECONDS):
                await self._look(pulse, server)

    async def _listen(self, pulse: Any) -> None:
        async for _ in pulse.subscribe_events(*_EVENTS):
            self._news.set()

    async def _look(self, pulse: Any, server: int) -> None:
        sources = {source.index: source for source in await pulse.source_list()}
        sinks = {sink.index: sink for sink in await pulse.sink_list()}
        hearing = [one for one in await pulse.source_output_list() if _ours(one)]
        inputs = await pulse.sink_input_list()
        playing = [one for one in inputs if _ours(one)]
        self._told.doubt(_why_silent(hearing, sources))
        for moved in (
            self._moved(0, [(one.index, one.source) for one in hearing], sources),
            self._moved(1, [(one.index, one.sink) for one in playing], sinks),
        ):
            if moved:
                self._told.lost(moved)
                return
        others = [one for one in inputs if not _ours(one) and one.client != _NOWHERE]
        await self.ducking.settle(pulse, others, server, {one.sink for one in playing})

    def _moved(self, side: int, streams: list[tuple[int, int]], devices: dict[int, Any]) -> str:
        """Say that a device which was asked for is gone, and we are on another one.

        Who moves us by hand, while the device is there, is obeyed.
        """
        homes = self._homes[side]
        names = {device.name for device in devices.values()}
        for gone in homes.keys() - {index for index, _ in streams}:
            del homes[gone]
        for index, at in streams:
            device = devices.get(at)
            if device is None:  # on its way
                continue
            home = homes.setdefault(index, device.name)
            if home == device.name:
                continue
            if self._named[side] and home not in names:
                return f"{home!r} has gone, and the sound server moved us to {device.name!r}"
            log.info("the sound server moved us from %r to %r", home, device.name)
            homes[index] = device.name
        return ""


def _connection() -> Any:
    """Return a connection to come. Raises `ImportError`, `OSError` without the library."""
    disconnected = import_module("pulsectl").PulseDisconnected

    class Connection(import_module("pulsectl_asyncio").PulseAsync):  # type: ignore[misc]
        """One whose end does not trip over questions that are answered, or given up, already.

        `pulsectl-asyncio` 1.3 fails all of them at once, within a callback of C, where an error
        is lost and with it the news for the questions after that one.
        """

        waiting_futures: set[asyncio.Future[None]]

        def _pulse_state_cb(self, context: Any, userdata: Any) -> None:
            waiting, self.waiting_futures = self.waiting_futures, set()
            super()._pulse_state_cb(context, userdata)
            self.waiting_futures = waiting
            if self._disconnected.is_set():  # answers that have come are handed out first
                asyncio.get_running_loop().call_soon(self._give_up)

        def _give_up(self) -> None:
            for future in self.waiting_futures:
                if not future.done():
                    future.set_exception(disconnected())

    return Connection("assistant")


@asynccontextmanager
async def _connected(pulse: Any) -> AsyncIterator[None]:
    """Have a connection, and never leave half of one behind: its answers would come to nobody."""
    try:
        await pulse.connect(timeout=_CONNECT_SECONDS)
        yield
    finally:
        pulse.disconnect()


def _failures() -> tuple[type[Exception], ...]:
    """Return what calls of the library raise when the server is gone, or hangs."""
    library = import_module("pulsectl")
    return library.PulseError, library.PulseDisconnected, TimeoutError


def state_file() -> Path:
    """Return where it is written what was lowered."""
    from platformdirs import user_state_path  # noqa: PLC0415 - only where there is sound

    return user_state_path("assistant") / "ducked.json"


def _ours(stream: Any) -> bool:
    return bool(stream.proplist.get("application.process.id") == str(os.getpid()))


def _why_silent(streams: Iterable[Any], sources: dict[int, Any]) -> str:
    """Say why the server gives us silence; empty: it does not."""
    for stream in streams:
        source = sources.get(stream.source)
        if source is None:
            continue
        if source.mute:
            mend = f"pactl set-source-mute {source.name} 0"
            what = f"the microphone {source.name!r} is muted"
        elif not any(source.volume.values):
            mend = f"pactl set-source-volume {source.name} 100%"
            what = f"the volume of the microphone {source.name!r} is zero"
        elif stream.mute:
            mend = f"pactl set-source-output-mute {stream.index} 0"
            what = "our recording is muted"
        elif not any(stream.volume.values):
            mend = f"pactl set-source-output-volume {stream.index} 100%"
            what = "the volume of our recording is zero"
        else:
            continue
        return f"{what} in the sound server; change that in its settings, or: {mend}"
    return ""
