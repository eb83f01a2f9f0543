"""What is different between two configurations."""

from collections.abc import Iterator

from pydantic import BaseModel

from assistant.config.sections import Stage


def changed(old: BaseModel, new: BaseModel, key: str = "") -> Iterator[str]:
    """Yield the dotted keys whose values differ, never the values: some are secrets.

    Of a stage with another backend that is `backend` alone: its settings mean something else.
    """
    if type(old) is not type(new):
        return
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        inside = isinstance(old, Stage) and name == "settings"
        path = key if inside else f"{key}.{name}".lstrip(".")
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            yield from changed(before, after, path)
        else:
            yield path
