"""The recording is whole whatever happens."""

import asyncio
import logging
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.errors import MediaError
from assistant.ports import FRAME, RATE, Frame
from assistant.sound.stereo import StereoWriter, recording


def frame(position: int, near: int = 5, far: int = -7, count: int = FRAME) -> Frame:
    return Frame(np.full(count, near, np.int16), np.full(count, far, np.int16), position)


def read(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    sound, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE
    return sound  # type: ignore[no-any-return]  # soundfile has no types


def test_left_is_near_and_right_is_far(tmp_path: Path) -> None:
    async def main() -> None:
        async with recording(tmp_path / "s.wav") as writer:
            for n in range(100):
                writer.append(frame(1_600 + n * FRAME, near=n, far=-n))

    asyncio.run(main())
    sound = read(tmp_path / "s.wav")
    assert sound.shape == (100 * FRAME, 2)
    assert np.array_equal(sound[:, 0], np.repeat(np.arange(100), FRAME))
    assert np.array_equal(sound[:, 1], -sound[:, 0])


def test_gaps_are_silent_and_overlaps_are_cut(tmp_path: Path) -> None:
    writer = StereoWriter(tmp_path / "s.wav")
    for position in (0, FRAME, FRAME * 5, FRAME * 5 + 80):
        writer.append(frame(position))
    writer.append(frame(FRAME * 7, count=3 * FRAME))
    writer.close()
    left = read(tmp_path / "s.wav")[:, 0]
    assert len(left) == FRAME * 10
    assert (left[: FRAME * 2] == 5).all()
    assert not left[FRAME * 2 : FRAME * 5].any()
    assert (left[FRAME * 5 : FRAME * 6 + 80] == 5).all()
    assert not left[FRAME * 6 + 80 : FRAME * 7].any()
    assert (left[FRAME * 7 :] == 5).all()


KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from assistant.ports import Frame
from assistant.sound.stereo import StereoWriter
from threading import Event
writer, sound = StereoWriter(Path(sys.argv[1])), np.full(160, 9, np.int16)
for n in range(100_000):
    writer.append(Frame(sound, sound, n * 160))
    if n == 200:
        print("two seconds", flush=True)
    Event().wait(0.005)
"""


def test_a_killed_process_leaves_all_but_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "s.wav"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "two seconds\n"
        process.send_signal(signal.SIGKILL)
    sound = read(path)
    assert RATE <= len(sound) <= 2.1 * RATE
    assert (sound == 9).all()


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond 256 kB: a disk that is full, without filling one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (262_144, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_ends_the_recording_with_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        writer = StereoWriter(tmp_path / "s.wav")
        writer.append(frame(0, count=RATE))
        writer.append(frame(RATE * 20))
        for n in range(10):
            writer.append(frame(RATE * (21 + n), count=RATE))
        writer.close()
        writer.append(frame(RATE * 40))
    assert [r.getMessage() for r in caplog.records] == [
        f"{tmp_path / 's.wav'}: the recording ends here: File too large"
    ]
    assert not any(thread.name == "recording" for thread in threading.enumerate())
    soundfile.info(tmp_path / "s.wav")


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with recording(tmp_path / "no" / "s.wav"):
            pass

    with pytest.raises(MediaError, match="cannot be written: No such file or directory"):
        asyncio.run(main())
