"""Which language a turn is taken for: what is likely, weighed against what was spoken before."""

import pytest

from assistant.backends.stt_whisper.detection import CHANGES, SHORTEST_S, SURE, SURE_S, told
from assistant.ports import Tongue

LONG = SURE_S + 1


@pytest.mark.parametrize(
    ("likely", "seconds", "code"),
    [
        ({"en": 0.02, "de": 0.96}, LONG, "de"),
        ({"en": 0.96, "de": 0.02}, LONG, "en"),
        ({"en": 0.02, "de": 0.96}, SHORTEST_S - 0.1, "en"),
        ({"en": 0.02, "de": CHANGES}, SHORTEST_S, "de"),
        ({"en": 0.05, "de": CHANGES - 0.01}, LONG, "en"),  # neither: what was spoken before
        ({"en": 0.01, "de": 0.05}, LONG, "en"),  # Dutch, perhaps, which nobody here speaks
    ],
)
def test_what_is_not_clearly_another_language_is_the_one_before(
    likely: dict[str, float], seconds: float, code: str
) -> None:
    assert told(likely, "en", seconds).code == code
    assert told(likely, "de", seconds).code == (
        code if code != "en" or likely["en"] > 0.5 else "de"
    )


@pytest.mark.parametrize(
    ("german", "seconds", "sure"),
    [(SURE, SURE_S, True), (SURE - 0.01, SURE_S, False), (0.99, SURE_S - 0.1, False)],
)
def test_it_is_sure_of_enough_sound_that_is_clear(
    german: float, seconds: float, *, sure: bool
) -> None:
    assert told({"en": 0.0, "de": german}, "en", seconds) == Tongue("de", sure=sure)


def test_it_is_not_sure_of_what_only_was_spoken_before() -> None:
    assert told({"en": 0.1, "de": 0.2}, "en", LONG) == Tongue("en", sure=False)
