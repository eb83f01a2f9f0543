"""A typed async function becomes a tool: its name, description and schema are read off it.

The description is the docstring. A parameter's description is a string in its `Annotated`, or a
line of the docstring that begins with its name in backticks: "`city`: where".
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError

from assistant.errors import AssistantError, ToolError
from assistant.ports import Started, Surroundings, Terms, Tool, ToolResult, ToolSpec

Function = Callable[..., Awaitable[str | ToolResult | Started]]

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,63}")
_ABOUT = re.compile(r"^\s*`{1,2}(\w+)`{1,2}: (.+(?:\n(?!\s*`|\s*\n).+)*)", re.MULTILINE)
_TOLD = 3
"""So many mistakes are told at once: a model mends one after another anyway."""


class WrongArguments(ToolError):  # noqa: N818 - reads as a sentence
    """A call's arguments do not fit the schema: the mind's mistake, not the tool's failure."""


class NoTool(AssistantError):  # noqa: N818 - reads as a sentence
    """A function cannot be a tool; the text says why and what to do."""


def is_tool(found: object, module: str) -> bool:
    """Tell whether something in a module is a tool: public, async, and written there."""
    return (
        inspect.iscoroutinefunction(found)
        and found.__module__ == module
        and not found.__name__.startswith("_")
    )


def as_tool(function: Function, source: str = "") -> Tool:
    """Make a tool of a function. Raises `NoTool` where its signature says too little."""
    name = getattr(function, "__name__", "")
    if not _NAME.fullmatch(name):
        raise NoTool(f"{name}: models accept letters, digits and _, at most 64; rename it")
    text = inspect.getdoc(function)
    if not text:
        raise NoTool(f"{name} has no docstring; write what it does, for the mind")
    about = {found[1]: " ".join(found[2].split()) for found in _ABOUT.finditer(text)}
    model, surroundings = _arguments(function, name, about)
    description = re.sub(r"\n{3,}", "\n\n", _ABOUT.sub("", text)).strip()
    terms: Terms = getattr(function, "terms", Terms())

    async def run(arguments: str, around: Surroundings) -> ToolResult | Started:
        given = _understood(model, arguments)
        if surroundings:
            given[surroundings] = around
        done = await function(**given)
        if isinstance(done, ToolResult | Started):
            return done
        return ToolResult("" if done is None else str(done))

    return Tool(ToolSpec(name, description, _schema(model)), run, terms, source=source)


def _arguments(
    function: Function, name: str, about: Mapping[str, str]
) -> tuple[type[BaseModel], str]:
    """Return a model of the arguments, and which of them the session fills in."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as wrong:
        raise NoTool(f"{name}: a type is not known: {wrong}; import it") from None
    surroundings = ""
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        hint = hints.get(parameter.name)
        if hint is None:
            raise NoTool(f"{name}: its parameter {parameter.name} has no type; give it one")
        if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            raise NoTool(f"{name}: its parameter {parameter.name} cannot be given by its name")
        if hint is Surroundings:
            surroundings = parameter.name
            continue
        default = ... if parameter.default is parameter.empty else parameter.default
        described = _described(hint) or about.get(parameter.name)
        # an alias, because a name such as "json" would hide a method of the model
        field = Field(default, alias=parameter.name, description=described)
        fields[f"field_{parameter.name}"] = (hint, field)
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=False)
    try:
        return create_model(name, __config__=config, **fields), surroundings
    except PydanticUserError as wrong:
        why = str(wrong).splitlines()[0]
        raise NoTool(f"{name}: JSON cannot hold one of its types: {why}") from None


def _described(hint: object) -> str | None:
    if get_origin(hint) is not Annotated:
        return None
    return next((part for part in get_args(hint)[1:] if isinstance(part, str)), None)


def _understood(model: type[BaseModel], arguments: str) -> dict[str, Any]:
    """Return the arguments by name. Raises `ToolError` with what the model should mend."""
    try:
        given = model.model_validate_json(arguments.strip() or "{}")
    except ValidationError as wrong:
        mistakes = [
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}".removeprefix(": ")
            for error in wrong.errors(include_url=False, include_context=False)
        ]
        raise WrongArguments(f"wrong arguments: {'; '.join(mistakes[:_TOLD])}") from None
    return {name.removeprefix("field_"): getattr(given, name) for name in model.model_fields}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema: dict[str, Any] = _untitled(model.model_json_schema())
    schema.setdefault("properties", {})
    return schema


def _untitled(part: Any) -> Any:
    """Leave out the titles that pydantic makes up: each costs tokens in every request."""
    if isinstance(part, dict):
        return {
            key: {name: _untitled(inner) for name, inner in value.items()}
            if key in {"properties", "$defs"}
            else _untitled(value)
            for key, value in part.items()
            if key != "title" or not isinstance(value, str)
        }
    return [_untitled(item) for item in part] if isinstance(part, list) else part
