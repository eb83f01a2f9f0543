"""Recordings as the microphone of a whole session, at the pace of life."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from assistant.backends.device_file import FileCard
from assistant.ports import RATE, Seen, TurnReport
from assistant.session import LiveSession
from assistant.sound.clips import Clip
from assistant.views import Activity

LONGEST_S = 20.0
"""After a clip, at most so long for an answer to begin, or to go on."""
ENDLESS_S = 60.0
"""What speaks for longer is not waited for."""
UNANSWERED_S = 4.0
"""Nothing has happened for so long after a clip: it will not be answered."""
LEAD_S = 0.6
"""Room noise before the first clip, so that the detector knows the room."""
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Exchange:
    """A clip, where it was on the microphone's clock (samples), and the turns it led to."""

    clip: Clip
    first: int
    last: int
    turns: tuple[TurnReport, ...]

    @property
    def answered(self) -> bool:
        """Something was said to it."""
        return any(turn.outcome == "answered" and turn.said for turn in self.turns)

    @property
    def early(self) -> bool:
        """It was answered before it was over, or in pieces."""
        said = sum(bool(turn.heard and turn.said) for turn in self.turns)  # no excuses
        return said > 1 or any(turn.continues for turn in self.turns)


async def converse(
    session: LiveSession, card: FileCard, clips: Iterable[Clip], *, gap: float = 1.0
) -> AsyncIterator[Exchange]:
    """Play clips one after another, each when the answer to the one before has ended.

    `session` runs in another task and ends when the clips are over.
    """
    reports: list[TurnReport] = []

    def see(seen: Seen) -> None:
        if isinstance(seen, TurnReport):
            reports.append(seen)

    stop = session.watch(see)
    try:
        after = LEAD_S
        for clip in clips:
            reports.clear()
            playing = card.play(clip.samples, after=after)
            await playing.over()
            await _settled(session, reports)
            yield Exchange(clip, playing.first, playing.last, tuple(reports))
            await asyncio.sleep(gap)
            after = 0.0
    finally:
        stop()
        card.end()


async def _settled(session: LiveSession, reports: list[TurnReport]) -> None:
    """Wait until the answer has ended, or none will come."""
    now = asyncio.get_running_loop().time
    began = quiet_since = silent_since = now()
    while now() - silent_since < LONGEST_S and now() - began < ENDLESS_S:
        await asyncio.sleep(_LOOK_S)
        if session.state.activity == Activity.SPEAKING.value:
            silent_since = now()
        if not session.quiet:
            quiet_since = now()
        elif now() - quiet_since > (2 * _LOOK_S if _answered(reports) else UNANSWERED_S):
            return


def _answered(reports: list[TurnReport]) -> bool:
    return any(report.outcome != "nothing" for report in reports)


def seconds(samples: int) -> float:
    """Return how long so many samples of the microphone last."""
    return samples / RATE
