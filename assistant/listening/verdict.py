"""What words do to the floor, as plain data: the core never sees a language."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from assistant.core.events import Kind, Verdict
from assistant.languages.pack import Pack, normalised
from assistant.listening.completeness import (
    ANSWER,
    NEVER_ENDS,
    PLAIN,
    cue,
    ends_sentence,
    is_number,
)
from assistant.ports import Transcript

UNCLEAR_WORDS = 3
"""So few words, of which the recogniser is unsure, are a sneeze or a guitar ("2.", "Heh heh")."""
UNCLEAR_OVER_US = 4
"""Over our own speech: an "mm-hmm" may be taken for so many."""
UNCLEAR_LOGPROB = -0.9
"""It is unsure below this mean log-probability of a token,"""
UNCLEAR_NO_SPEECH = 0.25
"""and above this probability that nobody spoke. "Yes." and "uh-huh" may be as unclear as that, so
they keep their meaning."""
ONE_LOGPROB, ONE_NO_SPEECH = -0.7, 0.28
"""The same for a single word: a sneeze is "2." at -0.8 and 0.4, "Hello?" -0.7 and 0.25."""
DIGEST = 8
"""Bytes of a digest: equal words must be told from others, no more."""

ECHO_WORDS = 30
"""What we said about ten seconds ago is no echo any more."""
ECHO_SHARE = 0.8
"""Of the words that are heard, so many in our order are ours: the recogniser mistakes some."""

Words = tuple[str, ...]


class _Phrases(NamedTuple):
    """A pack's phrases as words."""

    backchannels: frozenset[Words]
    assents: frozenset[Words]
    stops: frozenset[Words]
    cancels: frozenset[Words]
    courtesies: frozenset[Words]
    fillers: frozenset[Words]


def is_clear(heard: Transcript, *, over_us: bool = False, goes_on: bool = False) -> bool:
    """Tell whether a recogniser is sure enough of a text, if that is a few words.

    `over_us`: it was said while we spoke; who wants the floor says more, or says it again.
    `goes_on`: it was said just behind other words, so that two are likely meant.
    """
    words = len(normalised(heard.text))
    if words == 1 and heard.logprob < ONE_LOGPROB and heard.no_speech > ONE_NO_SPEECH:
        return False
    few = words <= (1 if goes_on else UNCLEAR_OVER_US if over_us else UNCLEAR_WORDS)
    return not (few and heard.logprob < UNCLEAR_LOGPROB and heard.no_speech > UNCLEAR_NO_SPEECH)


def is_ours(text: str, said: str) -> bool:
    """Tell whether the words heard are what we were just saying ourselves.

    `said`: our own words until now. For loudspeakers: where the microphone cannot hear us, who
    repeats our words wants something.
    """
    words, ours = normalised(text), normalised(said)[-ECHO_WORDS:]
    if not words or not ours:
        return False
    matcher = SequenceMatcher(None, words, ours, autojunk=False)
    found = sum(block.size for block in matcher.get_matching_blocks())
    return found >= ECHO_SHARE * len(words)


def judge(
    text: str, pack: Pack, *, digest_key: bytes, expecting: bool, clear: bool = True
) -> Verdict:
    """Say what a turn's words amount to.

    `expecting`: we have asked something, so that "yes" is a whole message. `clear`: else they are
    no words, unless they are an answer to us. The digest is keyed, so that a masked log does not
    give away short words.
    """
    words = normalised(text)
    phrases = _phrases(pack)
    kind = _kind(words, phrases)
    if kind is Kind.WORDS and not clear and not expecting:
        kind = Kind.NOTHING
    spoken = _without(words, phrases.fillers)
    return Verdict(
        kind=kind,
        complete=_complete(text, kind, pack, expecting=expecting),
        ends_sentence=kind is Kind.WORDS and ends_sentence(text, pack),
        digest=_digest(spoken, pack.code, digest_key),
    )


def _kind(words: Words, phrases: _Phrases) -> Kind:
    fillers = phrases.fillers
    listening = phrases.backchannels | phrases.assents
    around = listening | phrases.courtesies | fillers
    if _made_of(words, fillers):
        return Kind.NOTHING
    if _made_of(words, around | phrases.stops | phrases.cancels):
        if _holds(words, phrases.cancels, around | phrases.stops):
            return Kind.CANCEL
        if _holds(words, phrases.stops, around):
            return Kind.STOP
    if _holds(words, phrases.assents, listening | fillers):
        return Kind.ASSENT
    if _made_of(words, phrases.backchannels | fillers):
        return Kind.BACKCHANNEL
    return Kind.WORDS


def _complete(text: str, kind: Kind, pack: Pack, *, expecting: bool) -> float:
    match kind:
        case Kind.NOTHING:
            return NEVER_ENDS if normalised(text) else 1.0
        case Kind.STOP | Kind.CANCEL:
            return ANSWER
        case Kind.ASSENT | Kind.BACKCHANNEL:
            return ANSWER if expecting else min(PLAIN, cue(text, pack))
        case Kind.WORDS:
            return PLAIN if expecting and is_number(normalised(text), pack) else cue(text, pack)


def _digest(words: Words, language: str, key: bytes) -> str:
    """The same words in another language are others: they want another answer."""
    if not words:
        return ""
    return blake2b(" ".join((language, *words)).encode(), digest_size=DIGEST, key=key).hexdigest()


def _made_of(words: Words, phrases: frozenset[Words]) -> bool:
    """Tell whether the words are nothing but these phrases, one after another."""
    return _split(words, phrases, frozenset())


def _holds(words: Words, wanted: frozenset[Words], others: frozenset[Words]) -> bool:
    """Tell the same of these and others, at least one of them wanted."""
    return _split(words, others, wanted, need=True)


def _split(
    words: Words, plain: frozenset[Words], wanted: frozenset[Words], *, need: bool = False
) -> bool:
    """Walk all ways to cut the words into phrases; `need`: a wanted one must be among them."""
    reached: set[tuple[int, bool]] = {(0, False)}
    longest = max((len(phrase) for phrase in plain | wanted), default=0)
    for start in range(len(words)):
        for met in (False, True):
            if (start, met) not in reached:
                continue
            for end in range(start + 1, min(start + longest, len(words)) + 1):
                phrase = words[start:end]
                if phrase in wanted:
                    reached.add((end, True))
                if phrase in plain:
                    reached.add((end, met))
    return (len(words), True) in reached or (not need and (len(words), False) in reached)


def _without(words: Words, fillers: frozenset[Words]) -> Words:
    return tuple(word for word in words if (word,) not in fillers)


@lru_cache(maxsize=16)
def _phrases(pack: Pack) -> _Phrases:
    return _Phrases(
        _all(pack.backchannels),
        _all(pack.assents),
        _all(pack.stops),
        _all(pack.cancels),
        _all(pack.courtesies),
        _all(pack.fillers),
    )


def _all(phrases: Iterable[str]) -> frozenset[Words]:
    return frozenset(normalised(phrase) for phrase in phrases)
