"""How a language says what is written in signs: symbols, units, money, abbreviations.

English is here; any other language gets its numbers from `num2words` and loses signs that it
has no word for. Units: pairs of one and many; money: the same for its whole and its hundredths.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

Forms = tuple[str, str]
"""What one is called, and what many are called."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words for signs in one language; an empty text: it has no word, the sign is dropped."""

    numbers: str
    """The language's name in `num2words`."""
    decimal: str = ","
    thousands: str = "."
    dot: str = "."
    at: str = "@"
    slash: str = " "
    point: str = ""
    """Empty: `num2words` says decimals."""
    minus: str = ""
    to: str = ""
    per: str = ""
    by: str = ""
    times: str = ""
    oh: str = ""
    """ "9:05" is "nine oh five"."""
    oclock: str = ""
    number: str = ""
    """ "#1" is "number one"."""
    years: bool = False
    """1905 is "nineteen oh-five"."""
    halves: bool = False
    """1/2 is "one half"; 21st is "twenty-first"; 1990s is "nineteen nineties"."""
    months: tuple[str, ...] = ()
    symbols: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Forms] = field(default_factory=dict)
    money: Mapping[str, tuple[Forms, Forms]] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    """Abbreviations that go on: no sentence ends with them."""
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    """Abbreviations with which a sentence may end."""
    starters: frozenset[str] = frozenset()
    """Words that begin a sentence even after "U.S."."""
    conjunctions: frozenset[str] = frozenset()
    """Words before which a long sentence may be cut."""
    leaning: frozenset[str] = frozenset()
    """Words after which it must not be cut: they lean on what follows."""


def _many(**units: str) -> dict[str, Forms]:
    return {sign: (name, f"{name}s") for sign, name in units.items()}


