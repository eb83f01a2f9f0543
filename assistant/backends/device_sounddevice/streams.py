"""The two streams. Their callbacks run in PortAudio's threads and copy, no more."""

import os
import threading
from contextlib import suppress
from time import perf_counter
from typing import Any

import numpy as np

from assistant.backends.device_sounddevice.portaudio import PortAudio, Side
from assistant.ports import Samples
from assistant.sound.clock import Stamps
from assistant.sound.mixer import Mixer
from assistant.sound.pairing import Ring
from assistant.sound.resample import Live

_BLOCKS_A_SECOND = 100
_CREEP_SECONDS = 2e-6
"""A callback is never early, so the least delay is the true one; it is forgotten this fast."""
_STEP_SECONDS = 0.5
"""PortAudio may count the time of the wall; somebody has set the clock."""
_RING_SECONDS = 4
_NICENESS = -11
"""PulseAudio's and PipeWire's own."""


def hurry() -> None:
    """Let the calling thread go first, as those of sound servers do, where the system allows it.

    Root may, and a service with `LimitNICE`; others stay equal among equals.
    """
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


class _Stream:
    """What both directions have in common."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.ring = Ring(_RING_SECONDS * side.rate)
        self.stamps = Stamps()
        self.called = perf_counter()
        """When the card last asked or gave."""
        self.behind = float("inf")
        """PortAudio's clock and ours: `perf_counter` is so far ahead of it."""
        self._pace = 0, self.called
        self.ended = False
        """The library has ended the stream by itself."""
        self.xruns = self._lost = 0
        self.block = side.rate // _BLOCKS_A_SECOND
        self._stream: Any = None
        self._hurries = False

    async def close(self, portaudio: PortAudio) -> None:
        """Close it; bounded."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await portaudio.close(stream)

    def lost(self) -> bool:
        """Tell whether the card has lost or missed sound since this was asked last."""
        seen, self._lost = self._lost, self.xruns
        return seen != self._lost

    def hurried(self, now: float, seconds: float, times: float) -> bool:
        """Tell whether there was so many times as much sound as time, over at least `seconds`."""
        written, at = self._pace
        if now - at < seconds:
            return False
        self._pace = self.ring.written, now
        return (self.ring.written - written) / self.side.rate > times * (now - at)

    def _tick(self, current: float) -> float:
        """Note that the card has called; return the time of its clock."""
        if not self._hurries:
            self._hurries = True
            hurry()
        self.called = perf_counter()
        behind = self.called - current if current > 0 else 0.0
        if behind < self.behind or behind > self.behind + _STEP_SECONDS:
            self.behind = behind
        else:
            self.behind += _CREEP_SECONDS
        return self.called - behind

    def _end(self) -> None:
        self.ended = True

    def _settings(self) -> dict[str, Any]:
        side = self.side
        return {
            "samplerate": side.rate,
            "blocksize": self.block,
            "device": side.index,
            "channels": side.channels,
            "dtype": "int16",
            "latency": side.latency,
            "finished_callback": self._end,
        }


class Microphone(_Stream):
    """Copies what is heard into a ring, and releases `signal` when there is enough of it."""

    def __init__(self, side: Side, signal: threading.Lock) -> None:
        super().__init__(side)
        self.enough = self.block
        self._signal = signal

    async def open(self, portaudio: PortAudio) -> None:
        """Open and start. Raises `BackendUnavailable`."""
        self._stream = await portaudio.open(
            lambda sd: sd.InputStream(callback=self._hear, **self._settings()), self.side
        )
        self.called = perf_counter()

    def _hear(self, sound: Any, _count: int, time: Any, status: Any) -> None:
        now = self._tick(time.currentTime)
        if status.input_overflow:
            self.xruns += 1
        self.stamps.put(self.ring.written, time.inputBufferAdcTime or now - self.side.latency)
        self.ring.put(sound[:, self.side.channel])
        if self.ring.waiting >= self.enough and self._signal.locked():
            with suppress(RuntimeError):  # somebody else has just woken it
                self._signal.release()


class Speaker(_Stream):
    """Copies what the tracks hold to the card, and into a ring, to be the far side."""

    def __init__(self, side: Side, mixer: Mixer, before: "Speaker | None" = None) -> None:
        """`before`: the one that this takes the place of."""
        super().__init__(side)
        self._mixer = mixer
        self._start = mixer.position
        self._live = Live(mixer.rate, side.rate)
        self._spare = np.zeros(0, np.int16)
        if before is not None:
            self.behind = before.behind  # both are PortAudio's clock

    def mixed(self, position: float) -> int:
        """Return which sample of the mixer's sum a sample of this stream was."""
        return self._start + int(position * self._mixer.rate / self.side.rate)

    async def open(self, portaudio: PortAudio) -> None:
        """Open and start. Raises `BackendUnavailable`."""
        self._stream = await portaudio.open(
            lambda sd: sd.OutputStream(callback=self._speak, **self._settings()), self.side
        )
        self.called = perf_counter()

    def _speak(self, out: Any, count: int, time: Any, status: Any) -> None:
        now = self._tick(time.currentTime)
        if status.output_underflow:
            self.xruns += 1
        self.stamps.put(self.ring.written, time.outputBufferDacTime or now + self.side.latency)
        sound = self._pull(count)
        self.ring.put(sound)
        out[:] = sound[:, None]

    def _pull(self, count: int) -> Samples:
        """Return sound at the card's rate; only one that came back with another needs more."""
        if self._live.same:
            return self._mixer.pull(count)
        while len(self._spare) < count:
            pulled = self._mixer.pull(self._mixer.rate // _BLOCKS_A_SECOND)
            made = np.clip(np.rint(self._live.feed(pulled.astype(np.float32))), -32_768, 32_767)
            self._spare = np.concatenate((self._spare, made.astype(np.int16)))
        sound, self._spare = self._spare[:count], self._spare[count:]
        return sound
