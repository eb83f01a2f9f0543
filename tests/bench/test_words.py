import pytest

from assistant.bench.words import Errors, errors, normalised, total


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's 37.67?", "what's thirty seven point six seven"),
        ("In 1813, he", "in eighteen thirteen he"),
        ("2,500 men", "two thousand five hundred men"),
        ("the 20th", "the twentieth"),
        ("01803 and 90210", "zero one eight zero three and nine zero two one zero"),
        ("Uh, Mr. Smith, um, OK", "mister smith okay"),
        ("God bless ’em", "god bless them"),  # noqa: RUF001 - a typographer's apostrophe
        ("50% off", "fifty percent off"),
        ("今天 ok", "今 天 okay"),
        ("", ""),
    ],
)
def test_a_text_is_compared_as_it_is_spoken(text: str, words: str) -> None:
    assert normalised(text) == words.split()


def test_the_kinds_of_errors_are_told_apart() -> None:
    assert errors("turn on the lamp", "Turn on the lamp!") == Errors(words=4)
    assert errors("turn on the lamp", "turn of the lamp please") == Errors(1, 0, 1, 4)
    assert errors("turn on the lamp", "turn the lamp") == Errors(0, 1, 0, 4)
    assert errors("turn on", "") == Errors(0, 2, 0, 2)
    assert errors("", "hello there") == Errors(0, 0, 2, 0)


def test_the_rate_of_many_is_that_of_all_their_words() -> None:
    together = total([errors("one two three", "one two three"), errors("four", "five")])
    assert together.rate == pytest.approx(1 / 4)
    assert errors("", "hello").rate == 1.0
    assert total([]).rate == 0.0
