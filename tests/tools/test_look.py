"""The tool with which a mind looks by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Literal

import pytest

from assistant.errors import BackendUnavailable, ToolError
from assistant.languages.pack import load
from assistant.looking.sight import Lookout, Sight, SightSettings
from assistant.ports import Detail, Looked, MindInfo, Source, ToolResult
from assistant.testing.camera import ScriptedCamera
from assistant.tools.look import look
from assistant.views import View
from tests.looking.pictures import BLUE, GREEN, colour_of, near, plain


class Around:
    """Surroundings without eyes."""

    language = "en"

    def now(self) -> datetime:
        return datetime(2026, 11, 28, tzinfo=UTC)

    def show(self, view: View) -> None:
        pass

    def announce(self, text: str, *, urgent: bool = False) -> None:
        pass

    def start_job(self, title: str, work: Callable[[], Awaitable[str]], deadline: float) -> int:
        del title, work, deadline
        return 1


class SeeingAround(Around):
    """Surroundings with those of a session."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight

    async def look(self, source: Source, question: str, detail: Detail) -> Looked:
        return await self.sight.look(source, question, detail)


def seeing(
    eyes: Lookout, mode: Literal["off", "tool"] = "tool", *, sees: bool = True
) -> SeeingAround:
    info = MindInfo("a mind", context=8192, sees=sees)
    settings = SightSettings(mode)
    return SeeingAround(Sight(eyes, load("en"), lambda: info, settings, lambda *_: None))


def call(around: Around, source: Source = "camera") -> ToolResult:
    return asyncio.run(look(around, source, "what is there?", "glance"))


def test_a_mind_that_asks_gets_a_picture_and_the_camera_is_closed() -> None:
    camera = ScriptedCamera(plain(GREEN), opens_s=0.0)
    result = call(seeing(Lookout(camera)))
    assert near(colour_of(result.images[0].data), GREEN)
    assert not camera.active


def test_it_may_look_at_the_screen() -> None:
    screen = ScriptedCamera(plain(BLUE), source="screen", opens_s=0.0)
    result = call(seeing(Lookout(ScriptedCamera(), screen)), "screen")
    assert near(colour_of(result.images[0].data), BLUE)
    assert result.text == "This is the user's screen."


def test_the_newest_picture_can_be_looked_at_again_without_opening_anything() -> None:
    camera = ScriptedCamera(plain(GREEN), opens_s=0.0)
    around = seeing(Lookout(camera))
    first = call(around)
    again = call(around, "file")
    assert again.images == first.images
    assert len(camera.opened) == 1


@pytest.mark.parametrize(
    ("around", "says"),
    [
        (Around(), "nothing here to look with"),
        (seeing(Lookout(ScriptedCamera()), "off"), "may not use a camera"),
        (seeing(Lookout(ScriptedCamera()), sees=False), "takes no pictures"),
        (seeing(Lookout()), "camera doesn't work"),
    ],
)
def test_where_nothing_can_be_seen_the_mind_is_told_why(around: Around, says: str) -> None:
    with pytest.raises(ToolError, match=says):
        call(around)


def test_a_broken_camera_is_told_and_raises_nothing_else() -> None:
    camera = ScriptedCamera(opens_s=0.0)
    camera.fails = BackendUnavailable("camera", "unplugged")
    with pytest.raises(ToolError, match="doesn't work at the moment"):
        call(seeing(Lookout(camera)))


def test_a_camera_that_is_switched_off_meanwhile_is_told() -> None:
    camera = ScriptedCamera(plain(GREEN), opens_s=60.0)
    sight = seeing(Lookout(camera)).sight

    async def switched_off() -> None:
        await asyncio.sleep(0.01)
        assert camera.active
        sight.settings = SightSettings("off")
        sight.shut()

    async def shoots() -> str:
        with pytest.raises(BackendUnavailable) as told:
            await sight.shot("camera")
        return str(told.value)

    async def main() -> tuple[str, str]:
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(sight.look("camera", "what is there?", "glance"))
            shooting = tasks.create_task(shoots())
            tasks.create_task(switched_off())
        return looking.result().said, shooting.result()

    said, told = asyncio.run(main())
    assert said == "I may not use a camera here."
    assert "switched off meanwhile" in told
    assert not camera.active
