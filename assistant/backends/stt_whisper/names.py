"""How models are called; imports nothing, so that what will be needed can be told at once."""

from collections.abc import Sequence


def catalogue_name(model: str) -> str:
    """Return the store's name of a model: ``tiny.en`` is ``whisper-tiny.en``."""
    elsewhere = ":" in model or "/" in model or model.startswith(("~", "whisper-"))
    return model if elsewhere else f"whisper-{model}"


def is_english(languages: Sequence[str]) -> bool:
    """Tell whether nothing but English is spoken, which has models of its own."""
    return set(languages) == {"en"}


def smallest(languages: Sequence[str]) -> str:
    """Return the quickest model that knows these languages."""
    return "tiny.en" if is_english(languages) else "base"
