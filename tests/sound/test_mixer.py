"""Tracks: exact where nothing changes, without a click where something does."""

import numpy as np
import pytest

from assistant.ports import RATE, Audio, Samples, Track
from assistant.sound.mixer import Mixer
from assistant.sound.track import FADE_SECONDS

SPEECH, TONE = Track.SPEECH, Track.TONE
BLOCK = 160
FADE = round(FADE_SECONDS * RATE)
LEVEL = 10_000


def flat(seconds: float, level: int = LEVEL, rate: int = RATE) -> Audio:
    return Audio(np.full(round(seconds * rate), level, np.int16), rate)


def noise(seconds: float, seed: int = 1) -> Samples:
    random = np.random.default_rng(seed)
    return random.integers(-9_000, 9_000, round(seconds * RATE)).astype(np.int16)


def pulled(mixer: Mixer, seconds: float) -> Samples:
    return np.concatenate([mixer.pull(BLOCK) for _ in range(round(seconds * 100))])


def steepest(sound: Samples) -> int:
    return int(np.abs(np.diff(sound.astype(int))).max())


SLOPE = LEVEL // FADE + 2
"""The steepest step that a fade of a flat sound makes."""


def test_sound_of_the_same_rate_comes_out_unchanged_and_without_a_seam() -> None:
    mixer, sound = Mixer(RATE), noise(1.0)
    for first in range(0, len(sound), 999):
        mixer.write(SPEECH, Audio(sound[first : first + 999], RATE))
    out = pulled(mixer, 1.2)
    assert np.array_equal(out[:RATE], sound)
    assert not out[RATE:].any()


def test_pieces_at_another_rate_join_without_a_seam() -> None:
    at = np.arange(22_050) / 22_050
    sound = (LEVEL * np.sin(2 * np.pi * 300 * at)).astype(np.int16)
    mixer = Mixer(48_000)
    places = [
        mixer.write(SPEECH, Audio(sound[first : first + 4_410], 22_050))
        for first in range(0, 22_050, 4_410)
    ]
    assert [start for start, _ in places] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    out = np.concatenate([mixer.pull(480) for _ in range(101)])
    wanted = LEVEL * np.sin(2 * np.pi * 300 * np.arange(48_000) / 48_000)
    assert np.abs(out[480:47_500] - wanted[480:47_500]).max() < LEVEL / 500
    mixer.reach(mixer.position)
    assert mixer.heard(SPEECH) == pytest.approx(1.0)


def test_tracks_are_added_and_never_wrap_round() -> None:
    mixer = Mixer(RATE)
    mixer.write(SPEECH, flat(0.1, 30_000))
    mixer.write(TONE, flat(0.05, 20_000))
    out = pulled(mixer, 0.1)
    assert (out[:800] == 32_767).all()
    assert (out[800:] == 30_000).all()


def test_the_volume_is_for_all_tracks_together() -> None:
    mixer = Mixer(RATE)
    mixer.volume = 0.25
    mixer.write(SPEECH, flat(0.1, 8_000))
    mixer.write(TONE, flat(0.1, 32_000))
    assert (pulled(mixer, 0.1) == 10_000).all(), "their sum is lowered before it is cut"


