"""What a tool may use of the session that runs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from assistant.core.events import Event, Urgency, WantsFloor
from assistant.errors import ToolError
from assistant.ports import Detail, Eyes, Household, Looked, Shot, Source
from assistant.views import View

T = TypeVar("T")
Work = Callable[[], Awaitable[str]]
_BLIND = "there is nothing here to look with; say that you cannot see"
_ENDS = "what takes long cannot be done here; say that it needs a conversation"


def _here() -> datetime:
    return datetime.now().astimezone()


class Looks(Protocol):
    """The part of a session that looks."""

    async def look(self, source: Source, question: str, detail: Detail) -> Looked:
        """Take a picture for a mind."""
        ...

    async def shot(self, source: Source) -> Shot:
        """Take a picture as pixels."""
        ...


@dataclass(frozen=True, slots=True)
class Around:
    """`ports.Surroundings` and `ports.Keeps`, by what a session can do, or of none."""

    language: str
    shows: Callable[[View], None] = lambda _: None
    tells: Callable[[Event], None] = lambda _: None
    starts: Callable[[str, Work, float], int] | None = None
    household: Household | None = None
    """The devices of the home, where there is one."""
    sees: Looks | None = None
    """What looks; where there is nothing to look with, tools are told so."""
    local: Eyes | None = None
    kept: tuple[object, ...] = ()
    """What the user keeps here, and what can be turned: by type."""
    clock: Callable[[], datetime] = _here
    """The time of day where the user is, with its zone."""

    def find(self, kind: type[T]) -> T | None:
        """Return the one of this type that is kept here."""
        return next((one for one in self.kept if isinstance(one, kind)), None)

    @property
    def eyes(self) -> Eyes:
        """What understands pictures here. Raises `ToolError`."""
        if self.local is None:
            raise ToolError(_BLIND)
        return self.local

    async def look(self, source: Source, question: str, detail: Detail) -> Looked:
        """Take a picture now. Raises `ToolError`."""
        if self.sees is None:
            raise ToolError(_BLIND)
        return await self.sees.look(source, question, detail)

    async def shot(self, source: Source = "camera") -> Shot:
        """Take a picture as pixels. Raises `ToolError` and `BackendError`."""
        if self.sees is None:
            raise ToolError(_BLIND)
        return await self.sees.shot(source)

    def now(self) -> datetime:
        """Return the time of day, with its zone."""
        return self.clock()

    def show(self, view: View) -> None:
        """Show something."""
        self.shows(view)

    def announce(self, text: str, *, urgent: bool = False) -> None:
        """Have something said when nobody has the floor, or at once."""
        self.tells(WantsFloor(text, Urgency.NOW if urgent else Urgency.POLITE))

    def start_job(self, title: str, work: Work, deadline: float) -> int:
        """Begin long work that outlives the reply; what it returns is said at its end.

        Raises `ToolError` where nothing outlives a reply.
        """
        if self.starts is None:
            raise ToolError(_ENDS)
        return self.starts(title, work, deadline)
