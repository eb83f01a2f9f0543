"""A turn that is being understood: its words as they come, its last word, its judges."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.core.events import NOTHING, Event, Heard, Kind, ListeningFailed, Verdict
from assistant.errors import AssistantError
from assistant.languages.pack import Pack
from assistant.listening.completeness import combine, consult
from assistant.listening.verdict import judge
from assistant.ports import EndJudge, Samples, Transcript, Transcription


@dataclass(slots=True)
class Hearing:
    """What all turns of one ear share."""

    emit: Callable[[Event], None]
    pack: Pack
    digest_key: bytes
    judges: tuple[EndJudge, ...]
    judge_s: float
    """Seconds that a judge may take."""
    expecting: bool = False


class OpenTurn:
    """Tells `Heard` of one turn until it is closed."""

    def __init__(
        self, number: int, transcription: Transcription, hearing: Hearing, tasks: asyncio.TaskGroup
    ) -> None:
        self.number = number
        self.full = False
        """It has reached its longest length: no more sound."""
        self._transcription, self._hearing, self._tasks = transcription, hearing, tasks
        self._heard: Heard | None = None
        self._pause: Samples | None = None
        self._answers: dict[str, tuple[float, ...]] = {}
        self._asking: tuple[str, asyncio.Task[None]] | None = None
        self._last_word: asyncio.Task[None] | None = None
        self._partials = tasks.create_task(self._follow(), name=f"partials of turn {number}")

    def feed(self, samples: Samples, *, voiced: bool) -> None:
        """Take more of the turn's sound, unless it is full."""
        if not self.full:
            self._transcription.feed(samples, voiced=voiced)

    def finalize(self, take: int) -> None:
        """Ask for the last word; an older take that is not answered yet never will be."""
        before = self._last_word
        name = f"take {take} of turn {self.number}"
        self._last_word = self._tasks.create_task(self._finish(take, before), name=name)

    def paused(self, sound: Samples) -> None:
        """Have it judged whether the speaker has finished, as soon as there are words."""
        if self._pause is None:
            self._pause = sound
            self._ask()

    def resumed(self) -> None:
        """The speaker goes on: what was judged means nothing any more."""
        self._pause = None
        self._answers.clear()
        self._stop_asking()

    def close(self) -> None:
        """Stop; nothing more is told."""
        self._transcription.close()
        self._stop_asking()
        self._partials.cancel()
        if self._last_word is not None:
            self._last_word.cancel()

    async def _follow(self) -> None:
        try:
            async for transcript in self._transcription.partials():
                heard = self._heard
                known = heard is not None and heard.text == transcript.text
                if not known or (heard is not None and heard.stable < transcript.stable):
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
        text = transcript.text
        verdict = judge(
            text,
            self._hearing.pack,
            digest_key=self._hearing.digest_key,
            expecting=self._hearing.expecting,
        )
        verdict = _judged(verdict, self._answers.get(verdict.digest, ()))
        stable = len(text) if take != NOTHING else transcript.stable
        self._heard = Heard(self.number, text, verdict, take, stable)
        self._hearing.emit(self._heard)
        self._ask()

    def _ask(self) -> None:
        """Ask the judges once for each wording in a pause."""
        heard, sound = self._heard, self._pause
        if not self._hearing.judges or heard is None or sound is None:
            return
        digest = heard.verdict.digest
        asked = digest in self._answers or (self._asking and self._asking[0] == digest)
        if asked or heard.verdict.kind is not Kind.WORDS:
            return
        self._stop_asking()
        name = f"end of turn {self.number}"
        task = self._tasks.create_task(self._consult(heard, sound), name=name)
        self._asking = (digest, task)

    async def _consult(self, asked: Heard, sound: Samples) -> None:
        hearing, digest = self._hearing, asked.verdict.digest
        answers = await consult(hearing.judges, asked.text, sound, hearing.judge_s)
        self._answers[digest] = answers
        self._asking = None
        heard = self._heard
        if answers and heard is not None and heard.verdict.digest == digest:
            self._heard = replace(heard, verdict=_judged(heard.verdict, answers))
            hearing.emit(self._heard)

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking[1].cancel()
            self._asking = None


def _judged(verdict: Verdict, answers: tuple[float, ...]) -> Verdict:
    if verdict.kind is not Kind.WORDS:
        return verdict
    return replace(verdict, complete=combine(verdict.complete, answers))
