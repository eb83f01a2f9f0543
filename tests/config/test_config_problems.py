"""What a user may get wrong, and the one line that each of it is answered with."""

import pytest

from tests.config.conftest import Complaints


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "tts:\n  backend: pretend.voice\n  vocie: amy\n  fallback:",
            "tts.vocie: unknown key; did you mean voice? (FILE:3)",
        ),
        ("persna: {name: Bo}", "persna: unknown key; did you mean persona? (FILE:1)"),
        (
            "turns: {complete_ms: soon}",
            "turns.complete_ms: should be a whole number, is 'soon' (FILE:1)",
        ),
        ("turns:\n\n  tone_after_s: x", "turns.tone_after_s: should be a number, is 'x' (FILE:3)"),
        ("turns: {finalize_ms: -1}", "turns.finalize_ms: should be at least 0, is -1 (FILE:1)"),
        ("turns: {finalize_ms: yes}", "turns.finalize_ms: should be a number, is true (FILE:1)"),
        (
            "turns: {longest_s: .inf}",
            "turns.longest_s: should be a finite number, is inf (FILE:1)",
        ),
        (
            "turns: {finalize_ms: 1.5}",
            "turns.finalize_ms: should be a whole number, is 1.5 (FILE:1)",
        ),
        ("turns: {longest_s: }", "turns.longest_s: should be a number, is empty (FILE:1)"),
        (
            "turns: {mode: pussh}",
            ("turns.mode: should be one of always, wake or push, is 'pussh'; "
            "did you mean push? (FILE:1)"),
        ),
        (
            "turns: {complete_ms: 900}",
            "turns: complete_ms (900) should be at most unsure_ms (300) (FILE:1)",
        ),
        ("turns: 5", "turns: should be a section, is 5 (FILE:1)"),
        ("language: no", "language: should be text, is false; put it in quotes (FILE:1)"),
        ("persona: {name: 007}", "persona.name: should be text, is 7; put it in quotes (FILE:1)"),
        ("persona: {name: [a]}", "persona.name: should be text, is a list (FILE:1)"),
        ("recorder: {mask: maybe}", "recorder.mask: should be true or false, is 'maybe' (FILE:1)"),
        (
            "tts: {backend: pretend.voice, account: {nmae: x}, fallback: }",
            "tts.account.nmae: unknown key; did you mean name? (FILE:1)",
        ),
        (
            "tts: {backend: pretend.voice, threads: lots, fallback: }",
            "tts.threads: should be a whole number or auto, is 'lots' (FILE:1)",
        ),
        (
            "tts: {backend: pretend.voice, words: 3, fallback: }",
            "tts.words: should be a list, is 3 (FILE:1)",
        ),
        (
            "tts: {backend: pretend.voice, words: [a, {}], fallback: }",
            "tts.words.1: should be text, is a section (FILE:1)",
        ),
        (
            "tts: {bakend: pretend.voice, backend: pretend.plain, fallback: }",
            "tts.bakend: unknown key; did you mean backend? (FILE:1)",
        ),
        ("tts: piper", "tts: should be a section; write tts: {backend: piper} (FILE:1)"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_line(complaints: Complaints, text: str, line: str) -> None:
    assert complaints(text) == [line]


def test_all_mistakes_are_listed_in_the_order_of_the_file(complaints: Complaints) -> None:
    text = """\
turns:
  complete_ms: soon
tts:
  backend: pretend.voice
  quality: finest
  fallback:
    backend: espaek
log: {levle: info}
"""
    assert complaints(text) == [
        "turns.complete_ms: should be a whole number, is 'soon' (FILE:2)",
        "tts.quality: should be one of fast or fine, is 'finest'; did you mean fine? (FILE:5)",
        complaints(text)[2],  # of the backends that there are; below
        "log.levle: unknown key; did you mean level? (FILE:8)",
    ]
    assert complaints(text)[2].startswith("tts.fallback.backend: there is no tts backend 'espaek'")


def test_a_long_value_is_cut(complaints: Complaints) -> None:
    (line,) = complaints(f"turns: {{complete_ms: {'a' * 500}}}")
    assert len(line) < 120
    assert "…" in line


def test_an_unknown_backend_lists_what_there_is(complaints: Complaints) -> None:
    text = "tts: {backend: pretend.plain, fallback: }\n"
    (line,) = complaints(text, vad__backend="nonsense")
    assert line.startswith("vad.backend: there is no vad backend 'nonsense'; there is silero")
    assert line.endswith("(command line)")


def test_an_unknown_backend_names_a_near_one(complaints: Complaints) -> None:
    (line,) = complaints("", vad__backend="silreo")
    assert line == (
        "vad.backend: there is no vad backend 'silreo'; did you mean silero? (command line)"
    )


def test_a_module_that_is_not_there(complaints: Complaints) -> None:
    (line,) = complaints("tts: {backend: pretend.nowhere, fallback: }")
    assert line == (
        "tts.backend: there is no module pretend.nowhere; is its folder on PYTHONPATH? (FILE:1)"
    )


def test_a_backend_whose_package_is_not_installed(complaints: Complaints) -> None:
    (line,) = complaints("tts: {backend: pretend.needy, fallback: }")
    assert "needs the Python package a_package_that_nobody_has, which is not installed" in line


def test_a_module_that_is_no_backend(complaints: Complaints) -> None:
    (line,) = complaints("tts: {backend: pretend.hollow, fallback: }")
    assert "pretend.hollow is no backend" in line


def test_a_backend_must_be_named_by_text(complaints: Complaints) -> None:
    (line,) = complaints("tts: {backend: [pretend.voice], fallback: }")
    assert line == "tts.backend: should be text, is a list (FILE:1)"
