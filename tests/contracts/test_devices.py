"""What every device does, whatever it is made of: the contract of `ports.Device`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from typing import Any, cast

import numpy as np
import pytest

from assistant.backends import device_file, device_null, device_sounddevice
from assistant.ports import FRAME, RATE, Audio, Device, Frame, Samples, Track
from assistant.testing import virtual_time
from assistant.testing.device import ScriptedDevice
from tests.real.virtual_audio import virtual_audio

SPEECH, TONE, MEDIA = Track.SPEECH, Track.TONE, Track.MEDIA
SLACK = 0.4
"""Seconds that a device of hardware, or a busy machine, may take for anything."""
DEADLINE = 20

Act = Callable[[Device], Awaitable[None]]
Run = Callable[[Act], None]
Open = Callable[[], AbstractAsyncContextManager[Device]]


@asynccontextmanager
async def scripted() -> AsyncIterator[Device]:
    random = np.random.default_rng(1)
    room = random.integers(-50, 50, 60 * RATE).astype(np.int16)
    yield ScriptedDevice([(0.0, room)])


OPENERS: dict[str, Open] = {
    "scripted": scripted,
    "file": lambda: device_file.open(device_file.Config()),
    "null": lambda: device_null.open(device_null.Config()),
    "sounddevice": lambda: device_sounddevice.open(
        device_sounddevice.Config(microphone="microphone", speaker="speaker")
    ),
}


@pytest.fixture(scope="module")
def sound_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with virtual_audio(tmp_path_factory.mktemp("audio")):
        yield


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.real] if name == "sounddevice" else [])
        for name in OPENERS
    ]
)
def run(request: pytest.FixtureRequest) -> Run:
    """Return how to do something with an open device, in its own kind of time."""
    name: str = request.param
    if name == "sounddevice":
        request.getfixturevalue("sound_server")

    async def main(act: Act) -> None:
        async with asyncio.timeout(DEADLINE), OPENERS[name]() as device:
            await act(device)

    if name == "scripted":
        return lambda act: virtual_time.run(main(act))
    return lambda act: asyncio.run(main(act))


def sound(seconds: float, level: int = 4_000, rate: int = RATE) -> Audio:
    return Audio(np.full(round(seconds * rate), level, np.int16), rate)


async def take(device: Device, seconds: float, first: list[Frame] | None = None) -> list[Frame]:
    """Return frames from now on, until they hold so many seconds."""
    taken: list[Frame] = [] if first is None else first
    frames = cast("Any", device.frames())
    async with aclosing(frames):
        async for frame in frames:
            taken.append(frame)
            if sum(len(f.near) for f in taken) >= seconds * RATE:
                break
    return taken


async def drain(device: Device, seconds: float) -> None:
    """Let frames go by for so long: those that came while nobody read are gone then."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await take(device, DEADLINE)


def far(frames: list[Frame]) -> Samples:
    return np.concatenate([frame.far for frame in frames])


def now() -> float:
    return asyncio.get_running_loop().time()


def test_frames_come_without_a_gap_at_the_pace_of_life(run: Run) -> None:
    async def act(device: Device) -> None:
        await drain(device, 0.5)
        began = now()
        frames = await take(device, 1.0)
        assert now() - began == pytest.approx(1.0, abs=SLACK)
        ends = [frame.position + len(frame.near) for frame in frames]
        assert [frame.position for frame in frames[1:]] == ends[:-1]
        for frame in frames:
            assert frame.near.dtype == frame.far.dtype == np.int16
            assert len(frame.near) == len(frame.far)
            assert len(frame.near) in (FRAME, 2 * FRAME, 3 * FRAME)

    run(act)


@pytest.mark.parametrize("rate", [RATE, 22_050, 48_000])
def test_sound_is_placed_on_its_track_and_counted_as_it_is_played(run: Run, rate: int) -> None:
    async def act(device: Device) -> None:
        began = now()
        first = await device.write(SPEECH, sound(0.3, rate=rate))
        second = await device.write(SPEECH, sound(0.2, rate=rate))
        assert [*first, *second] == pytest.approx([0.0, 0.3, 0.3, 0.5], abs=0.001)
        assert device.played(SPEECH) < 0.1
        assert await device.reached(SPEECH, 0.2)
        assert device.played(SPEECH) == pytest.approx(0.2, abs=SLACK)
        assert await device.reached(SPEECH, second[1])
        assert device.played(SPEECH) == pytest.approx(0.5, abs=0.001)
        assert now() - began == pytest.approx(0.5, abs=SLACK)
        assert await device.reached(SPEECH, 0.1)

    run(act)


def test_far_is_what_is_played(run: Run) -> None:
    async def act(device: Device) -> None:
        await take(device, 0.3)
        await device.write(SPEECH, sound(0.4))
        await device.write(TONE, sound(0.2, 2_000))
        heard = far(await take(device, 0.9)).astype(int)
        together, alone = (np.count_nonzero(abs(heard - level) < 200) for level in (6_000, 4_000))
        assert together / RATE == pytest.approx(0.2, abs=0.02)
        assert alone / RATE == pytest.approx(0.2, abs=0.02)

    run(act)


