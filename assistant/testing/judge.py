"""A judge of ends that says what it was told to: exact in virtual time."""

import asyncio
from collections.abc import Callable

from assistant.errors import BackendError
from assistant.ports import RATE, Samples


class ScriptedJudge:
    """Answers with a probability, or by a function of (words, seconds of sound), after a time.

    `asked` keeps the questions: (words, samples of sound).
    """

    def __init__(
        self,
        answer: float | Callable[[str, float], float],
        seconds: float = 0.0,
        *,
        failure: BackendError | None = None,
    ) -> None:
        self._answer, self._seconds, self._failure = answer, seconds, failure
        self.asked: list[tuple[str, int]] = []

    async def finished(self, words: str, sound: Samples) -> float:
        """Return the probability that the message ends here."""
        self.asked.append((words, len(sound)))
        await asyncio.sleep(self._seconds)
        if self._failure is not None:
            raise self._failure
        if callable(self._answer):
            return self._answer(words, len(sound) / RATE)
        return self._answer
