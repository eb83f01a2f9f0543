"""A sound card of files keeps the time of a real one."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from assistant.backends import device_file, device_null
from assistant.backends.device_file import Config, FileCard
from assistant.errors import BackendUnavailable, MediaError
from assistant.ports import FRAME, RATE, Audio, Frame, Samples, Track

SILENT = Config(noise_level=None, input_latency_ms=0)


def noise(seconds: float, seed: int = 1) -> Samples:
    random = np.random.default_rng(seed)
    return random.integers(1_000, 9_000, round(seconds * RATE)).astype(np.int16)


async def drain(card: device_null.NullCard) -> None:
    async with aclosing(card.frames()) as frames:
        async for _ in frames:
            pass


async def record(card: FileCard) -> list[Frame]:
    async with aclosing(card.frames()) as frames:
        return [frame async for frame in frames]


def tape(config: Config, act: Callable[[FileCard], Awaitable[None]]) -> list[Frame]:
    """Return all frames of a card while `act` does something with it; then it ends."""

    async def main() -> list[Frame]:
        async with (
            asyncio.timeout(20),
            device_file.open(config) as card,
            asyncio.TaskGroup() as scope,
        ):
            recording = scope.create_task(record(card))
            await act(card)
            card.end()
            return await recording

    return asyncio.run(main())


def near(frames: list[Frame]) -> Samples:
    return np.concatenate([frame.near for frame in frames])


def far(frames: list[Frame]) -> Samples:
    return np.concatenate([frame.far for frame in frames])


def test_clips_are_heard_exactly_where_play_said() -> None:
    clips = [noise(0.3), noise(0.217, 2), noise(0.1, 3)]
    places: list[tuple[int, int]] = []

    async def act(card: FileCard) -> None:
        await asyncio.sleep(0.1)
        for clip in clips[:2]:
            playing = card.play(clip)
            await playing.over()
            assert card.sent * FRAME >= playing.last
            places.append((playing.first, playing.last))
        first = card.play(clips[2])
        second = card.play(clips[0], after=0.25)
        await second.over()
        places.extend([(first.first, first.last), (second.first, second.last)])

    heard = near(tape(SILENT, act))
    for (first, last), clip in zip(places, [*clips, clips[0]], strict=True):
        assert np.array_equal(heard[first:last], clip)
    assert places[3][0] - places[2][1] == RATE // 4
    assert np.count_nonzero(heard) == sum(map(len, clips)) + len(clips[0])


def test_sound_leaves_after_the_latency_and_never_before_it_was_written() -> None:
    """Also when the card's thread could not run for a while."""
    written: list[int] = []

    async def act(card: FileCard) -> None:
        for pause in (0.101, 0.103, 0.107):
            await asyncio.sleep(pause)
            with card.mixer.lock:
                threading.Event().wait(0.05)
                written.append(int((perf_counter() - (card._start or 0)) * RATE))
                await card.write(Track.SPEECH, Audio(noise(0.03), RATE))
        await asyncio.sleep(0.15)

    played = far(tape(SILENT, act))
    begins = [n for n in np.flatnonzero(played) if not played[n - 1]]
    late = np.array(begins) - np.array(written)
    assert (late >= 3 * FRAME).all()
    assert (late <= 5 * FRAME).all()
    assert np.array_equal(played[played != 0], np.tile(noise(0.03), 3))


def test_reached_means_that_it_has_left_the_speaker() -> None:
    heard: list[int] = []

    async def act(card: FileCard) -> None:
        await asyncio.sleep(0.1)
        _, end = await card.write(Track.SPEECH, Audio(noise(0.1), RATE))
        assert await card.reached(Track.SPEECH, end)
        heard.append(card.sent * FRAME)

    played = far(tape(SILENT, act))
    assert len(np.flatnonzero(played[: heard[0]])) == RATE // 10


def test_late_output_is_a_gap_and_the_microphone_waits_for_nobody() -> None:
    async def act(card: FileCard) -> None:
        clip = noise(0.6)
        playing = card.play(clip)
        await card.write(Track.SPEECH, Audio(noise(0.1), RATE))
        threading.Event().wait(0.3)
        await card.write(Track.SPEECH, Audio(noise(0.1), RATE))
        await playing.over()

    frames = tape(SILENT, act)
    sounding = np.flatnonzero(far(frames))
    gaps = np.diff(sounding)
    assert len(sounding) == RATE // 5
    assert np.count_nonzero(gaps > 1) == 1
    assert gaps.max() == pytest.approx(0.2 * RATE, abs=0.05 * RATE)
    assert np.count_nonzero(near(frames)) == round(0.6 * RATE)
    assert [f.position for f in frames] == [n * FRAME for n in range(len(frames))]


