"""Changed rates keep the sound, its length and its place."""

from itertools import pairwise

import numpy as np
import pytest
import soxr

from assistant.ports import RATE
from assistant.sound.resample import Floats, Live, Run

BLOCKS = 100


def tone(rate: int, pitch: float, seconds: float = 1.0) -> Floats:
    at = np.arange(round(rate * seconds)) / rate
    return (10_000 * np.sin(2 * np.pi * pitch * at)).astype(np.float32)


def in_blocks(live: Live, sound: Floats, rate: int) -> tuple[Floats, float]:
    """Return what comes out, and by how many seconds it is behind at most."""
    size, made, behind = rate // BLOCKS, [], 0.0
    for first in range(0, len(sound) - size + 1, size):
        made.append(live.feed(sound[first : first + size]))
        behind = max(behind, (first + size) / rate - sum(map(len, made)) / RATE)
    return np.concatenate(made), behind


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_056, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("pitch", [200.0, 1_000.0, 3_000.0])
def test_a_live_stream_is_true_and_hardly_late(rate: int, pitch: float) -> None:
    made, behind = in_blocks(Live(rate, RATE), tone(rate, pitch), rate)
    wanted = tone(RATE, pitch)[: len(made)]
    wrong = (made - wanted)[RATE // 50 :]
    assert np.sqrt(np.mean(wrong**2)) < 7_071 * 10 ** (-60 / 20)
    assert behind < (0.0026 if rate < RATE else 0.0014)


def test_what_16_khz_cannot_hold_is_gone() -> None:
    made = Live(48_000, RATE).feed(tone(48_000, 9_000))
    assert np.abs(made[200:-200]).max() < 10_000 * 10 ** (-60 / 20)


def test_silence_between_sounds_keeps_the_place() -> None:
    sound = np.concatenate((tone(48_000, 500), np.zeros(48_000, np.float32), tone(48_000, 500)))
    made, _ = in_blocks(Live(48_000, RATE), sound, 48_000)
    again = Live(48_000, RATE).feed(sound)
    assert np.abs(made - again[: len(made)]).max() < 0.01
    first, second = made[100 : RATE // 2], made[2 * RATE + 100 : 2 * RATE + RATE // 2]
    assert np.abs(first - second).max() < 1


def test_the_same_rate_is_left_alone() -> None:
    sound = tone(RATE, 440)
    assert Live(RATE, RATE).feed(sound) is sound


@pytest.mark.parametrize(
    ("source", "target"), [(22_050, 48_000), (22_050, 16_000), (24_000, 44_100)]
)
def test_a_run_is_of_exact_length_and_equal_to_the_whole(source: int, target: int) -> None:
    sound = tone(source, 700, 1.37)
    run = Run(source, target)
    cuts = [0, 100, 101, 9_000, len(sound)]
    parts = [run.feed(sound[a:b]) for a, b in pairwise(cuts)]
    made = np.concatenate([*parts, run.finish()])
    assert len(made) == run.length == round(len(sound) * target / source)
    whole = soxr.resample(sound, source, target)[: len(made)]
    assert np.abs(made[: len(whole)] - whole).max() < 2
