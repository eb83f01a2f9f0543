"""Behind `see`, and behind the pictures of `ask`."""

from pathlib import Path

from assistant.config import Config
from assistant.errors import AssistantError
from assistant.looking import files


def see(config: Config, question: str, image: Path | None, *, speak: bool, as_json: bool) -> None:
    """Print one answer about a picture, or about what the camera sees."""
    from assistant.cli.writing import ask  # noqa: PLC0415 - it imports this module

    if not question.strip():
        question = "What is in this picture?" if image else "What do you see?"
    if image is None and config.vision.mode == "off":
        raise AssistantError(
            "the camera is off: give a picture, or allow it with --set vision.mode=auto"
        )
    images = () if image is None else (image,)
    ask(config, question, images, speak=speak, as_json=as_json, looks=image is None)


def checked(images: tuple[Path, ...]) -> tuple[str, ...]:
    """Return absolute paths, once it is sure that they can be looked at. Raises `MediaError`."""
    for image in images:
        files.check(image.expanduser())
    return tuple(str(image.expanduser().absolute()) for image in images)
