"""The filter that learns how a room sounds, in rooms of numbers."""

from collections import deque

import numpy as np
import pytest

from assistant.ports import FRAME, RATE, EchoCanceller, Samples
from assistant.sound.linear import RECALLS, Linear
from tests.sound.room import Floats, Room, as_samples, decibels, frames, noise, talk

LEARNT = 4 * RATE
"""After so many samples it knows the room."""


def through(canceller: EchoCanceller, near: Floats, played: Floats) -> Floats:
    left = [canceller.process(heard, ahead) for heard, ahead in frames(near, played)]
    return np.concatenate(left).astype(float)


@pytest.mark.parametrize("delay_ms", [5.0, 20.0, 60.0])
@pytest.mark.parametrize("level", [0.0, -12.0])
def test_it_subtracts_what_a_room_makes_of_us(delay_ms: float, level: float) -> None:
    played = talk(8.0)
    echo = Room(delay_ms, level, tail_s=0.06).echo(played)
    left = through(Linear(), echo + noise(8.0, -75.0), played)
    lowered = decibels(echo[LEARNT : len(left)]) - decibels(left[LEARNT:])
    assert lowered > 14.0, f"by {lowered:.1f} dB"


def test_who_speaks_over_us_is_left_as_they_are() -> None:
    played, theirs = talk(10.0), talk(10.0, seed=8, level=-24.0)
    theirs[:LEARNT] = 0
    echo = Room(tail_s=0.06).echo(played)
    left = through(Linear(), echo + theirs, played)[LEARNT:]
    alone = theirs[LEARNT : LEARNT + len(left)]
    assert np.corrcoef(left, alone)[0, 1] > 0.97
    assert abs(decibels(left) - decibels(alone)) < 1.0


def test_while_we_are_silent_nothing_is_changed() -> None:
    near = as_samples(talk(2.0, seed=3))
    linear = Linear()
    for first in range(0, len(near), FRAME):
        heard = near[first : first + FRAME]
        assert np.array_equal(linear.process(heard, np.zeros(FRAME, np.int16)), heard)


def test_in_a_room_that_has_changed_it_makes_nothing_louder() -> None:
    """It is sure of what it has learned, so it learns the new room slowly."""
    played = talk(16.0)
    half = len(played) // 2
    echo = Room(20.0, tail_s=0.06).echo(played)
    echo[half:] = Room(45.0, -3.0, tail_s=0.06, seed=11).echo(played)[half:]
    left = through(Linear(), echo + noise(16.0, -75.0), played)
    for first in range(half + RATE, len(left) - RATE, RATE):
        second = slice(first, first + RATE)
        assert decibels(left[second]) < decibels(echo[second]) + 1.0


def test_the_loudest_sound_does_not_wrap() -> None:
    loud = np.full(FRAME, 32_767, np.int16)
    linear = Linear()
    for _ in range(200):
        left = linear.process(loud, -loud)
        assert left.dtype == np.int16
    assert abs(left.astype(int)).max() <= 32_768


def test_what_was_only_followed_is_known_when_it_is_heard() -> None:
    played = talk(6.0)
    echo = Room(tail_s=0.06).echo(played)
    through_all, skipping = Linear(), Linear()
    for number, (heard, ahead) in enumerate(frames(echo, played)):
        learn = number * FRAME < LEARNT
        expected = through_all.process(heard, ahead, learn=learn)
        if learn or number % 5 == 0:
            assert np.array_equal(skipping.process(heard, ahead, learn=learn), expected)
        else:
            skipping.follow(ahead)


def leapt(played: Floats, late: int, at: int) -> Floats:
    """Return an echo that comes so many samples later from there on; below 0: earlier."""
    echo = Room(40.0, tail_s=0.06).echo(played)
    echo[at:] = np.roll(echo, late)[at:]
    return echo


@pytest.mark.parametrize("late", [-320, -16, 16, 77, 320, 600])
def test_an_echo_that_leaps_is_found_and_subtracted_where_it_is(late: int) -> None:
    played = talk(8.0)
    echo = leapt(played, late, LEARNT)
    linear, heard, found, left = Linear(), deque[Samples](maxlen=RECALLS), 0, []
    for number, (near, ahead) in enumerate(frames(echo, played)):
        heard.append(near)
        left.append(linear.process(near, ahead, learn=number * FRAME < LEARNT))
        if number * FRAME >= LEARNT + RECALLS * FRAME and not found:
            found = linear.late(heard)
            assert not found or linear.shift(found)
    assert abs(found - late) <= 1
    after = slice(LEARNT + RATE, len(left) * FRAME)
    assert decibels(np.concatenate(left)[after].astype(float)) < decibels(echo[after]) - 10.0


@pytest.mark.parametrize("level", [-14.0, -26.0])
def test_who_speaks_over_us_is_not_taken_for_an_echo_that_has_leapt(level: float) -> None:
    played, theirs = talk(20.0), talk(20.0, seed=8, level=level)
    theirs[:LEARNT] = 0
    echo = Room(40.0, tail_s=0.06).echo(played)
    linear, heard, found = Linear(), deque[Samples](maxlen=RECALLS), 0
    for near, ahead in frames(echo + theirs, played):
        heard.append(near)
        linear.process(near, ahead)
        found += len(heard) == RECALLS and linear.late(heard) != 0
    assert found == 0


def test_an_echo_that_would_come_before_it_was_played_stays_where_it_was() -> None:
    played = talk(6.0)
    echo = Room(10.0, tail_s=0.02).echo(played)
    linear = Linear()
    through(linear, echo, played)
    assert not linear.shift(-480)
    left = through(linear, echo, played)
    assert decibels(left) < decibels(echo[: len(left)]) - 14.0
