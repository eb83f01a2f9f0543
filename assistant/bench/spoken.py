"""Speech made by espeak-ng: words that no recording at hand holds."""

import numpy as np
import soxr

from assistant.backends.tts_espeak import Config
from assistant.backends.tts_espeak import open as open_espeak
from assistant.ports import RATE, Samples

VOICES = ("en-us", "en-gb", "en-us+f3")
"""A man, another accent, a woman."""


async def spoken(text: str, voice: str = VOICES[0]) -> Samples:
    """Return a text as espeak-ng says it. Raises `BackendUnavailable` where it is missing."""
    async with open_espeak(Config(voice=voice)) as mouth:
        parts = [
            soxr.resample(piece.audio.samples, piece.audio.rate, RATE)
            async for piece in mouth.synthesize(text)
        ]
    return np.concatenate(parts).astype(np.int16) if parts else np.zeros(0, np.int16)
