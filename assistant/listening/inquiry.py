"""One pause before the judges, who say whether the speaker has finished."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from assistant.errors import AssistantError
from assistant.ports import EndJudge, Samples


@dataclass(frozen=True, slots=True)
class Judges:
    """Who is asked, beside the cues of the language; each may be missing.

    `seconds`: how long one may take; who fails or is late is left out.
    """

    sound: EndJudge | None = None
    """Goes by the voice: asked once in a pause."""
    words: EndJudge | None = None
    """Goes by what was said: asked for each wording."""
    seconds: float = 0.25

    def __bool__(self) -> bool:
        return self.sound is not None or self.words is not None


NOBODY = Judges()


class Inquiry:
    """Asks both judges at once and keeps what they say, for as long as the pause lasts."""

    def __init__(
        self, judges: Judges, sound: Samples, tasks: asyncio.TaskGroup, told: Callable[[], None]
    ) -> None:
        """`told` is called whenever a judge has answered or been given up."""
        self._judges, self._sound, self._tasks, self._told = judges, sound, tasks, told
        self._by_sound: float | None = None
        self._by_words: dict[str, float | None] = {}
        self._hearing: asyncio.Task[None] | None = None
        self._reading: tuple[str, asyncio.Task[None]] | None = None
        self._heard = False

    def hear(self) -> None:
        """Have the sound judged, unless that was asked already."""
        if self._judges.sound is not None and self._hearing is None:
            asked = self._hear(self._judges.sound)
            self._hearing = self._tasks.create_task(asked, name="the end by its sound")

    def read(self, words: str, digest: str) -> None:
        """Have a wording judged, unless it is known; an older one is not of interest any more."""
        if self._judges.words is None or digest in self._by_words:
            return
        if self._reading is not None:
            if self._reading[0] == digest:
                return
            self._reading[1].cancel()
        task = self._tasks.create_task(
            self._read(self._judges.words, words, digest), name="the end by its words"
        )
        self._reading = digest, task

    def decided(self, digest: str) -> bool:
        """Whether nobody is thinking of the sound or of this wording any more."""
        judges = self._judges
        heard = judges.sound is None or self._heard
        return heard and (judges.words is None or digest in self._by_words)

    def opinions(self, digest: str) -> tuple[float | None, float | None]:
        """Return what is thought of the sound and of a wording, as far as that is known."""
        return self._by_sound, self._by_words.get(digest)

    def close(self) -> None:
        """Ask no more; who still thinks is not listened to."""
        if self._hearing is not None:
            self._hearing.cancel()
        if self._reading is not None:
            self._reading[1].cancel()

    async def _hear(self, judge: EndJudge) -> None:
        self._by_sound = await self._ask(judge, "")
        self._heard = True
        self._told()

    async def _read(self, judge: EndJudge, words: str, digest: str) -> None:
        self._by_words[digest] = await self._ask(judge, words)
        self._told()

    async def _ask(self, judge: EndJudge, words: str) -> float | None:
        try:
            async with asyncio.timeout(self._judges.seconds):
                return await judge.finished(words, self._sound)
        except (AssistantError, TimeoutError):
            return None
