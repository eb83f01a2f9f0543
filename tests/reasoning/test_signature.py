import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, Field

from assistant.errors import ToolError
from assistant.ports import Started, Surroundings, Terms, Tool, ToolResult, tool
from assistant.reasoning.signature import NoTool, as_tool
from assistant.testing.surroundings import ScriptedSurroundings


@dataclass
class Place:
    street: str
    number: int = 1


class Person(BaseModel):
    name: str


def done(made: Tool, arguments: str, around: Surroundings | None = None) -> ToolResult | Started:
    async def main() -> ToolResult | Started:
        return await made.run(arguments, around or ScriptedSurroundings())

    return asyncio.run(main())


def text_of(made: Tool, arguments: str, around: Surroundings | None = None) -> str:
    result = done(made, arguments, around)
    assert isinstance(result, ToolResult)
    return result.text


def test_name_description_and_schema_come_from_the_function() -> None:
    async def play(
        song: Annotated[str, "title and artist"],
        loud: bool = False,  # noqa: FBT001, FBT002 - tools are called by name
        speed: Literal["slow", "fast"] = "slow",
        where: str | None = None,
        times: Annotated[int, Field(ge=1, le=5)] = 1,
    ) -> str:
        """Play a song.

        `where`: the room, if they
            named one
        """
        return f"{song} {loud} {speed} {where} {times}"

    made = as_tool(play)
    assert (made.spec.name, made.spec.description) == ("play", "Play a song.")
    schema: Any = made.spec.parameters
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == ["song"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert properties["song"] == {"type": "string", "description": "title and artist"}
    assert properties["loud"] == {"type": "boolean", "default": False}
    assert properties["speed"]["enum"] == ["slow", "fast"]
    assert properties["where"]["description"] == "the room, if they named one"
    assert properties["times"]["maximum"] == 5
    assert "title" not in json.dumps({**schema, "properties": list(properties)})
    assert text_of(made, '{"song": "Air", "speed": "fast"}') == "Air False fast None 1"


def test_lists_dates_dataclasses_and_models_arrive_as_what_they_are() -> None:
    seen: list[object] = []

    async def visit(
        at: datetime, place: Place, people: list[Person], json: float = 0.5
    ) -> ToolResult:
        """Visit somebody."""
        seen.extend([at, place, people, json])
        return ToolResult("visited")

    arguments = {
        "at": "2026-11-28T20:15:00Z",
        "place": {"street": "High Street"},
        "people": [{"name": "Ada"}],
        "json": 2,
    }
    made = as_tool(visit)
    jsonschema.validate(arguments, dict(made.spec.parameters))
    assert text_of(made, json.dumps(arguments)) == "visited"
    at, place, people, number = seen
    assert isinstance(at, datetime)
    assert (place, people) == (Place("High Street", 1), [Person(name="Ada")])
    assert number == 2.0


def test_surroundings_are_filled_in_and_the_mind_does_not_see_them() -> None:
    async def language(around: Surroundings) -> str:
        """Tell the language."""
        return around.language

    made = as_tool(language)
    assert made.spec.parameters["properties"] == {}
    assert text_of(made, "") == "en"
    with pytest.raises(ToolError, match="around"):
        done(made, '{"around": {}}')


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ("null", "object"),
        ('{"minutes": "many"}', "minutes: .*integer"),
        ("{}", "minutes: Field required"),
        ('{"minutes": 5, "colour": "red"}', "colour: Extra"),
        ('{"minutes": NaN}', "minutes"),
    ],
)
def test_wrong_arguments_are_told_to_the_mind(arguments: str, told: str) -> None:
    async def wait(minutes: int) -> str:
        """Wait."""
        return str(minutes)

    with pytest.raises(ToolError, match=told):
        done(as_tool(wait), arguments)


async def no_docstring(city: str) -> str:
    return city


async def no_type(city) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Tell."""
    return str(city)


async def unknown_type(city: "Nowhere") -> str:  # type: ignore[name-defined]  # noqa: F821
    """Tell."""
    return str(city)


async def stars(*cities: str) -> str:
    """Tell."""
    return str(cities)


async def no_json(thing: asyncio.Event) -> str:
    """Tell."""
    return str(thing)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (no_docstring, "no_docstring has no docstring; write"),
        (no_type, "city has no type; give it one"),
        (unknown_type, "Nowhere.*import it"),
        (stars, "cities cannot be given by its name"),
        (no_json, "JSON cannot hold"),
    ],
)
def test_what_cannot_be_a_tool_is_told_to_its_author(function: Any, told: str) -> None:
    with pytest.raises(NoTool, match=told) as caught:
        as_tool(function)
    assert "\n" not in str(caught.value)


def test_the_mark_is_data_on_the_function() -> None:
    @tool("lasting", question="send {text}", deadline=3)
    async def send(text: str) -> str:
        """Send."""
        return text

    assert as_tool(send).terms == Terms("lasting", None, 3, question="send {text}")
    assert as_tool(send).terms.foreign is None
