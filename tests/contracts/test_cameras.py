"""What every camera promises."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from assistant.backends import camera_opencv
from assistant.errors import BackendUnavailable
from assistant.ports import Camera
from assistant.testing.camera import ScriptedCamera
from tests.looking.pictures import RED, MjpegServer, plain, video

Opens = Callable[[Path], AbstractAsyncContextManager[Camera]]


@asynccontextmanager
async def scripted(_: Path) -> AsyncIterator[Camera]:
    yield ScriptedCamera(opens_s=0.05)


@asynccontextmanager
async def recording(place: Path) -> AsyncIterator[Camera]:
    path = video(place / "a.avi", [plain(RED)] * 30)
    async with camera_opencv.open(camera_opencv.Config(device=str(path))) as camera:
        yield camera


@asynccontextmanager
async def picture(place: Path) -> AsyncIterator[Camera]:
    video(place / "a.jpg", [plain(RED)])
    async with camera_opencv.open(camera_opencv.Config(device=str(place / "a.jpg"))) as camera:
        yield camera


@asynccontextmanager
async def sequence(place: Path) -> AsyncIterator[Camera]:
    for number in range(3):
        video(place / f"frame-{number:03}.jpg", [plain(RED)])
    pattern = str(place / "frame-%03d.jpg")
    async with camera_opencv.open(camera_opencv.Config(device=pattern)) as camera:
        yield camera


@asynccontextmanager
async def stream(_: Path) -> AsyncIterator[Camera]:
    async with (
        MjpegServer().serve() as server,
        camera_opencv.open(camera_opencv.Config(device=server.url)) as camera,
    ):
        yield camera


CAMERAS: list[Opens] = [scripted, recording, picture, sequence, stream]
Check = Callable[[Camera], Awaitable[None]]


@pytest.fixture(params=CAMERAS, ids=lambda opens: opens.__name__)
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Check], None]:
    """Run a check on each camera, in real time."""

    async def main(check: Check) -> None:
        async with asyncio.timeout(20), request.param(tmp_path) as camera:
            await check(camera)

    return lambda check: asyncio.run(main(check))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - a thread tells nobody
            await asyncio.sleep(0.01)


def test_it_is_closed_until_it_is_armed(play: Callable[[Check], None]) -> None:
    async def check(camera: Camera) -> None:
        await asyncio.sleep(0.05)
        assert not camera.active
        camera.arm()
        await until(lambda: camera.active)
        camera.disarm()
        await until(lambda: not camera.active)

    play(check)


def test_a_picture_is_new_and_in_rgb(play: Callable[[Check], None]) -> None:
    async def check(camera: Camera) -> None:
        for _ in range(3):
            shot = await camera.shot()
            assert asyncio.get_running_loop().time() - shot.at <= 0.1
            assert shot.source == "camera"
            red, green, blue = shot.pixels.reshape(-1, 3).mean(axis=0)
            assert red > 2 * green
            assert red > 2 * blue

    play(check)


def test_it_closes_after_a_picture_that_nobody_armed_it_for(
    play: Callable[[Check], None],
) -> None:
    async def check(camera: Camera) -> None:
        await camera.shot()
        await until(lambda: not camera.active)

    play(check)


def test_who_shares_it_does_not_close_it_for_the_other(play: Callable[[Check], None]) -> None:
    async def check(camera: Camera) -> None:
        camera.arm()
        camera.arm()
        await camera.shot()
        camera.disarm()
        await asyncio.sleep(0.1)
        assert camera.active
        await camera.shot()
        camera.disarm()
        await until(lambda: not camera.active)

    play(check)


def test_several_may_wait_for_a_picture_at_once(play: Callable[[Check], None]) -> None:
    async def check(camera: Camera) -> None:
        async with asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(camera.shot()) for _ in range(3)]
        assert all(task.result().pixels.size for task in waiting)
        await until(lambda: not camera.active)

    play(check)


def test_observers_are_told_when_it_opens_and_closes_until_they_leave(
    play: Callable[[Check], None],
) -> None:
    async def check(camera: Camera) -> None:
        told: list[bool] = []
        leave = camera.watch(lambda: told.append(camera.active))
        await camera.shot()
        await until(lambda: not camera.active)
        assert told[0]
        assert not told[-1]
        leave()
        seen = len(told)
        await camera.shot()
        await until(lambda: not camera.active)
        assert len(told) == seen

    play(check)


def test_who_gives_up_waiting_leaves_it_closed(play: Callable[[Check], None]) -> None:
    async def check(camera: Camera) -> None:
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(camera.shot())
            await asyncio.sleep(0)
            waiting.cancel()
        await until(lambda: not camera.active)
        assert (await camera.shot()).pixels.size

    play(check)


def test_a_scripted_camera_fails_as_it_is_told() -> None:
    async def main() -> None:
        camera = ScriptedCamera()
        camera.fails = BackendUnavailable("camera", "unplugged")
        with pytest.raises(BackendUnavailable, match="unplugged"):
            await camera.shot()
        assert not camera.active
        with pytest.raises(BackendUnavailable):
            camera.disarm()

    asyncio.run(main())
