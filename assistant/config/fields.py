"""What a model's fields hold, read from their types."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

from assistant.config.marks import Key
from assistant.config.sections import Stage

CONTAINERS = (dict, list, tuple, set, frozenset)


def holds_secret(annotation: object) -> bool:
    """Tell whether a field of this type is a secret, or may be or hold one."""
    return annotation is SecretStr or any(holds_secret(part) for part in get_args(annotation))


def model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model that a field holds, for example of ``Fallback | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in CONTAINERS:
        return None
    return next(filter(None, map(model_in, get_args(annotation))), None)


def own_keys(stage: type[Stage]) -> list[str]:
    """List the keys of a stage that are not its backend's settings."""
    return [name for name in stage.model_fields if name != "settings"]


def stages(model: type[BaseModel], key: Key = ()) -> Iterator[tuple[Key, type[Stage]]]:
    """Walk the stages in a model."""
    for name, field in model.model_fields.items():
        inner = model_in(field.annotation)
        if inner is not None:
            if issubclass(inner, Stage):
                yield (*key, name), inner
            yield from stages(inner, (*key, name))


def locate(model: type[BaseModel], loc: tuple[Any, ...]) -> tuple[Key, object]:
    """Turn pydantic's location of an error into a key and the type of what stands there.

    pydantic puts the name of the alternative that it tried into the locations of unions.
    """
    key: Key = ()
    annotation: object = model
    for part in loc:
        here = model_in(annotation)
        if here is not None and part in here.model_fields:
            annotation = here.model_fields[part].annotation
        elif (items := _items(annotation)) is not None:
            annotation = items
        else:
            continue
        key = (*key, str(part))
    return key, annotation


def _items(annotation: object) -> object | None:
    """Return the type of what a container holds."""
    for part in (annotation, *get_args(annotation)):
        origin = get_origin(part)
        if origin in CONTAINERS:
            items: object = get_args(part)[1 if origin is dict else 0]
            return items
    return None


def plain(model: BaseModel) -> dict[str, Any]:
    """Return a configuration as it would stand in a file, with secrets masked."""
    tree: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if not isinstance(value, BaseModel):
            continue
        tree[name] = plain(value)
    flat = model.model_dump(mode="json", exclude=set(tree))
    ordered = {name: tree.get(name, flat.get(name)) for name in type(model).model_fields}
    settings = ordered.pop("settings", None) if isinstance(model, Stage) else None
    return _after_backend(ordered, settings or {})


def _after_backend(own: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    first = {name: value for name, value in own.items() if name == "backend"}
    return {**first, **settings, **own}
