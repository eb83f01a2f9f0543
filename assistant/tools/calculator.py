"""Arithmetic and units. Nothing is evaluated as Python: an expression is read and reckoned."""

import ast
import importlib
import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

from assistant.errors import ToolError
from assistant.ports import tool

_LONGEST = 200
_DEEPEST = 40
_LARGEST = 10_000
"""Bits of a whole number; a power tower would take all memory."""
_DIGITS = 12

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(math, name)
    for name in (
        *("sqrt", "cbrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "asin", "acos"),
        *("atan", "degrees", "radians", "floor", "ceil", "gcd", "lcm", "hypot"),
    )
} | {"abs": abs, "round": round, "min": min, "max": max}
_SIGNS = str.maketrans({"^": "**", "\u00d7": "*", "\u00f7": "/", "\u2212": "-"})
_NAMES = {"pi": math.pi, "e": math.e, "tau": math.tau}


@tool(foreign=False)
async def calculate(
    expression: Annotated[str, "such as 17.5 * (3 + 4) ** 2, sqrt(2), 15 % of 80"],
) -> str:
    """Work out arithmetic exactly. Use it for every sum that is not trivial."""
    text = expression.strip()
    if len(text) > _LONGEST:
        raise ToolError(f"the expression is longer than {_LONGEST} characters; split it")
    text = text.translate(_SIGNS).replace("% of", "/ 100 *").rstrip("=? ")
    try:
        found = _reckoned(ast.parse(text, mode="eval").body, 0)
        return _written(found)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as wrong:
        raise ToolError(f"that is no arithmetic: {' '.join(str(wrong).split())[:80]}") from None
    except ZeroDivisionError:
        raise ToolError("that divides by zero, which has no result") from None
    except OverflowError:
        raise ToolError("the result is too large") from None


@tool(foreign=False)
async def convert(
    amount: float,
    unit: Annotated[str, "such as miles, degF, kg, litre, km/hour"],
    into: Annotated[str, "the unit that is wanted"],
) -> str:
    """Convert an amount from one unit into another: lengths, weights, temperatures, speeds."""
    pint = importlib.import_module("pint")
    try:
        units = _units()
        there = units.Quantity(amount, _unit(unit)).to(_unit(into))
    except (pint.UndefinedUnitError, pint.DimensionalityError) as wrong:
        raise ToolError(str(wrong).splitlines()[0]) from None
    except (ArithmeticError, TypeError, ValueError, AssertionError, AttributeError):
        raise ToolError(f"{unit[:40]} cannot be converted into {into[:40]}") from None
    return f"{_written(amount)} {unit} = {_written(float(there.magnitude))} {into}"


@cache
def _units() -> Any:
    return importlib.import_module("pint").UnitRegistry(autoconvert_offset_to_baseunit=True)


_SPOKEN = {
    "celsius": "degC",
    "fahrenheit": "degF",
    "°c": "degC",
    "°f": "degF",
    "c": "degC",
    "f": "degF",
    "mph": "mile/hour",
    "kmh": "km/hour",
    "km/h": "km/hour",
}


def _unit(name: str) -> Any:
    if len(name) > _DEEPEST:
        raise ValueError(name)
    plain = name.strip().removeprefix("degrees ").strip()
    return _units().Unit(_SPOKEN.get(plain.casefold(), plain))


def _reckoned(node: ast.AST, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_reckoned(operand, depth + 1)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _reckoned(operand, depth + 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            one, other = _reckoned(left, depth + 1), _reckoned(right, depth + 1)
            if isinstance(op, ast.Pow):
                _check_power(one, other)
            return _bounded(_BINARY[type(op)](one, other))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*(_reckoned(part, depth + 1) for part in given)))
        case _:
            raise ValueError(f"{ast.unparse(node)[:40]!r} is neither a number nor a sum")


def _check_power(one: Any, other: Any) -> None:
    whole = isinstance(one, int) and isinstance(other, int)
    if whole and one.bit_length() * other > _LARGEST:
        raise OverflowError


def _bounded(number: Any) -> Any:
    if isinstance(number, complex):
        raise ValueError("the result is no real number")  # noqa: TRY004 - nobody gave it a type
    if isinstance(number, int) and number.bit_length() > _LARGEST:
        raise OverflowError
    return number


def _written(number: float) -> str:
    if isinstance(number, float):
        if not math.isfinite(number):
            raise OverflowError
        if number.is_integer() and abs(number) < 10**_DIGITS:
            return str(int(number))
        return f"{number:.{_DIGITS}g}"
    text = str(number)
    return text if len(text) <= _LONGEST else f"{float(number):.{_DIGITS}g}"
