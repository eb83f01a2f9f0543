"""The sound card: a thread between PortAudio's callbacks and the event loop.

A card that goes away is looked for until it is back. Meanwhile frames are silent, so that a turn
that was open ends, and what was to be played waits.
"""

import asyncio
import logging
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import Any, Literal

from assistant.backends.device_sounddevice.ducking import Ducking
from assistant.backends.device_sounddevice.portaudio import NAME, PortAudio, Side, Wedged, Wish
from assistant.backends.device_sounddevice.pulse import SoundServer, Told, state_file
from assistant.backends.device_sounddevice.streams import Microphone, Speaker, hurry
from assistant.backends.device_sounddevice.zeros import Zeros
from assistant.errors import BackendError, BackendUnavailable
from assistant.ports import DeviceInfo, EchoCanceller, EchoReport, Frame, Measure
from assistant.sound.card import Calm, Card
from assistant.sound.echo import FULL, LEAD, Echo
from assistant.sound.pairing import Pairing

log = logging.getLogger(__name__)

Duplex = Literal["auto", "half", "full"]

_HEADPHONES = re.compile(r"head(phone|set)|ear(phone|bud|pod)", re.IGNORECASE)
_STALL_SECONDS = 2.0
"""No callback for so long: the device was unplugged, or its server died without a word. A busy
machine has been seen to keep a living one waiting for more than 1 s."""
_CLOSED_SECONDS = 0.01
"""The pace of silent frames while the microphone is closed."""
_WATCH_SECONDS = 0.2
_JOIN_SECONDS = 1.0
_AGAIN_SECONDS = (0.1, 1.0)
"""Between two looks for a lost card: at first, and at most."""
_WEDGED_SECONDS = 6.0
"""A stream that does not close in this time never will: a server that has stopped."""
_USUAL_RATE = 48_000
_SET_SECONDS = 3.0
"""The clock was set: by as much as this it never moves on between two looks. The first stream of a
sound system that was late brings a clock of its own, often that of the wall."""
_HURRIED = 3.0
"""So many times as much sound as time: ALSA's null device, which is what is left of another."""
_PACE_SECONDS = 1.0
_MANY_XRUNS = 20
"""In ten seconds; a few come with a busy machine."""
_FULL_SECONDS = 1.0
"""Of a microphone's sound that its thread has not come to."""


