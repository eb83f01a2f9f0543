import string

import pytest
from num2words import num2words

from assistant.core.commands import Notice
from assistant.errors import ConfigError
from assistant.languages.pack import Pack, known, load, normalised


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("…", ()),
        ("What's the TIME?", ("what's", "the", "time")),
        ("What\u2019s up", ("what's", "up")),
        ("mm-hmm", ("mm", "hmm")),
        ("  'Quoted,' she said. ", ("quoted", "she", "said")),
        ("STRASSE und Straße", ("strasse", "und", "strasse")),
        ("\uff46\uff55\uff4c\uff4c width", ("full", "width")),
        ("cafe\u0301 = café", ("café", "café")),
        ("at 7:30 p.m.", ("at", "7", "30", "p", "m")),
    ],
)
def test_words_have_one_form(text: str, words: tuple[str, ...]) -> None:
    assert normalised(text) == words


def test_an_unknown_language_names_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"^language: there is no pack for 'tlh'; .*\ben\b"):
        load("tlh")


@pytest.mark.parametrize("code", ["pack", "", "en.", "../en"])
def test_only_languages_are_loaded(code: str) -> None:
    with pytest.raises(ConfigError):
        load(code)


@pytest.fixture(params=known())
def pack(request: pytest.FixtureRequest) -> Pack:
    return load(str(request.param))


def test_every_notice_has_a_sentence(pack: Pack) -> None:
    assert set(pack.notices) == set(Notice)
    assert all(text.endswith(tuple(pack.sentence_ends)) for text in pack.notices.values())


def test_phrases_are_words(pack: Pack) -> None:
    kinds = (pack.backchannels, pack.assents, pack.stops, pack.cancels, pack.fillers, pack.heads)
    for phrases in (*kinds, pack.courtesies):
        assert all(normalised(phrase) for phrase in phrases)


def test_no_phrase_means_two_things(pack: Pack) -> None:
    kinds = [pack.backchannels, pack.assents, pack.stops, pack.cancels]
    phrases = [normalised(phrase) for kind in kinds for phrase in kind]
    assert len(set(phrases)) == len(phrases)


def test_single_words_are_in_their_one_form(pack: Pack) -> None:
    assert all(normalised(word) == (word,) for word in pack.openers | pack.dangling)
    assert not pack.openers & pack.dangling


def test_the_language_is_named_as_its_libraries_name_it(pack: Pack) -> None:
    assert num2words(7, lang=pack.numbers)
    assert pack.code == load(pack.code).code


ENGLISH = load("en")


def test_what_is_seen_is_told_in_its_own_language(pack: Pack) -> None:
    """Each sentence is there, has the same gaps, and is another one than the English."""
    own, model = pack.sight, ENGLISH.sight
    for told, expected in ((own.says, model.says), (pack.sights.excuses, ENGLISH.sights.excuses)):
        assert set(told) == set(expected)
        for name, text in expected.items():
            assert gaps(told[name]) == gaps(text), name
            assert pack is ENGLISH or told[name] != text, name
    assert set(own.colours) == set(model.colours)
    assert set(own.asks) == set(model.asks)
    assert set(own.fields) == set(model.fields)
    assert len(own.months) == 12


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_labels_are_compared_as_they_are_written(pack: Pack) -> None:
    """A label with an accent's other encoding, or an empty one, would never be found."""
    sight = pack.sight
    labels = [label for known in sight.fields.values() for label in known.labels]
    for phrase in (*labels, *sight.titles, *sight.sums, *sight.go_on, *sight.spell):
        assert normalised(phrase)
