"""A turn that is being understood: its words as they come, its last word, its judges."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.core.events import NOTHING, Event, Heard, Kind, ListeningFailed, Verdict
from assistant.errors import AssistantError
from assistant.languages.pack import Pack, load
from assistant.listening.completeness import NEVER_ENDS, PLAIN, UNDECIDED, Evidence, combine
from assistant.listening.inquiry import Inquiry, Judges, Reading
from assistant.listening.names import without_name
from assistant.listening.verdict import is_clear, is_ours, judge
from assistant.ports import Samples, Transcript, Transcription

LIKELY = 0.02
"""While they speak, an answer is worth beginning to words that may end a message so probably:
98 % of whole messages reach it, 23 % of their beginnings (SmolLM2; 43 messages of people)."""
LIKELY_UNENDED = 0.05
"""The same if the recogniser has not closed the sentence: it often leaves a short order open."""
HESITATION_MS = 250
"""Shorter pauses are part of speaking: stops, breath."""


@dataclass(slots=True)
class Hearing:
    """What all turns of one ear share."""

    emit: Callable[[Event], None]
    pack: Pack
    digest_key: bytes
    judges: Judges
    names: tuple[str, ...] = ()
    """What it is called; that is no part of a message."""
    expecting: bool = False
    talking: bool = False
    """Our own speech sounds."""
    said: Callable[[], str] = str
    """What of our own speech the microphone may hear now."""
    spoken: Callable[[str], None] = lambda _: None
    """Takes the language of words, by its code, before they are told."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the same speaker said just before this turn: likely the same message."""

    start: int
    """Position of its first sample, and behind its last voice."""
    end: int
    text: str


