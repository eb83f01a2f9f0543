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
        "Which address is in the text?",
        "Is the door open or closed?",
        "Did I leave the stove on?",
        "Can you find my keys on the table?",
        "What breed is the dog?",
        "Tell me what it says at the top.",
        "How much time is left on the washing machine?",
        "What setting is the dial on?",
        "Are the lights on or off?",
        "What is this film?",
        "Is that salt or sugar?",
        "The colour?",
        "What are the cooking directions?",
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
        "Let's take a look at tomorrow.",
        "Read me the news.",
        "How do I look after a cactus?",
        "What's this film about?",
        "Is it going to rain?",
        "Is that true?",
        "What are the cooking instructions for rice?",
        "Set the thermostat to twenty degrees.",
        "Not at this particular hour, Tom said.",
        "",
        "?!",
    ],
)
def test_nothing_is_to_be_seen(text: str) -> None:
    assert VISUAL.wish(text) is None


@pytest.mark.parametrize(
    ("language", "text", "wish"),
    [
        ("de", "Was halte ich in der Hand?", Wish("camera", "glance")),
        ("de", "Lies mir diesen Brief vor.", Wish("camera", "read")),
        ("de", "Ist das Licht an?", Wish("camera", "glance")),
        ("de", "Was bedeutet die Fehlermeldung auf meinem Bildschirm?", Wish("screen", "read")),
        ("de", "Fass dieses Dokument zusammen.", Wish("file", "glance")),
        ("de", "Wie spät ist es?", None),
        ("de", "Mach das Licht in der Küche an.", None),
        ("de", "Wer hat Hamlet geschrieben?", None),
        ("de", "Was machst du dieses Wochenende?", None),
        ("es", "¿Qué tengo en la mano?", Wish("camera", "glance")),
        ("es", "Léeme esta carta.", Wish("camera", "read")),
        ("es", "¿Está encendida la luz?", Wish("camera", "glance")),
        ("es", "¿Qué dice el error de mi pantalla?", Wish("screen", "read")),
        ("es", "Resume este documento.", Wish("file", "glance")),
        ("es", "¿Qué hora es?", None),
        ("es", "Enciende la luz de la cocina.", None),
        ("es", "¿Cómo se llama esta canción?", None),
        ("es", "¿Qué haces este fin de semana?", None),
        ("fr", "Qu'est-ce que je tiens dans la main ?", Wish("camera", "glance")),
        ("fr", "Lis-moi cette lettre.", Wish("camera", "read")),
        ("fr", "Est-ce que la lumière est allumée ?", Wish("camera", "glance")),
        ("fr", "Que dit l'erreur sur mon écran ?", Wish("screen", "read")),
        ("fr", "Résume ce document.", Wish("file", "glance")),
        ("fr", "Quelle heure est-il ?", None),
        ("fr", "Allume la lumière dans la cuisine.", None),
        ("fr", "Que fais-tu ce week-end ?", None),
        ("fr", "Est-ce que c'est vrai ?", None),
        ("de", "Also sag mal, ist das ein Buch?", Wish("camera", "glance")),
        ("de", "Was ist das für eine Seife?", Wish("camera", "glance")),
        ("de", "Was steht auf meiner Liste?", None),
        ("de", "Auf wie viel Grad soll ich den Ofen stellen?", None),
        ("es", "Oye, una pregunta: ¿esto es un libro?", Wish("camera", "glance")),
        ("es", "¿Qué billete es ese?", Wish("camera", "glance")),
        ("es", "¿Eso es todo?", None),
        ("es", "¿Qué te parece esto?", None),
        ("fr", "Dis-moi, c'est quelle marque ?", Wish("camera", "glance")),
        ("fr", "Excuse-moi, c'est un livre ?", Wish("camera", "glance")),
        ("fr", "Quelle heure c'est ?", None),
        ("fr", "C'est tout ce que tu sais ?", None),
    ],
)
def test_other_languages_have_rules_of_their_own(
    language: str, text: str, wish: Wish | None
) -> None:
    assert Visual(load(language)).wish(text) == wish


def test_what_is_read_aloud_or_dictated_is_no_question() -> None:
    told = "and then she said that she could see what this was and " * 4
    assert VISUAL.wish("she could see what this was") is not None
    assert VISUAL.wish(told) is None


def test_what_is_that_points_unless_it_follows_a_word_or_a_picture() -> None:
    assert VISUAL.wish("What is that?") is not None
    assert VISUAL.wish("Okay. What is that?", before="words") is not None
    assert VISUAL.wish("A sloop? What is that?", before="words") is None
    assert VISUAL.wish("What is that?", before="picture") is None
    assert VISUAL.wish("What was that?", before="words") is None
    assert VISUAL.wish("What is this?", before="words") is not None


def test_a_time_is_no_thing_and_hides_none() -> None:
    assert VISUAL.wish("What colour is my hair this time?") is not None
    assert VISUAL.wish("What are you doing this weekend?") is None
    assert Visual(load("es")).wish("¿Cómo va este domingo?") is None
    assert Visual(load("es")).wish("¿De qué color es esta camisa?") is not None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Have you read it?"),
        ("en", "Describe the effects of the war."),
        ("en", "What are the effects of these drugs?"),
        ("en", "This looks right to me."),
        ("es", "Esto es genial."),
        ("es", "¿Qué sentido tiene esto?"),
        ("fr", "C'est quoi le sens de la vie ?"),
        ("fr", "C'est un plaisir de te connaître."),
        ("fr", "Éteins la lumière dans cette pièce."),
    ],
)
def test_talk_is_nothing_to_be_seen(language: str, text: str) -> None:
    assert Visual(load(language)).wish(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Which jar is the strawberry jam?",
        "What option is highlighted?",
        "Which letters do I type to enter?",
        "What are the cooking instructions for this?",
        "Tell me the buttons from left to right.",
        "I know this is soup, but what flavour is it?",
        "Does it have any writing on it?",
    ],
)
def test_in_mid_conversation_what_is_at_hand_is_still_looked_at(text: str) -> None:
    assert VISUAL.wish(text, before="words") is not None


def test_a_trait_is_of_what_is_at_hand_unless_a_picture_was_talked_about() -> None:
    for text in ("And what colour is it?", "What flavour is it?"):
        assert VISUAL.wish(text, before="words") is not None
        assert VISUAL.wish(text, before="picture") is None
        assert VISUAL.refers(text)


@pytest.mark.parametrize(
    "lead",
    [
        "Okay so tell me, ",
        "Hey, I was wondering, ",
        "One more thing: ",
        "thank you and now can you tell me ",
        "Excuse me, quick question, ",
    ],
)
def test_what_is_said_before_a_question_changes_nothing(lead: str) -> None:
    for text in ("is my hair all right?", "what am I holding?", "which colour?", "what is it?"):
        assert VISUAL.wish(lead + text) is not None
    for text in ("what time is it?", "set a timer.", "is it going to rain?"):
        assert VISUAL.wish(lead + text) is None


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
