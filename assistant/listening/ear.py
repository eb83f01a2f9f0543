"""All of listening for one device: frames in, events of the core's vocabulary out.

The ear hears always and tells of every onset, and of its name if it has one. Sound reaches the
transcriber only between `listen` and `forget`; it is the conductor that calls these. Everything
here runs on the loop's thread.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import assert_never

import numpy as np

from assistant.core.events import (
    NOTHING,
    Event,
    Heard,
    Kind,
    ListeningFailed,
    Poked,
    SilenceReached,
    SpeechStarted,
    TurnFilled,
    VoiceLasted,
    Woken,
)
from assistant.errors import BackendError, BackendUnavailable
from assistant.languages.pack import Pack
from assistant.listening.calls import Calls
from assistant.listening.inquiry import NOBODY, Judges
from assistant.listening.segmenter import (
    PER_MS,
    Filled,
    Onset,
    Result,
    Segmenter,
    SegmenterSettings,
    Silent,
    Voiced,
)
from assistant.listening.turn import Before, Hearing, OpenTurn
from assistant.ports import (
    FRAME,
    Device,
    Frame,
    Samples,
    Tongue,
    Transcriber,
    Transcription,
    VoiceDetector,
    WakeDetector,
)

FRAME_MS = FRAME // PER_MS
GOES_ON_MS = 2000
"""Who speaks again so soon after a turn was taken for ended has not finished it."""
REMEMBERED = 1000
"""Characters of what was said just before that the judge of words reads again."""
LOOKS = 4
"""So often in a row no frame has come before a device is lost: a process that was still for a
while, as in a suspend or after Ctrl-Z, has looked but once when it goes on."""
KEY_BYTES = 16
"""Length of the key of digests."""


@dataclass(frozen=True, slots=True)
class EarSettings:
    """Lengths and deadlines."""

    segmenter: SegmenterSettings = field(default_factory=SegmenterSettings)
    frames_s: float = 2.0
    """A device that yields no frame for so many seconds is lost."""
    ask_ms: int = 64
    """Silence after which it is judged whether the speaker has finished."""
    tail_ms: int = 200
    """Half duplex: so long after our own speech the room still holds it."""
    closing_s: float = 10.0
    """When the sound is over: seconds for the turns that are open to be answered."""
    digest_key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES), repr=False)
    """Key of the digests of words; a new one for each session."""


@dataclass(frozen=True, slots=True)
class EarBackends:
    """The engines of an ear; detectors have a state, so there are functions that make them."""

    transcriber: Transcriber
    detector: Callable[[], VoiceDetector]
    gate: Callable[[], VoiceDetector] | None = None
    judges: Judges = NOBODY
    wake: Callable[[], WakeDetector] | None = None


class Ear:
    """One session's ears."""

    def __init__(
        self,
        device: Device,
        backends: EarBackends,
        pack: Pack,
        emit: Callable[[Event], None],
        settings: EarSettings | None = None,
        tap: Callable[[Frame], None] | None = None,
    ) -> None:
        """`tap` sees every frame as it came from the device."""
        self._device, self._transcriber, self._emit = device, backends.transcriber, emit
        self._settings, self._tap = settings or EarSettings(), tap
        self.on_pause: Callable[[float], None] | None = None
        """Called after each pause inside a turn with its length in ms."""
        gate = backends.gate() if backends.gate else None
        self._segmenter = Segmenter(backends.detector(), gate, self._settings.segmenter)
        self._calls = Calls(backends.wake) if backends.wake else None
        self._hearing = Hearing(
            self._heard, pack, self._settings.digest_key, backends.judges, self.names
        )
        self._hearing.spoken = self._spoken
        self.language = pack.code
        """What was spoken last."""
        self.on_language: Callable[[str], None] = lambda _: None
        """Called with its code when something else is spoken, before its words are told."""
        self._tasks: asyncio.TaskGroup | None = None
        self._turns: dict[int, OpenTurn] = {}
        self._current: OpenTurn | None = None
        self._start = 0
        self._held: Samples | None = None
        """Sound of the current turn while the name that opened it may go on."""
        self._forgotten = asyncio.Event()
        self._gated = False
        self._gated_until = self._offset = self._gaps = 0
        self._next: int | None = None
        self._onset = 0
        self._said: Before | None = None
        """The newest turn that is over and had words, and what it went on with."""

    @property
    def gaps(self) -> int:
        """How often the device's clock jumped: sound was lost, or it was opened again."""
        return self._gaps

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called, as people say it; none: it need not be called."""
        return self._calls.names if self._calls else ()

    @property
    def expecting(self) -> bool:
        """We have asked the user something: "yes" is a whole message."""
        return self._hearing.expecting

    @expecting.setter
    def expecting(self, expecting: bool) -> None:
        self._hearing.expecting = expecting

    @property
    def talking(self) -> bool:
        """Our own speech sounds, so that there is something to silence."""
        return self._hearing.talking

    @talking.setter
    def talking(self, talking: bool) -> None:
        self._hearing.talking = talking

    def hears_us(self, said: Callable[[], str]) -> None:
        """Take words for our own that are what `said` returns: what we are heard to say now."""
        self._hearing.said = said

    @property
    def gated(self) -> bool:
        """Half duplex: our own speech sounds, so that what is heard counts as silence."""
        return self._gated

    @gated.setter
    def gated(self, gated: bool) -> None:
        if self._gated and not gated:
            self._gated_until = self._segmenter.position + self._settings.tail_ms * PER_MS
        self._gated = gated

    def retune(self, settings: EarSettings) -> None:
        """Have other settings; to be called while no turn is open. Digests keep their key."""
        self._settings = replace(settings, digest_key=self._settings.digest_key)
        self._segmenter.retune(settings.segmenter)

    async def run(self) -> None:
        """Listen until the device's sound is over and the open turns are forgotten.

        A lost device is told as `ListeningFailed` of each open turn (or of `NOTHING`), then
        raised, a silent one as `BackendUnavailable`: whether to open it again is for who runs us.
        """
        lost: BackendError | None = None
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await self._take_frames()
                await self._end()
            except BackendError as error:
                lost = error
                for turn in tuple(self._turns) or (NOTHING,):
                    self._emit(ListeningFailed(turn, str(error)))
            finally:
                self._tasks = None
                for turn in tuple(self._turns):
                    self.forget(turn)
        if lost is not None:
            raise lost

    def listen(self, turn: int) -> None:
        """Open a turn: the sound so far of who speaks now, and all that follows, belongs to it.

        Only the newest turn gets sound and milestones; older ones still give their last word.
        """
        if self._tasks is None:
            self._emit(ListeningFailed(turn, "the microphone is closed"))
            return
        opened = OpenTurn(turn, self._open(), self._hearing, self._tasks)
        self._begin(opened)
        if not opened.called and self._goes_on():
            opened.before = self._said
        self._turns[turn] = self._current = opened

    def _open(self) -> Transcription:
        return self._transcriber.open(Tongue(self.language))

    def _spoken(self, code: str) -> None:
        if code != self.language:
            self.language = code
            self.on_language(code)

    def _begin(self, turn: OpenTurn) -> None:
        """Give a turn the sound that was before it was opened: what is behind the name if any."""
        named = self._calls.take_name() if self._calls else None
        self._start = self._segmenter.open_turn(named, deaf=self._closed)
        if named is None or self._calls is None:
            so_far = self._segmenter.sound(self._start, self._segmenter.position)
        else:  # the microphone may have been closed while we spoke
            so_far = self._calls.sound(self._start)
            self._gated_until, turn.called = 0, True
        self._held = None if named is None else so_far[:0]
        self._feed(turn, so_far)

    def _feed(self, turn: OpenTurn, samples: Samples) -> None:
        """Give the current turn sound; none before it is known where the name has ended."""
        if self._held is not None:
            samples = np.concatenate([self._held, samples])
            begins = self._segmenter.begins
            if begins is None:
                self._held = samples
                return
            self._held, before = None, max(0, begins - self._start)
            self._start, samples = self._start + before, samples[before:]
        turn.feed(samples, voiced=self._segmenter.voiced)

    def finalize(self, turn: int, take: int) -> None:
        """Have a turn's last word told as `Heard` with this take. The core has the deadline."""
        if turn in self._turns:
            self._turns[turn].finalize(take)

    def forget(self, turn: int) -> None:
        """Close a turn."""
        closed = self._turns.pop(turn, None)
        if closed is None:
            return
        closed.close()
        if closed.worded:
            start = self._start if closed.before is None else closed.before.start
            self._said = Before(start, self._segmenter.last_voiced, closed.text[-REMEMBERED:])
        if closed is self._current:
            self._current = None
            self._segmenter.close_turn()
        if not self._turns:
            self._forgotten.set()

    def answered(self) -> None:
        """All that was said has had its whole answer: what follows is something new."""
        self._said = None

    def _goes_on(self) -> bool:
        return self._said is not None and self._onset - self._said.end < GOES_ON_MS * PER_MS

    async def _take_frames(self) -> None:
        loop, patience = asyncio.get_running_loop(), self._settings.frames_s
        looks = 0

        async def look() -> None:
            nonlocal looks
            while looks <= LOOKS:
                await asyncio.sleep(patience / LOOKS)
                looks += 1
            watch.reschedule(loop.time())

        looking = loop.create_task(look(), name="look for frames")
        try:
            async with asyncio.timeout(None) as watch:
                async for frame in self._device.frames():
                    looks = 0
                    self._take(frame)
        except TimeoutError as error:
            message = f"no sound from the microphone for {patience:g} s: is it still plugged in?"
            raise BackendUnavailable("device", message, retryable=True) from error
        finally:
            looking.cancel()

    async def _end(self) -> None:
        """Nothing follows the last sound: that is silence, too."""
        settings = self._settings.segmenter
        for _ in range((settings.unspoken_ms + settings.silence_ms[-1]) // FRAME_MS + 1):
            self._hear(np.zeros(FRAME, np.int16))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.closing_s):
                while self._turns:
                    self._forgotten.clear()
                    await self._forgotten.wait()

    @property
    def _closed(self) -> bool:
        """Half duplex: our own speech sounds, or the room still holds it."""
        return self._gated or self._segmenter.position < self._gated_until

    def _take(self, frame: Frame) -> None:
        if self._tap is not None:
            self._tap(frame)
        if frame.position != self._next:
            self._gaps += self._next is not None
            self._offset = frame.position - self._segmenter.position
        self._next = frame.position + len(frame.near)
        closed = self._closed
        self._hear(np.zeros_like(frame.near) if closed else frame.near)
        if self._calls is not None:
            stirs = closed or self._segmenter.stirs
            self._call(self._calls.hear(frame, stirs=stirs, talking=self.talking))

    def _call(self, event: Woken | Poked | None) -> None:
        if event is None:
            return
        turn = self._current
        if isinstance(event, Woken) and turn is not None and not turn.full:
            turn.before = None
            turn.restart(self._open())
            self._begin(turn)
        self._emit(event)

    def _hear(self, samples: Samples) -> None:
        turn = self._current
        results = self._segmenter.push(samples)
        if turn is not None:
            self._feed(turn, samples)
        for result in results:
            self._tell(result)

    def _heard(self, event: Event) -> None:
        """Pass on what was understood; after the name, what is no word ends no waiting."""
        turn = self._current
        if turn is not None and turn.called and _is_nothing(event, turn.number):
            self._segmenter.wait_on()
        self._emit(event)

    def _tell(self, result: Result) -> None:
        turn = self._current
        if isinstance(result, Onset):
            self._onset = result.at
            if turn is not None and result.silent is not None:
                turn.resumed(result.silent / PER_MS)
                if self.on_pause is not None:
                    self.on_pause(result.silent / PER_MS)
            self._emit(SpeechStarted(result.at + self._offset, self._pause(result)))
        elif turn is not None:
            self._tell_of(turn, result)

    def _pause(self, onset: Onset) -> int | None:
        """Return how long ago, in ms, the user's last words were; `None`: they are forgotten."""
        if onset.silent is not None:
            return onset.silent // PER_MS
        return None if self._said is None else (onset.at - self._said.end) // PER_MS

    def _tell_of(self, turn: OpenTurn, result: Voiced | Silent | Filled) -> None:
        match result:
            case Voiced(ms):
                self._emit(VoiceLasted(turn.number, ms))
            case Silent(ms):
                if ms >= self._settings.ask_ms and self._hearing.judges and not turn.asked:
                    start = self._start if turn.before is None else turn.before.start
                    turn.paused(self._segmenter.sound(start, self._segmenter.position))
                self._emit(SilenceReached(turn.number, ms))
            case Filled():
                turn.full = True
                self._emit(TurnFilled(turn.number))
            case _:
                assert_never(result)


def _is_nothing(event: Event, turn: int) -> bool:
    """Tell whether this is the last word on a turn, and none."""
    if not isinstance(event, Heard) or event.turn != turn:
        return False
    return event.final and event.verdict.kind is Kind.NOTHING
