"""Long work (a picture, a download, a slow tool): owned by the session, not by a reply.

A barge-in never ends a job; "cancel that" does. What there is to say when a job ends comes as a
`WantsFloor`, so it waits until nobody speaks.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from assistant.core.events import Event, JobEnded, JobStarted, Urgency, WantsFloor
from assistant.errors import AssistantError, leaves

_log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[str]]
"""What a job does; returns the sentence to say when it is done, or an empty one."""


class Jobs:
    """The running jobs of a session."""

    def __init__(self, emit: Callable[[Event], None], tasks: asyncio.TaskGroup) -> None:
        self._emit, self._tasks = emit, tasks
        self._running: dict[int, asyncio.Task[None]] = {}
        self._newest = 0

    def start(self, title: str, work: Work, *, deadline: float) -> int:
        """Begin; returns the job's number. After `deadline` seconds it is ended and says so."""
        self._newest += 1
        job = self._newest
        self._emit(JobStarted(job))
        self._running[job] = self._tasks.create_task(
            self._run(job, title, work, deadline), name=f"job {job}"
        )
        return job

    def cancel(self, job: int) -> None:
        """End a job; one that is over already is no error."""
        if task := self._running.get(job):
            task.cancel()

    async def _run(self, job: int, title: str, work: Work, deadline: float) -> None:
        news = ""
        try:
            async with asyncio.timeout(deadline):
                news = await work()
        except* TimeoutError:
            news = f"{title} took too long, so I stopped it."
        except* AssistantError as failed:
            _log.warning("job %d failed: %s", job, leaves(failed)[0])
            news = f"{title} did not work."
        finally:
            del self._running[job]
            self._emit(JobEnded(job))
        if news:
            self._emit(WantsFloor(news, Urgency.POLITE))
