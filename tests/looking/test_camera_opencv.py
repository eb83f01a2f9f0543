"""The OpenCV camera on real streams: a server that stalls, drops and returns, files that end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from assistant.backends import camera_opencv
from assistant.backends.camera_opencv import Config, OpenCvCamera
from assistant.backends.camera_opencv.places import find, present
from assistant.backends.camera_opencv.shots import BURST, Shots
from assistant.backends.camera_opencv.watch import IDLE_S, SOON_S, Timing, Watch
from assistant.errors import BackendError, BackendTimeout, BackendUnavailable
from assistant.testing.rtsp import Encoder, RtspCamera
from tests.looking.pictures import BLUE, GREEN, RED, MjpegServer, near, plain, video

TIMING = Timing(open_s=1, read_s=1, settle_s=0, frozen_s=0, width=320, height=240)


class Lamp:
    """A camera that shows one colour, encoded as it is sent."""

    def __init__(self, group: int) -> None:
        self.colour = RED
        self.camera = RtspCamera(self.frame)
        self._encoder = Encoder(320, 240, group)

    def frame(self, number: int) -> bytes:
        pixels = plain(self.colour)
        pixels[::7, ::7] = number * 37 % 256
        return self._encoder.encode(pixels)


def run(config: Config, check: Callable[[OpenCvCamera], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(30), camera_opencv.open(config) as camera:
            await check(camera)

    asyncio.run(main())


@asynccontextmanager
async def served(server: MjpegServer, **settings: Any) -> AsyncIterator[OpenCvCamera]:
    """Let a server run, and open a camera on it."""
    async with (
        server.serve(),
        camera_opencv.open(Config(device=server.url, **settings)) as camera,
    ):
        yield camera


async def colour(camera: OpenCvCamera) -> tuple[int, int, int]:
    shot = await camera.shot()
    assert asyncio.get_running_loop().time() - shot.at <= 0.1
    red, green, blue = shot.pixels[20:40, 20:40].reshape(-1, 3).mean(axis=0)
    return round(red), round(green), round(blue)


async def works(camera: OpenCvCamera) -> tuple[int, int, int]:
    """Return the colour of the next picture that there is."""
    async with asyncio.timeout(15):
        while True:
            try:
                return await colour(camera)
            except BackendError:
                await asyncio.sleep(0.05)


async def fails(camera: OpenCvCamera) -> None:
    """Take pictures until there are none any more."""
    async with asyncio.timeout(15):
        while True:
            try:
                await camera.shot()
            except BackendUnavailable:
                return
            await asyncio.sleep(0.01)


# ── a network camera ──────────────────────────────────────────────────────────────────────────


def test_a_warm_camera_shows_what_is_there_now() -> None:
    """A stream queues what nobody reads; the thread reads it all, so nothing old is shown."""

    async def main() -> None:
        server = MjpegServer()
        async with served(server) as camera:
            camera.arm()
            assert near(await colour(camera), RED)
            await asyncio.sleep(1.0)
            server.colour = BLUE
            sent = server.frames
            while server.frames < sent + 2:  # noqa: ASYNC110 - it is another program, in effect
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.12)
            assert near(await colour(camera), BLUE)
            camera.disarm()

    asyncio.run(main())


def test_a_server_that_stalls_is_said_to_within_its_time_and_comes_back() -> None:
    async def main() -> None:
        server = MjpegServer()
        async with served(server, read_s=0.5, open_s=2) as camera:
            camera.arm()
            assert near(await colour(camera), RED)
            server.stalls = True
            await asyncio.sleep(0.2)
            with pytest.raises(BackendUnavailable, match="stopped giving pictures"):
                await camera.shot()
            assert "stopped" in camera.info.trouble
            server.stalls, server.colour = False, GREEN
            assert near(await works(camera), GREEN)
            assert camera.info.trouble == ""
            camera.disarm()

    asyncio.run(main())


def test_a_server_that_drops_the_connection_is_called_again() -> None:
    async def main() -> None:
        server = MjpegServer()
        async with served(server) as camera:
            camera.arm()
            await colour(camera)
            server.colour = BLUE
            server.drop()
            while server.connections < 2:  # noqa: ASYNC110 - it is another program
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.12)
            assert near(await works(camera), BLUE)
            camera.disarm()

    asyncio.run(main())


def test_a_server_that_is_gone_and_returns_is_found_again() -> None:
    async def main() -> None:
        server = MjpegServer()
        async with served(server, open_s=1, read_s=1) as camera:
            camera.arm()
            await colour(camera)
            server.refuses = True
            server.drop()
            await fails(camera)
            server.refuses = False
            assert near(await works(camera), RED)
            camera.disarm()

    asyncio.run(main())


def test_a_server_that_never_shows_anything_is_given_up() -> None:
    async def main() -> None:
        server = MjpegServer(stalls=True)
        async with served(server, open_s=0.5, read_s=0.5) as camera:
            with pytest.raises((BackendTimeout, BackendUnavailable)) as failed:
                await camera.shot()
            assert "\n" not in str(failed.value)

    asyncio.run(main())


def test_no_password_is_in_what_is_said_of_a_camera() -> None:
    async def check(camera: OpenCvCamera) -> None:
        with pytest.raises(BackendUnavailable) as failed:
            await camera.shot()
        for text in (str(failed.value), camera.info.name, camera.info.trouble):
            assert "secret" not in text
            assert "video.mjpg" not in text

    run(Config(device="http://user:secret@127.0.0.1:9/video.mjpg", open_s=1), check)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The frames that were decoded of each packet, one after the other."""
    counted: list[int] = []
    opens = av.open

    class Counted:
        """A packet as it is, but counted when it is decoded."""

        def __init__(self, packet: Any) -> None:
            self.packet = packet

        def __getattr__(self, name: str) -> Any:
            return getattr(self.packet, name)

        def decode(self) -> Any:
            frames = self.packet.decode()
            counted.append(len(frames))
            return frames

    class Counting:
        """A container as it is, whose packets are counted."""

        def __init__(self, container: Any) -> None:
            self.container = container

        def __getattr__(self, name: str) -> Any:
            return getattr(self.container, name)

        def demux(self, stream: Any) -> Any:
            return (Counted(packet) for packet in self.container.demux(stream))

    monkeypatch.setattr(av, "open", lambda *given, **more: Counting(opens(*given, **more)))
    return counted


