# ruff: noqa: RUF001 - typographic signs are what is tested
"""What is written becomes what is spoken, and can be told from it again."""

import pytest

from assistant.speaking.plain import Plain, Sentence


def spoken(text: str, language: str = "en") -> str:
    return Plain(language).feed(text).spoken


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # markdown
        ("It is **very** _nice_ and ~~old~~ new.", "It is very nice and old new."),
        ("## Two kinds\n", "Two kinds."),
        ("- First item\n", "First item."),
        ("* [x] done\n", "done."),
        ("1. Buy milk\n", "one, Buy milk."),
        ("> as he said\n", "as he said."),
        ("Read [the guide](https://a.org/x?y=1 'T').", "Read the guide."),
        ("![A cat](cat.png) sleeps.", "A cat sleeps."),
        ("Run `ls -la` with `my_file`.", "Run ls -la with my file."),
        ("One<br>two <b>three</b> &amp; four", "One, two three and four"),
        ("It is so [1], really.[^2]", "It is so, really."),
        ("---\n", ""),
        ("| Name | Age |\n", "Name, Age."),
        ("|------|:---:|\n", ""),
        (r"Five \* means \[x\].", "Five means, x."),
        # addresses
        ("See https://www.example.com/docs.", "See example dot com slash docs."),
        ("See https://example.com/a/b?c=1#d, please.", "See example dot com, please."),
        ("Write to jane.doe@example.com!", "Write to jane dot doe at example dot com!"),
        ("Open main.py or foo-bar.org.", "Open main dot py or foo dash bar dot org."),
        # emoji, quotes
        ("Great 😀👍🏽! 🇩🇪 ✅ Done :)", "Great! Done"),
        ("“It’s” he said, “done”.", "It's he said, done."),
        # numbers
        ("I have 3 cats and 21 dogs.", "I have three cats and twenty-one dogs."),
        ("1,234,567 people", ("one million two hundred and thirty-four thousand five hundred"
         " and sixty-seven people")),
        ("Pi is 3.14.", "Pi is three point one four."),
        ("It is -5 or −6 now.", "It is minus five or minus six now."),
        ("In 1905, 2005 and 2026.", ("In nineteen oh five, two thousand five and twenty"
         " twenty-six.")),
        ("the 1990s and the '80s", "the nineteen nineties and the eighties"),
        ("the 1st and 22nd", "the first and twenty-second"),
        ("pages 5-10, 2019–2021", "pages five to ten, twenty nineteen to twenty twenty-one"),
        ("1/2 cup, 2½ cups, 3/4", "one half cup, two and a half cups, three quarters"),
        ("on 2026-11-24", "on November twenty-fourth, twenty twenty-six"),
        ("version 3.11.7", "version three point eleven point seven"),
        ("Call 555-123-4567.", "Call five five five, one two three, four five six seven."),
        ("agent 007", "agent zero zero seven"),
        ("2 + 2 = 4, 10 / 2 = 5", "two plus two equals four, ten divided by two equals five"),
        ("5 - 3 = 2", "five minus three equals two"),
        ("3 x 4 or 3 * 4", "three by four or three times four"),
        ("GPT-4 and H2O", "GPT-four and H2O"),
        # times
        ("at 9:30", "at nine thirty"),
        ("at 9:05 a.m. today", "at nine oh five a m today"),
        ("at 9:00 PM. Then", "at nine p m. Then"),
        ("at 14:00", "at fourteen o'clock"),
        ("at 7pm", "at seven p m"),
        # money, units
        ("$5, $1, $5.50, $0.99", ("five dollars, one dollar, five dollars and fifty cents,"
         " ninety-nine cents")),
        ("$3 million, €20k", "three million dollars, twenty thousand euros"),
        ("$5-10 or 20€", "five to ten dollars or twenty euros"),
        ("£3/month", "three pounds per month"),
        ("72°F, 1°C, 90°", "seventy-two degrees Fahrenheit, one degree Celsius, ninety degrees"),
        ("50 km/h, 1 kg, 250ms, 5%", ("fifty kilometers per hour, one kilogram, two hundred and"
         " fifty milliseconds, five percent")),
        ("5–10 km and 6 ft", "five to ten kilometers and six feet"),
        # abbreviations, signs
        ("Dr. Smith vs. Mr. Jones", "Doctor Smith versus Mister Jones"),
        ("fruit, e.g. apples, i.e. food", "fruit, for example apples, that is food"),
        ("milk, bread, etc. Then", "milk, bread, et cetera. Then"),
        ("No. 5? No. I mean it.", "Number five? No. I mean it."),
        ("St. Paul on Main St. today", "Saint Paul on Main Street today"),
        ("The U.S. Army", "The U S Army"),
        ("salt & pepper #1", "salt and pepper number one"),
        ("~5 people", "about five people"),
        # punctuation
        ("Well... maybe. Wait…", "Well, maybe. Wait."),
        ("Really?! Yes!!!", "Really? Yes!"),
        ("He (the boy) left — fast.", "He, the boy, left, fast."),
        ("and/or", "and or"),
        # nothing to say
        ("```", ""),
        ("***", ""),
        ("😀", ""),
        ("...", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_english(written: str, expected: str) -> None:
    assert spoken(written) == expected


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("de", "Es sind **3,14** und 21 Katzen.", ("Es sind drei Komma eins vier und"
         " einundzwanzig Katzen.")),
        ("fr", "J'ai 21 chats 😀", "J'ai vingt et un chats"),
        ("xx", "abc 21", "abc 21"),
    ],
)  # fmt: skip
def test_other_languages_get_their_numbers(language: str, written: str, expected: str) -> None:
    assert spoken(written, language) == expected