def test_the_room_is_quiet_and_always_the_same() -> None:
    async def act(_: FileCard) -> None:
        await asyncio.sleep(0.3)

    first, second = near(tape(Config(), act)), near(tape(Config(), act))
    length = min(len(first), len(second))
    assert np.array_equal(first[:length], second[:length])
    level = 20 * np.log10(np.sqrt(np.mean(first.astype(float) ** 2)) / 32_768)
    assert level == pytest.approx(-70, abs=0.5)


def test_frames_grow_while_nothing_happens_and_shrink_at_the_first_sound() -> None:
    async def act(card: FileCard) -> None:
        await asyncio.sleep(3.4)
        await card.play(noise(0.2)).over()

    frames = tape(Config(), act)
    sizes = [len(frame.near) for frame in frames]
    assert set(sizes) == {FRAME, 3 * FRAME}
    onset = next(n for n, frame in enumerate(frames) if frame.near.max() > 900)
    assert sizes[:300] == [FRAME] * 300
    assert sizes[onset - 1] == 3 * FRAME
    assert set(sizes[onset + 1 :]) == {FRAME}
    ends = [frame.position + len(frame.near) for frame in frames]
    assert [frame.position for frame in frames[1:]] == ends[:-1]


def test_the_configuration_names_clips_and_pauses(tmp_path: Path) -> None:
    for number, name in enumerate(("b.wav", "a.wav")):
        soundfile.write(tmp_path / name, noise(0.2, number), RATE)
    config = Config(clips=[tmp_path], lead=0.1, gap=0.3, noise_level=None)

    async def main() -> list[Frame]:
        async with asyncio.timeout(10), device_file.open(config) as card:
            return await record(card)

    heard = near(asyncio.run(main()))
    assert len(heard) == pytest.approx(1.1 * RATE, abs=3 * FRAME)
    assert np.array_equal(heard[1_600:4_800], noise(0.2, 1))
    assert np.array_equal(heard[9_600:12_800], noise(0.2, 0))
    assert not heard[12_800:].any()


def test_a_recording_of_noise_is_the_room(tmp_path: Path) -> None:
    rain = noise(0.1)
    soundfile.write(tmp_path / "rain.wav", rain, RATE)

    async def act(card: FileCard) -> None:
        await card.play(np.full(RATE // 5, 30_000, np.int16)).over()

    heard = near(tape(Config(noise=tmp_path / "rain.wav"), act)).astype(int)
    around = np.resize(rain, len(heard)).astype(int)
    clip = heard != around
    assert np.count_nonzero(clip) == RATE // 5
    assert (heard[clip] == np.minimum(around[clip] + 30_000, 32_767)).all()


def test_what_is_wrong_with_the_files_is_said_on_opening(tmp_path: Path) -> None:
    async def main() -> None:
        async with device_file.open(Config(clips=[tmp_path / "none.wav"])):
            pass

    with pytest.raises(MediaError, match=r"none\.wav: cannot be read"):
        asyncio.run(main())
    with pytest.raises(ValidationError):
        Config.model_validate({"clip": []})


def test_a_lost_card_tells_everyone() -> None:
    async def main() -> None:
        async with asyncio.timeout(5), device_null.open(device_null.Config()) as card:
            _, end = await card.write(Track.TONE, Audio(noise(3.0), RATE))

            async def lost(wait: Awaitable[object]) -> None:
                with pytest.raises(BackendUnavailable, match="gone"):
                    await wait

            async with asyncio.TaskGroup() as scope:
                scope.create_task(lost(card.reached(Track.TONE, end)))
                scope.create_task(lost(card.write(Track.TONE, Audio(noise(0.1), RATE))))
                scope.create_task(lost(drain(card)))
                await asyncio.sleep(0.05)
                card.lose(BackendUnavailable("device", "it is gone"))
            await lost(card.write(Track.TONE, Audio(noise(0.1), RATE)))

    asyncio.run(main())