class OpenTurn:
    """Tells `Heard` of one turn until it is closed."""

    def __init__(
        self, number: int, transcription: Transcription, hearing: Hearing, tasks: asyncio.TaskGroup
    ) -> None:
        self.number = number
        self.before: Before | None = None
        """The judges hear this turn as the rest of that."""
        self._hesitated = False
        """The speaker has gone on after a pause in mid-turn."""
        self.full = False
        """It has reached its longest length: no more sound."""
        self.called = False
        """The name opened it: nothing may be said for a while."""
        self._transcription, self._hearing, self._tasks = transcription, hearing, tasks
        self._over_us = hearing.talking
        self._heard: Heard | None = None
        self._inquiry: Inquiry | None = None
        self._reading = Reading(hearing.judges, tasks, self._judged)
        self._plain: Verdict | None = None
        """What the newest words amount to by themselves, before judges were heard."""
        self._last_word: asyncio.Task[None] | None = None
        self._take = NOTHING
        self._partials = tasks.create_task(self._follow(), name=f"partials of turn {number}")

    def feed(self, samples: Samples, *, voiced: bool) -> None:
        """Take more of the turn's sound, unless it is full."""
        if not self.full:
            self._transcription.feed(samples, voiced=voiced)

    def finalize(self, take: int) -> None:
        """Ask for the last word; an older take that is not answered yet never will be."""
        before, self._take = self._last_word, take
        name = f"take {take} of turn {self.number}"
        self._last_word = self._tasks.create_task(self._finish(take, before), name=name)

    def restart(self, transcription: Transcription) -> None:
        """Take what was heard for no part of the turn: it was the name, or came before it."""
        self._transcription.close()
        self._partials.cancel()
        self._close_inquiry()
        self._transcription = transcription
        self.called = True
        self._tell(Transcript(""), NOTHING)
        self._partials = self._tasks.create_task(self._follow(), name=self._partials.get_name())
        if self._last_word is not None and not self._last_word.done():
            self.finalize(self._take)

    def paused(self, sound: Samples) -> None:
        """Have it judged whether the speaker has finished, as soon as there are words."""
        if self._inquiry is None:
            judges, told = self._hearing.judges, self._judged
            self._inquiry = Inquiry(judges, sound, self._tasks, told)
            self._ask()
            self._judged()

    @property
    def asked(self) -> bool:
        """Whether this pause is being judged already."""
        return self._inquiry is not None

    @property
    def worded(self) -> bool:
        """Whether words were heard, and not noise or "mm-hmm" alone."""
        return self._heard is not None and self._heard.verdict.kind is Kind.WORDS

    @property
    def text(self) -> str:
        """What was said so far, with what was said just before."""
        heard = self._heard.text if self._heard is not None else ""
        return heard if self.before is None else f"{self.before.text} {heard}"

    def resumed(self, silent_ms: float) -> None:
        """The speaker goes on: what was judged means nothing any more."""
        self._close_inquiry()
        self._hesitated = self._hesitated or (self.worded and silent_ms >= HESITATION_MS)

    def close(self) -> None:
        """Stop; nothing more is told."""
        self._transcription.close()
        self._close_inquiry()
        self._reading.close()
        self._partials.cancel()
        if self._last_word is not None:
            self._last_word.cancel()

    async def _follow(self) -> None:
        try:
            async for transcript in self._transcription.partials():
                heard = self._heard
                if heard is None or _news(heard, transcript):
                    self._tell(transcript, NOTHING)
        except AssistantError as error:
            self._hearing.emit(ListeningFailed(self.number, str(error)))

    async def _finish(self, take: int, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            before.cancel()
            await asyncio.wait({before})
        try:
            transcript = await self._transcription.finalize()
        except AssistantError as error:
            self._hearing.emit(ListeningFailed(self.number, str(error)))
        else:
            self._tell(transcript, take)

    def _tell(self, transcript: Transcript, take: int) -> None:
        text = without_name(transcript.text, self._hearing.names)
        code = transcript.tongue.code
        self._plain = judge(
            text,
            load(code) if code else self._hearing.pack,
            digest_key=self._hearing.digest_key,
            expecting=self._hearing.expecting,
            clear=is_clear(transcript, over_us=self._over_us, goes_on=self.before is not None),
        )
        if (
            self._over_us
            and self._plain.kind is Kind.WORDS
            and is_ours(text, self._hearing.said())
        ):
            self._plain = replace(self._plain, kind=Kind.NOTHING, ends_sentence=False)
        if self.called and self._plain.kind is Kind.NOTHING:
            self._plain = replace(self._plain, complete=NEVER_ENDS)
        shown = without_name(transcript.caption, self._hearing.names)
        before = len(transcript.caption) - len(shown)
        stable = len(shown) if take != NOTHING else max(transcript.stable - before, 0)
        verdict = self._weighed(self._plain, take)
        self._heard = Heard(
            self.number, text, verdict, take, shown if shown != text else "", stable
        )
        if code and self._plain.kind is Kind.WORDS:
            self._hearing.spoken(code)
        self._hearing.emit(self._heard)
        self._ask()

    def _ask(self) -> None:
        heard = self._heard
        kind = Kind.NOTHING if heard is None else heard.verdict.kind
        if heard is not None and kind is Kind.WORDS:
            self._reading.read(self.text, heard.verdict.digest)
        if self._inquiry is not None and kind in {Kind.WORDS, Kind.NOTHING}:  # words may come yet
            self._inquiry.hear()

    def _close_inquiry(self) -> None:
        if self._inquiry is not None:
            self._inquiry.close()
            self._inquiry = None

    def _judged(self) -> None:
        """A judge has answered: tell it, if that changes anything."""
        heard, plain = self._heard, self._plain
        if heard is None or plain is None:
            return
        verdict = self._weighed(plain, heard.take)
        if verdict != heard.verdict:
            self._heard = replace(heard, verdict=verdict)
            self._hearing.emit(self._heard)

    def _weighed(self, plain: Verdict, take: int) -> Verdict:
        """Weigh the words against the judges; until all have answered, nobody has finished."""
        if plain.kind is not Kind.WORDS or not self._hearing.judges:
            return plain
        inquiry, reading, digest = self._inquiry, self._reading, plain.digest
        words = reading.opinion(digest)
        if inquiry is None and take == NOTHING:
            if words is None:
                ends = plain.ends_sentence and reading.decided(digest)
            else:
                ends = words >= (LIKELY if plain.ends_sentence else LIKELY_UNENDED)
                ends = ends and plain.complete >= PLAIN
            return replace(plain, complete=min(plain.complete, UNDECIDED), ends_sentence=ends)
        hesitant = self._hesitated or self.before is not None
        if inquiry is None or not (inquiry.decided and reading.decided(digest)):
            return replace(plain, complete=min(plain.complete, UNDECIDED), hesitant=hesitant)
        evidence = Evidence(plain.complete, plain.ends_sentence, hesitant, inquiry.opinion, words)
        return replace(plain, complete=combine(evidence), hesitant=hesitant)


def _news(heard: Heard, transcript: Transcript) -> bool:
    """Tell whether a partial says anything that was not told."""
    same = heard.text == transcript.text and heard.caption == transcript.caption
    return not same or heard.stable < transcript.stable
