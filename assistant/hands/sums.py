"""Arithmetic and units in words; `tools.calculator` does the sums."""

import re
from contextlib import suppress
from functools import cache

from assistant.errors import ToolError, Unfit
from assistant.keeping.found import words
from assistant.languages.spoken import sentences
from assistant.languages.when import digits
from assistant.ports import Surroundings
from assistant.tools import calculator

_SUM = re.compile(r"[\d\s.()+\-*/^]*\d[\d\s.()+\-*/^]*")
_SIGN = re.compile(r"\d\s*(?:[+*/^]|-\s*[\d(])|/100")
_QUANTITY = re.compile(r"\s*(-?\d+(?:[.,]\d+)?)\s*(\D+?)\s*")
_SHOWN = 4
"""Digits of a result that people can follow."""
_EXACT = 10**9


async def calculate(
    surroundings: Surroundings,
    sum: str = "",  # noqa: A002 - the slot's name in the sentences
    root: str = "",
) -> str:
    """Work out a sum in words. Raises `Unfit` if it is none."""
    say = words(surroundings)
    text = _expression(root or sum, surroundings.language)
    if not _SUM.fullmatch(text) or not (root or _SIGN.search(text)):
        raise Unfit("that is no sum")
    try:
        result = await calculator.calculate(f"sqrt({text})" if root else text)
    except ToolError as wrong:
        if "zero" in wrong.for_model:
            raise ToolError(say.say("by_zero")) from wrong
        raise ToolError(say.say("too_big" if "large" in wrong.for_model else "no_sum")) from wrong
    return say.say("sum_is", result=_told(result, surroundings.language))


async def convert(surroundings: Surroundings, quantity: str, unit: str) -> str:
    """Turn a quantity into another unit. Raises `Unfit` if it is none."""
    say, language = words(surroundings), surroundings.language
    found = _QUANTITY.fullmatch(digits(language, quantity).replace(",", "."))
    known = _units(language)
    if found is None:
        one = rf"^(?:{sentences(language)['sums']['one']})\s+"
        found = _QUANTITY.fullmatch(f"1 {re.sub(one, '', quantity.lower().strip())}")
    source = None if found is None else known.get(found[2])
    wanted = known.get(unit.lower().strip(" .?!"))
    if found is None or source is None or wanted is None:
        raise Unfit("these are no units")
    try:
        text = await calculator.convert(float(found[1]), source, wanted)
    except ToolError as wrong:
        cannot = say.say("no_conversion", source=found[2], target=unit)
        raise ToolError(cannot) from wrong
    result = text.partition(" = ")[2].split()[0]
    return say.say("converted", result=_told(result, language), unit=unit.strip(" .?!"))


def warm() -> None:
    """Load the units, which takes most of a second; to be called off the loop."""
    with suppress(StopIteration):
        calculator.convert(1, "mile", "meter").send(None)  # it waits for nothing


def _expression(text: str, language: str) -> str:
    text = digits(language, text)
    for pattern, sign in sentences(language)["sums"]["words"].items():
        text = re.sub(rf"(?<![^\W\d]){pattern}(?![^\W\d])", sign, text)
    return re.sub(r"(?<=\d) ?\. ?(?=\d)", ".", text).strip()


def _told(result: str, language: str) -> str:
    """Return a number as it is said: short, if it is not whole."""
    number = float(result)
    if not number.is_integer() or abs(number) >= _EXACT:
        rounded = round(number, 2) if abs(number) >= 1 else float(f"{number:.{_SHOWN}g}")
        result = f"{rounded:.12g}" if abs(number) < _EXACT else result
    return result.replace(".", str(sentences(language)["sums"]["point"]))


@cache
def _units(language: str) -> dict[str, str]:
    table = sentences(language)["sums"]["units"]
    return {name: unit for names, unit in table.items() for name in names.split("|")}
