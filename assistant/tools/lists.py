"""Shopping and other lists, and notes."""

import re

from assistant.errors import ToolError, Unclear
from assistant.keeping.found import find, words
from assistant.keeping.lists import NOTES, SHOPPING, Lists
from assistant.languages.spoken import sentences
from assistant.ports import Surroundings, ToolResult, tool
from assistant.views import Card, Listing

_MOST = 7
"""So many things are read out; the rest are shown."""


@tool("undoable", foreign=False)
async def add_to_list(
    surroundings: Surroundings, item: str = "", list_name: str = ""
) -> ToolResult:
    """Put something on a list.

    `item`: what, such as "milk"; several are joined with "and".
    `list_name`: which list, such as "shopping" or "to do"; empty: the shopping list.
    """
    say, lists = words(surroundings), find(surroundings, Lists)
    if not item.strip():
        raise Unclear(say.say("ask_item"), "item")
    name, shown = _list(list_name, surroundings)
    joint = rf"\s*,\s*|\s+{re.escape(str(say.forms['and']))}\s+"
    wanted = [part.strip(" .!") for part in re.split(joint, item) if part.strip(" .!")]
    there = {text.casefold() for _, text in await lists.items(name)}
    added = [await lists.add(name, text) for text in wanted if text.casefold() not in there]

    async def undo() -> None:
        await lists.take(added)

    key = "item_added" if added else "item_there"
    text = say.say(key, item=say.all(wanted), list=shown)
    listing = Listing(shown, tuple(text for _, text in await lists.items(name)))
    return ToolResult(text, view=listing, undo=undo)


@tool("undoable", foreign=False)
async def remove_from_list(
    surroundings: Surroundings, item: str, list_name: str = ""
) -> ToolResult:
    """Take something off a list.

    `item`: what.
    `list_name`: which list; empty: the shopping list.
    """
    say, lists = words(surroundings), find(surroundings, Lists)
    name, shown = _list(list_name, surroundings)
    wanted = item.strip(" .!").casefold()
    found = [(n, text) for n, text in await lists.items(name) if text.casefold() == wanted]
    if not found:
        raise ToolError(say.say("item_missing", item=item.strip(" .!"), list=shown))
    await lists.take([number for number, _ in found])

    async def undo() -> None:
        await lists.put_back(name, found)

    return ToolResult(say.say("item_removed", item=found[0][1], list=shown), undo=undo)


@tool(foreign=False)
async def read_list(surroundings: Surroundings, list_name: str = "") -> ToolResult:
    """Tell what is on a list.

    `list_name`: which list; empty: the shopping list.
    """
    say, lists = words(surroundings), find(surroundings, Lists)
    name, shown = _list(list_name, surroundings)
    items = [text for _, text in await lists.items(name)]
    if not items:
        return ToolResult(say.say("list_empty", list=shown))
    told = [*items[:_MOST]]
    if len(items) > _MOST:
        told.append(say.say("list_more", count=len(items) - _MOST))
    key = "list_one" if len(items) == 1 else "list_is"
    text = say.say(key, count=len(items), list=shown, items=say.all(told))
    return ToolResult(text, view=Listing(shown, tuple(items)))


@tool("undoable", foreign=False)
async def clear_list(surroundings: Surroundings, list_name: str = "") -> ToolResult:
    """Take everything off a list.

    `list_name`: which list; empty: the shopping list.
    """
    say, lists = words(surroundings), find(surroundings, Lists)
    name, shown = _list(list_name, surroundings)
    items = await lists.items(name)
    await lists.take([number for number, _ in items])

    async def undo() -> None:
        await lists.put_back(name, items)

    return ToolResult(say.say("list_cleared", list=shown), undo=undo)


@tool("undoable", foreign=False)
async def take_note(surroundings: Surroundings, note: str = "") -> ToolResult:
    """Write a note down for the user.

    `note`: its text.
    """
    say, lists = words(surroundings), find(surroundings, Lists)
    if not note.strip():
        raise Unclear(say.say("ask_note"), "note")
    number = await lists.add(NOTES, note.strip())

    async def undo() -> None:
        await lists.take([number])

    return ToolResult(say.say("noted"), view=Card(note.strip()), undo=undo)


@tool(foreign=False)
async def read_notes(surroundings: Surroundings) -> ToolResult:
    """Tell what notes there are, the newest first."""
    say, lists = words(surroundings), find(surroundings, Lists)
    notes = [text for _, text in reversed(await lists.items(NOTES))]
    if not notes:
        return ToolResult(say.say("no_notes"))
    told = "; ".join(note.rstrip(". ") for note in notes[:3])
    return ToolResult(say.say("notes_are", items=told), view=Listing("", tuple(notes)))


@tool("undoable", foreign=False)
async def clear_notes(surroundings: Surroundings) -> ToolResult:
    """Delete all notes."""
    say, lists = words(surroundings), find(surroundings, Lists)
    notes = await lists.items(NOTES)
    await lists.take([number for number, _ in notes])

    async def undo() -> None:
        await lists.put_back(NOTES, notes)

    return ToolResult(say.say("notes_cleared"), undo=undo)


def _list(name: str, surroundings: Surroundings) -> tuple[str, str]:
    """Return a list's name in the store, the same in every language, and as it is said."""
    say = words(surroundings)
    plain = name.strip(" .!?").casefold()
    for key, pattern in sentences(surroundings.language)["lists"].items():
        if (not plain and key == SHOPPING) or re.fullmatch(pattern, plain):
            return key, str(say.forms["lists"][key])
    return plain, plain
