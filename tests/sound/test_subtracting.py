"""What is heard where one canceller suppresses and a filter subtracts, in rooms of numbers."""

from collections.abc import Callable

import numpy as np
import pytest

from assistant.ports import FRAME, RATE, Samples
from assistant.sound.linear import Linear
from assistant.sound.subtracting import Subtracting
from tests.sound.room import Floats, Room, decibels, frames, talk

LEARNT = 4 * RATE
"""After so many samples the filter knows the room."""


class Suppressor:
    """An `EchoCanceller` that leaves little of everything, and more of a voice over it."""

    def __init__(self) -> None:
        self.survives = False
        self.leaves = 0.5

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return it lower by 60 dB, or as it is told."""
        del far
        kept: Samples = np.rint(near * (self.leaves if self.survives else 0.001)).astype(np.int16)
        return kept


def through(
    near: Floats, played: Floats, survives: Callable[[int], bool], leaves: float = 0.5
) -> Floats:
    """Return what is heard; `survives`: whether suppressing leaves something, by the sample."""
    suppressor = Suppressor()
    suppressor.leaves = leaves
    both, left = Subtracting(suppressor), []
    for number, (heard, ahead) in enumerate(frames(near, played)):
        suppressor.survives = survives(number * FRAME)
        left.append(both.process(heard, ahead))
    return np.concatenate(left).astype(float)


def scene(level: float = -24.0) -> tuple[Floats, Floats]:
    """Return what is heard and what is played: we alone at first, then somebody over us."""
    played, theirs = talk(8.0), talk(8.0, seed=8, level=level)
    theirs[:LEARNT] = 0
    return Room(tail_s=0.06).echo(played) + theirs, played


def test_what_survives_the_suppressing_is_heard_unsuppressed_and_echo_is_not() -> None:
    near, played = scene()
    linear = Linear()
    ours = through(near, played, lambda at: at >= LEARNT)
    subtracted = [linear.process(heard, ahead) for heard, ahead in frames(near, played)]
    whole = np.concatenate(subtracted).astype(float)
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


def test_what_survives_of_our_echo_alone_is_not_heard() -> None:
    """The filter knows that nobody speaks."""
    near, played = scene(level=-100.0)
    sound = through(near, played, lambda at: at >= LEARNT)[LEARNT:]
    assert decibels(sound) < decibels(near[LEARNT:]) - 15.0
    assert np.mean(sound == 0) > 0.8


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
    sound = through(near, played, lambda at: at >= first)[first:]
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
    sound = through(echo + theirs, played, lambda at: at >= speaks)[speaks + RATE :]
    alone = theirs[speaks + RATE :][: len(sound)]
    assert np.corrcoef(sound, alone)[0, 1] > 0.8


@pytest.mark.parametrize("late_ms", [-18, -3, -1, 1, 3, 5, 20, 35])
def test_when_sound_is_lost_our_echo_is_not_heard_but_who_speaks_soon_is(late_ms: int) -> None:
    """The filter expects it where it was: what it subtracts is added, and looks like words."""
    played, theirs = talk(14.0), talk(14.0, seed=8, level=-24.0)
    lost, speaks = 8 * RATE, 10 * RATE
    theirs[:speaks] = 0
    echo = Room(40.0, tail_s=0.06).echo(played)
    echo[lost:] = np.roll(echo, RATE * late_ms // 1000)[lost:]
    # what suppresses has to learn, too
    sound = through(echo + theirs, played, lambda at: 0 <= at - lost < RATE or at >= speaks)
    for first, lower in ((lost, 7.0), (lost + RATE // 10, 12.0)):  # a tenth of a second at most
        after = slice(first, lost + RATE)
        assert decibels(sound[after]) < decibels(echo[after]) - lower
    begun = slice(speaks + RATE // 4, len(sound))
    assert np.corrcoef(sound[begun], theirs[begun])[0, 1] > 0.8


def test_in_our_pauses_soft_words_are_heard() -> None:
    """So soft that over our voice they would be taken for what is left of it."""
    played, theirs = talk(8.0), talk(8.0, seed=8, level=-64.0)
    played[LEARNT:], theirs[:LEARNT] = 0, 0
    near = Room(tail_s=0.06).echo(played) + theirs
    begun = LEARNT + RATE
    sound = through(near, played, lambda at: at >= LEARNT, leaves=1.0)[begun:]
    assert abs(decibels(sound) - decibels(theirs[begun : begun + len(sound)])) < 0.5
