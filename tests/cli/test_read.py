"""`assistant read`, and what `assistant see` does of it, as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.papers import locked, pdf
from tests.looking.papers import INVOICE, drawn

BILL = [
    *((50, 740, "Calder Energy Ltd"), (50, 700, "Bill date:"), (200, 700, "15 March 2024")),
    *((50, 670, "Total:"), (200, 670, "$600.00"), (50, 600, "Thank you for your custom.")),
]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "home").mkdir()
    kept = {"PATH", "LANG", "TMPDIR", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name in kept} | {
        "HOME": f"{tmp_path}/home",
        "ASSISTANT_MODELS": f"{tmp_path}/models",
        "ASSISTANT_OFFLINE": "1",
    }


def run(
    env: dict[str, str], *arguments: object, verb: str = "read"
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assistant", verb, *map(str, arguments)]
    return subprocess.run(
        command,
        env=env,
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_pdf_is_read_from_its_own_text(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bill.pdf").write_bytes(pdf(BILL))
    asked = ("--extract", "vendor,date,total,iban", "--set", "ocr.backend=tesseract")
    found = json.loads(run(env, tmp_path / "bill.pdf", *asked).stdout)
    assert {name: one["value"] for name, one in found.items()} == {
        "vendor": "Calder Energy Ltd",
        "date": "2024-03-15",
        "total": "600.00",
        "iban": None,
    }
    assert [one["state"] for one in found.values()] == ["found"] * 3 + ["missing"]


def test_see_extracts_and_finds_tables_as_read_does(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bill.pdf").write_bytes(pdf(BILL))
    asked = (tmp_path / "bill.pdf", "--extract", "vendor,total,date")
    seen = run(env, *asked, verb="see")
    assert (seen.returncode, seen.stderr) == (0, "")
    assert [one["value"] for one in json.loads(seen.stdout).values()] == [
        *("Calder Energy Ltd", "600.00", "2024-03-15"),
    ]
    assert seen.stdout == run(env, *asked).stdout
    rows = [
        (x, y, text)
        for y, row in zip(
            (700, 670, 640),
            ("Item Quantity Amount", "Nails 20 2.00", "Screws 30 3.00"),
            strict=True,
        )
        for x, text in zip((50, 250, 450), row.split(), strict=True)
    ]
    (tmp_path / "list.pdf").write_bytes(pdf(rows))
    seen = run(env, tmp_path / "list.pdf", "--tables", verb="see")
    assert seen.stdout.splitlines() == ["Item,Quantity,Amount", "Nails,20,2.00", "Screws,30,3.00"]


def test_fields_and_a_question_do_not_go_together(env: dict[str, str]) -> None:
    ended = run(env, "a.pdf", "What is it?", "--extract", "total", verb="see")
    assert ended.returncode == 1
    assert ended.stderr.startswith("assistant: --extract and --tables take one file")


def test_text_is_printed_by_paragraphs(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bill.pdf").write_bytes(pdf(BILL))
    told = run(env, tmp_path / "bill.pdf")
    assert told.stdout.endswith("Thank you for your custom.\n\n")
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.real
def test_a_picture_is_read(env: dict[str, str], tmp_path: Path) -> None:
    Image.fromarray(drawn(INVOICE)).save(tmp_path / "invoice.png")
    told = run(env, tmp_path / "invoice.png", "--extract", "vendor,total", "--no-mind")
    found = json.loads(told.stdout)
    assert [one["value"] for one in found.values()] == ["Harbour Tools Ltd", "600.00"]
    assert told.stderr == ""
    tables = run(env, tmp_path / "invoice.png", "--tables").stdout
    assert tables.splitlines()[1] == "Steel bracket,50,350.00"


def picture(path: Path, size: tuple[int, int] = (200, 300)) -> bytes:
    Image.fromarray(np.full((*size, 3), 255, np.uint8)).save(path / "white.png")
    return (path / "white.png").read_bytes()


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("missing.png", 65, "it cannot be read (no such file or directory)"),
        ("locked.pdf", 65, "it has a password; save a copy without one and give that"),
        ("damaged.pdf", 65, "it is a damaged PDF; export it again"),
        ("cut.png", 65, "it is damaged or cut off (image file is truncated)"),
        ("empty.png", 65, "it is empty"),
        ("8000.png", 65, "million pixels, and 50 is the most; make it smaller"),
        ("20000.png", 65, "million pixels, and 50 is the most; make it smaller"),
    ],
)
def test_a_bad_file_is_one_clear_line(
    env: dict[str, str], tmp_path: Path, name: str, code: int, told: str
) -> None:
    content = {
        "locked.pdf": locked(),
        "damaged.pdf": b"%PDF-1.4\nnothing more",
        "cut.png": picture(tmp_path)[:100],
        "empty.png": b"",
    }
    if name in content:
        (tmp_path / name).write_bytes(content[name])
    side = name.split(".", maxsplit=1)[0]
    if side.isdigit():
        Image.new("1", (int(side), int(side))).save(tmp_path / name)
    ended = run(env, tmp_path / name)
    assert ended.returncode == code
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("assistant: ")
    assert line.endswith(told)


@pytest.mark.real
def test_a_page_without_text_is_said(env: dict[str, str], tmp_path: Path) -> None:
    picture(tmp_path)
    ended = run(env, tmp_path / "white.png")
    assert (ended.returncode, ended.stderr) == (
        1,
        "assistant: no text is to be found on it; is it sharp, and lit?\n",
    )
    found = json.loads(run(env, tmp_path / "white.png", "--extract", "total").stdout)
    assert found == {"total": {"value": None, "state": "missing"}}


@pytest.mark.parametrize("fields", [",", "total,!", ",".join(f"f{n}" for n in range(51))])
def test_fields_that_are_none_are_refused(env: dict[str, str], fields: str) -> None:
    ended = run(env, "any.png", "--extract", fields)
    assert ended.returncode == 1
    assert ended.stderr.startswith("assistant: --extract: ")
