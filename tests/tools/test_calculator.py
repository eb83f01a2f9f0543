import asyncio
import time

import pytest

from assistant.errors import ToolError
from assistant.tools.calculator import calculate, convert


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("17.5 * (3 + 4) ** 2", "857.5"),
        ("2^10", "1024"),
        ("0.1 + 0.2", "0.3"),
        ("7 / 2", "3.5"),
        ("-3 // 2", "-2"),
        ("15 % of 80", "12"),
        ("17 % 5", "2"),
        ("sqrt(2)", "1.41421356237"),
        ("hypot(3, 4) = ?", "5"),
        ("2 \u00d7 3 \u00f7 4", "1.5"),
        ("pi", "3.14159265359"),
        ("2 ** 100", "1267650600228229401496703205376"),
        ("max(3, 9, 4)", "9"),
    ],
)
def test_arithmetic_is_worked_out(expression: str, result: str) -> None:
    assert asyncio.run(calculate(expression)) == result


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("1 / 0", "divides by zero"),
        ("9 ** 9 ** 9 ** 9", "too large"),
        ("2.0 ** 99999", "too large"),
        ("(-8) ** 0.5", "no real number"),
        ("sqrt(-1)", "no arithmetic"),
        ("__import__('os').system('true')", "neither a number nor a sum"),
        ("(1).__class__", "neither a number nor a sum"),
        ("[1] * 10", "neither a number nor a sum"),
        ("'a' * 10", "neither a number nor a sum"),
        ("True + 1", "neither a number nor a sum"),
        ("lambda: 1", "neither a number nor a sum"),
        ("1 +", "no arithmetic"),
        ("", "no arithmetic"),
        ("1" * 300, "longer than 200"),
        ("(" * 90 + "1" + ")" * 90 + "+" * 100 + "1", "longer"),
        ("-" * 150 + "1", "nested too deeply"),
        ("round(2.5, digits=1)", "neither"),
        ("1\0", "no arithmetic"),
    ],
)
def test_what_is_no_arithmetic_is_told_to_the_mind(expression: str, told: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ToolError, match=told):
        asyncio.run(calculate(expression))
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("amount", "unit", "into", "told"),
    [
        (5, "miles", "kilometers", "5 miles = 8.04672 kilometers"),
        (100, "Fahrenheit", "celsius", "37.7777777778 celsius"),
        (20, "degrees Celsius", "kelvin", "293.15 kelvin"),
        (90, "km/h", "mph", "55.9234073014 mph"),
        (2, "cups", "ml", "473.176473 ml"),
    ],
)
def test_units_are_converted(amount: float, unit: str, into: str, told: str) -> None:
    assert asyncio.run(convert(amount, unit, into)).endswith(told)


@pytest.mark.parametrize(
    ("unit", "into"),
    [
        ("miles", "kilograms"),
        ("smoots of joy", "m"),
        ("", "m"),
        ("m", "__class__"),
        ("m" * 90, "m"),
    ],
)
def test_what_cannot_be_converted_is_told_to_the_mind(unit: str, into: str) -> None:
    with pytest.raises(ToolError):
        asyncio.run(convert(1, unit, into))
