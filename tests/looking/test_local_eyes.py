import asyncio

import numpy as np
import pytest

from assistant.languages.pack import load
from assistant.looking.colours import NAMES, main, names
from assistant.looking.light import light, moved, thumbnail
from assistant.looking.local_eyes import SPOKEN, LocalEyes, asked
from assistant.looking.reading import PAUSE
from assistant.ports import Code, Pixels, Shot, Sight
from assistant.testing.reader import ScriptedCodes, ScriptedFaces, ScriptedReader
from tests.looking.papers import piece

EN = load("en")
MILK = Code("4006381333931", "barcode", (0, 0, 9, 9))


def plain(red: int, green: int, blue: int, size: tuple[int, int] = (120, 160)) -> Pixels:
    return np.full((*size, 3), (red, green, blue), np.uint8)


GREY = plain(128, 128, 128)


def shot(pixels: Pixels = GREY) -> Shot:
    return Shot(pixels, 0.0)


def answer(eyes: LocalEyes, question: str, pixels: Pixels = GREY) -> str:
    return asyncio.run(eyes.answer(question, shot(pixels)))


def tell(eyes: LocalEyes, sight: Sight, *pixels: Pixels) -> str:
    async def all_of_them() -> str:
        return [await eyes.tell(sight, shot(one)) for one in pixels][-1]

    return asyncio.run(all_of_them())


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((10, 10, 12), "black"),
        ((250, 250, 248), "white"),
        ((128, 130, 127), "grey"),
        ((200, 20, 25), "red"),
        ((120, 10, 12), "red"),
        ((240, 130, 20), "orange"),
        ((245, 220, 40), "yellow"),
        ((40, 150, 50), "green"),
        ((64, 224, 208), "turquoise"),
        ((30, 60, 200), "blue"),
        ((135, 206, 235), "blue"),
        ((120, 40, 160), "purple"),
        ((255, 150, 190), "pink"),
        ((110, 70, 35), "brown"),
        ((230, 215, 185), "beige"),
        ((20, 30, 90), "blue"),
    ],
)
def test_colours_have_the_names_that_people_give_them(
    rgb: tuple[int, int, int], name: str
) -> None:
    assert NAMES[names(np.array([rgb], np.uint8))[0]] == name
    assert main(plain(*rgb)) == [name]


def test_every_colour_has_a_word() -> None:
    assert set(EN.sight.colours) == set(NAMES)


def test_the_thing_in_the_middle_is_told_apart() -> None:
    picture = plain(250, 250, 250)
    picture[40:80, 55:105] = (200, 20, 20)
    told = tell(LocalEyes(EN), "colours", picture)
    assert told == "It is mostly white; in the middle it is red."


@pytest.mark.parametrize(
    ("level", "how"), [(0, "covered"), (20, "dark"), (50, "dim"), (90, "bright"), (255, "bright")]
)
def test_light_is_told(level: int, how: str) -> None:
    assert light(plain(level, level, level)) == how


def test_a_lamp_in_the_dark_is_seen() -> None:
    picture = plain(12, 12, 12)
    picture[10:30, 20:40] = 255
    assert light(picture) == "lamp"
    assert "lamp" in answer(LocalEyes(EN), "Is the light on?", picture)


def test_what_moved_is_told_with_its_place() -> None:
    before = plain(100, 100, 100)
    after = before.copy()
    after[30:90, 0:40] = 230
    eyes = LocalEyes(EN)
    assert tell(eyes, "motion", before).startswith("I have not looked before")
    assert tell(eyes, "motion", before) == "Nothing has moved since I last looked."
    assert tell(eyes, "motion", after) == "Something has changed on the left since I last looked."


def test_more_light_alone_is_no_motion() -> None:
    chance = np.random.default_rng(0)
    before = chance.integers(60, 90, (120, 160, 3), np.uint8)
    assert moved(thumbnail(before), thumbnail(before + 40)) is None
    assert moved(thumbnail(before), thumbnail(before[:, :80])) == "everywhere"


