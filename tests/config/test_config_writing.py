"""A file is changed where it should be, and nowhere else."""

import difflib
from pathlib import Path

import pytest
import yaml

from assistant.config import load
from assistant.config.layers import shipped
from assistant.config.writing import SCHEMA_FILE, fresh, revised, write
from assistant.errors import ConfigError

MINE = """\
# my own words
turns:            # when it listens
    mode: always  # for now

    patience: 'patient'
stt: {model: "base", beam: 2}   # ears
tts:
    voice: en_US-joe-medium
    # the spare one
    fallback: null
wake:
    names:
      - alexa
      - hey_jarvis   # both
# the end
"""


def lines_changed(before: str, after: str) -> list[str]:
    """Return the lines that went and came, in the manner of diff."""
    marks = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in marks if line[0] in "+-"]


def test_a_value_is_replaced_and_all_else_stays() -> None:
    after = revised(MINE, {"turns.mode": "wake", "stt.model": "tiny.en"})
    changed = lines_changed(MINE, after)
    assert [line for line in changed if line[0] == "-"] == [
        "-     mode: always  # for now",
        '- stt: {model: "base", beam: 2}   # ears',
    ]
    assert "+     mode: wake    # for now" in changed or "+     mode: wake  # for now" in changed
    assert yaml.safe_load(after)["stt"] == {"model": "tiny.en", "beam": 2}
    assert "# ears" in after


def test_a_key_that_is_not_there_comes_with_its_comment_at_the_end_of_its_section() -> None:
    after = revised(MINE, {"tts.speed": 1.2})
    changed = lines_changed(MINE, after)
    assert changed == [
        "+     # How fast it speaks; 1 is its own pace.",
        "+     speed: 1.2",
    ]
    assert after.splitlines()[after.splitlines().index("    speed: 1.2") + 1] == "wake:"


def test_a_section_that_is_not_there_comes_whole() -> None:
    after = revised(MINE, {"device.microphone": "USB: Headset"})
    assert yaml.safe_load(after)["device"] == {"microphone": "USB: Headset"}
    assert "# Microphone and speaker." in after
    assert lines_changed(MINE, after)[0] == "+ "
    assert all(line in after for line in MINE.splitlines())


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "turns:\n", "turns: null  # none\n"])
def test_an_empty_file_or_section_is_filled(text: str) -> None:
    after = revised(text, {"turns.mode": "push", "turns.window_s": 4, "log.level": "debug"})
    assert yaml.safe_load(after) == {
        "turns": {"mode": "push", "window_s": 4},
        "log": {"level": "debug"},
    }
    assert all(comment in after for comment in text.splitlines() if comment.startswith("#"))


def test_another_backend_leaves_the_settings_of_the_old_one_as_comments() -> None:
    text = "llm:\n  backend: llamacpp\n  # mine\n  model: other.gguf\n  context: 4096  # long\n"
    changes: dict[str, object] = {
        "llm.backend": "openai",
        "llm.base_url": "http://127.0.0.1:11434/v1",
        "llm.api_key": {"env": "MY_KEY"},
    }
    after = revised(text, changes)
    assert yaml.safe_load(after) == {
        "llm": {
            "backend": "openai",
            "base_url": "http://127.0.0.1:11434/v1",
            "api_key": {"env": "MY_KEY"},
        }
    }
    for line in ("  # mine", "  # model: other.gguf", "  # context: 4096  # long"):
        assert line in after.splitlines()
    assert "# Address of the server, with its /v1." in after


def test_a_stage_on_one_line_gets_another_backend_too() -> None:
    after = revised("llm: {backend: llamacpp, context: 4096}  # mind\n", {"llm.backend": "openai"})
    assert yaml.safe_load(after) == {"llm": {"backend": "openai"}}
    assert "# mind" in after


@pytest.mark.parametrize(
    "value", ["on", "null", "1:30", "0x1f", "a: b", "# no", "", "5", "ж", "'"]
)
def test_text_stays_text_in_place_and_in_a_new_line(value: str) -> None:
    for text in ("device: {microphone: x}\n", "device:\n  microphone: x\n", "turns: {}\n"):
        after = revised(text, {"device.microphone": value})
        assert yaml.safe_load(after)["device"]["microphone"] == value


def test_lists_and_nothing_are_written() -> None:
    after = revised(MINE, {"wake.names": ["okay_nabu"], "turns.patience": None})
    assert yaml.safe_load(after)["wake"]["names"] == ["okay_nabu"]
    assert yaml.safe_load(after)["turns"]["patience"] is None
    assert "patience: null" in after


def test_the_shipped_file_changes_in_the_lines_that_it_should_and_loads(tmp_path: Path) -> None:
    before = fresh()
    changes: dict[str, object] = {
        "device.microphone": "USB",
        "turns.mode": "wake",
        "wake.names": ["alexa"],
        "stt.model": "tiny.en",
    }
    after = revised(before, changes)
    assert sorted(lines_changed(before, after)) == sorted(
        [
            *("-   microphone: null", "+   microphone: USB"),
            *("-   mode: always", "+   mode: wake"),
            *("-   names: [okay_nabu]", "+   names: [alexa]"),
            *("-   model: auto", "+   model: tiny.en"),
        ]
    )
    path = tmp_path / "config.yaml"
    path.write_text(after)
    config = load(path, environ={})
    assert config.turns.mode == "wake"
    assert getattr(config.device.settings, "microphone", None) == "USB"


def test_a_new_file_with_another_backend_explains_the_settings_of_that() -> None:
    text = fresh({"llm": "openai"})
    assert "# Address of the server, with its /v1." in text
    assert "gpu_layers" not in text
    assert yaml.safe_load(text)["llm"]["backend"] == "openai"
    assert fresh().endswith(shipped().read_text())


def test_what_is_written_strangely_is_left_alone() -> None:
    text = "a: &x\n  mode: always\nturns: *x\n"
    with pytest.raises(ConfigError, match=r"turns.mode: cannot be set without spoiling"):
        revised(text, {"turns.mode": "wake"})


def test_a_file_is_replaced_as_a_whole_and_keeps_its_rights(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.yaml"
    real.write_text("x")
    real.chmod(0o640)
    link = tmp_path / "mine" / "config.yaml"
    link.parent.mkdir()
    link.symlink_to(real)
    write(link, "turns: {}\n")
    assert link.is_symlink()
    assert real.read_text() == "turns: {}\n"
    assert real.stat().st_mode & 0o777 == 0o640
    new = tmp_path / "new" / "config.yaml"
    write(new, "turns: {}\n")
    assert new.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in new.parent.iterdir()) == sorted(
        ["config.yaml", SCHEMA_FILE]
    )
    with pytest.raises(ConfigError, match="check the path"):
        write(Path("/dev/null/config.yaml"), "")
