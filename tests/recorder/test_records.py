import json
import random
import types
import typing
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

import pytest

from assistant.core.commands import Announce, Command, Notice, Reply
from assistant.core.events import Event, Heard, Kind, ListeningFailed, PolicyChanged, Verdict
from assistant.recorder.records import Vocabulary, encode, mask

WORDS = ("", "stop", "a zebra?", "naïve 東京\n", '{"is": "Heard"}', "  two  spaces ")
CLASSES = (*typing.get_args(Event), *typing.get_args(Command))


def seeded(seed: str) -> random.Random:
    return random.Random(seed)


def invent(hint: Any, rng: random.Random) -> Any:
    """An instance of what a type hint allows, at random but repeatably."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return invent(rng.choice(arguments), rng)
    if origin is tuple:
        return tuple(invent(arguments[0], rng) for _ in range(rng.randrange(3)))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return rng.choice(list(hint))
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return typing.cast("type", hint)(**{name: invent(of, rng) for name, of in hints.items()})
    makers: Any = {
        str: lambda: rng.choice(WORDS),
        int: lambda: rng.randrange(-3, 10**12),
        float: lambda: rng.uniform(-1, 1e6),
        bool: lambda: rng.random() < 0.5,
        types.NoneType: lambda: None,
        object: lambda: (1, 0.5, True, "plain"),
    }
    return makers[hint]()


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_event_and_command_comes_back_equal_from_json(kind: type) -> None:
    rng, words = seeded(kind.__name__), Vocabulary()
    for _ in range(40):
        thing = invent(kind, rng)
        back = words.decode(json.loads(json.dumps(encode(thing))))
        assert back == thing
        assert repr(back) == repr(thing)  # 1 == 1.0 == True: the types must be the same too


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_masked_records_have_the_same_form_and_not_one_word(kind: type) -> None:
    rng, words = seeded(kind.__name__), Vocabulary()
    for _ in range(40):
        thing = invent(kind, rng)
        masked = words.decode(json.loads(json.dumps(encode(thing, masked=True))))
        assert type(masked) is type(thing)
        again = encode(masked, masked=True)
        assert again == encode(masked)  # masking leaves nothing to mask
        if kind not in (PolicyChanged, ListeningFailed, Heard):  # these have texts that stay
            assert not any(word in repr(masked) for word in ("東京", "zebra", "stop", "two"))


def test_masking_commutes_with_joining_cutting_and_stripping() -> None:
    rng = seeded("masking")
    for _ in range(500):
        a, b = ("".join(rng.choices("ab é\t東\n.", k=rng.randrange(9))) for _ in range(2))
        assert mask(f"{a} {b}") == mask(a) + " " + mask(b)
        assert mask(a.strip()) == mask(a).strip()
        assert mask(a[:3]) == mask(a)[:3]
        assert bool(mask(a)) == bool(a)
        assert [len(word) for word in mask(a).split()] == [len(word) for word in a.split()]


def test_what_the_core_compares_and_what_names_a_fault_stay_readable() -> None:
    heard = Heard(3, "secret words", Verdict(Kind.WORDS, digest="ab12"), take=2)
    masked = Vocabulary().decode(encode(heard, masked=True))
    assert masked == Heard(3, "xxxxxx xxxxx", Verdict(Kind.WORDS, digest="ab12"), take=2)
    failed = ListeningFailed(1, "the microphone is gone")
    assert Vocabulary().decode(encode(failed, masked=True)) == failed


def test_a_notice_is_no_text_and_is_not_masked() -> None:
    notice = Announce(1, Notice.MIND_SLOW)
    assert Vocabulary().decode(encode(notice, masked=True)) == notice


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"is": "Gone", "turn": 1}, "Gone"),
        ({"is": "Kind.GONE"}, "Kind.GONE"),
        ({"is": "Reply", "turn": 1}, "Reply"),
        ({"is": "Reply", "turn": 1, "text": "", "more": 2}, "Reply"),
        ({"turn": 1}, "no record"),
    ],
)
def test_a_record_of_another_version_is_named(data: object, names: str) -> None:
    with pytest.raises(ValueError, match=names):
        Vocabulary().decode(data)


def test_what_has_no_place_in_a_log_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        encode(Reply(1, typing.cast("str", b"no text")))


def test_two_types_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="Reply"):
        Vocabulary((type("Reply", (), {}),))