def test_a_code_fence_spans_chunks_and_is_not_read() -> None:
    plain = Plain()
    chunks = ["Look:\n", "```python\n", "x = 1 # a, ", "b\n", "\n", "```\n", "That is ", "all."]
    assert [plain.feed(chunk).spoken for chunk in chunks] == [
        "Look.", "", "", "", "", "", "That is", "all.",
    ]  # fmt: skip


def test_a_dash_in_the_middle_of_a_line_is_no_list() -> None:
    plain = Plain()
    plain.feed("He waited, ")
    assert plain.feed("- then left.").spoken == "then left."
    assert plain.feed("# 5 of them").spoken == "five of them"


def test_a_whole_answer_in_one_piece() -> None:
    text = "# Tea\n\n1. Boil **water**\n2. Wait\n\n```\ncode\n```\nEnjoy!"
    assert spoken(text) == "Tea. one, Boil water. two, Wait. Enjoy!"


def heard(sentence: Sentence, words: int) -> str:
    """Hear the first so many spoken words."""
    at = 0
    for word in sentence.spoken.split()[:words]:
        at = sentence.spoken.index(word, at) + len(word)
    return sentence.heard(at)


def test_heard_is_told_in_the_written_words() -> None:
    sentence = Plain().feed("It **costs** $5.50 at [the shop](https://a.b/c), okay? ")
    assert sentence.spoken == "It costs five dollars and fifty cents at the shop, okay?"
    assert heard(sentence, 0) == ""
    assert heard(sentence, 1) == "It"
    assert heard(sentence, 2) == "It **costs**"
    assert heard(sentence, 3) == "It **costs** "  # an amount said by half is not said
    assert heard(sentence, 7) == "It **costs** $5.50"
    assert heard(sentence, 8) == "It **costs** $5.50 at"
    assert heard(sentence, 11) == sentence.written


def test_asks() -> None:
    assert Plain().feed("Shall I (really)?").asks
    assert not Plain().feed("I shall.").asks


@pytest.mark.parametrize(
    "text", ["a" * 5000, "1" * 500, "[" * 300, "* " * 500, "1-" * 300, "$1" * 99]
)
def test_odd_texts_do_not_break_it(text: str) -> None:
    sentence = Plain().feed(text)
    assert len(sentence.origins) == len(sentence.spoken)
    assert all(0 <= origin < len(text) for origin in sentence.origins)
