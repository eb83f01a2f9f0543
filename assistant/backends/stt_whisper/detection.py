"""Which language a turn is in: what Whisper thinks of its sound, and what was spoken before.

Measured with `base` and English, German, Spanish and French: `docs/languages.md`.
"""

from collections.abc import Mapping

from assistant.ports import Tongue

SHORTEST_S = 1.3
"""Shorter sound, which begins and ends with half a second of silence, changes no language."""
CHANGES = 0.5
"""So probable must another language be, among all that Whisper knows."""
SURE_S = 2.0
SURE = 0.9
"""From so much sound and such a probability on, nothing more is asked."""


def told(likely: Mapping[str, float], before: str, seconds: float) -> Tongue:
    """Choose among the languages that may be spoken. Pure.

    `likely`: their probabilities, which with those of all others make 1. `before`: what was
    spoken so far; it stays what is not clearly another one: a word is in many languages, and a
    change in mid-conversation is rare.
    """
    best = max(likely, key=lambda code: likely[code])
    changes = seconds >= SHORTEST_S and likely[best] >= CHANGES
    code = best if changes else before
    return Tongue(code, sure=seconds >= SURE_S and likely[code] >= SURE)
