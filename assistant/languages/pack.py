"""The form of a language pack: what must be known of a language to take turns in it.

All phrases are compared after `normalised`, so their case, accents' encoding and punctuation do
not matter here.
"""

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import assistant.languages
from assistant.core.commands import Notice
from assistant.errors import ConfigError
from assistant.languages.sight import SightWords

_FORMS = frozenset({"pack", "sight", "spoken", "when"})
"""Modules beside the languages."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "`": "'"})


@dataclass(frozen=True, slots=True)
class Asking:
    """What is said while tools run, and how the user is asked; in English."""

    moment: str = "One moment."
    still: str = "I am still at it."
    shall: str = "Shall I {what}?"
    use: str = "use {tool}"
    use_with: str = "use {tool}, with {values}"
    also: str = " and "
    finished: str = "{what} is done."
    done: str = "Done."
    failed: str = "Sorry, I could not do that."
    agrees: tuple[str, ...] = (
        *("yes", "yeah", "yep", "yup", "sure", "of course", "okay", "ok", "all right", "alright"),
        *("do it", "do that", "do so", "go ahead", "please do", "absolutely", "definitely"),
    )
    """Begin an assent, which is one if no other words follow than these and the question's."""
    softens: frozenset[str] = frozenset(
        {"please", "thanks", "thank", "you", "it", "that", "them", "so", "now", "just", "the"}
    )
    """Words that may stand in an assent and change nothing."""
    refuses: frozenset[str] = frozenset(
        {
            *("no", "not", "don't", "never", "nope", "nah", "wait", "later", "but", "instead"),
            *("stop", "cancel", "except", "unless", "if", "first"),
        }
    )
    """Words that no assent holds."""


@dataclass(frozen=True, slots=True)
class Sights:
    """Which questions are about something that can be seen.

    Regular expressions, searched in the normalised words of a question with a blank between
    them, and the sentences that are said when nothing was seen.
    """

    shown: tuple[str, ...] = ()
    """It is about what is before the camera,"""
    pointing: tuple[str, ...] = ()
    """the same, where no picture was talked about and nothing is said before it: who means a word
    says it again ("a sloop? What is that?"),"""
    near: tuple[str, ...] = ()
    """the same, where no picture was talked about that it could be about instead,"""
    vague: tuple[str, ...] = ()
    """the same, where nothing at all was talked about that it could be about instead,"""
    screen: tuple[str, ...] = ()
    """on the screen,"""
    file: tuple[str, ...] = ()
    """or in a picture or document that was handed over."""
    asides: tuple[str, ...] = ()
    """Words that are left out before: a "this" at which nothing can be pointed ("this week")."""
    never: tuple[str, ...] = ()
    """It is none of these, whatever else holds."""
    leads: tuple[str, ...] = ()
    """What may stand before a question and changes nothing: "okay so tell me"."""
    reading: tuple[str, ...] = ()
    """It wants text read, so the picture must be sharp."""
    refers: tuple[str, ...] = ()
    """It may go on about the picture of the question before: "and what colour is it"."""
    excuses: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By what is wrong: see `looking.sight.Trouble`."""


@dataclass(frozen=True, slots=True)
class Pack:
    """One language. The phrases of a kind may be combined ("okay, stop", "yeah yeah")."""

    code: str
    """ISO 639-1: "en"."""
    name: str
    """What its speakers call it."""
    backchannels: tuple[str, ...]
    """ "Mm-hmm": the listener listens."""
    assents: tuple[str, ...]
    """ "Yes", "no", "okay": a backchannel, or the answer to a question."""
    stops: tuple[str, ...]
    """Fall silent, and want no answer."""
    cancels: tuple[str, ...]
    """End what was begun."""
    courtesies: tuple[str, ...]
    """Words around a short order that change nothing: "please"."""
    fillers: tuple[str, ...]
    """Sounds of hesitation: they are no words, and after one the speaker goes on."""
    openers: frozenset[str]
    """Words with which nothing ends: articles, conjunctions."""
    dangling: frozenset[str]
    """Words that end a question ("what is it for?") but hardly anything else."""
    heads: tuple[str, ...]
    """Whole texts that are only the beginning of a message: "can you"."""
    notices: Mapping[Notice, str] = field(hash=False)
    """What the assistant says of its own troubles."""
    digits: frozenset[str]
    """The words for 0 to 9 as they are dictated."""
    numbers: str
    """The language's name in `num2words`."""
    espeak: str
    """The name of its espeak-ng voice."""
    sight: SightWords
    """What it takes to read pages and to tell what is seen."""
    sentence_ends: str = ".?!"
    """Characters that end a sentence."""
    asking: Asking = field(default=Asking(), hash=False)
    """What is said while tools run, and how the user is asked."""
    sights: Sights = Sights()
    """Empty: only pictures that are handed over are looked at."""


def normalised(text: str) -> tuple[str, ...]:
    """Return the words of a text: no case, no punctuation, one form of each character."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
    return tuple(_WORD.findall(plain))


def known() -> tuple[str, ...]:
    """Return the codes of all languages that there are packs for."""
    modules = pkgutil.iter_modules(assistant.languages.__path__)
    names = (module.name for module in modules)
    return tuple(sorted(name for name in names if name not in _FORMS and "_" not in name))


@cache
def load(code: str) -> Pack:
    """Return the pack of a language; raises `ConfigError` if there is none."""
    if code not in known():
        raise ConfigError(
            "language", f"there is no pack for {code!r}; there are: {', '.join(known())}"
        )
    module = importlib.import_module(f"assistant.languages.{code}")
    pack: Pack = module.PACK
    return pack
