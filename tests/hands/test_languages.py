"""The hands in each language that there is a file of sentences for."""

from datetime import datetime
from pathlib import Path

import pytest

from assistant.languages.pack import known
from assistant.languages.spoken import sentences
from tests.hands.home import Home, at_home, hands

TALKS = {
    "de": [
        ("Wie spät ist es?", "Es ist 20 Uhr 42."),
        ("Welches Datum ist heute?", "Heute ist Samstag, der 28. November 2026."),
        ("Stell einen Timer auf fünf Minuten.", "5 Minuten, ab jetzt."),
        ("stell einen Pizza-Timer auf eine halbe Stunde", "Pizza, 30 Minuten, ab jetzt."),
        ("brich den Timer ab", "Welcher: dein 5-Minuten-Timer und dein Pizza-Timer?"),
        ("Weck mich morgen um halb sieben.", "Ich wecke dich morgen um 6 Uhr 30."),
        ("stell einen Wecker auf 25 Uhr", "25 Uhr gibt es nicht."),
        ("stell einen Timer auf -5 Minuten", "Für die Vergangenheit kann ich nichts stellen."),
        ("erinnere mich", "Woran soll ich dich erinnern?"),
        ("den Müll rausbringen", "Wann soll ich dich erinnern?"),
        ("morgen um neun", "Ich erinnere dich morgen um 9 Uhr."),
        ("Was ist 10 geteilt durch 4?", "2,5."),
        ("Setz Milch auf die Einkaufsliste.", "Milch, auf der Einkaufsliste."),
        ("Erzähl mir einen Witz", "-"),
    ],
    "es": [
        ("¿Qué hora es?", "Son las 20 y 42."),
        ("Pon un temporizador de cinco minutos.", "5 minutos, desde ahora."),
        ("añade dos minutos", "A tu temporizador le quedan 7 minutos."),
        ("Despiértame mañana a las seis y cuarto.", "Te despertaré mañana a las 6 y 15."),
        ("pon una alarma a las 25", "La hora 25 no existe."),
        ("pon un temporizador de -5 minutos", "No puedo poner nada en el pasado."),
        ("recuérdame", "¿Qué te recuerdo?"),
        ("sacar la basura", "¿Cuándo te lo recuerdo?"),
        ("mañana a las nueve", "Te lo recordaré mañana a las 9."),
        ("¿Cuánto es doce por nueve?", "108."),
        ("Añade leche a la lista de la compra.", "Leche, en la lista de la compra."),
        ("que hora es", "Son las 20 y 42."),
        ("anade café a la lista de la compra", "Café, en la lista de la compra."),
        ("cuéntame un chiste", "-"),
    ],
    "fr": [
        ("Quelle heure est-il ?", "Il est 20 heures 42."),
        ("Mets un minuteur de cinq minutes.", "5 minutes, à partir de maintenant."),
        ("ajoute deux minutes", "Il reste 7 minutes à ton minuteur."),
        ("annule le minuteur", "J'ai annulé ton minuteur."),
        ("mets un minuteur d'une demi-heure", "30 minutes, à partir de maintenant."),
        ("mets une alarme à huit heures et demie", "Je te réveillerai demain à 8 heures 30."),
        ("mets une alarme à 25 heures", "25 heures, cela n'existe pas."),
        ("mets un minuteur de -5 minutes", "Je ne peux rien régler dans le passé."),
        ("rappelle-moi", "Que dois-je te rappeler ?"),
        ("sortir la poubelle", "Quand dois-je te le rappeler ?"),
        ("demain à neuf heures", "Je te le rappellerai demain à 9 heures."),
        ("Combien font douze fois neuf ?", "108."),
        ("Ajoute du lait à la liste de courses.", "Du lait, sur la liste de courses."),
        ("ajoute du café a la liste de courses", "Du café, sur la liste de courses."),
        ("raconte une blague", "-"),
    ],
}


@pytest.mark.parametrize("code", TALKS)
def test_it_answers(code: str, tmp_path: Path) -> None:
    async def play(here: Home) -> None:
        for said, answer in TALKS[code]:
            assert (said, await here.says(said)) == (said, answer)

    at_home(tmp_path / "kept.sqlite", play, code=code)


NIGHTS = {
    "de": (
        "weck mich um 2 Uhr 30",
        (
            "In dieser Nacht gibt es 2 Uhr 30 nicht, die Uhr wird vorgestellt: der Wecker steht "
            "auf morgen um 3 Uhr."
        ),
    ),
    "es": (
        "despiértame a las 2:30 de la mañana",
        (
            "Esa noche no existen las 2 y 30, porque se adelanta el reloj: la alarma queda para "
            "mañana a las 3."
        ),
    ),
    "fr": (
        "réveille-moi à 2 h 30",
        (
            "Cette nuit-là, 2 heures 30 n'existe pas, car on avance l'heure : le réveil est réglé "
            "pour demain à 3 heures."
        ),
    ),
}


@pytest.mark.parametrize("code", NIGHTS)
def test_an_hour_that_the_clock_jumps_over_is_said_to_be_missing(
    code: str, tmp_path: Path
) -> None:
    said, answer = NIGHTS[code]

    async def play(here: Home) -> None:
        assert await here.says(said) == answer

    at_home(tmp_path / "kept.sqlite", play, code=code, at=datetime(2027, 3, 27, 22))


@pytest.mark.parametrize("code", known())
def test_each_example_works(code: str, tmp_path: Path) -> None:
    async def play(here: Home) -> None:
        for example in hands(code).examples():
            assert await here.says(example) != "-", example

    at_home(tmp_path / "kept.sqlite", play, code=code)


@pytest.mark.parametrize("code", known())
def test_nothing_is_left_unsaid(code: str) -> None:
    english, there = sentences("en"), sentences(code)
    for part in ("answers", "forms", "examples", "intents"):
        missing = set(english[part]) - set(there[part])
        assert missing <= {"no_unit", "date_on"}, (part, missing)
