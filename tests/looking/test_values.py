from decimal import Decimal

import pytest

from assistant.languages.pack import load
from assistant.looking.values import amount_of, find

MONTHS = load("en").sight.months


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("$1,250.00", "1250.00"),
        ("1.250,00 €", "1250.00"),
        ("1 250.00", "1250.00"),
        ("£0.90", "0.90"),
        ("5,00", "5.00"),
        ("-12.50", "-12.50"),
        ("(12.50)", "-12.50"),
        ("VAT 20% 40.00", "40.00"),
        ("3 x 7.00", "7.00"),
        ("Total:1250.00", "1250.00"),
        ("USD 1,200", "1200"),
        ("007", "7"),
    ],
)
def test_amounts_are_understood(text: str, plain: str) -> None:
    assert find("amount", text)[0].plain == plain


@pytest.mark.parametrize("text", ["", "20%", "2024-03-15", "v1.2.3", "no number"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert amount_of(text) is None


def test_amounts_are_equal_however_they_are_printed() -> None:
    assert amount_of("$1,250.00") == amount_of("1250") == Decimal(1250)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("2024-03-15", "2024-03-15"),
        ("15.03.2024", "2024-03-15"),
        ("03/15/2024", "2024-03-15"),
        ("15/03/24", "2024-03-15"),
        ("March 15, 2024", "2024-03-15"),
        ("Mar15,2024", "2024-03-15"),
        ("15th of March 2024", "2024-03-15"),
        ("1 May 2024", "2024-05-01"),
        ("Exp 08/2027", "2027-08"),
        ("Sept 2024", "2024-09"),
        ("05/05/2024", "2024-05-05"),
    ],
)
def test_dates_are_understood(text: str, plain: str) -> None:
    (value,) = find("date", text, MONTHS)
    assert (value.plain, value.sure) == (plain, True)


def test_a_date_that_may_be_two_is_left_as_it_is_printed() -> None:
    (value,) = find("date", "03/04/2024", MONTHS)
    assert (value.plain, value.sure) == ("03/04/2024", False)
    assert find("date", "03/04/2024", MONTHS, day_first=True)[0].plain == "2024-04-03"
    assert find("date", "03/04/2024", MONTHS, day_first=False)[0].plain == "2024-03-04"


@pytest.mark.parametrize("text", ["32.13.2024", "2024-13-01", "31 February 2024", "12:30", ""])
def test_what_is_no_date_is_none(text: str) -> None:
    assert not find("date", text, MONTHS)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("No. INV-20417", "INV-20417"),
        ("#invoice_number_1", "invoice_number_1"),
        ("INV/2023/03/0008", "INV/2023/03/0008"),
        ("Calories 190", "190"),
        ("GB29 6016 1331 9268", "GB29 6016 1331 9268"),
    ],
)
def test_numbers_are_found(text: str, plain: str) -> None:
    assert find("number", text, MONTHS)[0].plain == plain


def test_a_date_is_the_last_number_that_is_meant() -> None:
    assert [v.plain for v in find("number", "2024-03-15 A77", MONTHS)] == ["A77", "2024-03-15"]
