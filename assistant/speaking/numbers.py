"""Numbers become words: amounts, years, ordinals, times, dates, money, units, telephone numbers.

A language without words of its own in `lexicon` gets cardinals and decimals from `num2words`.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from num2words import num2words

from assistant.speaking.lexicon import Forms, Lexicon
from assistant.speaking.traced import Traced

_LONGEST = 9
"""A bare number with more digits is read digit by digit: nobody follows a trillion."""
_FIRST_YEAR, _LAST_YEAR = 1100, 2099
_NOON = 12
_PHONE_DIGITS = 7
_FRACTIONS = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅛": (1, 8),
}
_PARTS: dict[int, Forms] = {
    2: ("half", "halves"),
    3: ("third", "thirds"),
    4: ("quarter", "quarters"),
    5: ("fifth", "fifths"),
    8: ("eighth", "eighths"),
    10: ("tenth", "tenths"),
}

_PHONE = (
    r"(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?)?\d{2,5}"
    r"(?:[ .-]\d{2,5})*(?![\w])(?!\.\d)"
)
_TIME = (
    r"(?<![\w:.])(\d|[01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?![\w:])"
    r"(?:\s?([AaPp])(?:\.\s?[Mm]\.|[Mm]\b))?"
)
_SHORT_DECADE = (
    r"(?<!\w)(?:(?<=[Tt]he )|(?<=[Hh]is )|(?<=[Hh]er )|(?<=early )|(?<=late )"
    r"|(?<=mid-)|')(\d0)s(?!\w)"
)

_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]


class Numbers:
    """The number rules of one language, in the order in which they apply."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._words = lexicon
        decimal, group = re.escape(lexicon.decimal), re.escape(lexicon.thousands)
        self._number = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{decimal}\d+)?"
        self._rules = self._in_order()

    def apply(self, text: Traced) -> None:
        """Rewrite all numbers of a text."""
        if not any(character.isdigit() or character in _FRACTIONS for character in text.text):
            return
        for pattern, rewrite in self._rules:
            text.sub(pattern, rewrite)

    def _in_order(self) -> list[_Rule]:
        number, words = self._number, self._words
        signs = "".join(map(re.escape, words.money)) or r"(?!)"
        units = "|".join(map(re.escape, sorted(words.units, key=len, reverse=True))) or r"(?!)"
        scales = "|".join(map(re.escape, sorted(words.scales, key=len, reverse=True))) or r"(?!)"
        money = rf"([{signs}])\s?({number})(?:\s?[-\u2013]\s?[{signs}]?({number}))?"
        amount = rf"(?<![\w.])([-\u2212])?({number})(?:\s?[-\u2013]\s?({number}))?[\s-]?"
        rules = [
            (r"(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])", self._date),
            (
                _PHONE,
                self._phone,
            ),
            (
                _TIME,
                self._time,
            ),
            (r"(?<![\w:.])(\d{1,2})\s?([AaPp])(?:\.\s?[Mm]\.|[Mm]\b)", self._hour),
            (
                rf"{money}(?:\s?({scales})(?!\w))?",
                self._money,
            ),
            (rf"(?<![\w.])({number})\s?([{signs}])(?!\w)", self._money_after),
            (
                _SHORT_DECADE,
                self._decade,
            ),
            (r"(?<!\w)(\d{3}0)s(?!\w)", self._decade),
            (
                rf"{amount}({units})(?![\w\u00b2\u00b3])",
                self._unit,
            ),
            (rf"(?<![\w.])({number})\s?[x\u00d7]\s?(?={number}(?!\w))", self._by),
            (r"(?<!\w)(\d+)(?:st|nd|rd|th)(?!\w)", self._ordinal),
            (r"(?<![\w.])\d+(?:\.\d+){2,}(?!\w)", self._dotted),
            (rf"(?<![\w.-])({number})\s?([-\u2013])\s?({number})(?![\w-])(\s*=)?", self._range),
            (r"(?<![\w/.])(\d+)(\s?)/\s?(\d+)(?![\w/])", self._fraction),
            (f"(\\d*)([{''.join(_FRACTIONS)}])", self._vulgar),
            (rf"(?<=\d)\s*\*\s*(?={number})", lambda _: words.times or None),
            (r"(?<!\w)#(?=\d)", lambda _: words.number or None),
            (
                rf"(?<![\w.])([-\u2212])?({number})(?![\w])(?!{re.escape(words.decimal)}\d)",
                self._plain,
            ),
        ]
        return [(re.compile(pattern), rewrite) for pattern, rewrite in rules]

    # ── one method a rule; None leaves the text as it is ─────────────────────────────────────

    def _date(self, match: re.Match[str]) -> str | None:
        year, month, day = (int(part) for part in match.groups())
        if not (self._words.months and 1 <= month <= len(self._words.months)):
            return None
        return f"{self._words.months[month - 1]} {self._say(day, 'ordinal')}, {self._year(year)}"

    def _phone(self, match: re.Match[str]) -> str | None:
        text = match.group()
        groups: list[str] = re.findall(r"\d+", text)
        marked = text[0] in "+(" or (text[0] == "0" and len(groups) > 1)
        dashed = re.fullmatch(r"(\d-)?(\d{3}[-.])?\d{3}[-.]\d{4}", text) is not None
        if not (marked or dashed) or len("".join(groups)) < _PHONE_DIGITS:
            return None
        return ", ".join(self._digits(group) for group in groups)

    def _time(self, match: re.Match[str]) -> str:
        hour, minute, half = int(match[1]), int(match[2]), match[3]
        said = self._say(hour)
        if minute:
            low = minute < 10  # noqa: PLR2004 - a digit
            said += f" {self._words.oh if low else ''}{self._say(minute)}"
        elif not half:
            said += self._words.oclock
        return said + self._half_day(match, half)

    def _hour(self, match: re.Match[str]) -> str | None:
        if not 1 <= int(match[1]) <= _NOON:
            return None
        return self._say(int(match[1])) + self._half_day(match, match[2])

    @staticmethod
    def _half_day(match: re.Match[str], half: str | None) -> str:
        if not half:
            return ""
        rest = match.string[match.end() :].lstrip()
        ends = match.group().endswith(".") and (not rest or rest[0].isupper())
        return f" {half.lower()} m{'.' if ends else ''}"

    def _money(self, match: re.Match[str]) -> str:
        sign, first, second, scale = match.groups()
        amount = first if second is None else f"{self._amount(first)}{self._words.to}"
        if second is None and scale is None:
            return self._price(amount, sign)
        said = self._amount(first) if second is None else amount + self._amount(second)
        if scale is not None:
            said += f" {self._words.scales[scale]}"
        return f"{said} {self._words.money[sign][0][1]}"

    def _money_after(self, match: re.Match[str]) -> str:
        return self._price(match[1], match[2])

    def _price(self, number: str, sign: str) -> str:
        (one, many), (cent, cents) = self._words.money[sign]
        whole, _, rest = self._canonical(number).partition(".")
        units = f"{self._say(int(whole))} {one if int(whole) == 1 else many}"
        if not rest.strip("0"):
            return units
        if len(rest) != 2:  # noqa: PLR2004 - "$1.5" and "$0.125" are no cents
            return f"{self._amount(number)} {many}"
        small = f"{self._say(int(rest))} {cent if int(rest) == 1 else cents}"
        return small if int(whole) == 0 else f"{units} and {small}"

    def _unit(self, match: re.Match[str]) -> str:
        sign, first, second, unit = match.groups()
        said = (self._words.minus if sign else "") + self._amount(first)
        if second is not None:
            said += self._words.to + self._amount(second)
        one, many = self._words.units[unit]
        alone = second is None and self._canonical(first) == "1"
        return f"{said} {one if alone else many}"

    def _by(self, match: re.Match[str]) -> str | None:
        return f"{self._amount(match[1])}{self._words.by}" if self._words.by else None

    def _decade(self, match: re.Match[str]) -> str | None:
        if not self._words.halves:
            return None
        said = self._year(int(match[1])) if len(match[1]) > 2 else self._say(int(match[1]))  # noqa: PLR2004
        return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"

    def _ordinal(self, match: re.Match[str]) -> str | None:
        return self._say(int(match[1]), "ordinal") if self._words.halves else None

    def _dotted(self, match: re.Match[str]) -> str:
        parts = match.group().split(".")
        return (self._words.point or ", ").join(self._say(int(part)) for part in parts)

    def _range(self, match: re.Match[str]) -> str | None:
        first, _, second, equals = match.groups()
        if equals is not None:
            return f"{self._amount(first)} {self._words.minus}{self._amount(second)}{equals}"
        if not self._words.to:
            return None
        return f"{self._counted(first)}{self._words.to}{self._counted(second)}"

    def _fraction(self, match: re.Match[str]) -> str | None:
        over, under = int(match[1]), int(match[3])
        if match[2] and "÷" in self._words.symbols:
            return f"{match[1]}{self._words.symbols['÷']}{match[3]}"
        if not self._words.halves or under not in _PARTS or not 0 < over < under:
            return None
        return self._part(over, under)

    def _vulgar(self, match: re.Match[str]) -> str | None:
        if not self._words.halves:
            return None
        over, under = _FRACTIONS[match[2]]
        part = self._part(over, under) if over > 1 else f"a {_PARTS[under][0]}"
        return f"{self._say(int(match[1]))} and {part}" if match[1] else self._part(over, under)

    def _part(self, over: int, under: int) -> str:
        one, many = _PARTS[under]
        return f"{self._say(over)} {one if over == 1 else many}"

    def _plain(self, match: re.Match[str]) -> str:
        return (self._words.minus if match[1] else "") + self._counted(match[2])

    # ── how amounts are said ─────────────────────────────────────────────────────────────────

    def _counted(self, number: str) -> str:
        """Say a number that has no unit: an amount, a year, or just digits."""
        if number.isdigit():
            if len(number) > _LONGEST or (len(number) > 1 and number[0] == "0"):
                return self._digits(number)
            if self._words.years and _FIRST_YEAR <= int(number) <= _LAST_YEAR:
                return self._year(int(number))
        return self._amount(number)

    def _amount(self, number: str) -> str:
        whole, _, rest = self._canonical(number).partition(".")
        if rest and not self._words.point:
            return self._say(Decimal(f"{whole}.{rest}"))
        said = self._say(int(whole))
        return f"{said}{self._words.point}{self._digits(rest)}" if rest else said

    def _year(self, year: int) -> str:
        if self._words.years and _FIRST_YEAR <= year <= _LAST_YEAR:
            return self._say(year, "year").replace("oh-", "oh ").replace(" and ", " ")
        return self._say(year)

    def _digits(self, digits: str) -> str:
        return " ".join(self._say(int(digit)) for digit in digits)

    def _canonical(self, number: str) -> str:
        """Return it with a decimal point and without marks between thousands."""
        return number.replace(self._words.thousands, "").replace(self._words.decimal, ".")

    def _say(
        self, number: int | Decimal, form: Literal["cardinal", "ordinal", "year"] = "cardinal"
    ) -> str:
        """Let `num2words` say it; a language that it does not know gets the digits."""
        try:
            said: str = num2words(number, to=form, lang=self._words.numbers)
        except (NotImplementedError, OverflowError, TypeError):
            return str(number)
        return said.replace(",", "")
