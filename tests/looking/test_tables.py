import csv
import io

from assistant.looking.tables import Table, tables
from tests.looking.papers import INVOICE, page


def test_the_table_of_an_invoice_has_its_cells() -> None:
    (table,) = tables([page(*INVOICE)])
    assert table.cells == (
        ("Item", "Qty", "Amount"),
        ("Steel bracket", "50", "350.00"),
        ("Delivery", "1", "250.00"),
        ("", "Total:", "$600.00"),
    )


def test_the_second_line_of_a_cell_belongs_to_it() -> None:
    paper = page(
        *((10, 10, "Goods"), (300, 10, "Qty"), (500, 10, "Price")),
        *((10, 60, "Beeswax XL"), (300, 60, "1"), (500, 60, "42.00")),
        (10, 84, "Acme beeswax"),
        *((10, 140, "Chair"), (300, 140, "2"), (500, 140, "70.00")),
    )
    (table,) = tables([paper])
    assert table.cells[1] == ("Beeswax XL Acme beeswax", "1", "42.00")


def test_an_empty_cell_stays_empty() -> None:
    paper = page(
        *((10, 10, "Goods"), (300, 10, "Qty"), (500, 10, "Price")),
        *((10, 50, "Chair"), (500, 50, "70.00")),
        *((10, 90, "Lamp"), (300, 90, "2"), (500, 90, "9.00")),
    )
    assert tables([paper])[0].cells[1] == ("Chair", "", "70.00")


def test_labels_with_values_and_prose_are_no_table() -> None:
    paper = page(
        *((10, 30 * n, "Label:") for n in range(5)), *((300, 30 * n, "v") for n in range(5))
    )
    assert tables([paper, page((10, 10, "Dear Sir,")), page()]) == []


def test_csv_is_read_back_and_holds_no_formula() -> None:
    cells = (("a, b", 'say "x"'), ("=cmd()", "-5.00"), ("@sum", "+1"))
    read = list(csv.reader(io.StringIO(Table(cells).csv())))
    assert read == [["a, b", 'say "x"'], ["'=cmd()", "-5.00"], ["'@sum", "+1"]]