ENGLISH = Lexicon(
    numbers="en",
    decimal=".",
    thousands=",",
    dot=" dot ",
    at=" at ",
    slash=" slash ",
    point=" point ",
    minus="minus ",
    to=" to ",
    per=" per ",
    by=" by ",
    times=" times ",
    oh="oh ",
    oclock=" o'clock",
    number="number ",
    years=True,
    halves=True,
    months=(
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    symbols={
        "&": " and ",
        "+": " plus ",
        "=": " equals ",
        "≠": " is not equal to ",
        "≈": " is about ",
        "≤": " is at most ",
        "≥": " is at least ",
        "±": " plus or minus ",
        "÷": " divided by ",
        "\u00d7": " times ",
        "√": " the square root of ",
        "π": " pi ",
        "∞": " infinity ",
        "²": " squared ",
        "³": " cubed ",
        "°": " degrees ",
        "@": " at ",
        "%": " percent ",
        "~": " about ",
        "→": " to ",
        "§": " section ",
        "©": " copyright ",
    },
    units={
        **_many(mm="millimeter", cm="centimeter", m="meter", km="kilometer", mi="mile", yd="yard"),
        **_many(mg="milligram", g="gram", kg="kilogram", lb="pound", lbs="pound", oz="ounce"),
        **_many(ml="milliliter", mL="milliliter", L="liter", l="liter", gal="gallon", qt="quart"),
        **_many(ms="millisecond", s="second", sec="second", secs="second", min="minute"),
        **_many(mins="minute", h="hour", hr="hour", hrs="hour", tsp="teaspoon", tbsp="tablespoon"),
        **_many(kB="kilobyte", KB="kilobyte", MB="megabyte", GB="gigabyte", TB="terabyte"),
        **_many(MiB="mebibyte", GiB="gibibyte", W="watt", kW="kilowatt", MW="megawatt"),
        **_many(kWh="kilowatt hour", V="volt", mA="milliamp", mAh="milliamp hour", dB="decibel"),
        **_many(kcal="kilocalorie", cal="calorie", J="joule", kJ="kilojoule", px="pixel"),
        **{sign: (name, name) for sign, name in {"Hz": "hertz", "kHz": "kilohertz"}.items()},
        **{sign: (name, name) for sign, name in {"MHz": "megahertz", "GHz": "gigahertz"}.items()},
        "ft": ("foot", "feet"),
        "in.": ("inch", "inches"),
        "µm": ("micrometer", "micrometers"),
        "µs": ("microsecond", "microseconds"),
        "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
        "°C": ("degree Celsius", "degrees Celsius"),
        "°": ("degree", "degrees"),
        "%": ("percent", "percent"),
        "km/h": ("kilometer per hour", "kilometers per hour"),
        "kph": ("kilometer per hour", "kilometers per hour"),
        "mph": ("mile per hour", "miles per hour"),
        "m/s": ("meter per second", "meters per second"),
        "mpg": ("mile per gallon", "miles per gallon"),
        "m²": ("square meter", "square meters"),
        "m2": ("square meter", "square meters"),
        "km²": ("square kilometer", "square kilometers"),
        "km2": ("square kilometer", "square kilometers"),
        "m³": ("cubic meter", "cubic meters"),
        "sq ft": ("square foot", "square feet"),
        "ft²": ("square foot", "square feet"),
        "Mbps": ("megabit per second", "megabits per second"),
        "Gbps": ("gigabit per second", "gigabits per second"),
        "MB/s": ("megabyte per second", "megabytes per second"),
        "fps": ("frame per second", "frames per second"),
        "bpm": ("beat per minute", "beats per minute"),
        "rpm": ("revolution per minute", "revolutions per minute"),
        "hPa": ("hectopascal", "hectopascals"),
        "psi": ("pound per square inch", "pounds per square inch"),
        "Ω": ("ohm", "ohms"),
    },
    money={
        "$": (("dollar", "dollars"), ("cent", "cents")),
        "€": (("euro", "euros"), ("cent", "cents")),
        "£": (("pound", "pounds"), ("penny", "pence")),
        "¥": (("yen", "yen"), ("sen", "sen")),
        "₹": (("rupee", "rupees"), ("paisa", "paise")),
    },
    scales={
        "k": "thousand",
        "K": "thousand",
        "M": "million",
        "m": "million",
        "mn": "million",
        "B": "billion",
        "bn": "billion",
        "T": "trillion",
        "thousand": "thousand",
        "million": "million",
        "billion": "billion",
        "trillion": "trillion",
    },
    titles={
        "Dr.": "Doctor",
        "Mr.": "Mister",
        "Mrs.": "Missus",
        "Ms.": "Miz",
        "Prof.": "Professor",
        "Gov.": "Governor",
        "Sen.": "Senator",
        "Gen.": "General",
        "Col.": "Colonel",
        "Capt.": "Captain",
        "Lt.": "Lieutenant",
        "Sgt.": "Sergeant",
        "Rev.": "Reverend",
        "Mt.": "Mount",
        "Ft.": "Fort",
        "e.g.": "for example",
        "i.e.": "that is",
        "cf.": "compare",
        "vs.": "versus",
        "approx.": "approximately",
        "incl.": "including",
        "esp.": "especially",
        "Fig.": "Figure",
        "fig.": "figure",
        "Ch.": "Chapter",
        "pp.": "pages",
        "Vol.": "Volume",
        "Jan.": "January",
        "Feb.": "February",
        "Aug.": "August",
        "Sept.": "September",
        "Oct.": "October",
        "Nov.": "November",
        "Dec.": "December",
        "St.": "Saint",
        "No.": "Number",
        "p.": "page",
        "est.": "estimated",
    },
    abbreviations={
        "etc.": "et cetera",
        "a.m.": "a m",
        "p.m.": "p m",
        "A.M.": "a m",
        "P.M.": "p m",
        "Jr.": "Junior",
        "Sr.": "Senior",
        "Inc.": "Incorporated",
        "Ltd.": "Limited",
        "Co.": "Company",
        "Corp.": "Corporation",
        "Ave.": "Avenue",
        "Blvd.": "Boulevard",
        "Rd.": "Road",
        "Dept.": "Department",
    },
    starters=frozenset(
        {
            *("The", "It", "He", "She", "They", "We", "I", "You", "This", "That", "These", "In"),
            *("But", "And", "So", "However", "There", "If", "When", "What", "How", "Its", "A"),
        }
    ),
    conjunctions=frozenset(
        {
            *("and", "or", "but", "because", "although", "though", "while", "when", "where"),
            *("which", "who", "that", "if", "unless", "until", "so", "then", "since", "before"),
            *("after", "with", "without", "for", "from", "about", "into", "through", "during"),
            *("like", "including", "such", "than", "as", "to", "in", "on", "at", "by"),
        }
    ),
    leaning=frozenset(
        {
            *(
                "a",
                "an",
                "the",
                "my",
                "your",
                "his",
                "her",
                "its",
                "our",
                "their",
                "this",
                "these",
            ),
            *("of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "into", "about"),
            *(
                "and",
                "or",
                "but",
                "that",
                "which",
                "who",
                "is",
                "are",
                "was",
                "were",
                "be",
                "very",
            ),
            *("not", "no", "some", "any", "each", "every", "more", "most", "such", "can", "will"),
            *("would", "could", "should", "may", "might", "must", "has", "have", "had", "if"),
        }
    ),
)

_POINT = frozenset({"en", "zh", "ja", "ko", "th", "he", "hi"})
"""Languages with a decimal point; the others have a comma."""


@cache
def lexicon(language: str) -> Lexicon:
    """Return the words of a language, by its code: "en", "de", "pt-BR"."""
    base = language.replace("_", "-").partition("-")[0].lower()
    if base == "en":
        return ENGLISH
    if base in _POINT:
        return Lexicon(numbers=base, decimal=".", thousands=",")
    return Lexicon(numbers=base)
