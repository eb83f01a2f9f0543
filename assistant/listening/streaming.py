"""Decoding while the user speaks, over a recogniser that understands a piece of sound at a time.

Who runs what. `partials` is the only loop: while it is iterated it decodes, each time in a task
group of its own, so nothing outlives it. `finalize` runs in its caller's task beside it. If the
decode that is under way covers the last voiced sample, `finalize` waits for that one; else it
cancels it (a call that still waits is dropped, of one that runs the result is) and decodes by
itself, with the loop held off until it is done. Without anybody iterating `partials`, `finalize`
works as well: there is just never a decode that it finds finished.

When the loop decodes. While there is voiced sound that no decode covers: as soon as `NEW_S` of new
sound came, or as soon as `SETTLED_S` of silence followed. A slow machine gets longer waits, and in
the end only the decode in the pause: never a backlog, because the next decode always takes all
there is. A text that is doubtful is not shown; it is decoded thoroughly while the silence lasts.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from assistant.listening.agreement import Agreement
from assistant.listening.window import LONGEST_S, Window, joined
from assistant.ports import (
    RATE,
    UNTOLD,
    Recogniser,
    Samples,
    Tongue,
    Transcriber,
    Transcript,
    Word,
)

NEW_S = 0.12
"""New sound that is worth a decode: a phoneme or two."""
FIRST_S = 0.8
"""Sound before the first decode: 0.5 s of pre-roll and a syllable; less gives invented words."""
SETTLED_S = 0.01
"""Silence after which a decode waits for no more sound: as soon as the detector calls it that."""
SLACK_S = 0.05
"""So much voiced sound at the end may be missing: the detector is no more exact than that."""
TAIL_S = 0.5
"""Silence that is decoded after the last voiced sample; more makes Whisper invent."""
PER_DECODE = 1.5
"""Decodes that take longer wait for so much more sound: the last one must find the thread free."""
SLOW_S = 0.8
"""Decodes that take longer than this wait for a pause of the speaker, or for a full window."""


def as_transcriber(ears: Recogniser | Transcriber) -> Transcriber:
    """Make ears stream that do not by themselves."""
    return ears if isinstance(ears, Transcriber) else StreamingTranscriber(ears)


class StreamingTranscriber:
    """A `Transcriber` over a `Recogniser`, for any number of turns at a time."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._pace = _Pace()

    @property
    def name(self) -> str:
        """Which ears."""
        return self._recogniser.name

    @property
    def recogniser(self) -> Recogniser:
        """What understands a piece of sound at a time."""
        return self._recogniser

    def open(self, tongue: Tongue = UNTOLD) -> "StreamingTranscription":
        """Begin a turn."""
        return StreamingTranscription(self._recogniser, self._pace, tongue)


@dataclass(slots=True)
class _Pace:
    """How long a decode takes at present, the wait for others included; all turns share it."""

    seconds: float = 0.0

    @property
    def new_s(self) -> float:
        """How much new sound the next decode should have, at least."""
        if self.seconds > SLOW_S:
            return math.inf
        return max(NEW_S, PER_DECODE * self.seconds)


@dataclass(frozen=True, slots=True)
class _Running:
    """A decode of the loop that is under way."""

    task: asyncio.Task[None]
    covers: int
    thorough: bool


