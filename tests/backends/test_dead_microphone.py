"""When a microphone that gives zeros is dead, and when it only waits."""

import numpy as np
import pytest

from assistant.backends.device_sounddevice.zeros import Zeros
from assistant.ports import RATE, Samples

SOUND = np.array([0] * 159 + [1], np.int16)
NOTHING = np.zeros(160, np.int16)


def after(zeros: Zeros, sound: Samples, seconds: float) -> list[float]:
    """Return the seconds after which it changed its mind."""
    ticks = range(1, round(seconds * 100) + 1)
    return [tick / 100 for tick in ticks if zeros.hear(sound, RATE)]


def test_it_is_dead_after_so_long_and_alive_with_the_first_sample() -> None:
    zeros = Zeros(3.0)
    assert after(zeros, SOUND, 10) == []
    assert after(zeros, NOTHING, 10) == [3.0]
    assert zeros.dead
    assert after(zeros, SOUND, 10) == [0.01]
    assert not zeros.dead


def test_one_that_comes_to_life_by_itself_gets_twice_the_time() -> None:
    zeros = Zeros(3.0)
    for expected in (3.0, 6.0, 12.0):
        assert after(zeros, NOTHING, 20) == [expected]
        assert after(zeros, SOUND, 1) == [0.01]
    zeros.restart()
    assert after(zeros, NOTHING, 20) == [3.0]


def test_a_sound_in_time_begins_the_count_anew() -> None:
    zeros = Zeros(3.0)
    for _ in range(5):
        assert after(zeros, NOTHING, 2.9) == []
        assert after(zeros, SOUND, 0.01) == []


@pytest.mark.parametrize("seconds", [0.0])
def test_who_does_not_want_to_know_is_not_told(seconds: float) -> None:
    assert after(Zeros(seconds), NOTHING, 60) == []


def test_no_sound_at_all_says_nothing() -> None:
    zeros = Zeros(3.0)
    assert after(zeros, NOTHING[:0], 10) == []
