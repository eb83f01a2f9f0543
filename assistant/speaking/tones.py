"""Short sounds that are no words, made of sines.

The microphone stays open while they sound, so that no first word is clipped. Their pitch was
chosen so that a detector of speech does not take them for a voice, at any level, in a room or not:
Silero stays below 0.2, where the same notes an octave lower reach 0.6.
"""

from typing import assert_never

import numpy as np

from assistant.core.commands import Tone
from assistant.ports import Audio, Samples

_RATE = 24_000
_LEVEL = 10 ** (-20 / 20)
"""Peak of a tone, of full scale: -20 dBFS, well below speech."""
_FADE = 0.03
"""Seconds of fade at both ends of a note: no click, no attack."""


def tone(kind: Tone) -> Audio:
    """Return the sound of a tone: at most 250 ms, 24 kHz."""
    match kind:
        case Tone.WAITING:
            return _notes((1046.5, 0.11), (1318.51, 0.13))  # C6, E6: rising, friendly, brief
        case Tone.AWAKE:
            return _notes((1046.5, 0.07), (1567.98, 0.08))  # C6, G6: up, as one looks up
        case Tone.ASLEEP:
            return _notes((1567.98, 0.09), (1046.5, 0.12))  # G6, C6: down again
        case Tone.LOOKING:
            return _notes((1760.0, 0.05), (1760.0, 0.05))  # A6 twice: as a shutter
        case _:
            assert_never(kind)


def _notes(*notes: tuple[float, float]) -> Audio:
    """Play pairs of frequency in Hz and seconds, one after the other."""
    parts: list[Samples] = []
    for frequency, seconds in notes:
        at = np.arange(round(seconds * _RATE)) / _RATE
        edge = np.clip(np.minimum(at, seconds - at) / _FADE, 0.0, 1.0)
        wave = np.sin(2 * np.pi * frequency * at) + 0.2 * np.sin(4 * np.pi * frequency * at)
        smooth = np.sin(edge * np.pi / 2) ** 2
        parts.append((wave / 1.2 * smooth * _LEVEL * 32767.0).astype(np.int16))
    return Audio(np.concatenate(parts), _RATE)