def test_a_camera_that_is_kept_warm_decodes_hardly_anything(decoded: list[int]) -> None:
    """Decoding each frame took a tenth of a core."""

    async def main() -> None:
        server, loop = MjpegServer(), asyncio.get_running_loop()
        async with served(server) as camera:
            camera.arm()
            assert near(await colour(camera), RED)
            await asyncio.sleep(SOON_S)
            sent, before, began = server.frames, len(decoded), loop.time()
            while server.frames < sent + 30:  # noqa: ASYNC110 - it is another program, in effect
                await asyncio.sleep(0.05)
            seconds = loop.time() - began
            assert 2 <= len(decoded) - before <= min(25, seconds / IDLE_S + 2)
            assert near(await colour(camera), RED)
            camera.disarm()

    asyncio.run(main())


# ── H.264 over RTSP ───────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def streaming(group: int, **settings: Any) -> AsyncIterator[tuple[Lamp, OpenCvCamera]]:
    """Let an RTSP camera run with so many frames from key frame to key frame; open it."""
    lamp = Lamp(group)
    async with (
        lamp.camera.serve(),
        camera_opencv.open(Config(device=lamp.camera.url, **settings)) as camera,
    ):
        yield lamp, camera


def test_a_stream_that_is_kept_warm_decodes_only_key_frames(decoded: list[int]) -> None:
    async def main() -> None:
        async with streaming(group=10) as (lamp, camera):
            camera.arm()
            assert near(await colour(camera), RED)
            await asyncio.sleep(SOON_S)
            sent, before = lamp.camera.sent, len(decoded)
            while lamp.camera.sent < sent + 40:  # noqa: ASYNC110 - it is another program, in effect
                await asyncio.sleep(0.05)
            assert 2 <= len(decoded) - before <= 6, "of 40, four or five are key frames"
            camera.disarm()

    asyncio.run(main())


def test_a_picture_of_a_warm_stream_is_new_long_after_a_key_frame() -> None:
    """What was not decoded is caught up with; what queued up meanwhile is not taken for new."""

    async def main() -> None:
        async with streaming(group=10_000) as (lamp, camera):
            camera.arm()
            assert near(await works(camera), RED)
            await asyncio.sleep(SOON_S + 1)
            lamp.colour = BLUE
            sent = lamp.camera.sent
            while lamp.camera.sent < sent + 2:  # noqa: ASYNC110 - it is another program, in effect
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.12)
            assert near(await colour(camera), BLUE)
            camera.disarm()

    asyncio.run(main())


