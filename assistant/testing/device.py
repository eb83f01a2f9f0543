"""A sound card that plays a script: exact in virtual time, with a log of all that was done."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from assistant.errors import BackendUnavailable
from assistant.ports import FRAME, RATE, Audio, DeviceInfo, EchoReport, Frame, Samples, Track

QUEUED = 2.0
"""Seconds of a track that may be queued; `write` waits while so much is."""

_PITCH = 125.0  # Hz, a low human voice
_HARMONICS = 12


def voice(seconds: float, decibels: float = -20.0) -> Samples:
    """Return a buzz with the pitch and overtones of a voice, at this RMS level, at `RATE`."""
    at = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(
        np.sin(2 * np.pi * _PITCH * n * at) / n for n in range(1, _HARMONICS + 1)
    ) + np.zeros_like(at)
    rms = float(np.sqrt(np.mean(np.square(buzz)))) if len(at) else 1.0
    scaled: Samples = (buzz / rms * 32767.0 * 10 ** (decibels / 20)).astype(np.int16)
    return scaled


def silence(seconds: float) -> Samples:
    """Return digital silence at `RATE`."""
    return np.zeros(round(seconds * RATE), np.int16)


@dataclass(frozen=True, slots=True)
class Did:
    """Something that was done to the device; `at` is in seconds of its clock.

    `value`: for a write the seconds of sound, for a gain the decibels, for a flush the position
    heard, for hold, mute and duck 1.0 (on) or 0.0 (off).
    """

    at: float
    what: Literal["write", "gain", "hold", "flush", "mute", "duck"]
    track: Track | None
    value: float


@dataclass(slots=True)
class _Lane:
    """One track: its clock is `base` at the instant `since`, and runs unless held or empty."""

    base: float = 0.0
    since: float = 0.0
    end: float = 0.0
    held: bool = False
    gain: float = 1.0
    queue: list[tuple[float, Samples]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    spans: list[tuple[float, float]] = field(default_factory=list)

    def position(self, now: float) -> float:
        if self.held:
            return self.base
        return min(self.end, self.base + (now - self.since))

    def change(self) -> None:
        """Wake all who wait on this track, so that they look again."""
        self.changed.set()
        self.changed = asyncio.Event()


class ScriptedDevice:
    """A `Device` whose microphone plays a script and whose speaker keeps what it played.

    Make it inside a running loop: its clock starts at 0 then, and `script` holds pairs of
    seconds of that clock and sound at `RATE`, see `voice`. Sound that overlaps is added up;
    where there is none, there is silence. With `ends`, `frames` ends at that second.
    The speaker has no latency: what is written to an idle track is heard at that instant.
    """

    def __init__(
        self,
        script: Iterable[tuple[float, Samples]] = (),
        *,
        ends: float | None = None,
        full_duplex: bool = True,
    ) -> None:
        self.log: list[Did] = []
        self.muted = False
        self.ducks = False
        self._loop = asyncio.get_running_loop()
        self._origin = self._loop.time()
        self._script: list[tuple[int, Samples]] = []
        self._ends = ends
        self._info = DeviceInfo("scripted microphone", "scripted speaker", full_duplex)
        self._lanes = {track: _Lane() for track in Track}
        self._far = np.zeros(RATE, np.float32)
        self._lost: BackendUnavailable | None = None
        self._observers: list[Callable[[], None]] = []
        for at, samples in script:
            self.hear(samples, at=at)

    # ── what tests do and see ────────────────────────────────────────────────────────────────

    @property
    def now(self) -> float:
        """Seconds of the device's clock."""
        return self._loop.time() - self._origin

    def hear(self, samples: Samples, *, at: float | None = None) -> None:
        """Add sound to the script, at once or at a second of the clock that is yet to come."""
        self._script.append((round((self.now if at is None else at) * RATE), samples))

    def lose(self, reason: str = "it was unplugged; plug it in again") -> None:
        """Let the device be gone: whoever waits on it, or uses it from now on, gets the error."""
        self._lost = BackendUnavailable("device", reason)
        for lane in self._lanes.values():
            lane.change()

    def trouble(self, why: str) -> None:
        """Let the device be lost for a while (or, with "", be back): only `info` tells."""
        self._info = replace(self._info, trouble=why)
        for told in self._observers:
            told()

    def measures(self, echo: EchoReport) -> None:
        """Let the device have learnt what it hears of itself."""
        full = echo.state in {"none", "cancelled"}
        self._info = replace(self._info, echo=echo, full_duplex=full)
        for told in self._observers:
            told()

    def sounding(self, track: Track) -> list[tuple[float, float]]:
        """Return from when to when the track could be heard, in seconds of the clock."""
        self._settle(track)
        return list(self._lanes[track].spans)

    def heard(self) -> Samples:
        """Return all that the speaker has played so far, all tracks mixed, at `RATE`."""
        for track in Track:
            self._settle(track)
        return self._speaker(0, round(self.now * RATE))

    def did(self, what: str, track: Track | None = None) -> list[Did]:
        """Return what was done of a kind, and to a track when one is given."""
        return [did for did in self.log if did.what == what and track in {None, did.track}]

    # ── the port ─────────────────────────────────────────────────────────────────────────────

    @property
    def info(self) -> DeviceInfo:
        """Names and duplex."""
        return self._info

    def watch(self, told: Callable[[], None]) -> None:
        """Have `told` called when `trouble` changes."""
        self._observers.append(told)

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Yield a frame each 10 ms, at the instant at which its last sample was heard."""
        position = round(self.now * RATE) // FRAME * FRAME
        while self._ends is None or position < self._ends * RATE:
            await asyncio.sleep(self._origin + (position + FRAME) / RATE - self._loop.time())
            self._check()
            for track in Track:
                self._settle(track)
            near = self._microphone(position)
            yield Frame(near, self._speaker(position, position + FRAME), position)
            position += FRAME

    async def write(self, track: Track, audio: Audio) -> tuple[float, float]:
        """Queue sound; waits while 2 s are queued."""
        lane = self._lanes[track]
        self._check()
        while lane.end - lane.position(self.now) > QUEUED + _INSTANT:
            await self._until(lane, lane.end - QUEUED)
        self._settle(track)
        start = lane.end
        lane.end = start + audio.seconds
        lane.queue.append((start, _at_rate(audio)))
        self._note("write", track, audio.seconds)
        lane.change()
        return start, lane.end

    def played(self, track: Track) -> float:
        """Seconds of this track that have left the speaker."""
        return self._lanes[track].position(self.now)

    async def reached(self, track: Track, position: float) -> bool:
        """Wait until the track has played up to `position`; False if it was flushed before."""
        lane = self._lanes[track]
        self._check()
        while lane.position(self.now) < position - _INSTANT:
            if position > lane.end + _INSTANT:
                return False  # what was to be there has been flushed
            await self._until(lane, position)
        return True

    def gain(self, track: Track, decibels: float) -> None:
        """Change a track's loudness."""
        self._settle(track)
        self._lanes[track].gain = 10 ** (decibels / 20)
        self._note("gain", track, decibels)

    def hold(self, track: Track, *, on: bool) -> None:
        """Pause or go on with a track."""
        self._settle(track)
        self._lanes[track].held = on
        self._note("hold", track, float(on))
        self._lanes[track].change()

    def flush(self, track: Track) -> float:
        """Drop what is queued; silent from this instant."""
        self._settle(track)
        lane = self._lanes[track]
        lane.queue.clear()
        lane.end = lane.base
        self._note("flush", track, lane.base)
        lane.change()
        return lane.base

    async def mute(self, *, on: bool) -> None:
        """Close or reopen the microphone; frames go on, silent."""
        self.muted = on
        self._note("mute", None, float(on))

    def duck(self, *, on: bool) -> None:
        """Note it, if it is a change."""
        if on is not self.ducks:
            self.ducks = on
            self._note("duck", None, float(on))

    # ── inside ───────────────────────────────────────────────────────────────────────────────

    def _note(
        self,
        what: Literal["write", "gain", "hold", "flush", "mute", "duck"],
        track: Track | None,
        value: float,
    ) -> None:
        self.log.append(Did(self.now, what, track, value))

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost

    async def _until(self, lane: _Lane, position: float) -> None:
        """Wait until the lane may be there, or something was done to it."""
        changed = lane.changed
        left = None if lane.held else position - lane.position(self.now)
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                await changed.wait()
        self._check()

    def _settle(self, track: Track) -> None:
        """Put on record what the track has played since the last call."""
        lane, now = self._lanes[track], self.now
        position = lane.position(now)
        if position > lane.base:
            self._record(lane, position)
        if lane.queue and position >= lane.end - _INSTANT:
            lane.queue.clear()
        lane.base, lane.since = position, now

    def _record(self, lane: _Lane, position: float) -> None:
        began = lane.since
        stopped = began + position - lane.base
        if lane.spans and began - lane.spans[-1][1] < _INSTANT:
            lane.spans[-1] = (lane.spans[-1][0], stopped)
        else:
            lane.spans.append((began, stopped))
        for start, samples in lane.queue:
            first = max(0, round((lane.base - start) * RATE))
            last = min(len(samples), round((position - start) * RATE))
            if first < last:
                at = round((began + start - lane.base) * RATE) + first
                self._mix(at, samples[first:last] * np.float32(lane.gain))

    def _mix(self, at: int, samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
        if at + len(samples) > len(self._far):
            more = np.zeros(max(len(self._far), at + len(samples)), np.float32)
            self._far = np.concatenate([self._far, more])
        self._far[at : at + len(samples)] += samples

    def _speaker(self, first: int, last: int) -> Samples:
        far = np.zeros(last - first, np.float32)
        kept = self._far[first:last]
        far[: len(kept)] = kept
        return _clipped(far)

    def _microphone(self, position: int) -> Samples:
        near = np.zeros(FRAME, np.float32)
        if not self.muted:
            for at, samples in self._script:
                first, last = max(at, position), min(at + len(samples), position + FRAME)
                if first < last:
                    near[first - position : last - position] += samples[first - at : last - at]
        return _clipped(near)


_INSTANT = 1e-9  # seconds: below this, two instants or positions are the same


def _clipped(mix: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Samples:
    clipped: Samples = np.clip(mix, -32768, 32767).astype(np.int16)
    return clipped


def _at_rate(audio: Audio) -> Samples:
    """Resample by straight lines: good enough for what only a test listens to."""
    if audio.rate == RATE:
        return audio.samples
    count = round(len(audio.samples) * RATE / audio.rate)
    at = np.arange(count) * (audio.rate / RATE)
    resampled: Samples = np.interp(at, np.arange(len(audio.samples)), audio.samples).astype(
        np.int16
    )
    return resampled
