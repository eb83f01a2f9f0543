"""What is kept, found by its type in a tool's surroundings."""

from typing import TypeVar

from assistant.errors import ToolError
from assistant.languages.spoken import Spoken, spoken
from assistant.ports import Keeps, Surroundings

T = TypeVar("T")


def find(surroundings: Surroundings, kind: type[T]) -> T:
    """Return what of this type is kept here; raises `ToolError` if nothing is."""
    found = surroundings.find(kind) if isinstance(surroundings, Keeps) else None
    if found is None:
        raise ToolError(words(surroundings).say("no_session"))
    return found


def words(surroundings: Surroundings) -> Spoken:
    """Return how the language of a session answers."""
    return spoken(surroundings.language)