def test_a_stream_that_stalls_is_said_to_and_one_that_drops_is_called_again() -> None:
    async def main() -> None:
        async with streaming(group=10, read_s=0.5, open_s=2) as (lamp, camera):
            camera.arm()
            await works(camera)
            lamp.camera.stalls = True
            await fails(camera)
            assert "stopped giving pictures" in camera.info.trouble
            lamp.camera.stalls, lamp.colour = False, GREEN
            assert near(await works(camera), GREEN)
            lamp.colour = BLUE
            connections = lamp.camera.connections
            lamp.camera.drop()
            while lamp.camera.connections == connections:  # noqa: ASYNC110 - it is another program
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.12)
            assert near(await works(camera), BLUE)
            camera.disarm()

    asyncio.run(main())


def test_a_frame_that_waited_in_a_queue_is_not_taken_for_new() -> None:
    """While the thread is busy, a stream queues frames; the first of them are old when read."""
    came = [0.0, 0.04, 0.08, 0.5, 0.5, 0.5, 0.52]

    class Queued:
        """Gives frames at given times, of which those at 0.5 s had come before."""

        whole, pace = True, 0.0

        def __init__(self) -> None:
            self.now, self.taken = 0.0, iter(came)

        def clock(self) -> float:
            return self.now

        def grab(self) -> bool:
            at = next(self.taken, None)
            self.now = at if at is not None else self.now
            return at is not None

        def retrieve(self) -> Any:
            if self.now == 0.08:
                self.now = 0.5  # decoding took so long
            return plain(RED)

        def release(self) -> None:
            """There is nothing to close."""

    source, kept = Queued(), []
    watch = Watch(cv2, lambda: find("rtsp://127.0.0.1/x"), TIMING, source.clock, lambda _: None)
    watch.wanted, watch.shots = True, shots()
    watch.shots.add = lambda pixels, at: kept.append(at)  # type: ignore[method-assign] # noqa: ARG005
    with pytest.raises(BackendUnavailable, match="stopped giving pictures"):
        watch._read(source, find("rtsp://127.0.0.1/x"), -1.0)
    assert kept == [0.04, 0.08, 0.52]


def test_a_frozen_picture_is_told_from_a_live_one() -> None:
    async def main() -> None:
        server = MjpegServer(frozen=True)
        async with served(server, frozen_s=0.4) as camera:
            camera.arm()
            assert not (await camera.shot()).frozen, "it has not stood still for long enough"
            await asyncio.sleep(0.8)
            assert (await camera.shot()).frozen
            server.frozen = False
            await asyncio.sleep(0.3)
            assert not (await camera.shot()).frozen
            camera.disarm()

    asyncio.run(main())


def test_closing_the_assistant_does_not_wait_for_a_camera_that_hangs() -> None:
    async def main() -> None:
        server = MjpegServer(stalls=True)
        loop = asyncio.get_running_loop()
        async with server.serve():
            began = loop.time()
            async with camera_opencv.open(Config(device=server.url, read_s=20)) as camera:
                camera.arm()
                await asyncio.sleep(0.1)
            assert loop.time() - began < 5

    asyncio.run(main())


# ── files ─────────────────────────────────────────────────────────────────────────────────────


def test_a_recording_that_ends_begins_anew(tmp_path: Path) -> None:
    path = video(tmp_path / "a.avi", [plain(RED)] * 4, 50.0)

    async def check(camera: OpenCvCamera) -> None:
        camera.arm()
        for _ in range(12):
            assert near(await colour(camera), RED)
            await asyncio.sleep(0.05)
        camera.disarm()

    run(Config(device=str(path)), check)


def test_what_is_plugged_in_later_and_again_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"

    async def check(camera: OpenCvCamera) -> None:
        camera.arm()
        with pytest.raises(BackendUnavailable, match="there is no such file"):
            await camera.shot()
        video(path, [plain(RED)] * 10, 50.0)
        assert near(await works(camera), RED)
        assert camera.active
        path.unlink()
        await fails(camera)
        assert not camera.active
        video(path, [plain(BLUE)] * 10, 50.0)
        assert near(await works(camera), BLUE)
        assert camera.info.trouble == ""
        camera.disarm()

    run(Config(device=str(path)), check)


