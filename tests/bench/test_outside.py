import numpy as np
import pytest

from assistant.bench.outside import begins, falls_silent, first_audible, last_audible, longest_gap
from assistant.ports import RATE
from tests.bench.sounds import at

MS = RATE // 1000
SLACK = 5 * MS
"""What is audible is known to a window of 5 ms."""


def near(sample: int | None, seconds: float) -> bool:
    return sample is not None and abs(sample - seconds * RATE) <= SLACK


def test_first_and_last_sound_are_found_to_a_few_milliseconds() -> None:
    far = at(3, (0.4, 0.9), (1.3, 2.0))
    assert near(first_audible(far, 0), 0.4)
    assert near(last_audible(far, 0), 2.0)
    assert near(first_audible(far, RATE), 1.3)
    assert near(last_audible(far, 0, RATE), 0.9)


def test_what_is_softer_than_a_room_is_not_heard() -> None:
    assert first_audible(at(1, (0.2, 0.8), dbfs=-56), 0) is None
    assert first_audible(at(1, (0.2, 0.8), dbfs=-44), 0) is not None


def test_a_ducked_voice_is_no_silence() -> None:
    far = at(3, (0, 1.0)) + at(3, (1.0, 1.5), dbfs=-40)
    assert near(falls_silent(far, RATE // 2, 3 * RATE, 400), 1.5)


def test_silence_begins_where_the_sound_ends() -> None:
    assert near(falls_silent(at(3, (0, 1.17)), RATE, 3 * RATE, 400), 1.17)


def test_a_gap_between_two_sentences_is_no_silence() -> None:
    far = at(4, (0, 1.2), (1.5, 2.25))
    assert near(falls_silent(far, RATE, 4 * RATE, 400), 2.25)
    assert near(falls_silent(far, RATE, 4 * RATE, 200), 1.2)


def test_silence_is_found_between_two_answers() -> None:
    assert near(falls_silent(at(4, (0, 1.2), (2.4, 4)), RATE, 4 * RATE, 400), 1.2)


@pytest.mark.parametrize("spans", [((0.0, 3.0),), ((0.0, 2.8),)])
def test_what_goes_on_does_not_fall_silent(spans: tuple[tuple[float, float]]) -> None:
    assert falls_silent(at(3, *spans), RATE, 3 * RATE, 400) is None


def test_silence_from_the_beginning() -> None:
    assert falls_silent(at(3, (0, 0.5)), RATE, 3 * RATE, 400) == RATE


def test_sound_begins_only_where_there_was_none() -> None:
    far = at(3, (0.5, 1.5))
    assert near(begins(far, round(0.3 * RATE), RATE), 0.5)
    assert begins(far, RATE, 2 * RATE) is None
    assert begins(far, 2 * RATE, 3 * RATE) is None


def test_the_longest_gap_lies_between_sounds() -> None:
    far = at(4, (0.5, 1), (1.25, 2), (2.75, 3))
    assert abs(longest_gap(far, 0, len(far)) - 0.75 * RATE) <= 2 * SLACK
    assert longest_gap(np.zeros(RATE, np.int16), 0, RATE) == 0
