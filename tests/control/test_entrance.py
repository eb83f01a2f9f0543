"""What can be asked of an assistant that is still starting."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from assistant.control.entrance import Entrance
from assistant.core.events import Action, Poked
from assistant.errors import AssistantError
from assistant.views import Activity, Status
from tests.control.test_watch import WatchedSession


def entered(test: Callable[[Entrance, list[bool]], Awaitable[None]]) -> None:
    async def main() -> None:
        wishes: list[bool] = []
        async with asyncio.timeout(10):
            entrance = Entrance(muted=lambda: wishes[-1:] == [True], on_mute=wishes.append)
            await test(entrance, wishes)

    asyncio.run(main())


def test_it_is_starting_until_it_is_open() -> None:
    async def test(entrance: Entrance, _: list[bool]) -> None:
        assert entrance.state.activity == "starting"
        with pytest.raises(AssistantError, match="still starting"):
            entrance.inject(Poked(Action.STOP))
        session = WatchedSession()
        entrance.open(session)
        assert entrance.state is session.state
        entrance.inject(Poked(Action.STOP))
        assert session.told == [Poked(Action.STOP)]

    entered(test)


def test_who_asks_early_waits() -> None:
    async def test(entrance: Entrance, _: list[bool]) -> None:
        session = WatchedSession()
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(entrance.ask("two and two?", speak=False))
            saying = tasks.create_task(entrance.say("good morning"))
            await asyncio.sleep(0)
            assert session.told == []
            entrance.open(session)
        assert asking.result().said == "Four."
        assert saying.result().said == "good morning"

    entered(test)


def test_a_wish_to_be_muted_is_kept_from_the_start() -> None:
    async def test(entrance: Entrance, wishes: list[bool]) -> None:
        await entrance.mute(on=True)
        assert (entrance.state.muted, wishes) == (True, [True])
        await entrance.mute(on=False)
        assert (entrance.state.muted, wishes) == (False, [True, False])
        session = WatchedSession()
        entrance.open(session)
        await entrance.mute(on=True)
        assert (session.told, wishes) == ([("mute", True)], [True, False])

    entered(test)


def test_who_watches_from_the_start_sees_what_comes() -> None:
    async def test(entrance: Entrance, _: list[bool]) -> None:
        seen: list[object] = []
        stop = entrance.watch(seen.append)
        session = WatchedSession()
        entrance.open(session)
        session.become("hearing")
        assert seen == [Status(Activity.LISTENING)]
        stop()
        session.become("thinking")
        assert len(seen) == 1

    entered(test)


def test_a_wish_that_cannot_be_kept_is_said() -> None:
    async def main() -> None:
        entrance = Entrance(muted=lambda: False, on_mute=lambda _: None)
        with pytest.raises(AssistantError, match="disk"):
            await entrance.mute(on=True)

    asyncio.run(main())