def test_a_recording_plays_at_its_own_pace(tmp_path: Path) -> None:
    path = video(tmp_path / "a.avi", [plain(RED)] * 10 + [plain(BLUE)] * 40, 20.0)

    async def check(camera: OpenCvCamera) -> None:
        camera.arm()
        assert near(await colour(camera), RED)
        await asyncio.sleep(0.9)
        assert near(await colour(camera), BLUE)
        camera.disarm()

    run(Config(device=str(path)), check)


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("{place}/none.avi", "there is no such file"),
        ("{place}", "that is a directory"),
        ("{place}/broken.avi", "cannot be read as a video"),
        ("{place}/frame-%03d.jpg", "there is no picture of that sequence"),
        ("ftp://127.0.0.1/x", "is no address of a camera"),
        ("http://127.0.0.1:9/x", "does not answer; is it on"),
        ("Logitech C920", "there is no camera called 'Logitech C920'"),
    ],
)
def test_what_is_no_camera_says_so_in_one_line(tmp_path: Path, device: str, says: str) -> None:
    (tmp_path / "broken.avi").write_bytes(b"no video at all")

    async def check(camera: OpenCvCamera) -> None:
        with pytest.raises(BackendUnavailable, match=says) as failed:
            await camera.shot()
        assert "\n" not in str(failed.value)
        assert not camera.active

    run(Config(device=device.format(place=tmp_path), open_s=1), check)


# ── names ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A machine with two cameras, one of which has a second node that gives no pictures."""
    for number, name, index in (
        (0, "HD Pro Webcam C920", 0),
        (1, "HD Pro Webcam C920", 1),
        (4, "Integrated Camera", 0),
    ):
        node = tmp_path / f"video{number}"
        node.mkdir()
        (node / "name").write_text(f"{name}\n")
        (node / "index").write_text(f"{index}\n")
    return tmp_path


def test_a_camera_is_found_by_number_and_by_a_part_of_its_name(devices: Path) -> None:
    assert present(devices) == {0: "HD Pro Webcam C920", 4: "Integrated Camera"}
    assert find("c920", devices).target == 0
    assert find("integrated", devices).target == 4
    assert find(4, devices).name == "Integrated Camera"
    assert find("4", devices) == find("/dev/video4", devices) == find(4, devices)


def test_a_camera_that_is_not_there_is_told_with_those_that_are(devices: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r"there are: 0 \(HD Pro Webcam C920\), 4"):
        find("Brio", devices)
    with pytest.raises(BackendUnavailable, match="there is no camera 7; there are: 0"):
        find(7, devices)


def test_a_camera_that_is_plugged_in_under_another_number_is_found(devices: Path) -> None:
    (devices / "video0").rename(devices / "video6")
    assert find("C920", devices).target == 6


# ── which frame ───────────────────────────────────────────────────────────────────────────────


def shots(settle_s: float = 0.0, frozen_s: float = 0.0) -> Shots:
    return Shots(cv2, settle_s, frozen_s)


def blurred(pixels: np.ndarray) -> np.ndarray:
    blur: np.ndarray = cv2.GaussianBlur(pixels, (31, 31), 0)
    return blur


def test_the_sharpest_of_the_new_frames_is_taken() -> None:
    sharp, taken = plain(RED), shots()
    for at, pixels in ((1.0, blurred(sharp)), (1.03, sharp), (1.06, blurred(sharp))):
        taken.add(pixels, at)
    frame = taken.newest(1.08)
    assert frame is not None
    assert frame.at == 1.03


def test_a_frame_that_shows_what_was_is_never_taken() -> None:
    taken = shots()
    taken.add(plain(RED), 1.0)
    assert taken.newest(1.05) is not None
    assert taken.newest(1.2) is None


def test_while_all_new_frames_are_blurred_a_better_one_is_waited_for_but_not_long() -> None:
    sharp, taken = plain(RED), shots()
    taken.add(sharp, 1.0)
    taken.add(blurred(sharp), 1.2)
    assert taken.newest(1.25) is None
    assert taken.newest(1.25, waited=BURST) is not None


def test_frames_before_the_exposure_has_settled_are_not_taken() -> None:
    taken = shots(settle_s=5.0)
    levels = (5, 40, 80, 110, 125, 126, 126.5, 126.5, 126.5)
    kept = []
    for number, level in enumerate(levels):
        taken.add(np.full((48, 64, 3), level, np.uint8), number / 30)
        kept.append(taken.settled)
    assert kept.index(True) == 7, "three frames in a row were alike"


def test_an_exposure_that_never_settles_is_waited_for_only_so_long() -> None:
    taken = shots(settle_s=0.5)
    for number in range(30):
        taken.add(np.full((48, 64, 3), (number % 2) * 200, np.uint8), number / 30)
        assert taken.settled == (number / 30 >= 0.5)
