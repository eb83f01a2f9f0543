"""All microphones at once: which one hears somebody speak, and how well."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import numpy as np

from assistant.backends import vad_silero
from assistant.backends.device_sounddevice import SoundDevice, list_devices
from assistant.backends.device_sounddevice.portaudio import PortAudio, Side
from assistant.backends.device_sounddevice.streams import Microphone
from assistant.care.levels import CLIPPED_FROM, CLIPPED_SHARE, NOTHING, decibels, rms
from assistant.errors import BackendUnavailable
from assistant.ports import RATE, Samples, VoiceDetector
from assistant.sound.resample import Live

OPENING = 12.0
"""Seconds in which those are opened that let themselves be; a broken driver takes its time."""
MOST = 12
"""More are not opened: ALSA has a dozen names for the same card."""
LOOK = 0.05
"""Seconds between two looks at the meters."""
ENOUGH = 1.2
"""Seconds of voice after which it is known who hears it."""
LEAST = 0.4
"""Seconds of voice without which a microphone has heard none."""
SPEECH = 0.5
"""Silero's probability from which on a window holds speech."""
ALIKE = 3.0
"""dB by which one must hear better than the usual one to be preferred."""
CLEAREST = 40.0
"""dB between speech and noise beyond which clearer is no better."""
_BUFFER = 0.05
_HURRIED = 3.0
"""So many times as much sound as time: ALSA's null device."""
_MONITOR = re.compile(r"\bmonitor\b", re.IGNORECASE)
_SEAT = re.compile(r" \(hw:\d+,\d+\)$")


class Ear:
    """A microphone that is open, and what it has heard until now."""

    def __init__(self, device: SoundDevice, microphone: Microphone, vad: VoiceDetector) -> None:
        self.device = device
        self.level = NOTHING
        """dBFS of the newest sound."""
        self.spoken = 0.0
        """Seconds of voice."""
        self.heard = 0.0
        """Seconds of sound."""
        self._microphone, self._vad = microphone, vad
        self._live = Live(microphone.side.rate, RATE)
        self._rest = np.zeros(0, np.int16)
        self._speech: list[float] = []
        self._noise: list[float] = []
        self._clipped = self._loudest = 0

    @property
    def speech(self) -> float:
        """The level of the voice, dBFS."""
        return _together(self._speech)

    @property
    def noise(self) -> float:
        """The level of the room between the words, dBFS."""
        return float(np.percentile(self._noise, 20)) if self._noise else NOTHING

    @property
    def silent(self) -> bool:
        """Nothing but zeros has come."""
        return not self._loudest

    @property
    def clips(self) -> bool:
        """The voice is too loud for it."""
        return self._clipped > CLIPPED_SHARE * self.heard * RATE

    @property
    def clarity(self) -> float:
        """How far the voice is above the room, dB."""
        clear = min(self.speech - self.noise, CLEAREST)
        return clear - CLEAREST if self.clips else clear

    def skip(self) -> None:
        """Forget what came while others were opened."""
        self._microphone.ring.take()

    def take(self) -> None:
        """Hear what has come since the last time."""
        sound = self._live.feed(self._microphone.ring.take().astype(np.float32))
        samples = np.clip(np.rint(sound), -32_768, 32_767).astype(np.int16)
        if not len(samples):
            return
        self.heard += len(samples) / RATE
        self.level = rms(samples)
        sizes = np.abs(samples.astype(np.int32))
        self._loudest = max(self._loudest, int(sizes.max()))
        self._clipped += int(np.count_nonzero(sizes >= CLIPPED_FROM))
        self._rest = np.concatenate((self._rest, samples))
        window = self._vad.window
        while len(self._rest) >= window:
            part, self._rest = self._rest[:window], self._rest[window:]
            if self._vad.probability(part) >= SPEECH:
                self.spoken += window / RATE
                self._speech.append(rms(part))
            else:
                self._noise.append(rms(part))


def _together(levels: Sequence[float]) -> float:
    """Return the level of stretches of equal length, one after another."""
    if not levels:
        return NOTHING
    return decibels(float(np.sqrt(np.mean([10 ** (level / 10) for level in levels]))))


