"""The file itself: which one, and what may be wrong before any key is looked at."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.config import load_section
from assistant.config.layers import shipped
from assistant.config.sections import Persona, Turns
from assistant.errors import ConfigError

NOBODY = 65534
LOOK = "check the indentation, the colons and the quotes there"
SECTIONS = "FILE: should hold sections such as `stt:`; see `assistant config show` for all"


def complaint(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_section(Turns, path, environ={})
    assert caught.value.exit_code == 78
    line = str(caught.value)
    assert "\n" not in line
    return line.replace(str(path), "FILE")


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "turns:\n", "turns: {}\n"])
def test_an_empty_file_is_the_defaults(file: Path, text: str) -> None:
    file.write_text(text)
    assert load_section(Turns, file, environ={}) == Turns()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "turns:\n  mode: push\n   complete_ms: 3\n",
            "FILE: line 3, column 15: mapping values are not allowed here; " + LOOK,
        ),
        ("turns:\n\tmode: push\n", "FILE: line 2, column 1: a tab; indent with spaces"),
        (
            'persona: {name: "Ada}\n',
            "FILE: line 2, column 1: found unexpected end of stream; " + LOOK,
        ),
        (
            "persona: {name: *ada}\n",
            "FILE: line 1, column 17: found undefined alias 'ada'; " + LOOK,
        ),
        (
            "turns: {mode: push}\nturns: {}\n",
            "turns: is given twice (FILE:1 and FILE:2); remove one",
        ),
        (
            "turns:\n  mode: push\n  complete_ms: 3\n  mode: always\n",
            "turns.mode: is given twice (FILE:2 and FILE:4); remove one",
        ),
        ("- turns\n", SECTIONS),
        ("turns\n", SECTIONS),
        ("a: &a [*a]\nb: &b {c: *b}\n", "FILE: refers to itself or is nested too deeply"),
        ("a: " + "[" * 5000, "FILE: refers to itself or is nested too deeply"),
        ("a: 2026-02-31\n", "FILE: is not YAML: day is out of range for month"),
    ],
)  # fmt: skip
def test_malformed_yaml_is_one_line_with_line_and_column(
    file: Path, text: str, expected: str
) -> None:
    file.write_text(text)
    assert complaint(file) == expected


def test_code_in_yaml_is_refused(file: Path) -> None:
    file.write_text("persona: !!python/object/apply:os.system [true]\n")
    assert "could not determine a constructor" in complaint(file)


def test_a_file_that_is_no_text(file: Path) -> None:
    file.write_bytes(b"persona: \xff\xfe\n")
    assert complaint(file) == "FILE: is not UTF-8 text (byte 9); save it as UTF-8"
    file.write_bytes(b"persona: \x00\n")
    assert complaint(file).startswith("FILE: is not YAML: unacceptable character")


def test_a_file_that_is_not_there(file: Path) -> None:
    assert complaint(file) == "FILE: there is no such file; check --config"


def test_a_directory(tmp_path: Path) -> None:
    assert complaint(tmp_path) == (
        "FILE: is a directory; name the file in it, for example config.yaml"
    )


@contextmanager
def powerless() -> Iterator[None]:
    """Be somebody who may not read everything, also where the tests run as root."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_unreadable_file(file: Path) -> None:
    file.write_text("turns: {}\n")
    file.chmod(0)
    with powerless():
        assert complaint(file) == "FILE: may not be read; try: chmod u+r FILE"


def test_a_file_that_cannot_be_read() -> None:
    assert complaint(Path("/proc/self/mem")) == "FILE: cannot be read: Input/output error"


def test_the_users_own_file_is_found(tmp_path: Path) -> None:
    mine = tmp_path / ".config" / "assistant" / "config.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("persona: {name: Home}\n")
    environ = {"HOME": str(tmp_path)}
    assert load_section(Persona, environ=environ).name == "Home"

    other = tmp_path / "xdg" / "assistant" / "config.yaml"
    other.parent.mkdir(parents=True)
    other.write_text("persona: {name: Xdg}\n")
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    assert load_section(Persona, environ=environ).name == "Xdg"
    environ["XDG_CONFIG_HOME"] = "relative"
    assert load_section(Persona, environ=environ).name == "Home"


def test_a_named_file_wins_over_the_users_own(tmp_path: Path, file: Path) -> None:
    mine = tmp_path / "assistant" / "config.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("persona: {name: Mine}\n")
    file.write_text("persona: {name: Named}\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert load_section(Persona, file, environ=environ).name == "Named"


def test_without_a_home_the_shipped_file_is_read() -> None:
    assert shipped().is_file()
    assert load_section(Persona, environ={}) == Persona()


def test_an_anchor_and_a_merge_are_fine(file: Path) -> None:
    file.write_text("turns: &t {mode: push}\npersona: {<<: {name: Bo}, prompt_extra: x}\n")
    assert load_section(Persona, file, environ={}) == Persona(name="Bo", prompt_extra="x")