def test_gain_moves_on_a_slope_and_only_its_own_track() -> None:
    mixer = Mixer(RATE)
    mixer.write(SPEECH, flat(1.0))
    pulled(mixer, 0.1)
    mixer.gain(SPEECH, 0.5)
    out = pulled(mixer, 0.1)
    assert steepest(out) <= SLOPE
    assert (out[FADE:] == LEVEL // 2).all()
    mixer.gain(SPEECH, 1.0)
    assert pulled(mixer, 0.1)[-1] == LEVEL


def test_a_gain_before_the_sound_needs_no_slope() -> None:
    mixer = Mixer(RATE)
    mixer.gain(SPEECH, 0.5)
    mixer.write(SPEECH, flat(0.1))
    assert (pulled(mixer, 0.1) == LEVEL // 2).all()


def test_a_held_track_falls_silent_loses_nothing_and_goes_on() -> None:
    mixer = Mixer(RATE)
    mixer.write(SPEECH, flat(1.0))
    before = pulled(mixer, 0.2)
    mixer.hold(SPEECH, on=True)
    held = pulled(mixer, 0.5)
    mixer.hold(SPEECH, on=False)
    after = pulled(mixer, 1.0)
    assert not held[FADE:].any()
    assert steepest(np.concatenate((before, held, after[: RATE // 2]))) <= SLOPE
    assert len(before) + FADE + int(np.flatnonzero(after)[-1]) + 1 == RATE
    mixer.reach(mixer.position)
    assert mixer.heard(SPEECH) == pytest.approx(1.0)


def test_what_is_written_to_a_held_track_waits_in_silence() -> None:
    mixer = Mixer(RATE)
    mixer.hold(SPEECH, on=True)
    mixer.write(SPEECH, flat(0.1))
    assert not pulled(mixer, 0.2).any()
    assert not mixer.active
    mixer.hold(SPEECH, on=False)
    assert pulled(mixer, 0.1)[FADE:].all()


def test_flush_fades_what_sounds_and_tells_where_it_ended() -> None:
    mixer = Mixer(RATE)
    mixer.write(SPEECH, flat(1.0))
    before = pulled(mixer, 0.3)
    end = mixer.flush(SPEECH)
    after = pulled(mixer, 0.1)
    assert end == pytest.approx(0.3 + FADE_SECONDS)
    assert steepest(np.concatenate((before, after))) <= SLOPE
    assert not after[FADE:].any()
    mixer.reach(mixer.position)
    assert mixer.heard(SPEECH) == pytest.approx(end)
    assert mixer.write(SPEECH, flat(0.1))[0] == pytest.approx(end)
    assert (pulled(mixer, 0.1) == LEVEL).all()


def test_flush_of_what_does_not_sound_is_silent_at_once() -> None:
    mixer = Mixer(RATE)
    mixer.write(SPEECH, flat(1.0))
    assert mixer.flush(SPEECH) == 0
    mixer.write(SPEECH, flat(1.0))
    mixer.hold(SPEECH, on=True)
    mixer.flush(SPEECH)
    assert not pulled(mixer, 0.1).any()


def test_flush_while_a_hold_falls_still_has_no_click() -> None:
    mixer = Mixer(RATE)
    mixer.write(SPEECH, flat(1.0))
    out = [mixer.pull(BLOCK)]
    mixer.hold(SPEECH, on=True)
    out.append(mixer.pull(FADE // 2))
    mixer.flush(SPEECH)
    out.append(mixer.pull(BLOCK))
    assert steepest(np.concatenate(out)) <= SLOPE
    assert not out[-1][FADE:].any()


def test_a_track_counts_what_left_the_speaker_not_what_was_pulled() -> None:
    mixer = Mixer(RATE)
    pulled(mixer, 0.1)
    mixer.write(SPEECH, flat(0.05))
    pulled(mixer, 0.2)
    for position, heard in ((0.1, 0.0), (0.125, 0.025), (0.12, 0.025), (0.15, 0.05), (0.3, 0.05)):
        mixer.reach(round(position * RATE))
        assert mixer.heard(SPEECH) == pytest.approx(heard)
    assert not mixer.active


def test_a_gap_in_the_writing_does_not_count() -> None:
    mixer = Mixer(RATE)
    mixer.write(SPEECH, flat(0.1, rate=8_000))
    pulled(mixer, 0.5)
    start, end = mixer.write(SPEECH, flat(0.1, rate=8_000))
    assert [start, end] == pytest.approx([0.1, 0.2])
    pulled(mixer, 0.5)
    mixer.reach(mixer.position)
    assert mixer.heard(SPEECH) == pytest.approx(0.2)