class Room:
    """The microphones that are open, and why others are not."""

    def __init__(self, ears: list[Ear], refused: dict[str, str]) -> None:
        self.ears = ears
        self.refused = refused

    async def listen(self, seconds: float, told: Callable[[list[Ear]], None]) -> None:
        """Hear until somebody has spoken for long enough, or for so many seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for ear in self.ears:
            ear.skip()
        while self.ears and (passed := loop.time() - began) < seconds:
            await asyncio.sleep(LOOK)
            for ear in self.ears:
                ear.take()
            self.ears = [e for e in self.ears if e.heard <= 1 + _HURRIED * (passed + _BUFFER)]
            told(self.ears)
            if any(ear.spoken >= ENOUGH for ear in self.ears):
                return


@asynccontextmanager
async def open_all(wanted: str | int | None = None) -> AsyncIterator[Room]:
    """Open every microphone that lets itself be opened.

    What a speaker plays is no microphone, unless it is `wanted`. Raises `BackendUnavailable`
    without PortAudio.
    """
    room = Room([], {})
    async with AsyncExitStack() as stack:
        detector = await stack.enter_async_context(vad_silero.open(vad_silero.Config()))
        portaudio = await stack.enter_async_context(PortAudio.session())
        for device, side in await _tried(portaudio, wanted, room.refused):
            microphone = Microphone(side, threading.Lock())
            try:
                await microphone.open(portaudio)
            except BackendUnavailable as wrong:  # it does not stand others beside it
                room.refused[device.name] = _why(wrong)
                continue
            stack.push_async_callback(microphone.close, portaudio)
            room.ears.append(Ear(device, microphone, detector()))
        yield room


async def _tried(
    portaudio: PortAudio, wanted: str | int | None, refused: dict[str, str]
) -> list[tuple[SoundDevice, Side]]:
    """Open and close each by itself; return those that let themselves be opened.

    ALSA's plug-in for sound servers now and then hangs for good when it cannot open a stream while
    others run (seen within the first tries on PulseAudio 16; one by one, never in 40).
    """
    until = asyncio.get_running_loop().time() + OPENING
    found: list[tuple[SoundDevice, Side]] = []
    for device in _candidates(await portaudio.call(list_devices), wanted):
        if asyncio.get_running_loop().time() > until:
            refused[device.name] = f"not tried: the others took {OPENING:g} s"
            continue
        try:
            side = await portaudio.side("input", device.index, _BUFFER)
            microphone = Microphone(side, threading.Lock())
            await microphone.open(portaudio)
        except BackendUnavailable as wrong:
            refused[device.name] = _why(wrong)
            continue
        await microphone.close(portaudio)
        found.append((device, side))
    return found


def _why(wrong: BackendUnavailable) -> str:
    return str(wrong).removeprefix(f"{wrong.backend}: ")


def _candidates(found: list[SoundDevice], wanted: str | int | None) -> list[SoundDevice]:
    inputs = [device for device in found if device.inputs]
    real = [d for d in inputs if not _MONITOR.search(d.name) or matches(d, wanted)]
    first = [d for d in real if matches(d, wanted) or d.default_input]
    return [*first, *(d for d in real if d not in first)][:MOST]


def matches(device: SoundDevice, wish: str | int | None) -> bool:
    """Tell whether this is the device that the configuration names."""
    if isinstance(wish, str):
        return wish.casefold() in device.name.casefold()
    return wish is not None and device.index == wish


def best(ears: Sequence[Ear], wanted: str | int | None = None) -> Ear | None:
    """Return who heard the voice best; the one in use if another is hardly better."""
    heard = [ear for ear in ears if ear.spoken >= LEAST]
    if not heard:
        return None
    top = max(ear.clarity for ear in heard)
    alike = [ear for ear in heard if ear.clarity >= top - ALIKE]
    for ear in alike:
        if matches(ear.device, wanted) if wanted is not None else ear.device.default_input:
            return ear
    usual = next((ear for ear in alike if ear.device.default_input), None)
    return usual or max(alike, key=lambda ear: (round(ear.clarity), ear.spoken))


def name_for(device: SoundDevice, found: Sequence[SoundDevice]) -> str:
    """Return what to call a device by in the configuration.

    ALSA numbers cards as they are found, so the number is left out where the rest will do.
    """
    short = _SEAT.sub("", device.name)
    same = [other for other in found if short.casefold() in other.name.casefold()]
    return short if len(same) == 1 else device.name


async def record(
    wish: str | int | None, seconds: float, channel: int | None = None
) -> tuple[str, Samples]:
    """Record the microphone that the configuration names; return its name, and sound at `RATE`.

    Raises `BackendUnavailable` where there is none or it gives nothing.
    """
    async with PortAudio.session() as portaudio:
        side = await portaudio.side("input", wish, _BUFFER, channel)
        microphone = Microphone(side, threading.Lock())
        await microphone.open(portaudio)
        try:
            await asyncio.sleep(seconds)
            sound = microphone.ring.take()
        finally:
            await microphone.close(portaudio)
    if not len(sound):
        raise BackendUnavailable("sound", f"{side.name!r} is open, and no sound comes at all")
    made = Live(side.rate, RATE).feed(sound.astype(np.float32))
    return side.name, np.clip(np.rint(made), -32_768, 32_767).astype(np.int16)
