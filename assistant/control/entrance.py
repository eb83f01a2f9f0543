"""The session as others see it, from before there is one."""

import asyncio
from collections.abc import Callable

from assistant.core.events import Event
from assistant.errors import AssistantError
from assistant.ports import Seen, Session, SessionState, TurnReport

STARTING = "starting"
"""What it is doing while models load."""


class Entrance:
    """A `Session` that is there from the start; behind it the real one comes, once it is loaded.

    Until then it can be watched, muted, and asked: that waits. Other events are refused.
    """

    def __init__(self, *, muted: Callable[[], bool], on_mute: Callable[[bool], None]) -> None:
        """`on_mute` keeps a wish that comes before there is a microphone; `muted` tells it."""
        self._muted, self._on_mute = muted, on_mute
        self._session: Session | None = None
        self._there: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._observers: list[Callable[[Seen], None]] = []

    def open(self, session: Session) -> None:
        """Let everybody in."""
        self._session = session
        session.watch(self._tell)
        self._there.set_result(session)

    @property
    def state(self) -> SessionState:
        """What it is doing now."""
        if self._session is not None:
            return self._session.state
        return SessionState(
            activity=STARTING,
            muted=self._muted(),
            turns=0,
            microphone=None,
            speaker=None,
            ears="",
            mind="",
            voice="",
        )

    def inject(self, event: Event) -> None:
        """Tell it that something happened."""
        if self._session is None:
            raise AssistantError("it is still starting; try again in a moment")
        self._session.inject(event)

    def watch(self, observer: Callable[[Seen], None]) -> Callable[[], None]:
        """Call `observer` with all that is to be seen; returns how to stop that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    async def ask(
        self, text: str, attachments: tuple[str, ...] = (), *, speak: bool = True
    ) -> TurnReport:
        """Have a text answered, as soon as there is a mind."""
        return await (await self.inside()).ask(text, attachments, speak=speak)

    async def say(self, text: str) -> TurnReport:
        """Have a text spoken, as soon as there is a voice."""
        return await (await self.inside()).say(text)

    async def mute(self, *, on: bool) -> None:
        """Close or open the microphone, now or as soon as there is one."""
        if self._session is None:
            self._on_mute(on)
            if self._muted() is not on:
                raise AssistantError("this could not be kept (is the disk full?); try again soon")
        else:
            await self._session.mute(on=on)

    async def inside(self) -> Session:
        """Return the session that it is the entrance of, as soon as there is one."""
        return await asyncio.shield(self._there)

    def _tell(self, seen: Seen) -> None:
        for observer in tuple(self._observers):
            observer(seen)
