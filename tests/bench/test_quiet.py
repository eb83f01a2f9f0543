from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from assistant.bench.manifest import Known
from assistant.bench.quiet import GAPS_S, LONGEST_S, mixture, wordless
from assistant.errors import MediaError
from assistant.ports import RATE
from assistant.sound.clips import Clip
from tests.bench.sounds import tone


def noise(name: str, seconds: float, kind: str = "rain") -> Known:
    return Known(Clip(Path(f"{name}.wav"), tone(seconds)), kind=kind)


def test_the_mixture_is_as_long_as_wanted_and_the_same_each_time() -> None:
    clips = [noise("a", 1), noise("b", 12)]
    sound, played = mixture(clips, 0.5)
    again, _ = mixture(clips, 0.5)
    assert len(sound) == 30 * RATE
    assert np.array_equal(sound, again)
    assert not np.array_equal(sound, mixture(clips, 0.5, seed=5)[0])
    assert {one.name for one in played} == {"a", "b"}


def test_between_noises_there_is_silence() -> None:
    sound, played = mixture([noise("a", 1), noise("b", 12)], 1)
    for one, following in pairwise(played):
        assert GAPS_S[0] <= (following.start - one.end) / RATE + 1e-4
        assert not sound[one.end : following.start].any()
        assert (one.end - one.start) / RATE <= LONGEST_S


def test_levels_vary() -> None:
    sound, played = mixture([noise("a", 2)], 2)
    loudest = {int(np.abs(sound[one.start : one.end]).max()) for one in played[:-1]}
    assert len(loudest) > 2


def test_what_holds_words_is_left_out() -> None:
    clips = [noise("a", 1), noise("talk", 1, "background conversation")]
    clips.append(noise("room", 1, "room impulse response"))
    assert [one.name for one in wordless(clips)] == ["a"]
    with pytest.raises(MediaError, match="no noise without words"):
        wordless(clips[1:])
