"""The sound card: a thread between PortAudio's callbacks and the event loop."""

import asyncio
import re
import threading
from contextlib import suppress
from time import perf_counter
from typing import Literal

from assistant.backends.device_sounddevice.portaudio import NAME, PortAudio, Side
from assistant.backends.device_sounddevice.streams import Microphone, Speaker, hurry
from assistant.errors import BackendUnavailable
from assistant.ports import DeviceInfo
from assistant.sound.card import Calm, Card
from assistant.sound.pairing import Pairing

_HEADPHONES = re.compile(r"head(phone|set)|ear(phone|bud|pod)", re.IGNORECASE)
_STALL_SECONDS = 2.0
"""No callback for so long: the device was unplugged, or its server died without a word. A busy
machine has been seen to keep a living one waiting for more than 1 s."""
_CLOSED_SECONDS = 0.01
"""The pace of silent frames while the microphone is closed."""
_WATCH_SECONDS = 0.2
_JOIN_SECONDS = 1.0


class SoundCard(Card):
    """A `Device` of real sound hardware."""

    def __init__(
        self,
        portaudio: PortAudio,
        sides: tuple[Side, Side],
        *,
        duplex: Literal["auto", "half", "full"],
    ) -> None:
        microphone, speaker = sides
        super().__init__(speaker.rate)
        headphones = bool(_HEADPHONES.search(speaker.name))
        full = duplex == "full" or (duplex == "auto" and headphones)
        self.info = DeviceInfo(microphone.name, speaker.name, full_duplex=full)
        self._portaudio = portaudio
        self._side = microphone
        self._signal = threading.Lock()
        self._signal.acquire()
        self._microphone: Microphone | None = None
        self._speaker = Speaker(speaker, self.mixer)
        self._pairing = Pairing(microphone.rate, speaker.rate)
        self._switching = asyncio.Lock()
        self._calm = Calm()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sound", daemon=True)
        self._earlier_xruns = 0

    @property
    def xruns(self) -> int:
        """Times that a buffer ran over or dry, as the card said or its clock showed."""
        heard = self._microphone.xruns if self._microphone else 0
        shown = self._pairing.input.breaks + self._pairing.output.breaks
        return heard + self._speaker.xruns + self._earlier_xruns + shown

    async def start(self) -> None:
        """Open both streams. Raises `BackendUnavailable`."""
        await self._speaker.open(self._portaudio)
        await self._listen()
        self._thread.start()

    async def stop(self) -> None:
        """Close everything; a matter of milliseconds, or of seconds if the sound system hangs."""
        self._stop.set()
        if self._thread.is_alive():
            await self._portaudio.call(lambda: self._thread.join(_JOIN_SECONDS))
        if self._microphone:
            await self._microphone.close(self._portaudio)
        await self._speaker.close(self._portaudio)

    async def mute(self, *, on: bool) -> None:
        """Close the microphone's stream, or open it again. Raises `BackendUnavailable`."""
        async with self._switching:
            if on and self._microphone:
                microphone, self._microphone = self._microphone, None
                self._earlier_xruns += microphone.xruns
                self._wake()
                await microphone.close(self._portaudio)
            elif not on and not self._microphone:
                await self._listen()

    def catch_up(self) -> None:
        """Learn what has been heard until now."""
        if self._pairing.output.known:
            self.mixer.reach(int(self._pairing.output.position(self._now())))

    def _now(self) -> float:
        """Return the time on PortAudio's clock, which both streams share."""
        return perf_counter() - self._speaker.behind

    async def _listen(self) -> None:
        microphone = Microphone(self._side, self._signal)
        await microphone.open(self._portaudio)
        self._microphone = microphone

    def _wake(self) -> None:
        with suppress(RuntimeError):  # it is awake
            self._signal.release()

    # ── the thread ──

    def _work(self) -> None:
        current: Microphone | None = None
        reason = "its thread has ended"
        hurry()
        try:
            while not self._stop.is_set():
                self._signal.acquire(
                    timeout=_WATCH_SECONDS if self._microphone else _CLOSED_SECONDS
                )
                microphone = self._microphone
                if microphone is not current:
                    self._switch(microphone)
                    current = microphone
                self._exchange(microphone)
                if wrong := self._trouble(microphone):
                    reason = wrong
                    return
        finally:
            if not self._stop.is_set():
                self.lose(
                    BackendUnavailable(
                        NAME, f"{reason}; check the cable or the sound server", retryable=True
                    )
                )

    def _switch(self, microphone: Microphone | None) -> None:
        if microphone is None:
            self._pairing.close(self._now())
        else:
            self._pairing.reopen(microphone.side.rate, self._now())

    def _exchange(self, microphone: Microphone | None) -> None:
        """Make frames of what the callbacks have left."""
        self._pairing.output.follow(self._speaker.stamps)
        self._pairing.play(self._speaker.ring.take())
        if microphone:
            self._pairing.input.follow(microphone.stamps)
            self._pairing.hear(microphone.ring.take())
        self._pairing.wait(self._now())
        self.catch_up()
        playing = self.mixer.active
        frames = self._pairing.frames(self._calm.ticks())
        for frame in frames:
            self._calm.hear(frame.near, playing=playing)
        if microphone:
            microphone.enough = microphone.block * self._calm.ticks()
        if frames:
            self.send(frames)

    def _trouble(self, microphone: Microphone | None) -> str:
        now = perf_counter()
        for stream in (microphone, self._speaker):
            if stream is None:
                continue
            if stream.ended:
                return f"{stream.side.name!r} has gone"
            if now - stream.called > _STALL_SECONDS:
                return f"{stream.side.name!r} has been still for {_STALL_SECONDS:.0f} s"
        return ""
