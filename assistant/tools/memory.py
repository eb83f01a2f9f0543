"""Notes that last: what the user wants remembered, and can hear, correct and erase."""

from functools import cache
from typing import Annotated, Any

from assistant.errors import ToolError
from assistant.memory import Memory, Note
from assistant.ports import Surroundings, ToolResult, tool
from assistant.views import Listing


@tool("undoable", consent="allow", foreign=False)
async def remember(
    around: Surroundings,
    note: Annotated[str, "one fact in a short sentence: The user's sister is called Ida."],
) -> ToolResult:
    """Remember something about the user for good. Only when the user wants it remembered."""
    memory = _memory(around)
    kept = await memory.remember(note, f"{around.now():%Y-%m-%d}")

    async def undo() -> None:
        await memory.forget(kept.number)

    return ToolResult(f"Remembered as note {kept.number}: {kept.text}", undo=undo)


@tool(foreign=False)
async def recall(
    around: Surroundings,
    about: Annotated[str, "words to look for; empty: the newest notes"] = "",
) -> ToolResult:
    """Look into the notes about the user, for what was said on another day."""
    notes = await _memory(around).recall(about)
    if not notes:
        return ToolResult(f"There is no note about {about}." if about else "There is no note.")
    lines = tuple(_line(note) for note in notes)
    return ToolResult("\n".join(lines), view=Listing("Notes", lines))


@tool("undoable", consent="allow", foreign=False)
async def correct_note(
    around: Surroundings,
    number: Annotated[int, "of the note, as recall tells it"],
    note: Annotated[str, "what it should say"],
) -> ToolResult:
    """Change what a note says."""
    memory = _memory(around)
    before = await memory.correct(number, note)
    if before is None:
        raise _none(number)
    return ToolResult(
        f"Note {number} says now: {' '.join(note.split())}", undo=_back(memory, before)
    )


@tool("undoable", consent="allow", foreign=False)
async def forget(
    around: Surroundings,
    number: Annotated[int, "of the note, as recall tells it"],
) -> ToolResult:
    """Erase a note."""
    memory = _memory(around)
    gone = await memory.forget(number)
    if gone is None:
        raise _none(number)
    return ToolResult(f"Erased: {gone.text}", undo=_back(memory, gone))


def _back(memory: Memory, note: Note) -> Any:
    async def undo() -> None:
        await memory.put_back(note)

    return undo


def _none(number: int) -> ToolError:
    return ToolError(f"there is no note {number}; look with recall")


def _line(note: Note) -> str:
    return f"Note {note.number} ({note.at}): {note.text}"


def _memory(around: Surroundings) -> Memory:
    """Return the session's memory; where it keeps none, the user's."""
    find = getattr(around, "find", None)
    found = find(Memory) if find is not None else None
    return found if isinstance(found, Memory) else _users()


@cache
def _users() -> Memory:
    from platformdirs import user_state_path  # noqa: PLC0415 - only when something is remembered

    return Memory(user_state_path("assistant") / "memory.db")
