"""The waiting tone is soft and short."""

import numpy as np

from assistant.core.commands import Tone
from assistant.speaking.tones import tone


def test_every_tone_is_short_soft_and_does_not_click() -> None:
    for kind in Tone:
        sound = tone(kind)
        samples = sound.samples.astype(float) / 32768
        assert 0.05 <= sound.seconds <= 0.25
        assert 0.05 <= np.abs(samples).max() <= 0.1001
        assert abs(samples[0]) < 0.001
        assert abs(samples[-1]) < 0.001
        assert np.abs(np.diff(samples)).max() < 0.03
