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

import assistant.languages
from assistant.core.commands import Notice
from assistant.errors import ConfigError

_NO_PACKS = frozenset({"pack", "spoken", "when"})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "`": "'"})


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
    sentence_ends: str = ".?!"
    """Characters that end a sentence."""


def normalised(text: str) -> tuple[str, ...]:
    """Return the words of a text: no case, no punctuation, one form of each character."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
    return tuple(_WORD.findall(plain))


def known() -> tuple[str, ...]:
    """Return the codes of all languages that there are packs for."""
    modules = pkgutil.iter_modules(assistant.languages.__path__)
    return tuple(sorted(module.name for module in modules if module.name not in _NO_PACKS))


def load(code: str) -> Pack:
    """Return the pack of a language; raises `ConfigError` if there is none."""
    if code not in known():
        raise ConfigError(
            "language", f"there is no pack for {code!r}; there are: {', '.join(known())}"
        )
    module = importlib.import_module(f"assistant.languages.{code}")
    pack: Pack = module.PACK
    return pack
