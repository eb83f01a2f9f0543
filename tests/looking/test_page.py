import asyncio
import random

import numpy as np

from assistant.looking.page import Page, level, page_of, read_page, rows
from assistant.looking.sharpening import sharpened
from assistant.ports import Pixels, TextLine
from assistant.testing.reader import ScriptedReader
from tests.looking.papers import drawn, page, piece

WHITE = np.full((100, 300, 3), 255, np.uint8)
PROSE = [
    "The first of the two columns begins here and",
    "goes on for as long as it likes, because",
    "nobody told it where it should have ended.",
    "Then at last it does.",
]


def read(reader: ScriptedReader, pixels: Pixels = WHITE) -> Page:
    return asyncio.run(read_page(reader, pixels))


def test_pieces_are_read_by_rows() -> None:
    found = page((300, 12, "600.00"), (10, 50, "Thank you"), (10, 10, "Total"))
    assert found.text == "Total 600.00\nThank you"


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [(10, 100 + 30 * n, text) for n, text in enumerate(PROSE)]
    right = [(600, 100 + 30 * n, text.upper()) for n, text in enumerate(PROSE)]
    title = (10, 10, "A title over both of the columns, as wide as they are together, or about so")
    found = page(*left, *right, title)
    assert found.text.splitlines() == [title[2], *PROSE, *(text.upper() for text in PROSE)]


def test_a_form_is_read_by_rows_although_it_has_columns() -> None:
    placed = [(10, 10 + 30 * n, f"Label {n}") for n in range(5)]
    placed += [(600, 10 + 30 * n, f"value {n}") for n in range(5)]
    assert page(*placed).text.splitlines() == [f"Label {n} value {n}" for n in range(5)]


def test_a_page_that_sinks_to_the_right_has_its_rows() -> None:
    def sunk(left: int, top: int, text: str) -> TextLine:
        line = piece(left, top + 0.04 * left, text)
        return TextLine(line.text, line.box, 0.99, 0.04)

    lines = [sunk(left, 100 + 30 * n, f"c{left}r{n}") for n in range(5) for left in (0, 400, 800)]
    random.Random(1).shuffle(lines)
    told = [[line.text for line in row] for row in page_of(lines, 1000, 400).rows]
    assert told == [[f"c{left}r{n}" for left in (0, 400, 800)] for n in range(5)]
    assert [len(row) for row in rows(lines)] != [3] * 5  # it took levelling


def test_a_level_page_is_left_alone_whatever_a_short_piece_says() -> None:
    lines = [TextLine("a long and level line", (0, 0, 400, 20), 1, 0.0)]
    lines += [TextLine("short", (0, 30, 90, 50), 1, 0.02), piece(0, 60, "x")]
    assert level(lines) == lines


def test_a_page_upside_down_is_turned() -> None:
    garbled = (piece(10, 10, "qnopn lozo", confidence=0.5),)
    reader = ScriptedReader(garbled, (piece(10, 10, "Total 600"),))
    found = read(reader)
    assert (found.turned, found.text) == (180, "Total 600")


def test_a_page_on_its_side_is_turned() -> None:
    lying = TextLine("Total 600", (10, 10, 30, 100), 0.9)
    reader = ScriptedReader((lying,), (lying,), (piece(10, 10, "Total 600"),))
    found = read(reader)
    assert (found.turned, found.width, found.height) == (270, 100, 300)
    assert reader.shown == [(100, 300), (300, 100), (300, 100)]


def test_a_page_that_is_well_read_is_read_once() -> None:
    reader = ScriptedReader((piece(10, 10, "Total 600"),))
    read(reader)
    assert len(reader.shown) == 1


def test_an_empty_page_is_looked_at_twice_and_has_no_text() -> None:
    reader = ScriptedReader(())
    found = read(reader)
    assert (found.text, found.confidence, found.turned, len(reader.shown)) == ("", 0, 0, 2)


def test_noise_is_no_text() -> None:
    reader = ScriptedReader(tuple(piece(10, 30 * n, "qe|", confidence=0.4) for n in range(5)))
    assert read(reader).lines == ()


def test_what_is_hard_to_read_is_read_sharper_if_that_is_more() -> None:
    blurred = (piece(10, 10, "Bi11 t0 N", confidence=0.88),)
    reader = ScriptedReader(blurred, (piece(10, 10, "Bill to: Northwind", confidence=0.98),))
    assert read(reader).text == "Bill to: Northwind"
    assert read(ScriptedReader(blurred)).text == "Bi11 t0 N"


def test_ten_thousand_stains_take_no_time() -> None:
    chance = random.Random(0)
    lines = [
        piece(chance.uniform(0, 4000), chance.uniform(0, 4000), "x", high=9, confidence=0.3)
        for _ in range(10_000)
    ]
    assert len(page_of(lines, 4000, 4000).lines) == 3000


def test_what_moved_is_sharper_afterwards() -> None:
    paper = drawn([(10, 10, "Bill to: Northwind")], (400, 60))
    moved = np.mean([np.roll(paper, shift, axis=1) for shift in range(-4, 5)], axis=0)

    def edges(picture: Pixels) -> float:
        return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())

    assert edges(sharpened(moved.astype(np.uint8), 1)) > 1.2 * edges(moved)
