from pathlib import Path

import pytest

from assistant.reasoning.shelf import take
from assistant.reasoning.toolbox import Toolbox, is_foreign

WEATHER = '''
"""The weather."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from assistant.ports import Surroundings, tool


@dataclass
class Place:
    city: str


@tool("lasting", question="report rain in {place}")
async def report(place: Place, around: Surroundings) -> str:
    """Report rain."""
    return place.city


async def forecast(city: Annotated[str, "where"]) -> str:
    """Tell the weather."""
    return await _ask(city)


async def _ask(city: str) -> str:
    return city


def helper() -> None:
    ...
'''


def names(enabled: list[str] | None = None, *dirs: Path) -> list[str]:
    return [tool.name for tool in take(enabled, dirs).tools]


def test_the_folder_is_the_registry() -> None:
    assert {"calculate", "convert", "time_and_date"} <= set(names())
    assert take().problems == ()


def test_enabled_names_tools_or_files() -> None:
    assert names(["clock"]) == ["time_and_date"]
    assert names(["calculate", "clock"]) == ["calculate", "time_and_date"]
    assert names([]) == []
    assert take(["clocks"]).problems == ("tools.enabled: there is no tool clocks",)


def test_a_file_of_the_users_is_a_tool(tmp_path: Path) -> None:
    (tmp_path / "weather.py").write_text(WEATHER)
    shelf = take([], (tmp_path,))
    assert shelf == take([], ()), "not enabled"
    assert names(["weather"], tmp_path) == ["report", "forecast"]
    report, forecast = take(["weather"], (tmp_path,)).tools
    assert report.source == str(tmp_path / "weather.py")
    assert report.terms.question == "report rain in {place}"
    assert forecast.spec.parameters["properties"]["city"]["description"] == "where"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("async def go(\n", r"bad.py:1: SyntaxError"),
        ("import os\nimport nowhere_at_all\n", r"bad.py:2: ModuleNotFoundError"),
        ("\n\n1 / 0\n", r"bad.py:3: ZeroDivisionError: division by zero; its tools are left out"),
        ("async def go(x) -> str:\n    '''Go.'''\n", r"bad.py: go: its parameter x has no type"),
    ],
)
def test_a_file_with_an_error_costs_one_line_and_the_rest_works(
    text: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.py").write_text(text)
    (tmp_path / "weather.py").write_text(WEATHER)
    (tmp_path / "_draft.py").write_text("nothing that is Python")
    shelf = take(None, (tmp_path,))
    (problem,) = shelf.problems
    assert told in problem
    assert "\n" not in problem
    assert {"report", "forecast", "calculate"} <= {tool.name for tool in shelf.tools}


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (problem,) = take([], (tmp_path / "none",)).problems
    assert "is no folder" in problem


def test_a_users_tool_takes_the_place_of_ours_but_not_of_another(tmp_path: Path) -> None:
    own = "async def time_and_date() -> str:\n    '''Mine.'''\n    return ''\n"
    (tmp_path / "one.py").write_text(own)
    (tmp_path / "two.py").write_text(own)
    shelf = take(["clock", "one", "two"], (tmp_path,))
    (found,) = shelf.tools
    assert found.spec.description == "Mine."
    assert found.source.endswith("one.py")
    (problem,) = shelf.problems
    assert problem.endswith("two.py: there is a tool time_and_date already; rename it")


def test_consent_is_the_users_rule_or_what_fits_the_effect(tmp_path: Path) -> None:
    (tmp_path / "weather.py").write_text(WEATHER)
    report, forecast = take(["weather"], (tmp_path,)).tools
    box = Toolbox([report, forecast])
    assert [box.consent(tool) for tool in box] == ["ask", "allow"]
    assert [is_foreign(tool) for tool in box] == [False, True]
    strict = Toolbox([report, forecast], consents={"report": "allow", "*": "deny"})
    assert [tool.name for tool in strict] == ["report"]
    assert strict.find("forecast") is None
    assert [spec.name for spec in strict.specs(2048)] == ["report"]
