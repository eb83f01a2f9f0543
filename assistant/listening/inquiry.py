"""The judges who say whether the speaker has finished, and what they said."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assistant.errors import AssistantError
from assistant.ports import EndJudge, Samples

_NOTHING = np.zeros(0, np.int16)


@dataclass(frozen=True, slots=True)
class Judges:
    """Who is asked, beside the cues of the language; each may be missing.

    `seconds`: how long one may take; who fails or is late is left out.
    """

    sound: EndJudge | None = None
    """Goes by the voice: asked once in a pause."""
    words: EndJudge | None = None
    """Goes by what was said: asked for each wording, while the speaker goes on."""
    seconds: float = 0.25

    def __bool__(self) -> bool:
        return self.sound is not None or self.words is not None


NOBODY = Judges()


class Reading:
    """Has each wording of a turn judged as it comes, and keeps what was said of it.

    A wording differs from the one before by a word or two, so a judge who remembers is quick; in
    the pause it is then often known already.
    """

    def __init__(self, judges: Judges, tasks: asyncio.TaskGroup, told: Callable[[], None]) -> None:
        """`told` is called whenever the judge has answered or been given up."""
        self._judges, self._tasks, self._told = judges, tasks, told
        self._opinions: dict[str, float | None] = {}
        self._reading: tuple[str, asyncio.Task[None]] | None = None

    def read(self, words: str, digest: str) -> None:
        """Have a wording judged, unless it is known; an older one is not of interest any more."""
        if self._judges.words is None or digest in self._opinions:
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
        """Whether nobody is thinking of this wording any more."""
        return self._judges.words is None or digest in self._opinions

    def opinion(self, digest: str) -> float | None:
        """Return what is thought of a wording, as far as that is known."""
        return self._opinions.get(digest)

    def close(self) -> None:
        """Ask no more; who still thinks is not listened to."""
        if self._reading is not None:
            self._reading[1].cancel()

    async def _read(self, judge: EndJudge, words: str, digest: str) -> None:
        self._opinions[digest] = await _asked(judge, words, _NOTHING, self._judges.seconds)
        self._told()


class Inquiry:
    """One pause before the judge of the sound."""

    def __init__(
        self, judges: Judges, sound: Samples, tasks: asyncio.TaskGroup, told: Callable[[], None]
    ) -> None:
        """`told` is called when the judge has answered or been given up."""
        self._judges, self._sound, self._tasks, self._told = judges, sound, tasks, told
        self._hearing: asyncio.Task[None] | None = None
        self.opinion: float | None = None
        """What is thought of the sound, as far as that is known."""
        self.decided = judges.sound is None
        """Whether nobody is thinking of it any more."""

    def hear(self) -> None:
        """Have the sound judged, unless that was asked already."""
        if self._judges.sound is not None and self._hearing is None:
            asked = self._hear(self._judges.sound)
            self._hearing = self._tasks.create_task(asked, name="the end by its sound")

    def close(self) -> None:
        """Ask no more; who still thinks is not listened to."""
        if self._hearing is not None:
            self._hearing.cancel()

    async def _hear(self, judge: EndJudge) -> None:
        self.opinion = await _asked(judge, "", self._sound, self._judges.seconds)
        self.decided = True
        self._told()


async def _asked(judge: EndJudge, words: str, sound: Samples, seconds: float) -> float | None:
    try:
        async with asyncio.timeout(seconds):
            return await judge.finished(words, sound)
    except (AssistantError, TimeoutError):
        return None
