"""Defaults, file, environment, command line: who wins, and what a change of backend drops."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from assistant.config import load_section
from assistant.config.layers import from_environment
from assistant.config.sections import Persona, Recorder, Tts, Turns
from tests.config.conftest import Complaints, Load


def test_each_layer_wins_over_the_one_before_key_by_key(file: Path) -> None:
    file.write_text("turns: {finalize_ms: 1, complete_ms: 201, unsure_ms: 501}\n")
    turns = load_section(
        Turns,
        file,
        environ={"ASSISTANT_TURNS__FINALIZE_MS": "2", "ASSISTANT_TURNS__COMPLETE_MS": "202"},
        flags={"turns.finalize_ms": 3},
    )
    assert (turns.finalize_ms, turns.complete_ms, turns.unsure_ms) == (3, 202, 501)
    assert turns.incomplete_ms == Turns().incomplete_ms


def test_a_flag_that_is_none_was_not_given(file: Path) -> None:
    file.write_text("recorder: {record: a.wav}\n")
    recorder = load_section(Recorder, file, environ={}, flags={"recorder.record": None})
    assert recorder.record == Path("a.wav")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"ASSISTANT_LANGUAGE": "de"}, {"language": "de"}),
        ({"ASSISTANT_STT__MODEL": "base"}, {"stt": {"model": "base"}}),
        ({"ASSISTANT_TTS__FALLBACK__BACKEND": "x"}, {"tts": {"fallback": {"backend": "x"}}}),
        ({"ASSISTANT_TTS__FALLBACK": "null"}, {"tts": {"fallback": None}}),
        ({"ASSISTANT_TTS__WORDS": "[a, b]"}, {"tts": {"words": ["a", "b"]}}),
        ({"ASSISTANT_TTS": "{backend: x}"}, {"tts": {"backend": "x"}}),
        ({"ASSISTANT_MODELS_DIR": "/x", "HOME": "/y", "assistant_stt__model": "z"}, {}),
    ],
)
def test_variables(variables: Mapping[str, str], expected: Mapping[str, object]) -> None:
    assert from_environment(variables).tree == expected


def test_flags_are_written_like_variables(load_text: Load) -> None:
    config = load_text(
        WITH_SETTINGS, tts__fallback="null", tts__words="[a, b]", device__backend="null"
    )
    assert config.tts.fallback is None
    assert config.tts.settings.model_dump()["words"] == ("a", "b")
    assert config.device.backend == "null"


def test_text_of_the_environment_becomes_numbers_and_truth(file: Path) -> None:
    file.touch()
    environ = {
        "ASSISTANT_RECORDER__MASK": "false",
        "ASSISTANT_RECORDER__RING_TURNS": "7",
        "ASSISTANT_RECORDER__RECORD": "null",
        "ASSISTANT_PERSONA__NAME": "007",
    }
    recorder = load_section(Recorder, file, environ=environ)
    assert (recorder.mask, recorder.ring_turns, recorder.record) == (False, 7, None)
    assert load_section(Persona, file, environ=environ).name == "007"


def test_complaints_name_the_variable_and_the_command_line(complaints: Complaints) -> None:
    assert complaints("", {"ASSISTANT_TURNS__COMPLTE_MS": "1"}) == [
        (
            "turns.complte_ms: unknown key; did you mean complete_ms? "
            "(environment ASSISTANT_TURNS__COMPLTE_MS)"
        )
    ]
    assert complaints("", turns__complete_ms="soon") == [
        "turns.complete_ms: should be a whole number, is 'soon' (command line)"
    ]
    assert complaints("", {"ASSISTANT_TTS__WORDS": "[a"}) == [
        "tts.words: is no list or mapping in YAML (environment ASSISTANT_TTS__WORDS)"
    ]
    assert complaints("", {"ASSISTANT_TTS": "x", "ASSISTANT_TTS__VOICE": "y"}) == [
        (
            "tts.voice: is inside of a single value "
            "(environment ASSISTANT_TTS, environment ASSISTANT_TTS__VOICE)"
        )
    ]


WITH_SETTINGS = "tts: {backend: pretend.voice, voice: amy, fallback: {backend: pretend.plain}}\n"


def test_another_backend_drops_the_settings_of_the_old_one(load_text: Load) -> None:
    tts = load_text(WITH_SETTINGS, {"ASSISTANT_TTS__BACKEND": "pretend.plain"}).tts
    assert tts.backend == "pretend.plain"
    assert tts.settings.model_dump() == {}
    assert tts.fallback is not None, "the fallback is no setting of the backend"


def test_the_same_backend_keeps_them(load_text: Load) -> None:
    tts = load_text(WITH_SETTINGS, {"ASSISTANT_TTS__BACKEND": "pretend.voice"}).tts
    assert tts.settings.model_dump()["voice"] == "amy"


def test_a_fallback_can_be_changed_and_switched_off(load_text: Load) -> None:
    changed = load_text(
        WITH_SETTINGS, tts__fallback__backend="pretend.voice", tts__fallback__voice="bo"
    ).tts
    assert changed.fallback is not None
    assert changed.fallback.settings.model_dump()["voice"] == "bo"
    assert load_text(WITH_SETTINGS, {"ASSISTANT_TTS__FALLBACK": "null"}).tts.fallback is None


def test_a_section_alone_minds_no_fault_of_another_one(file: Path) -> None:
    file.write_text("turns: {mode: no}\nllm: {backend: nowhere}\npersona: {name: Bo}\n")
    assert load_section(Persona, file, environ={}).name == "Bo"


def test_a_stage_alone(file: Path) -> None:
    file.write_text(WITH_SETTINGS)
    tts = load_section(Tts, file, environ={})
    assert tts.settings.model_dump()["voice"] == "amy"
