"""Speech is trimmed, paused and faded alike, however it comes."""

import math
from itertools import pairwise

import numpy as np
import pytest

from assistant.shaping import CLAUSE, LEAD, SENTENCE, Floats, Shaping, pause_after

RATE = 22_050
PEAK = 10 ** (-1.5 / 20)


def tone(seconds: float, level: float = 0.1) -> Floats:
    return (level * np.sin(np.arange(round(seconds * RATE)) / 15)).astype(np.float32)


def silence(seconds: float) -> Floats:
    return np.zeros(round(seconds * RATE), np.float32)


SPEECH = np.concatenate([silence(0.1), tone(0.3), silence(0.2), tone(0.2), silence(0.3)])


def shaped(pieces: list[Floats], pause: float = CLAUSE) -> tuple[Floats, Shaping]:
    shaping = Shaping(RATE, pause)
    ready = [
        shaping.feed(piece, last=n == len(pieces) - 1).astype(np.float32) / 32767
        for n, piece in enumerate(pieces)
    ]
    return np.concatenate(ready), shaping


def test_silence_around_is_cut_and_a_pause_is_left() -> None:
    sound, shaping = shaped([SPEECH])
    assert shaping.cut == pytest.approx(0.1 - LEAD, abs=0.006)
    assert shaping.ends == pytest.approx(0.7 + LEAD, abs=0.012)
    assert len(sound) / RATE == pytest.approx(shaping.ends + CLAUSE, abs=0.001)
    assert shaping.given == len(sound)
    assert not sound[round(shaping.ends * RATE) :].any()


@pytest.mark.parametrize("seed", range(40))
def test_it_does_not_matter_how_it_was_cut(seed: int) -> None:
    chance = np.random.default_rng(seed)
    cuts = chance.choice(len(SPEECH), size=1 + seed % 6, replace=False)
    whole, once = shaped([SPEECH])
    places = [0, *sorted(map(int, cuts)), len(SPEECH)]
    joined, shaping = shaped([SPEECH[a:b] for a, b in pairwise(places)])
    step = round(0.005 * RATE)
    assert abs(len(joined) - len(whole)) <= 2 * step, "silence is looked for in steps"
    shift = round((shaping.cut - once.cut) * RATE)
    length = min(len(joined) + shift, len(whole)) - abs(shift)
    a, b = joined[max(0, -shift) :][:length], whole[max(0, shift) :][:length]
    inside = slice(step * 2, round(0.6 * RATE))
    assert np.abs(a[inside] - b[inside]).max() < 1e-4


def test_what_is_silent_waits_for_what_follows() -> None:
    shaping = Shaping(RATE, SENTENCE)
    assert not len(shaping.feed(silence(0.5)))
    assert len(shaping.feed(tone(0.2))) / RATE == pytest.approx(0.2 + LEAD, abs=0.01)
    assert len(shaping.feed(silence(0.3))) <= 0.005 * RATE + 1, "the rest of a step"
    assert len(shaping.feed(tone(0.1))) / RATE == pytest.approx(0.4, abs=0.01)
    assert len(shaping.feed(silence(0.0), last=True)) / RATE == pytest.approx(SENTENCE, abs=0.01)


def test_nothing_but_silence_is_a_pause() -> None:
    sound, shaping = shaped([silence(0.4), silence(0.2)])
    assert not sound.any()
    assert len(sound) == round(CLAUSE * RATE)
    assert shaping.ends == 0.0
    assert math.isinf(Shaping(RATE, CLAUSE).ends)


def test_a_peak_is_bent_and_what_is_softer_is_left_alone() -> None:
    loud, _ = shaped([tone(0.5, 2.0)])
    assert 0.95 * PEAK < np.abs(loud).max() <= PEAK * 1.0001
    soft, _ = shaped([tone(0.5, 0.5)])
    assert np.abs(soft[200:-4000]).max() == pytest.approx(0.5, abs=0.001)


def test_it_begins_and_ends_softly() -> None:
    sound, _ = shaped([tone(0.3, 0.8)], pause=0.03)
    assert abs(sound[0]) < 0.01
    assert abs(sound[-1]) < 0.01


def test_the_pause_goes_by_the_mark() -> None:
    assert pause_after("So.") == SENTENCE
    assert pause_after('"Really?"') == SENTENCE
    assert pause_after("well,") == CLAUSE
    assert pause_after("and so") < CLAUSE