def test_a_write_waits_while_two_seconds_are_queued(run: Run) -> None:
    async def act(device: Device) -> None:
        began = now()
        await device.write(SPEECH, sound(1.5))
        await device.write(SPEECH, sound(1.5))
        assert now() - began < SLACK
        assert await device.write(SPEECH, sound(0.5)) == pytest.approx((3.0, 3.5), abs=0.001)
        assert now() - began == pytest.approx(1.0, abs=SLACK)
        assert (await device.write(TONE, sound(0.1)))[0] == 0.0

    run(act)


def test_flush_drops_what_waits_and_goes_on_counting_from_there(run: Run) -> None:
    async def act(device: Device) -> None:
        await device.write(SPEECH, sound(2.0))
        await device.write(TONE, sound(0.8))
        assert await device.reached(SPEECH, 0.3)
        reached: list[bool] = []

        async def wait() -> None:
            reached.append(await device.reached(SPEECH, 2.0))

        async with asyncio.TaskGroup() as scope:
            scope.create_task(wait())
            await asyncio.sleep(0)
            heard = device.flush(SPEECH)
        assert reached == [False]
        assert heard == pytest.approx(0.35, abs=SLACK)
        await asyncio.sleep(0.2)
        assert device.played(SPEECH) == pytest.approx(heard, abs=0.001)
        start, end = await device.write(SPEECH, sound(0.2))
        assert start == pytest.approx(heard, abs=0.001)
        assert await device.reached(SPEECH, end)
        assert await device.reached(TONE, 0.8)

    run(act)


def test_a_write_that_waits_is_dropped_by_a_flush_or_follows_it(run: Run) -> None:
    """Nothing of before a flush may sound long after it."""

    async def act(device: Device) -> None:
        await device.write(SPEECH, sound(3.0))
        async with asyncio.TaskGroup() as scope:
            late = scope.create_task(device.write(SPEECH, sound(0.2)))
            await asyncio.sleep(0.1)
            heard = device.flush(SPEECH)
        assert late.result()[0] == pytest.approx(heard, abs=0.01)

    run(act)


def test_a_held_track_stands_still_and_others_do_not(run: Run) -> None:
    async def act(device: Device) -> None:
        await device.write(SPEECH, sound(1.0))
        await device.write(TONE, sound(0.6))
        assert await device.reached(SPEECH, 0.3)
        device.hold(SPEECH, on=True)
        await asyncio.sleep(0.4)
        held = device.played(SPEECH)
        assert held == pytest.approx(0.35, abs=SLACK)
        assert device.played(TONE) == pytest.approx(0.6, abs=0.001)
        await asyncio.sleep(0.2)
        assert device.played(SPEECH) == held
        device.hold(SPEECH, on=False)
        assert await device.reached(SPEECH, 1.0)

    run(act)


def test_a_hold_outlives_a_flush(run: Run) -> None:
    async def act(device: Device) -> None:
        device.hold(SPEECH, on=True)
        device.flush(SPEECH)
        await device.write(SPEECH, sound(0.2))
        await asyncio.sleep(0.3)
        assert device.played(SPEECH) == 0.0
        device.hold(SPEECH, on=False)
        assert await device.reached(SPEECH, 0.2)

    run(act)


def test_gain_changes_the_loudness_of_one_track(run: Run) -> None:
    async def act(device: Device) -> None:
        await take(device, 0.3)
        device.gain(SPEECH, -20)
        await device.write(SPEECH, sound(0.3))
        quiet = far(await take(device, 0.5)).astype(int)
        device.gain(SPEECH, 0)
        await device.write(SPEECH, sound(0.3))
        usual = far(await take(device, 0.7)).astype(int)
        assert np.count_nonzero(abs(quiet - 400) < 40) / RATE == pytest.approx(0.3, abs=0.1)
        assert not np.any(quiet > 1_000)
        assert np.count_nonzero(abs(usual - 4_000) < 200) / RATE == pytest.approx(0.3, abs=0.1)

    run(act)


def test_a_muted_microphone_gives_silence_and_no_gap(run: Run) -> None:
    async def act(device: Device) -> None:
        frames = await take(device, 0.3)
        await device.mute(on=True)
        await drain(device, 0.5)
        began = now()
        silent = await take(device, 0.5)
        assert now() - began == pytest.approx(0.5, abs=SLACK)
        assert not any(frame.near.any() for frame in silent)
        await device.mute(on=False)
        after = await take(device, 0.4)
        assert after[0].position == silent[-1].position + len(silent[-1].near)
        assert frames[0].position < after[0].position

    run(act)


def test_tracks_know_nothing_of_each_other(run: Run) -> None:
    async def act(device: Device) -> None:
        await device.write(MEDIA, sound(0.5))
        assert await device.reached(MEDIA, 0.5)
        assert device.played(SPEECH) == 0.0
        assert await device.write(SPEECH, sound(0.1)) == pytest.approx((0.0, 0.1), abs=0.001)
        assert device.flush(MEDIA) == pytest.approx(0.5, abs=0.001)

    run(act)
