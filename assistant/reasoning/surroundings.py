"""What a tool may use of the session that runs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from assistant.core.events import Event, Urgency, WantsFloor
from assistant.ports import Household
from assistant.views import View

Work = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Around:
    """`ports.Surroundings`, by what a session can do."""

    language: str
    shows: Callable[[View], None]
    tells: Callable[[Event], None]
    starts: Callable[[str, Work, float], int]
    household: Household | None = None
    """The devices of the home, where there is one."""

    def now(self) -> datetime:
        """Return the time of day on this machine, with its zone."""
        return datetime.now().astimezone()

    def show(self, view: View) -> None:
        """Show something."""
        self.shows(view)

    def announce(self, text: str, *, urgent: bool = False) -> None:
        """Have something said when nobody has the floor, or at once."""
        self.tells(WantsFloor(text, Urgency.NOW if urgent else Urgency.POLITE))

    def start_job(self, title: str, work: Work, deadline: float) -> int:
        """Begin long work that outlives the reply; what it returns is said at its end."""
        return self.starts(title, work, deadline)
