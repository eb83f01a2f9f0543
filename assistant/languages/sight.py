"""The form of what must be known of a language to read pages and to tell what is seen.

Labels and phrases are compared after `pack.normalised`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["amount", "date", "number", "text"]
"""What a value on a page is like."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that papers have: what its value is like, and its labels, the surest first."""

    kind: Kind
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SightWords:
    """Words of one language about what is seen."""

    months: tuple[str, ...]
    """From January on; their first three letters are known, too."""
    fields: Mapping[str, Field] = field(hash=False)
    """Fields by their plain name; another one is its own label."""
    kinds: Mapping[str, Kind] = field(hash=False)
    """Words in a field's name that tell what its value is like: "date", "price"."""
    titles: tuple[str, ...]
    """What a paper calls itself, and what else stands at its top and is no vendor."""
    company: frozenset[str]
    """Words that end the name of a company."""
    sums: tuple[str, ...]
    """Begin the rows of a table that only sum it up."""
    go_on: tuple[str, ...]
    repeat: tuple[str, ...]
    back: tuple[str, ...]
    spell: tuple[str, ...]
    """What is said to one who reads a letter aloud; after the last kind, a word may follow."""
    asks: Mapping[str, tuple[str, ...]] = field(hash=False)
    """What of a picture (`ports.Sight`) a question with such words is about."""
    says: Mapping[str, str] = field(hash=False)
    """Sentences with {gaps}, by their own names."""
    colours: Mapping[str, str] = field(hash=False)
    """Names of colours by their English ones."""