def test_nothing_can_be_read_in_what_is_kept_of_a_picture() -> None:
    assert max(thumbnail(plain(1, 2, 3, (1080, 1920))).shape) <= 48


@pytest.mark.parametrize(
    ("question", "sight"),
    [
        ("What does the letter say?", "text"),
        ("Read me this.", "text"),
        ("What colour is it?", "colours"),
        ("Is the light on?", "light"),
        ("Scan the barcode, please.", "codes"),
        ("Is there anybody in the room?", "faces"),
        ("Has anything moved?", "motion"),
        ("What am I holding?", None),
    ],
)
def test_a_question_is_about_something_that_can_be_told(
    question: str, sight: Sight | None
) -> None:
    assert asked(question, EN.sight) == sight


def test_a_visual_question_is_answered_with_what_can_be_read() -> None:
    eyes = LocalEyes(EN, ScriptedReader((piece(0, 0, "WHOLE MILK 1 l"),)), ScriptedCodes(MILK))
    assert answer(eyes, "What am I holding?") == (
        "I can only read: WHOLE MILK 1 l A barcode: 4006381333931"
    )


def test_where_nothing_can_be_read_colours_are_told() -> None:
    eyes = LocalEyes(EN, ScriptedReader((piece(0, 0, "il", confidence=0.4),)), ScriptedCodes())
    assert answer(eyes, "What am I holding?", plain(200, 20, 20)) == (
        "I have no mind that sees, so I can only tell this much. It is mostly red."
    )
    assert answer(eyes, "Read this.") == "I see no text that I can read."


def test_in_the_dark_nothing_is_read() -> None:
    reader = ScriptedReader((piece(0, 0, "noise"),))
    assert answer(LocalEyes(EN, reader), "What does it say?", plain(2, 2, 2)).startswith(
        "It is dark"
    )
    assert not reader.shown


def test_a_missing_part_is_said() -> None:
    eyes = LocalEyes(EN)
    assert tell(eyes, "text", GREY) == "I cannot read here."
    assert tell(eyes, "codes", GREY) == "I cannot read codes here."
    assert "assistant models pull yunet" in tell(eyes, "faces", GREY)
    assert answer(eyes, "What does it say?") == "I cannot read here."


@pytest.mark.parametrize(
    ("count", "told"), [(0, "I see no face."), (1, "I see one face."), (3, "I see 3 faces.")]
)
def test_faces_are_counted(count: int, told: str) -> None:
    eyes = LocalEyes(EN, faces=ScriptedFaces(*[(0, 0, 9, 9)] * count))
    assert answer(eyes, "How many people are there?") == told


def test_a_long_text_has_pauses_between_words() -> None:
    eyes = LocalEyes(EN, ScriptedReader(tuple(piece(0, 30 * n, "word " * 9) for n in range(40))))
    told = answer(eyes, "What does it say?").removeprefix("I can only read: ").split(PAUSE)
    assert all(len(text) <= SPOKEN for text in told)
    assert " ".join(told).split() == ["word"] * 360, "nothing is lost, and no word is cut"


@pytest.mark.parametrize(
    ("language", "question", "told"),
    [
        ("de", "Was halte ich in der Hand?", "Ich kann nur lesen: VOLLMILCH 1 l"),
        ("es", "¿Qué tengo en la mano?", "Solo puedo leer: VOLLMILCH 1 l"),
        ("fr", "Qu'est-ce que je tiens ?", "Je peux seulement lire : VOLLMILCH 1 l"),
        ("de", "Welche Farbe hat das?", "Es ist überwiegend rot."),
        ("es", "¿De qué color es esto?", "Predomina: rojo."),
        ("fr", "C'est de quelle couleur ?", "Couleurs dominantes : rouge."),
    ],
)
def test_it_tells_what_it_sees_in_the_language_it_speaks(
    language: str, question: str, told: str
) -> None:
    eyes = LocalEyes(load(language), ScriptedReader((piece(0, 0, "VOLLMILCH 1 l"),)))
    assert answer(eyes, question, plain(220, 20, 20)) == told
