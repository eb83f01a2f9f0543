"""Notes that last: on a real file, over restarts, corrected and erased."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from assistant import memory as kept
from assistant.errors import ToolError
from assistant.memory import LONGEST, Memory
from assistant.tools.memory import correct_note, forget, recall, remember
from assistant.views import View

T = TypeVar("T")


class Here:
    """Surroundings with a memory of their own."""

    language = "en"

    def __init__(self, place: Path) -> None:
        self._memory = Memory(place)

    def now(self) -> datetime:
        return datetime(2026, 11, 28, tzinfo=UTC)

    def show(self, view: View) -> None: ...

    def announce(self, text: str, *, urgent: bool = False) -> None: ...

    def start_job(self, title: str, work: Callable[[], Awaitable[str]], deadline: float) -> int:
        raise NotImplementedError

    def find(self, kind: type[Any]) -> Any:
        return self._memory if kind is Memory else None


def during(place: Path, use: Callable[[Here], Awaitable[None]]) -> None:
    async def main() -> None:
        here = Here(place)
        await use(here)
        here._memory.close()

    asyncio.run(main())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "state" / "memory.db"


def test_what_is_remembered_is_there_after_a_restart(place: Path) -> None:
    async def write(here: Here) -> None:
        done = await remember(here, "  The user's sister\n is called Ida. ")
        assert done.text == "Remembered as note 1: The user's sister is called Ida."
        await remember(here, "The user likes café au lait.")
        await remember(here, "The user's sister is called Ida.")  # said again

    async def read(here: Here) -> None:
        found = await recall(here, "Who is my SISTER?")
        assert found.text == "Note 1 (2026-11-28): The user's sister is called Ida."
        both = (await recall(here, "What does the user's sister like?")).text.splitlines()
        assert [line[:6] for line in both] == ["Note 1", "Note 2"], "what fits best comes first"
        assert "Note 2" in (await recall(here, "cafe")).text, "accents do not matter"
        assert (await recall(here, "bicycle")).text == "There is no note about bicycle."
        assert (await recall(here)).text.startswith("Note 2"), "the newest first"

    during(place, write)
    during(place, read)
    assert place.stat().st_mode & 0o077 == 0, "for its owner's eyes only"


def test_a_note_is_corrected_and_that_undone(place: Path) -> None:
    async def use(here: Here) -> None:
        await remember(here, "The user is forty.")
        done = await correct_note(here, 1, "The user is forty-one.")
        assert "forty-one" in (await recall(here)).text
        assert (await recall(here, "one")).text.startswith("Note 1")
        assert done.undo is not None
        await done.undo()
        assert (await recall(here)).text.endswith("The user is forty.")

    during(place, use)


def test_what_is_erased_is_gone_from_the_file_too(place: Path) -> None:
    async def use(here: Here) -> None:
        await remember(here, "The secret word is Rumpelstiltskin.")
        await remember(here, "The user has a dog.")
        assert b"Rumpelstiltskin" in place.read_bytes()  # noqa: ASYNC240 - a few kB
        done = await forget(here, 1)
        assert done.text == "Erased: The secret word is Rumpelstiltskin."
        assert "dog" in (await recall(here, "user")).text
        files = [file.read_bytes().lower() for file in place.parent.iterdir()]
        assert not any(b"rumpelstiltskin" in data for data in files)
        with pytest.raises(ToolError, match="there is no note 1; look with recall"):
            await forget(here, 1)
        assert (await remember(here, "Something new.")).text.startswith("Remembered as note 3")

    during(place, use)


def test_an_erased_note_can_be_put_back_while_it_is_still_known(place: Path) -> None:
    async def use(here: Here) -> None:
        await remember(here, "The user has a dog.")
        done = await forget(here, 1)
        assert done.undo is not None
        await done.undo()
        assert (await recall(here, "dog")).text == "Note 1 (2026-11-28): The user has a dog."

    during(place, use)


def test_nothing_is_made_until_something_is_remembered(place: Path) -> None:
    async def use(here: Here) -> None:
        assert (await recall(here)).text == "There is no note."
        with pytest.raises(ToolError):
            await correct_note(here, 1, "x")
        assert not place.parent.exists()

    during(place, use)


def test_what_cannot_be_remembered(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(here: Here) -> None:
        with pytest.raises(ToolError, match="nothing to remember"):
            await remember(here, " \n ")
        with pytest.raises(ToolError, match="at most 500 characters"):
            await remember(here, "x" * (LONGEST + 1))
        monkeypatch.setattr(kept, "MOST", 1)
        await remember(here, "one")
        with pytest.raises(ToolError, match="forget some first"):
            await remember(here, "two")

    during(place, use)


def test_odd_questions_are_only_words(place: Path) -> None:
    async def use(here: Here) -> None:
        await remember(here, "The user's NEAR neighbour is Bo.")
        for about in ('"', "* OR", "text:", "NEAR(", "a AND NOT b", "'; DROP TABLE notes", "!?"):
            await recall(here, about)
        assert "Bo" in (await recall(here, "near")).text

    during(place, use)


def test_a_spoilt_file_is_told_in_one_line(place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(b"this is no database at all" * 100)

    async def use(here: Here) -> None:
        with pytest.raises(ToolError, match="the notes cannot be read or written"):
            await recall(here)

    during(place, use)
