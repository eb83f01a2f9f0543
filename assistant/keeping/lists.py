"""Lists by name, and notes: a list of its own."""

from assistant.keeping.store import Store

SHOPPING, NOTES = "shopping", "notes"


class Lists:
    """What the user wants to have written down."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, name: str, text: str) -> int:
        """Write something down; return its number."""
        return await self._store.write(
            "INSERT INTO items (list, text) VALUES (?, ?)", name.casefold(), text
        )

    async def items(self, name: str) -> list[tuple[int, str]]:
        """Return numbers and texts, the oldest first."""
        rows = await self._store.read(
            "SELECT id, text FROM items WHERE list = ? ORDER BY id", name.casefold()
        )
        return [(int(number), str(text)) for number, text in rows]

    async def names(self) -> list[str]:
        """Return which lists there are."""
        rows = await self._store.read("SELECT DISTINCT list FROM items ORDER BY list")
        return [str(name) for (name,) in rows]

    async def take(self, numbers: list[int]) -> None:
        """Take things off."""
        await self._store.write_all([("DELETE FROM items WHERE id = ?", (n,)) for n in numbers])

    async def put_back(self, name: str, items: list[tuple[int, str]]) -> None:
        """Write down again what was taken off, where it was."""
        await self._store.write_all(
            [
                ("INSERT OR IGNORE INTO items VALUES (?, ?, ?)", (number, name.casefold(), text))
                for number, text in items
            ]
        )
