"""What a tool may use of a session, for the tests of a tool."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from assistant.views import View


class ScriptedSurroundings:
    """A fake of `ports.Surroundings`: it keeps what was shown, announced and begun."""

    def __init__(self, now: datetime | None = None, language: str = "en") -> None:
        self.moment = now or datetime(2026, 11, 28, 20, 15, tzinfo=UTC)
        self.shown: list[View] = []
        self.announced: list[tuple[str, bool]] = []
        self.jobs: list[tuple[str, Callable[[], Awaitable[str]], float]] = []
        self._language = language

    @property
    def language(self) -> str:
        """The language it was given."""
        return self._language

    def now(self) -> datetime:
        """Return `moment`, which a test may change."""
        return self.moment

    def show(self, view: View) -> None:
        """Keep it."""
        self.shown.append(view)

    def announce(self, text: str, *, urgent: bool = False) -> None:
        """Keep it."""
        self.announced.append((text, urgent))

    def start_job(self, title: str, work: Callable[[], Awaitable[str]], deadline: float) -> int:
        """Keep it; a test awaits the work itself."""
        self.jobs.append((title, work, deadline))
        return len(self.jobs)
