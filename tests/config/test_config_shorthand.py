"""Minds by their short names, and profiles: what they stand for, and what is wrong with one."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from assistant.config import Config, load
from assistant.config.fields import plain
from assistant.config.shorthand import MINDS
from assistant.errors import ConfigError

KEYS = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"), "x")


def given(folder: Path, text: str, environ: Mapping[str, str] = KEYS, **flags: object) -> Config:
    file = folder / "config.yaml"
    file.write_text(text)
    return load(file, environ=environ, flags={k.replace("__", "."): v for k, v in flags.items()})


def minds(config: Config) -> list[tuple[str, ...]]:
    """Return backend, model and address of each mind."""
    return [
        (mind.backend, *(str(getattr(mind.settings, of, "")) for of in ("model", "base_url")))
        for _, mind in config.llm.chain
    ]


def test_a_chain_needs_no_more_than_names(tmp_path: Path) -> None:
    config = given(tmp_path, "minds: [claude, {ollama: qwen3}, local]")
    assert minds(config) == [
        ("anthropic", "claude-haiku-5-5", "https://api.anthropic.com"),
        ("openai", "qwen3", "http://127.0.0.1:11434/v1"),
        ("llamacpp", "smollm2-135m-instruct-q4_1", ""),
    ]
    key = getattr(config.llm.settings, "api_key", None)
    assert key is not None
    assert key.get_secret_value() == "x"


@pytest.mark.parametrize("name", MINDS)
def test_each_name_is_taken_alone_with_a_model(name: str, tmp_path: Path) -> None:
    short = given(tmp_path, f"minds: [{{{name}: some-model}}]")
    long = given(tmp_path, f"llm: {{backend: {name}, model: some-model}}")
    assert minds(short) == minds(long)
    assert minds(short)[0][:2] == (MINDS[name][0], "some-model")


def test_what_is_given_wins_over_what_a_name_stands_for(tmp_path: Path) -> None:
    text = "llm: {backend: ollama, base_url: 'http://10.0.0.7:11434/v1', sees: true}"
    config = given(tmp_path, text)
    assert minds(config) == [("openai", "", "http://10.0.0.7:11434/v1")]
    assert getattr(config.llm.settings, "sees", None) is True


def test_minds_win_over_the_section_and_a_later_layer_over_them(tmp_path: Path) -> None:
    text = "llm: {backend: llamacpp, context: 4096, switch_after_s: 1}\nminds: [lmstudio, local]"
    config = given(tmp_path, text)
    assert [backend for backend, *_ in minds(config)] == ["openai", "llamacpp"]
    assert config.llm.switch_after_s == 1
    config = given(tmp_path, text, llm__backend="vllm", llm__model="qwen")
    assert minds(config)[0] == ("openai", "qwen", "http://127.0.0.1:8000/v1")
    config = given(tmp_path, text, {**KEYS, "ASSISTANT_MINDS": "[claude]"})
    assert [backend for backend, *_ in minds(config)] == ["anthropic"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("minds: [claud]", r"llm\.backend: there is no llm backend .claud.; did you mean claude"),
        ("minds: [{ollama: 3}]", "minds: should hold names such as claude"),
        ("minds: [claude, ollama, vllm, local]", "minds: holds 4; 3 are the most"),
        ("minds: {a: b}", "minds: should be a list of names"),
        ("profile: late", r"profile: there is no profile .late.; write it into profiles"),
        ("profiles: {late: {turns: {pause: 1}}}", r"turns\.pause: unknown key"),
        ("profiles: {late: {turns: {patience: 3}}}", r"turns\.patience: should be one of"),
        ("profiles: {late: quick}", r"profiles\.late: should be a section"),
        ("profiles: {late: {profile: x}}", r"profiles\.late\.profile: belongs outside"),
        ("profiles: {none: {}}", r"profiles\.none: is what no profile is called"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        given(tmp_path, text)


def test_a_key_that_is_nowhere_is_said_where_the_mind_was_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ANTHROPIC_API_KEY is not set.*config\.yaml:2"):
        given(tmp_path, "language: en\nminds: [claude]", {})


PROFILES = """
turns: {patience: quick, window_s: 5}
profiles:
  evening: {turns: {patience: patient}, tts: {speed: 0.9}}
  away: {minds: [local], llm: {max_tokens: 50}, home: {password: secret}}
"""


def test_a_profile_lies_on_the_file_and_below_what_was_wished_for(tmp_path: Path) -> None:
    config = given(tmp_path, PROFILES, profile="evening")
    assert (config.turns.patience, config.turns.window_s) == ("patient", 5)
    assert getattr(config.tts.settings, "speed", 0) == 0.9
    config = given(tmp_path, PROFILES, profile="evening", turns__patience="normal")
    assert config.turns.patience == "normal"
    config = given(tmp_path, PROFILES, {"ASSISTANT_PROFILE": "evening"})
    assert config.turns.patience == "patient"
    assert given(tmp_path, PROFILES).turns.patience == "quick"
    assert given(tmp_path, f"profile: evening\n{PROFILES}", profile="").turns.patience == "quick"


def test_a_profile_is_shown_without_its_secrets(tmp_path: Path) -> None:
    shown = plain(given(tmp_path, PROFILES))["profiles"]
    assert shown["evening"] == {"turns": {"patience": "patient"}, "tts": {"speed": 0.9}}
    assert shown["away"]["home"] == {"password": "**********"}