class StreamingTranscription:
    """One turn. Positions are in samples of the turn; sound is fed as it comes."""

    def __init__(self, recogniser: Recogniser, pace: _Pace, before: Tongue) -> None:
        self._recogniser, self._pace, self._before = recogniser, pace, before
        self._window = Window()
        self._agreement = Agreement()
        self._voiced = 0
        """Where the last voiced sound ends."""
        self._resumed = 0
        """Where the last pause ended."""
        self._asked = 0
        """Where the sound ended that the newest decode was given."""
        self._heard = Transcript("")
        """The newest hypothesis about the whole turn."""
        self._thorough = False
        self._running: _Running | None = None
        self._finishing = asyncio.Lock()
        self._stir = asyncio.Event()
        self._closed = False

    def feed(self, samples: Samples, *, voiced: bool = True) -> None:
        """Take more sound. `voiced`: it may hold speech; silence needs no decode."""
        if self._closed:
            return
        if voiced and self._silence >= SETTLED_S:
            self._resumed = self._window.end
        self._window.feed(samples)
        if voiced:
            self._voiced = self._window.end
        self._stir.set()

    async def partials(self) -> AsyncIterator[Transcript]:
        """Decode while the user speaks, and yield each text that differs from the one before.

        `stable` holds among the partials: only a final text may mend it. Raises what the
        recogniser raises. For one consumer.
        """
        told = "", ""
        while not self._closed:
            if not self._due():
                self._stir.clear()
                await self._stir.wait()
                continue
            await self._decode_beside()
            shown = self._shown()
            if self._finishing.locked():
                continue  # the last word follows at once, and is told by itself
            if not self._closed and (shown.text, shown.shown) != told:
                told = shown.text, shown.shown
                yield shown

    async def finalize(self) -> Transcript:
        """Understand all that was fed up to now; at once if a finished decode covers it.

        After `close`, what was understood last. Raises what the recogniser raises.
        """
        goal = self._voiced
        try:
            async with self._finishing:
                await self._finish(goal)
        finally:
            self._stir.set()
        return replace(self._heard, stable=len(self._heard.text))

    async def _finish(self, goal: int) -> None:
        running = self._running
        if running is not None and self._covers(running.covers, goal):
            await asyncio.wait({running.task})
        if self._closed or self._believed(goal):
            return
        if (running := self._running) is not None:
            running.task.cancel()
            await asyncio.wait({running.task})
        await self._decode(thorough=True)

    def close(self) -> None:
        """Stop: the partials end, what is in flight is dropped."""
        self._closed = True
        if self._running is not None:
            self._running.task.cancel()
        self._stir.set()

    @property
    def _silence(self) -> float:
        return (self._window.end - self._voiced) / RATE

    def _covers(self, position: int, goal: int) -> bool:
        return position >= goal - round(SLACK_S * RATE)

    def _believed(self, goal: int) -> bool:
        """Tell whether what is known covers the goal and would not be decoded again."""
        sure = self._thorough or not self._heard.doubtful
        return (
            sure
            and (goal == 0 or self._heard.covers > 0)
            and self._covers(self._heard.covers, goal)
        )

    def _due(self) -> bool:
        """Tell whether the loop should decode now."""
        if self._finishing.locked() or self._voiced == 0:
            return False
        settled = self._silence >= SETTLED_S
        if self._covers(self._asked, self._voiced):
            return settled and self._heard.doubtful and not self._thorough
        full = self._window.seconds >= LONGEST_S
        wanted = NEW_S if full else self._pace.new_s
        if self._asked == 0:
            wanted = max(FIRST_S, wanted)
        new = (self._window.end - max(self._asked, self._resumed)) / RATE
        return settled or new >= wanted

    async def _decode_beside(self) -> None:
        """Decode in a task that `finalize` can wait for or cancel."""
        thorough = self._covers(self._asked, self._voiced)
        try:
            async with asyncio.TaskGroup() as group:
                task = group.create_task(self._decode(thorough=thorough), name="decode")
                self._running = _Running(task, self._window.end, thorough)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            self._running = None

    @property
    def _tongue(self) -> Tongue:
        """What was spoken so far: what a few syllables seemed to be in counts for nothing."""
        heard = self._heard.tongue
        if heard.sure or not self._window.head:
            return heard if heard.sure else self._before
        return replace(heard, sure=True)  # the rest of a long turn is in what its head is in

    async def _decode(self, *, thorough: bool) -> None:
        covers = self._asked = self._window.end
        sound = self._window.sound(min(covers, self._voiced + round(TAIL_S * RATE)))
        now = asyncio.get_running_loop().time
        begun = now()
        try:
            heard = await self._recogniser.recognise(
                sound, stream=id(self), final=thorough, tongue=self._tongue
            )
        except BaseException:
            self._asked = self._heard.covers  # it gave nothing: what it covered still waits
            raise
        if not thorough:
            self._pace.seconds = now() - begun
        if not self._closed:
            self._take(replace(heard, covers=len(sound)), covers, thorough=thorough)

    def _take(self, heard: Transcript, covers: int, *, thorough: bool) -> None:
        """Keep a hypothesis about the window as one about the turn."""
        window, offset = self._window, self._window.start / RATE
        words = (Word(w.text, w.start + offset, w.end + offset) for w in heard.words)
        self._thorough = thorough
        self._heard = replace(
            heard,
            text=joined(window.head, heard.text),
            covers=covers,
            words=(*window.head_words, *words),
        )
        if thorough:
            self._agreement.settle(heard.text)
        elif not heard.doubtful:
            self._agreement.add(heard.text)
        elif window.seconds <= LONGEST_S:
            return  # neither shown nor trimmed: a better one will come
        window.trim(heard, self._agreement)

    def _shown(self) -> Transcript:
        """Return what the partials tell: the newest hypothesis, and what captions show."""
        head = self._window.shown
        shown = joined(head, self._agreement.text)
        return replace(
            self._heard,
            text=shown if self._heard.doubtful else self._heard.text,
            shown=shown,
            stable=len(joined(head, self._agreement.stable)),
        )
