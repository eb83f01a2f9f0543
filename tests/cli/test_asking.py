"""Questions through a pipe, at the end of one, and without anybody."""

import io
import os
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console

from assistant.cli.asking import Asked

OPTIONS = {"always": "it always listens", "wake": "after its name", "push": "by a key"}
Given = Callable[..., Asked]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Given]:
    """Make questions whose answers are these lines, through a pipe."""
    ends = []

    def made(text: str, *, yes: bool = False) -> Asked:
        reader, writer = os.pipe()
        os.write(writer, text.encode())
        os.close(writer)
        stdin = os.fdopen(reader)
        ends.append(stdin)
        monkeypatch.setattr("sys.stdin", stdin)
        return Asked(Console(file=io.StringIO(), width=100), yes=yes)

    yield made
    for end in ends:
        end.close()


def shown(asked: Asked) -> str:
    assert isinstance(asked.console.file, io.StringIO)
    return asked.console.file.getvalue()


def test_an_answer_is_a_number_a_name_or_its_beginning(given: Given) -> None:
    asked = given("2\npush\nalw\n\n")
    answers = [asked.choose("When?", OPTIONS, "wake") for _ in range(4)]
    assert answers == ["wake", "push", "always", "wake"]
    assert not asked.alone


def test_nonsense_is_asked_again(given: Given) -> None:
    asked = given("9\nnever\n0\n3\nmaybe\nN\n")
    assert asked.choose("When?", OPTIONS, "wake") == "push"
    assert asked.sure("Really?") is False
    assert shown(asked).count("please") == 4


def test_at_the_end_what_is_suggested_holds_and_it_says_so_once(given: Given) -> None:
    asked = given("n")
    assert asked.sure("Really?") is False, "a last line needs no end"
    assert asked.sure("And this?") is True
    assert asked.choose("When?", OPTIONS, "push") == "push"
    assert asked.text("Where?", "here", lambda _: "never right") == "here"
    assert asked.alone
    assert shown(asked).count("nobody answers") == 1


def test_unattended_it_reads_nothing(given: Given) -> None:
    asked = given("n\n", yes=True)
    assert asked.sure("Really?") is True


def test_without_any_stdin_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert Asked(Console(file=io.StringIO())).alone


def test_a_line_that_is_wrong_is_told_why(given: Given) -> None:
    asked = given("nonsense\nhttp://x/v1\n")
    wrong = "an address, please"
    answer = asked.text("Where?", "", lambda text: "" if "://" in text else wrong)
    assert answer == "http://x/v1"
    assert wrong in shown(asked)


def test_a_pipe_that_never_says_anything_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("assistant.cli.asking.PATIENCE", 0.05)
    reader, writer = os.pipe()
    with os.fdopen(reader) as stdin, os.fdopen(writer, "w"):
        monkeypatch.setattr("sys.stdin", stdin)
        asked = Asked(Console(file=io.StringIO()))
        assert asked.sure("Really?") is True
        assert asked.alone
