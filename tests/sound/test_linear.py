"""The filter that learns how a room sounds, in rooms of numbers; and what is made of it."""

import numpy as np
import pytest

from assistant.ports import FRAME, RATE, EchoCanceller, Samples
from assistant.sound.linear import Linear, Subtracting
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


class Suppressor:
    """An `EchoCanceller` that leaves little of everything, and more of a voice over it."""

    def __init__(self) -> None:
        self.survives = False

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return it lower by 60 dB, or by 6."""
        del far
        kept: Samples = np.rint(near * (0.5 if self.survives else 0.001)).astype(np.int16)
        return kept


def scene(level: float = -24.0) -> tuple[Floats, Floats]:
    """Return what is heard and what is played: we alone at first, then somebody over us."""
    played, theirs = talk(8.0), talk(8.0, seed=8, level=level)
    theirs[:LEARNT] = 0
    return Room(tail_s=0.06).echo(played) + theirs, played


def test_what_survives_the_suppressing_is_heard_unsuppressed_and_echo_is_not() -> None:
    near, played = scene()
    suppressor, linear = Suppressor(), Linear()
    left, subtracted = [], []
    both = Subtracting(suppressor)
    for number, (heard, ahead) in enumerate(frames(near, played)):
        suppressor.survives = number * FRAME >= LEARNT
        left.append(both.process(heard, ahead))
        subtracted.append(linear.process(heard, ahead))
    ours, whole = np.concatenate(left).astype(float), np.concatenate(subtracted).astype(float)
    quiet = slice(LEARNT // 2, LEARNT - FRAME)
    assert decibels(ours[quiet]) < decibels(whole[quiet]) - 20.0
    begun = LEARNT + RATE // 2
    assert np.corrcoef(ours[begun:], whole[begun:])[0, 1] > 0.99
    assert abs(decibels(ours[begun:]) - decibels(whole[begun:])) < 0.5


def unchanged(near: Floats, played: Floats, *, survives: bool) -> float:
    """Return the share of what the suppressor leaves, once it knows the room, that is kept so."""
    suppressor = Suppressor()
    both, kept = Subtracting(suppressor), []
    for number, (heard, ahead) in enumerate(frames(near, played)):
        suppressor.survives = survives and number * FRAME >= LEARNT
        left = both.process(heard, ahead)
        if number * FRAME >= LEARNT:
            kept.append(np.array_equal(left, suppressor.process(heard, ahead)))
    return float(np.mean(kept))


def test_both_must_say_that_somebody_speaks() -> None:
    near, played = scene()
    assert unchanged(near, played, survives=True) < 0.5
    assert unchanged(near, played, survives=False) == 1.0, "little survives the suppressing"
    alone, _ = scene(level=-100.0)
    assert unchanged(alone, played, survives=True) > 0.8, "no words, but where our own begin"


def test_a_filter_that_does_not_know_the_room_is_not_heard() -> None:
    near, _ = scene()
    other = talk(8.0, seed=21)  # what is played is not what the room holds
    assert unchanged(near, other, survives=True) == 1.0


def test_who_speaks_after_a_long_time_is_heard_from_the_first_word_on() -> None:
    """By then the filter works on few frames only."""
    played, theirs = talk(12.0), talk(12.0, seed=8, level=-24.0)
    first = 10 * RATE
    theirs[:first] = 0
    near = Room(tail_s=0.06).echo(played) + theirs
    suppressor = Suppressor()
    both, left = Subtracting(suppressor), []
    for number, (heard, ahead) in enumerate(frames(near, played)):
        suppressor.survives = number * FRAME >= first
        left.append(both.process(heard, ahead))
    sound = np.concatenate(left)[first:].astype(float)
    alone = theirs[first : first + len(sound)]
    begun = np.flatnonzero(np.abs(alone) > 200)[0] + RATE // 20
    for part in (slice(begun, begun + RATE // 2), slice(begun, None)):
        assert np.corrcoef(sound[part], alone[part])[0, 1] > 0.9


def test_a_room_that_changes_after_a_long_time_is_learned_anew() -> None:
    played, theirs = talk(20.0), talk(20.0, seed=8, level=-24.0)
    change, speaks = 8 * RATE, 16 * RATE
    theirs[:speaks] = 0
    echo = Room(20.0, tail_s=0.06).echo(played)
    echo[change:] = Room(45.0, tail_s=0.06, seed=11).echo(played)[change:]
    suppressor = Suppressor()
    both, left = Subtracting(suppressor), []
    for number, (heard, ahead) in enumerate(frames(echo + theirs, played)):
        suppressor.survives = number * FRAME >= speaks
        left.append(both.process(heard, ahead))
    sound = np.concatenate(left)[speaks + RATE :].astype(float)
    alone = theirs[speaks + RATE :][: len(sound)]
    assert np.corrcoef(sound, alone)[0, 1] > 0.8


@pytest.mark.parametrize("lost_ms", [1, 3, 5])
def test_when_sound_is_lost_our_echo_is_not_heard(lost_ms: int) -> None:
    """The filter expects it where it was: what it subtracts is added, and looks like words."""
    played = talk(12.0)
    echo, lost = Room(20.0, tail_s=0.06).echo(played), 8 * RATE
    echo[lost:] = np.roll(echo, RATE * lost_ms // 1000)[lost:]
    suppressor = Suppressor()
    both, left = Subtracting(suppressor), []
    for number, (heard, ahead) in enumerate(frames(echo, played)):
        suppressor.survives = 0 <= number * FRAME - lost < RATE  # it has to learn, too
        left.append(both.process(heard, ahead))
    after = slice(lost, lost + RATE)
    assert decibels(np.concatenate(left)[after].astype(float)) < decibels(echo[after]) - 7.0


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
