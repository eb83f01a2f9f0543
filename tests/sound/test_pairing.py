"""Near and far stay aligned though clocks jitter, drift and break."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.ports import RATE, Frame, Samples
from assistant.sound.clock import Line, Played, Stamps
from assistant.sound.pairing import Pairing, Ring

Floats = NDArray[np.float64]

CARD = 48_000
BLOCK = 480
LEAD = 160


class World:
    """A speaker that its microphone hears `delay` after it sounds; clocks as bad as they come."""

    def __init__(self, *, drift: float = 0.0, jitter: float = 0.0, wander: float = 0.0) -> None:
        """`wander`: so many seconds the microphone's stamps creep in twenty, and leap back."""
        self.pairing = Pairing(CARD, CARD)
        self._random = np.random.default_rng(5)
        self._jitter, self._step, self._wander = jitter, 1 + drift, wander
        self.told: list[Samples] = []
        """What a canceller is told was played."""
        self._microphone, self._speaker = Stamps(), Stamps()
        self._heard = self._given = 0
        self.now = self.born = 100.0
        self._owed = 0.0
        self.ahead = 0.03

    def run(self, seconds: float, *, hears: bool = True) -> list[Frame]:
        frames: list[Frame] = []
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            self._speak()
            if hears:
                self._hear()
            self.pairing.wait(self.now)
            made = self.pairing.frames(1)
            if self._wander:
                self.told += [self.pairing.ahead(frame, LEAD) for frame in made]
            frames += made
        return frames

    def reopen(self) -> None:
        """Open the microphone again: its samples are counted anew."""
        self._microphone, self._heard = Stamps(), 0
        self.pairing.reopen(CARD, self.now)

    def _speak(self) -> None:
        """Let the speaker's clock be the true one."""
        late = self._random.uniform(-self._jitter, self._jitter)
        self._speaker.put(self._given, self.now + self.ahead + late)
        self.pairing.output.follow(self._speaker)
        self.pairing.play(wave(self._given / CARD, BLOCK))
        self._given += BLOCK

    def _hear(self) -> None:
        """Let the microphone's clock go `step` times as fast."""
        late = self._random.uniform(-self._jitter, self._jitter)
        self._owed += BLOCK * self._step
        size = int(self._owed)
        self._owed -= size
        late += self._wander * ((self.now - self.born) % 20 / 20 - 0.5)
        self._microphone.put(self._heard, self.now - 0.02 + late)
        self.pairing.input.follow(self._microphone)
        sounding = self.now - 0.02 - (self.born + 0.01 + self.ahead)
        self.pairing.hear(wave(sounding, size, CARD * self._step))
        self._heard += size


SPEECH = np.convolve(
    np.random.default_rng(3).standard_normal(CARD * 60), np.hanning(24) / 6, mode="same"
)
"""A minute of a sound that never repeats itself, below 4 kHz."""


def wave(start: float, count: int, rate: float = CARD) -> Samples:
    """Return what sounds from a moment on, for a card of this rate."""
    at = start + np.arange(count) / rate
    first = max(0, int(start * CARD) - 2)
    near_by = SPEECH[first : first + count + 8]
    sound = np.interp(at * CARD - first, np.arange(len(near_by)), near_by, left=0)
    return (sound * 3_000).astype(np.int16)


def lag(frames: list[Frame]) -> float:
    """Return by how many milliseconds near comes after far."""
    near = np.concatenate([f.near for f in frames]).astype(float)
    far = np.concatenate([f.far for f in frames]).astype(float)
    return shift(near, far) * 1000 / RATE


def shift(near: Floats, far: Floats) -> int:
    """Return by how many samples near comes after far."""
    middle = slice(400, len(near) - 400)
    shifts = range(-320, 321)
    return max(shifts, key=lambda s: float(np.dot(near[middle], np.roll(far, s)[middle])))


@pytest.mark.parametrize("drift", [0.0, 2e-4, -2e-4])
def test_far_is_what_sounded_while_near_was_heard(drift: float) -> None:
    world = World(drift=drift, jitter=0.002)
    world.run(1.0)
    for _ in range(4):
        world.run(2.0)
        assert abs(lag(world.run(0.5))) <= 0.7


def test_a_canceller_does_not_see_how_stamps_wander() -> None:
    world = World(wander=0.022)
    world.run(12.0)
    lags = set()
    for _ in range(20):
        world.run(1.5)
        world.told.clear()
        near = np.concatenate([frame.near for frame in world.run(0.5)]).astype(float)
        told = np.concatenate(world.told).astype(float)
        lags.add(shift(near, told))
    assert len(lags) == 1
    assert abs(lags.pop() - LEAD) < 160


