"""How models are called; imports nothing, so that what will be needed can be told at once."""


def catalogue_name(model: str) -> str:
    """Return the store's name of a model: ``tiny.en`` is ``whisper-tiny.en``."""
    elsewhere = ":" in model or "/" in model or model.startswith(("~", "whisper-"))
    return model if elsewhere else f"whisper-{model}"


def smallest(language: str) -> str:
    """Return the quickest model that knows a language."""
    return "tiny.en" if language == "en" else "base"
