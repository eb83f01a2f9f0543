"""The fake sound card keeps time as a real one would."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from assistant.errors import BackendUnavailable
from assistant.ports import FRAME, RATE, Audio, Frame, Track
from assistant.testing.device import ScriptedDevice, voice
from assistant.testing.virtual_time import run

SPEECH = Track.SPEECH


def sound(seconds: float, value: int = 1000, rate: int = RATE) -> Audio:
    return Audio(np.full(round(seconds * rate), value, np.int16), rate)


def test_a_track_keeps_time_and_stands_still_while_held() -> None:
    async def main() -> None:
        device = ScriptedDevice()
        await asyncio.sleep(0.5)
        assert await device.write(SPEECH, sound(1.0, rate=22_050)) == (0.0, 1.0)
        await asyncio.sleep(0.25)
        device.hold(SPEECH, on=True)
        await asyncio.sleep(3.0)
        assert device.played(SPEECH) == pytest.approx(0.25)
        device.hold(SPEECH, on=False)
        assert await device.reached(SPEECH, 1.0)
        assert device.now == pytest.approx(4.5)
        spans = [instant for span in device.sounding(SPEECH) for instant in span]
        assert spans == pytest.approx([0.5, 0.75, 3.75, 4.5])
        heard = device.heard()
        assert not heard[: RATE // 2].any()
        assert (heard[RATE // 2 : RATE * 3 // 4] == 1000).all()
        assert not heard[RATE * 3 // 4 : RATE * 15 // 4].any()

    run(main())


def test_a_write_waits_while_two_seconds_are_queued() -> None:
    async def main() -> None:
        device = ScriptedDevice()
        assert await device.write(SPEECH, sound(1.5)) == (0.0, 1.5)
        assert await device.write(SPEECH, sound(1.5)) == (1.5, 3.0)
        assert device.now == 0.0
        assert await device.write(SPEECH, sound(0.5)) == (3.0, 3.5)
        assert device.now == pytest.approx(1.0)

    run(main())


def test_flushed_sound_does_not_count_and_wakes_who_waits_for_it() -> None:
    async def main() -> None:
        device = ScriptedDevice()
        await device.write(SPEECH, sound(2.0))
        reached: list[bool] = []

        async def wait() -> None:
            reached.append(await device.reached(SPEECH, 2.0))

        async with asyncio.TaskGroup() as scope:
            scope.create_task(wait())
            await asyncio.sleep(0.4)
            assert device.flush(SPEECH) == pytest.approx(0.4)
        assert reached == [False]
        assert device.now == pytest.approx(0.4)
        start, end = await device.write(SPEECH, sound(0.1))
        assert [start, end] == pytest.approx([0.4, 0.5])
        assert await device.reached(SPEECH, end)
        assert [did.what for did in device.log] == ["write", "flush", "write"]

    run(main())


def test_tracks_are_mixed_with_their_gain_and_aligned_with_the_microphone() -> None:
    async def main() -> None:
        device = ScriptedDevice([(0.02, np.full(FRAME, 7, np.int16))], ends=0.06)
        await device.write(SPEECH, sound(0.03, 1000))
        await device.write(Track.MEDIA, sound(0.03, 500))
        device.gain(Track.MEDIA, -6.0206)
        frames: list[Frame] = []
        async with aclosing(device.frames()) as source:
            async for frame in source:
                assert device.now == pytest.approx((frame.position + FRAME) / RATE)
                frames.append(frame)
        assert [frame.position for frame in frames] == [n * FRAME for n in range(6)]
        assert [int(frame.near[0]) for frame in frames] == [0, 0, 7, 0, 0, 0]
        assert [int(frame.far[80]) for frame in frames] == [1250, 1250, 1250, 0, 0, 0]

    run(main())


def test_muted_frames_go_on_silent() -> None:
    async def main() -> None:
        device = ScriptedDevice([(0.0, voice(0.04))], ends=0.04)
        await device.mute(on=True)
        async with aclosing(device.frames()) as source:
            assert [frame.near.any() async for frame in source] == [False] * 4

    run(main())


def test_a_lost_device_raises_for_all_who_wait() -> None:
    async def main() -> None:
        device = ScriptedDevice()
        await device.write(SPEECH, sound(2.0))

        async def wait() -> None:
            with pytest.raises(BackendUnavailable, match="unplugged"):
                await device.reached(SPEECH, 2.0)

        async with asyncio.TaskGroup() as scope:
            scope.create_task(wait())
            await asyncio.sleep(0.1)
            device.lose()
        with pytest.raises(BackendUnavailable):
            await device.write(SPEECH, sound(0.1))
        with pytest.raises(BackendUnavailable):
            await anext(device.frames())

    run(main())
