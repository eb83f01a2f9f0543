"""What is different between two configurations: keys, and never a value."""

import pytest

from assistant.config import load
from assistant.config.changes import changed

BASE = load(environ={})


@pytest.mark.parametrize(
    ("flags", "keys"),
    [
        ({}, []),
        ({"turns.patience": "patient"}, ["turns.patience"]),
        ({"turns.judges.sound": False}, ["turns.judges.sound"]),
        ({"persona.name": "Bob", "log.level": "debug"}, ["persona.name", "log.level"]),
        ({"stt.model": "base"}, ["stt.model"]),
        ({"device.duck_db": 3}, ["device.duck_db"]),
        ({"device.backend": "null"}, ["device.backend"]),
        ({"tts.fallback": None}, []),  # not given
        ({"tts.fallback": "null"}, ["tts.fallback"]),
        ({"control.socket": "a.sock"}, ["control.socket"]),
    ],
)
def test_the_keys_that_differ_are_named(flags: dict[str, object], keys: list[str]) -> None:
    assert list(changed(BASE, load(environ={}, flags=flags))) == keys


def test_another_secret_is_a_change_and_stays_one() -> None:
    one, other = (
        load(environ={}, flags={"llm.backend": "openai", "llm.api_key": key, "llm.model": "m"})
        for key in ("first", "second")
    )
    assert list(changed(one, other)) == ["llm.api_key"]