def test_positions_have_no_gap_and_frames_their_size() -> None:
    frames = World(drift=3e-4).run(3.0)
    assert [f.position for f in frames] == [160 * n for n in range(len(frames))]
    assert {len(f.near) for f in frames} == {len(f.far) for f in frames} == {160}
    assert len(frames) == pytest.approx(300, abs=2)


def test_a_closed_microphone_gives_silence_at_the_pace_of_life() -> None:
    world = World()
    before = world.run(2.0)
    world.pairing.close(world.now)
    closed = world.run(1.0, hears=False)
    assert len(closed) == pytest.approx(100, abs=1)
    assert not any(f.near.any() for f in closed)
    assert any(f.far.any() for f in closed)
    world.reopen()
    opening = world.run(0.2, hears=False)
    world.pairing.wait(world.now + 0.0043)  # part of a frame is silent, and the rest is not
    after = world.run(2.0)
    assert after[100].near.any()
    assert abs(lag(after[50:])) <= 0.7
    every = [f.position for f in [*before, *closed, *opening, *after]]
    assert every == [160 * n for n in range(len(every))]


def test_a_line_ignores_one_wild_stamp_and_follows_a_lasting_break() -> None:
    line, stamps = Line(CARD), Stamps()
    for n in range(50):
        stamps.put(n * BLOCK, 7.0 + n * 0.01)
        line.follow(stamps)
    assert line.time(0) == pytest.approx(7.0)
    stamps.put(50 * BLOCK, 8.5)
    line.follow(stamps)
    assert line.time(0) == pytest.approx(7.0)
    for n in range(51, 60):
        stamps.put(n * BLOCK, 7.2 + n * 0.01)
        line.follow(stamps)
    assert line.time(0) == pytest.approx(7.2)
    assert line.position(7.2 + 1.0) == pytest.approx(CARD)


def test_a_look_up_follows_a_drift_one_sample_at_a_time_and_jumps_when_lost() -> None:
    played, sound = Played(), np.arange(RATE, dtype=np.int16)
    played.add(sound)
    assert np.array_equal(played.look_up(1_000.2), sound[1_000:1_160])
    assert np.array_equal(played.look_up(1_162.4), sound[1_161:1_321])
    assert np.array_equal(played.look_up(5_000.0), sound[5_000:5_160])
    assert not played.look_up(-400.0)[:160].any()


def test_a_ring_gives_what_was_put_and_silence_for_what_was_lost() -> None:
    ring, sound = Ring(1_000), np.arange(1, 3_001, dtype=np.int16)
    ring.put(sound[:500])
    assert np.array_equal(ring.take(), sound[:500])
    ring.put(sound[500:700])
    ring.take()
    ring.put(sound[700:1_100])
    assert ring.waiting == 400
    assert np.array_equal(ring.take(), sound[700:1_100])
    for first in range(1_100, 2_900, 100):
        ring.put(sound[first : first + 100])
    taken = ring.take()
    assert len(taken) == 1_800
    assert np.array_equal(taken[-500:], sound[2_400:2_900])
    assert not taken[:1_300].any()


def test_a_clock_that_is_set_while_the_microphone_is_closed_costs_nothing() -> None:
    pairing = Pairing(CARD, CARD)
    now = 100.0
    pairing.close(now)
    pairing.wait(now + 1.0)
    before = len(pairing.frames(1))
    wall = 1_800_000_000.0
    pairing.shift(wall - now - 1.0)
    pairing.wait(wall)
    assert pairing.frames(1) == []
    pairing.wait(wall + 1.0)
    assert before == 100
    assert abs(len(pairing.frames(1)) - 100) <= 1


def test_what_is_played_is_kept_for_a_canceller_from_when_it_asks() -> None:
    """The first time it asks, it gets what was played before, too; until then nothing is kept."""
    asked, late = World(), World()
    asked.run(1.0)
    for frame in asked.run(2.0):
        asked.pairing.ahead(frame, 32)
    late.run(3.0)
    assert not late.pairing._ahead.look_up(2.0 * RATE).any()
    (mine,), (theirs,) = asked.run(0.01), late.run(0.01)
    assert np.array_equal(mine.far, theirs.far)
    ahead = late.pairing.ahead(theirs, 32)
    assert np.array_equal(ahead[:-32], theirs.far[32:])
    assert np.array_equal(ahead, asked.pairing.ahead(mine, 32))
