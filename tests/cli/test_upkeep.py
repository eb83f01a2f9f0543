"""Which settings a running daemon takes at once: what it then has is what it says."""

import pytest

from assistant.cli.upkeep import _is_live, _partly
from assistant.config import load
from assistant.config.changes import changed

BASE = load(environ={})
ALL = {
    "language": "de",
    "persona.name": "Bob",
    "persona.prompt_extra": "You live in Oslo.",
    "device.duck_db": 3,
    "device.volume_db": -6,
    "device.zeros_s": 0,
    "device.microphone": "headset",
    "stt.model": "base",
    "llm.max_tokens": 20,
    "tts.backend": "espeak",
    "turns.mode": "push",
    "turns.patience": "patient",
    "turns.judges.sound": False,
    "turns.longest_s": 30,
    "conversation.idle_minutes": 1,
    "recorder.mask": False,
    "log.level": "debug",
    "log.pii": True,
}
LIVE = {
    *("persona.name", "persona.prompt_extra", "device.duck_db", "device.volume_db"),
    *("device.zeros_s", "turns.patience", "turns.longest_s", "conversation.idle_minutes"),
    "log.level",
}


def test_what_is_taken_is_taken_and_the_rest_is_as_it_was() -> None:
    new = load(environ={}, flags=ALL)
    assert set(changed(BASE, new)) == ALL.keys()
    holds = _partly(BASE, new)
    assert set(changed(BASE, holds)) == LIVE
    assert set(changed(holds, new)) == ALL.keys() - LIVE
    assert {key for key in ALL if _is_live(key)} == LIVE


@pytest.mark.parametrize("key", ALL)
def test_each_alone(key: str) -> None:
    new = load(environ={}, flags={key: ALL[key]})
    left = set(changed(_partly(BASE, new), new))
    assert left == (set() if key in LIVE else {key})


def test_another_device_waits_for_a_restart_with_all_its_settings() -> None:
    new = load(environ={}, flags={"device.backend": "null", "persona.name": "Bob"})
    holds = _partly(BASE, new)
    assert list(changed(BASE, holds)) == ["persona.name"]
    assert list(changed(holds, new)) == ["device.backend"]
