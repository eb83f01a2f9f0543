"""Secrets come from the environment, a file or a credential, and never get out again."""

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.config import Config
from assistant.config.fields import plain
from tests.config.conftest import Complaints, Load

TOKEN = "s3cr3t-t0ken"  # noqa: S105 - the tests' own


def with_key(value: str) -> str:
    return f"tts: {{backend: pretend.voice, fallback: null, api_key: {value}}}\n"


def key_of(config: Config) -> str:
    key = config.tts.settings.model_dump()["api_key"]
    assert isinstance(key, SecretStr)
    return key.get_secret_value()


def test_from_the_environment(load_text: Load) -> None:
    assert key_of(load_text(with_key("{env: MY_KEY}"), {"MY_KEY": TOKEN})) == TOKEN


def test_from_a_file(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{TOKEN}\n")
    assert key_of(load_text(with_key(f"{{file: {tmp_path / 'key'}}}"))) == TOKEN


def test_from_a_systemd_credential(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "llm").write_text(TOKEN)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert key_of(load_text(with_key("{credential: llm}"), environ)) == TOKEN


def test_a_later_layer_may_keep_it_elsewhere(load_text: Load) -> None:
    environ = {"ASSISTANT_TTS__API_KEY": "{env: MY_KEY}", "MY_KEY": TOKEN}
    assert key_of(load_text(with_key("{file: /nowhere}"), environ)) == TOKEN


def test_inside_of_sections_and_mappings(load_text: Load) -> None:
    text = """tts:
  backend: pretend.voice
  fallback: null
  account: {token: {env: MY_KEY}}
  headers: {authorization: {env: MY_KEY}}
"""
    voice = load_text(text, {"MY_KEY": TOKEN}).tts.settings.model_dump()
    assert voice["account"]["token"].get_secret_value() == TOKEN
    assert voice["headers"]["authorization"].get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "{env: OPENAI_API_KEY}",
            "environment variable OPENAI_API_KEY is not set; set it, or name a file: {file: PATH}",
        ),
        ("{file: /nowhere}", "cannot read /nowhere: No such file or directory; check the path"),
        ("{file: /}", "cannot read /: Is a directory; check the path"),
        ("{file: /dev/null}", "/dev/null is empty; write the secret into it"),
        (
            "{credential: llm}",
            (
                "there is no credential llm outside a systemd service with "
                "LoadCredential=llm:PATH; here, use {env: NAME} or {file: PATH}"
            ),
        ),
        (
            "{evn: X}",
            "should be one of {env: NAME}, {file: PATH}, {credential: NAME}; did you mean env?",
        ),
        ("{env: X, file: Y}", "should be one of {env: NAME}, {file: PATH}, {credential: NAME}"),
        ("{}", "should be one of {env: NAME}, {file: PATH}, {credential: NAME}"),
        ("{env: }", "env: should be followed by a name"),
    ],
)  # fmt: skip
def test_a_secret_that_is_not_there(complaints: Complaints, reference: str, message: str) -> None:
    assert complaints(with_key(reference)) == [f"tts.api_key: {message} (FILE:1)"]


def test_a_variable_that_is_empty_is_not_set(complaints: Complaints) -> None:
    (line,) = complaints(with_key("{env: MY_KEY}"), {"MY_KEY": ""})
    assert "MY_KEY is not set" in line


def test_a_credential_does_not_leave_its_directory(complaints: Complaints) -> None:
    environ = {"CREDENTIALS_DIRECTORY": "/etc"}
    (line,) = complaints(with_key("{credential: ../etc/passwd}"), environ)
    assert "a credential's name has no slash" in line


def test_a_secret_of_the_wrong_type_is_not_shown(complaints: Complaints) -> None:
    assert complaints(with_key("12345678")) == [
        "tts.api_key: should be text; put it in quotes (FILE:1)"
    ]
    assert complaints(with_key("[12345678]")) == ["tts.api_key: should be text (FILE:1)"]


def test_one_that_stands_in_the_file_is_warned_of(
    load_text: Load, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert key_of(load_text(with_key(TOKEN))) == TOKEN
    (record,) = caplog.records
    assert record.getMessage().startswith("tts.api_key: the secret itself is written here")
    assert TOKEN not in caplog.text


def test_one_in_the_environment_is_where_it_should_be(
    load_text: Load, caplog: pytest.LogCaptureFixture
) -> None:
    text = with_key("null")
    assert key_of(load_text(text, {"ASSISTANT_TTS__API_KEY": TOKEN})) == TOKEN
    assert not caplog.records


def test_it_is_never_shown(load_text: Load) -> None:
    config = load_text(with_key("{env: MY_KEY}"), {"MY_KEY": TOKEN})
    assert TOKEN not in repr(config)
    assert TOKEN not in str(plain(config))
    assert plain(config)["tts"]["api_key"] == "**********"
    assert TOKEN not in config.model_dump_json()
