"""What all devices share: the tracks as the event loop sees them, and the frames' way to it."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import suppress

import numpy as np

from assistant.errors import BackendUnavailable
from assistant.ports import FRAME, RATE, Audio, Frame, Measure, Samples, Track
from assistant.sound.mixer import Mixer

log = logging.getLogger(__name__)

QUEUED_SECONDS = 2.0
"""More than this is not taken by a track: an answer may be interrupted at any word."""
_SLICE_SECONDS = 0.5
"""Resampled at a time: 0.3 ms."""
_UNREAD_FRAMES = 30_000
"""Five minutes that nobody has read: the consumer is gone, and memory is not endless."""

IDLE_BLOCK = 3
"""Ticks in a frame while nothing happens: fewer wake-ups, and onsets have their pre-roll."""
_IDLE_AFTER = 3 * RATE
"""Samples of quiet until then. Longer than any pause in a turn: its end must not come late."""
_QUIET_PEAK = 330
"""-40 dB: below speech at any useful distance, above the noise of rooms and microphones."""

_CROWDED_FRAMES = 200
"""So many unread mean that nobody comes to read them in time."""

_Check = Callable[[], bool | None]


class Calm:
    """Tells when nothing has been heard or played for a while."""

    def __init__(self) -> None:
        self._quiet = 0

    def ticks(self) -> int:
        """Return how many ticks may share a frame."""
        return IDLE_BLOCK if self._quiet >= _IDLE_AFTER else 1

    def hear(self, near: Samples, *, playing: bool) -> None:
        """Take the newest sound."""
        if playing or (len(near) and int(np.abs(near).max()) > _QUIET_PEAK):
            self._quiet = 0
        else:
            self._quiet += len(near)


class Card:
    """Half of a device: a subclass has the thread that pulls from `mixer` and sends frames.

    Made and used in the event loop's thread; `send` and `lose` may be called from any.
    """

    def __init__(self, rate: int) -> None:
        self.mixer = Mixer(rate)
        self._loop = asyncio.get_running_loop()
        self._frames: deque[Frame] = deque(maxlen=_UNREAD_FRAMES)
        self._news = asyncio.Event()
        self.ended = False
        self._lost: BackendUnavailable | None = None
        self._waiting: list[tuple[_Check, asyncio.Future[bool]]] = []
        self._turns = {track: asyncio.Lock() for track in Track}
        self._observers: list[Callable[[], None]] = []
        self._flushes = dict.fromkeys(Track, 0)

    def catch_up(self) -> None:
        """Bring the card's state to this very moment, before something changes."""

    # ── from the card's thread ──

    def send(self, frames: Iterable[Frame], *, end: bool = False) -> None:
        """Hand frames to the event loop, and let it see what has been played."""
        self._tell(lambda: self._receive(frames, end=end))

    def lose(self, error: BackendUnavailable) -> None:
        """The device is gone: everyone who waits for it learns so."""
        self._tell(lambda: self._lose(error))

    def _tell(self, call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody listens any more
            self._loop.call_soon_threadsafe(call)

    # ── in the event loop ──

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Yield frames as they come; one consumer at a time."""
        while True:
            while self._frames:
                yield self._frames.popleft()
            if self._lost:
                raise self._lost
            if self.ended:
                return
            self._news.clear()
            await self._news.wait()

    def watch(self, told: Callable[[], None]) -> None:
        """Have `told` called whenever `info` has changed."""
        self._observers.append(told)

    def changed(self) -> None:
        """Tell who watches that `info` is another one."""
        for told in self._observers:
            told()

    def gauges(self) -> Mapping[str, Measure]:
        """Return what tells of its health."""
        return {"frames unread": Measure(len(self._frames), _CROWDED_FRAMES)}

    async def write(self, track: Track, audio: Audio) -> tuple[float, float]:
        """Queue sound; waits while 2 s are queued. Sound that a flush overtook is dropped."""
        flushes = self._flushes[track]
        async with self._turns[track]:
            await self.until(
                lambda: self.mixer.queued(track) <= QUEUED_SECONDS or self._flushed(track, flushes)
            )
            if self._flushed(track, flushes):
                end = self.mixer.end(track)
                return end, end + audio.seconds
            return self._put(track, audio)

    def played(self, track: Track) -> float:
        """Seconds of this track that have left the speaker."""
        self.catch_up()
        return self.mixer.heard(track)

    async def reached(self, track: Track, position: float) -> bool:
        """Wait until the track has played up to `position`; False if it was flushed before."""
        slack = 0.5 / self.mixer.rate

        def check() -> bool | None:
            if self.mixer.heard(track) >= position - slack:
                return True
            return False if self.mixer.end(track) < position - slack else None

        return await self.until(check)

    def gain(self, track: Track, decibels: float) -> None:
        """Change a track's loudness on a slope of a few milliseconds."""
        with self.mixer.lock:
            self.catch_up()
            self.mixer.gain(track, float(10 ** (decibels / 20)))

    def hold(self, track: Track, *, on: bool) -> None:
        """Pause or go on with a track."""
        with self.mixer.lock:
            self.catch_up()
            self.mixer.hold(track, on=on)

    def flush(self, track: Track) -> float:
        """Drop what is queued; return the position that will have been heard. A hold stays."""
        with self.mixer.lock:
            self.catch_up()
            heard = self.mixer.flush(track)
        self._flushes[track] += 1
        self._settle()
        return heard

    def _put(self, track: Track, audio: Audio) -> tuple[float, float]:
        """Queue sound in slices, so that the card never waits for long."""
        size = max(1, round(audio.rate * _SLICE_SECONDS))
        with self.mixer.lock:
            self.catch_up()
            start, end = self.mixer.write(track, Audio(audio.samples[:size], audio.rate))
        for first in range(size, len(audio.samples), size):
            part = audio.samples[first : first + size]
            _, end = self.mixer.write(track, Audio(part, audio.rate))
        return start, end

    def _flushed(self, track: Track, before: int) -> bool | None:
        return self._flushes[track] != before or None

    async def until(self, check: _Check) -> bool:
        """Wait until `check` says yes or no; it is asked whenever the device moved on."""
        if self._lost:
            raise self._lost
        if (answer := check()) is not None:
            return answer
        future: asyncio.Future[bool] = self._loop.create_future()
        entry = (check, future)
        self._waiting.append(entry)
        try:
            return await future
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    def _settle(self) -> None:
        for check, future in self._waiting:
            if not future.done() and (answer := check()) is not None:
                future.set_result(answer)

    def _receive(self, frames: Iterable[Frame], *, end: bool) -> None:
        behind = len(self._frames) == _UNREAD_FRAMES
        self._frames.extend(frames)
        if not behind and len(self._frames) == _UNREAD_FRAMES:
            log.warning("nobody has listened for 5 minutes: the oldest sound is dropped")
        self.ended = self.ended or end
        self._news.set()
        self._settle()

    def _lose(self, error: BackendUnavailable) -> None:
        if self._lost:
            return
        self._lost = error
        self._news.set()
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(error)


def silence(count: int = FRAME) -> Samples:
    """Return so many samples of nothing."""
    return np.zeros(count, np.int16)
