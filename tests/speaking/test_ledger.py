"""How far a track has been played, told in words."""

import numpy as np
import pytest

from assistant.ports import RATE, Audio, Spoken
from assistant.speaking.ledger import Ledger
from assistant.speaking.plain import Plain


def spoken(seconds: float, *marks: tuple[int, float]) -> Spoken:
    return Spoken(Audio(np.zeros(round(seconds * RATE), np.int16), RATE), marks)


def test_a_word_counts_when_it_was_played_to_its_end() -> None:
    ledger = Ledger()
    number = ledger.add(Plain().feed("One two three."))
    ledger.sound(number, spoken(2.0, (0, 0.1), (4, 0.5), (8, 1.0), (14, 1.6)), 10.0, 12.0)
    for position, heard in [
        (9.0, ""),
        (10.4, ""),
        (10.49, "One"),
        (10.9, "One"),
        (11.0, "One two"),
        (11.5, "One two"),
        (11.6, "One two three."),  # the pause after it need not be heard
        (12.0, "One two three."),
    ]:
        assert ledger.heard(position) == heard, position


def test_sound_in_pieces_and_what_is_not_yet_made() -> None:
    ledger = Ledger()
    number = ledger.add(Plain().feed("One two three. "))
    ledger.sound(number, spoken(1.0, (0, 0.0), (4, 0.5)), 0.0, 1.0)
    assert ledger.heard(0.9) == "One"
    assert ledger.heard(1.0) == "One two"
    ledger.sound(number, spoken(1.0, (8, 0.2)), 1.0, 2.0)
    assert ledger.heard(1.1) == "One"
    assert ledger.heard(1.2) == "One two"
    ledger.whole(number)
    assert ledger.heard(2.0) == "One two three."
    ledger.add(Plain().feed("Four."))
    assert ledger.heard(9.0) == "One two three."
    assert ledger.written == "One two three. Four."


def test_without_marks_characters_tell() -> None:
    ledger = Ledger()
    number = ledger.add(Plain().feed("aaaa bbbb cccc dddd"))
    ledger.sound(number, spoken(2.0), 0.0, 2.0)
    ledger.whole(number)
    assert [ledger.heard(at) for at in (0.1, 0.6, 1.1, 1.9, 2.0)] == [
        "",
        "aaaa",
        "aaaa bbbb",
        "aaaa bbbb cccc",
        "aaaa bbbb cccc dddd",
    ]


def test_what_cannot_be_spoken_counts_with_what_stands_before_it() -> None:
    ledger = Ledger()
    plain = Plain()
    numbers = [ledger.add(plain.feed(line)) for line in ("```\n", "x\n", "```\n", "Say. ", "😀 ")]
    ledger.sound(numbers[3], spoken(1.0, (0, 0.0)), 0.0, 1.0)
    ledger.whole(numbers[3])
    assert ledger.heard(0.0) == ""
    assert ledger.heard(0.5) == ""
    assert ledger.heard(1.0) == "```\nx\n```\nSay. 😀"


@pytest.mark.parametrize("position", [0.0, 0.5, 1.0, 100.0])
def test_nothing_was_said(position: float) -> None:
    assert Ledger().heard(position) == ""
