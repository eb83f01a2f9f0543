"""Which questions are about something to be seen.

How often the rules are right on questions that nobody here wrote is measured by
`scripts/measure_sight.py`; these are the shapes that must not break.
"""

from dataclasses import replace

import pytest

from assistant.languages.pack import Sights, load
from assistant.looking.visual import Visual, Wish

VISUAL = Visual(load("en"))


@pytest.mark.parametrize(
    "text",
    [
        "What am I holding?",
        "what is this",
        "What's in my hand?",
        "Which of these is the milk?",
        "What colour is my shirt?",
        "Is the light on?",
        "What do you see?",
        "Do I look all right? How does my hair look?",
        "how many people are in the picture",
        "What does that sign say?",
    ],
)
def test_the_camera_is_meant(text: str) -> None:
    assert VISUAL.wish(text) is not None
    assert VISUAL.wish(text).source == "camera"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "Read me this letter.",
        "What is the expiry date on this bottle?",
        "What does the label say?",
    ],
)
def test_what_is_to_be_read_is_looked_at_closely(text: str) -> None:
    assert VISUAL.wish(text) == Wish("camera", "read")


@pytest.mark.parametrize(
    "text",
    [
        "What does the error on my screen say?",
        "can you read what's on the screen",
        "Summarise this web page.",
    ],
)
def test_the_screen_is_meant(text: str) -> None:
    assert VISUAL.wish(text) == Wish("screen", "read")


@pytest.mark.parametrize(
    "text",
    [
        "What is the total in the attached invoice?",
        "Summarise this document.",
        "What is the PDF about?",
    ],
)
def test_what_was_handed_over_is_meant(text: str) -> None:
    wish = VISUAL.wish(text)
    assert wish is not None
    assert wish.source == "file"


@pytest.mark.parametrize(
    "text",
    [
        "What time is it?",
        "What's the weather like this afternoon?",
        "Set a timer for five minutes.",
        "Who wrote Hamlet?",
        "What is this song called?",
        "Turn on the lights in the kitchen.",
        "What is on my shopping list?",
        "What does serendipity mean?",
        "How do I make pancakes?",
        "What's the capital of France?",
        "What is your favourite colour?",
        "Can you repeat that?",
        "How was your day this week?",
        "",
        "?!",
    ],
)
def test_nothing_is_to_be_seen(text: str) -> None:
    assert VISUAL.wish(text) is None


def test_what_is_that_may_be_about_words_once_something_was_said() -> None:
    assert VISUAL.wish("What is that?") is not None
    assert VISUAL.wish("What is that?", afresh=False) is None
    assert VISUAL.wish("What is this?", afresh=False) is not None


@pytest.mark.parametrize(
    ("text", "refers"),
    [
        ("and what colour is it?", True),
        ("Is it ripe?", True),
        ("What about the other one on the left of the picture?", True),
        ("Read it to me.", True),
        ("What time is it?", False),
        ("Set a timer for five minutes.", False),
        ("Who wrote Hamlet?", False),
        ("Is it going to rain tomorrow?", False),
    ],
)
def test_a_follow_up_is_told_from_something_new(text: str, refers: bool) -> None:  # noqa: FBT001 - a table
    assert VISUAL.refers(text) is refers


def test_one_visual_sentence_is_enough() -> None:
    assert VISUAL.wish("Good morning. I bought something. What is this? Thank you.")


def test_a_language_without_rules_sees_nothing_by_itself() -> None:
    bare = Visual(replace(load("en"), sights=Sights()))
    assert bare.wish("What is this?") is None
    assert not bare.refers("and what colour is it?")