class SoundCard(Card):
    """A `Device` of real sound hardware."""

    def __init__(
        self, portaudio: PortAudio, wish: Wish, sides: tuple[Side, Side] | None, *, duplex: Duplex
    ) -> None:
        """`sides`: what was found; `None`: nothing yet."""
        super().__init__(sides[1].rate if sides else _USUAL_RATE)
        self._duplex = duplex
        self.info = self._described(sides)
        self._portaudio, self._wish, self._sides = portaudio, wish, sides
        self._make: Callable[[], EchoCanceller] | None = None
        self._echo: Echo | None = None
        self._measured: EchoReport | None = None
        """What the loop was last told of the echo; of the thread."""
        self._signal = threading.Lock()
        self._signal.acquire()
        self._microphone: Microphone | None = None
        self._speaker: Speaker | None = None
        rates = [side.rate for side in sides] if sides else [_USUAL_RATE, _USUAL_RATE]
        self._pairing = Pairing(*rates)
        self._switching = asyncio.Lock()
        self._muted = False
        self._calm = Calm()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sound", daemon=True)
        self._earlier_xruns = 0
        self._down = True
        """The streams are not to be used: lost, or not there yet. Set by either thread."""
        self._broken = asyncio.Event()
        self._reason = "no sound hardware has been found yet"
        self._zeros = Zeros(0.0)
        self._doubts = {"server": "", "zeros": ""}
        """Why a microphone that is open gives nothing, by who says so."""
        self.server = SoundServer(
            Told(self._moved, lambda why: self._doubt("server", why)),
            Ducking(state_file(), 0.0),
            named=(wish.microphone is not None, wish.speaker is not None),
        )

    @property
    def xruns(self) -> int:
        """Times that a buffer ran over or dry, as the card said or its clock showed."""
        streams = (self._microphone, self._speaker)
        told = sum(stream.xruns for stream in streams if stream)
        shown = self._pairing.input.breaks + self._pairing.output.breaks
        return told + self._earlier_xruns + shown

    def cancel_echo(self, make: Callable[[], EchoCanceller]) -> None:
        """Measure and cancel what the microphone hears of the speaker, where that is of use."""
        if self._duplex != "half":
            self._make = make
            self._begin_to_measure()

    async def start(self) -> None:
        """Open both streams. Raises `BackendUnavailable`."""
        if self._sides is not None:
            await self._open(self._sides)
        else:
            self._pairing.close(self._now())
            self._broken.set()
        self._thread.start()

    async def stop(self) -> None:
        """Close everything; a matter of milliseconds, or of seconds if the sound system hangs."""
        self._stop.set()
        if self._thread.is_alive():
            await self._portaudio.call(lambda: self._thread.join(_JOIN_SECONDS))
        await self._close()

    async def mute(self, *, on: bool) -> None:
        """Close the microphone's stream, or open it again; a lost one stays closed, too."""
        async with self._switching:
            self._muted = on
            self._doubts = dict.fromkeys(self._doubts, "")
            if not self._down:
                self._tell_doubts()
            self.server.look()
            if on and self._microphone:
                microphone, self._microphone = self._microphone, None
                self._earlier_xruns += microphone.xruns
                self._wake()
                await microphone.close(self._portaudio)
            elif not on and not self._microphone and not self._down and self._sides:
                try:
                    await self._listen(self._sides[0])
                except BackendUnavailable as missing:  # gone meanwhile: look for it
                    self._moved(str(missing).removeprefix(f"{NAME}: "))

    def duck(self, *, on: bool) -> None:
        """Lower what other programs play, or let it be loud again."""
        self.server.duck(on=on)

    def tune(self, settings: Any) -> None:
        """Take over loudness and patience."""
        self.mixer.volume = 10 ** (settings.volume_db / 20)
        self.server.ducking.decibels = settings.duck_db
        self._zeros.seconds = settings.zeros_s

    def gauges(self) -> Mapping[str, Measure]:
        """Return what tells of its health."""
        microphone = self._microphone
        waiting = microphone.ring.waiting / microphone.side.rate if microphone else 0.0
        return {
            **super().gauges(),
            "microphone's ring": Measure(waiting, _FULL_SECONDS, "s"),
            "over- and underruns": Measure(self.xruns, _MANY_XRUNS, counts=True),
        }

    async def keep(self) -> None:
        """Have the card back whenever it is lost, until cancelled; `stop` may come after that."""
        while True:
            await self._broken.wait()
            self._broken.clear()
            log.warning("sound is lost: %s; looking for it again", self._reason)
            self._tell_trouble(self._reason)
            try:
                await self._find()
            except Wedged as wedged:
                self.lose(wedged)
                return
            log.warning("sound is back: %s, %s", self.info.microphone, self.info.speaker)

    def catch_up(self) -> None:
        """Learn what has been heard until now."""
        if self._speaker is not None and not self._down and self._pairing.output.known:
            position = self._pairing.output.position(self._now())
            self.mixer.reach(self._speaker.mixed(position))

    def _described(self, sides: tuple[Side, Side] | None) -> DeviceInfo:
        if sides is None:
            return DeviceInfo(None, None, full_duplex=self._duplex == "full")
        microphone, speaker = (side.name for side in sides)
        full = self._duplex == "full" or (self._duplex == "auto" and _worn(speaker))
        return DeviceInfo(microphone, speaker, full_duplex=full)

    def _begin_to_measure(self) -> None:
        """Nothing is known of this microphone and this speaker together."""
        if self._make is not None and self._sides is not None:
            echo = Echo(self._make(), headphones=_worn(self._sides[1].name))
            self._learn(echo.report)
            self._echo = echo

    def _learn(self, report: EchoReport | None) -> None:
        full = self._described(self._sides).full_duplex
        if report is not None and self._duplex == "auto":
            full = report.state in FULL
        self.info = replace(self.info, echo=report, full_duplex=full)
        self.changed()

    def _now(self) -> float:
        """Return the time on PortAudio's clock, which all streams share."""
        behind = float("inf") if self._speaker is None else self._speaker.behind
        return perf_counter() - (behind if behind < float("inf") else 0.0)

    def _wake(self) -> None:
        with suppress(RuntimeError):  # it is awake
            self._signal.release()

    def _tell_trouble(self, why: str) -> None:
        self.info = replace(self.info, trouble=why)
        self.changed()

    def _moved(self, why: str) -> None:
        """The sound server gives us another device than the one that was asked for."""
        if not self._down:
            self._down = True
            self._break(why)

    def _doubt(self, who: str, why: str) -> None:
        """The microphone works and yet gives nothing; or, with "", it does again."""
        if self._muted:
            why = ""
        if self._doubts[who] == why:
            return
        self._doubts[who] = why
        if not self._down:
            self._tell_doubts()

    def _tell_doubts(self) -> None:
        why = self._doubts["server"] or self._doubts["zeros"]
        if why == self.info.trouble:
            return
        if why:
            log.warning("nothing is heard: %s", why)
        self._tell_trouble(why)

    # ── opening and closing, in the event loop ──

    async def _open(self, sides: tuple[Side, Side]) -> None:
        async with self._switching:
            speaker = Speaker(sides[1], self.mixer, self._speaker)
            await speaker.open(self._portaudio)
            self._speaker, self._sides = speaker, sides
            if not self._muted:
                await self._listen(sides[0])
            self.info = self._described(sides)
            self._begin_to_measure()
            self._doubts = dict.fromkeys(self._doubts, "")
            self._down = False
            self.server.look()

    async def _listen(self, side: Side) -> None:
        microphone = Microphone(side, self._signal)
        await microphone.open(self._portaudio)
        self._microphone = microphone

    async def _close(self) -> None:
        async with self._switching:
            microphone, self._microphone = self._microphone, None
            for stream in (microphone, self._speaker):
                if stream:
                    self._earlier_xruns += stream.xruns
                    stream.xruns = 0
                    await stream.close(self._portaudio)

    async def _find(self) -> None:
        """Close what is broken, then look until there is a card. Raises `Wedged`."""
        loop = asyncio.get_running_loop()
        began, pause = loop.time(), _AGAIN_SECONDS[0]
        await self._close()
        while True:
            try:
                await self._portaudio.look_again()
                await self._open(await self._portaudio.choose(self._wish))
            except Wedged:
                if loop.time() - began > _WEDGED_SECONDS:
                    raise
            except BackendUnavailable as missing:
                await self._close()
                why = str(missing).removeprefix(f"{NAME}: ")
                if why != self.info.trouble:
                    log.debug("no sound yet: %s", why)
                    self._tell_trouble(why)
            else:
                self.changed()
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _AGAIN_SECONDS[1])

    def _break(self, reason: str) -> None:
        self._reason = reason
        self._broken.set()

    # ── the thread ──

    def _work(self) -> None:
        current: Microphone | None = None
        speaker, seen = self._speaker, self._now()
        ended = Wedged("its thread has ended")
        hurry()
        try:
            while not self._stop.is_set():
                self._signal.acquire(
                    timeout=_WATCH_SECONDS if current and not self._down else _CLOSED_SECONDS
                )
                step, seen = self._now() - seen, self._now()
                if current is None and abs(step) > _SET_SECONDS:
                    self._pairing.shift(step)
                if self._speaker is not speaker and self._speaker is not None:
                    speaker = self._speaker
                    self._pairing.replay(speaker.side.rate)
                microphone = None if self._down else self._microphone
                if microphone is not current:
                    self._switch(microphone)
                    current = microphone
                self._exchange(microphone, None if self._down else speaker)
                if not self._down and (wrong := self._trouble(microphone, speaker)):
                    self._down = True
                    self._tell(lambda wrong=wrong: self._break(wrong))  # type: ignore[misc]
        finally:
            if not self._stop.is_set():
                self.lose(ended)

    def _switch(self, microphone: Microphone | None) -> None:
        if microphone is None:
            self._pairing.close(self._now())
        else:
            self._zeros.restart()
            self._pairing.reopen(microphone.side.rate, self._now())

    def _exchange(self, microphone: Microphone | None, speaker: Speaker | None) -> None:
        """Make frames of what the callbacks have left."""
        if speaker:
            if speaker.lost():
                self._pairing.output.restart()
            self._pairing.output.follow(speaker.stamps)
            self._pairing.play(speaker.ring.take())
        if microphone:
            if microphone.lost():
                self._pairing.input.restart()
            self._pairing.input.follow(microphone.stamps)
            heard = microphone.ring.take()
            self._pairing.hear(heard)
            if self._zeros.hear(heard, microphone.side.rate):
                self._tell(self._tell_zeros)
        self._pairing.wait(self._now())
        self.catch_up()
        playing = self.mixer.active
        frames = [self._cleared(frame) for frame in self._pairing.frames(self._calm.ticks())]
        for frame in frames:
            self._calm.hear(frame.near, playing=playing)
        if microphone:
            microphone.enough = microphone.block * self._calm.ticks()
        if frames:
            self.send(frames)

    def _cleared(self, frame: Frame) -> Frame:
        """Return the frame without what it holds of ourselves, as far as that can be done."""
        echo = self._echo
        if echo is None:
            return frame
        try:
            near, cancelled = echo.hear(frame.near, self._pairing.ahead(frame, LEAD))
        except BackendError as error:
            log.warning("on loudspeakers it is deaf while it speaks: %s", error)
            self._echo = self._make = None
            self._tell(lambda: self._learn(None))
            return frame
        if (report := echo.report) != self._measured:
            self._measured = report
            self._tell(lambda: self._learn(report))
        return replace(frame, near=near, echo_cancelled=True) if cancelled else frame

    def _tell_zeros(self) -> None:
        name = self.info.microphone
        seconds = f"{self._zeros.seconds:.0f} s or more"
        why = (
            f"{name!r} has given nothing but zeros for {seconds}: has it a switch, or a mute key?"
        )
        self._doubt("zeros", why if self._zeros.dead else "")

    def _trouble(self, microphone: Microphone | None, speaker: Speaker | None) -> str:
        now = perf_counter()
        for stream in (microphone, speaker):
            if stream is None:
                continue
            if stream.ended:
                return f"{stream.side.name!r} has gone"
            if now - stream.called > _STALL_SECONDS:
                return f"{stream.side.name!r} has been still for {_STALL_SECONDS:.0f} s"
            if stream.hurried(now, _PACE_SECONDS, _HURRIED):
                return f"{stream.side.name!r} gives sound faster than it can sound"
        return ""


def _worn(speaker: str) -> bool:
    """Tell by its name whether a speaker is worn."""
    return bool(_HEADPHONES.search(speaker))
