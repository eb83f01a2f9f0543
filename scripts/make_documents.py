"""Draw invoices, receipts and labels whose fields are known, clean and as a webcam sees them.

    python scripts/make_documents.py FOLDER

writes the pictures and `fields.tsv`: file, field, value. All names are invented.
"""

import csv
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]
DOCUMENTS = 12


class View(NamedTuple):
    """What a camera makes of a paper: pixels, part that it fills, blur, light, noise, JPEG."""

    width: int
    height: int
    fills: float
    blur: int = 0
    light: float = 0.85
    noise: float = 6
    quality: int = 85


VIEWS = {
    "cam720": View(1280, 720, 0.9),
    "cam1080": View(1920, 1080, 0.9),
    "blurred": View(1280, 720, 0.9, blur=5),
    "dark": View(1280, 720, 0.9, light=0.25, noise=10),
    "squeezed": View(1280, 720, 0.9, quality=20),
}
"""As `tools` of measuring elsewhere have it, but the paper fills the picture's height."""


@dataclass
class Paper:
    """A page being drawn, and the fields that are on it."""

    width: int
    height: int
    texts: list[tuple[float, float, str, int, str]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def put(self, x: float, y: float, text: str, size: int = 26, anchor: str = "la") -> None:
        """Write a text at a place; `anchor` as Pillow names it."""
        self.texts.append((x, y, text, size, anchor))

    def drawn(self) -> Image.Image:
        """Return it as a picture."""
        picture = Image.new("RGB", (self.width, self.height), (250, 249, 245))
        pen = ImageDraw.Draw(picture)
        for x, y, text, size, anchor in self.texts:
            font: Any = ImageFont.load_default(size)
            pen.text((x, y), text, fill=(20, 20, 25), font=font, anchor=anchor)
        return picture


MONTHS = ("January", "March", "May", "August", "October", "December")
VENDORS = ("Blue Heron Tools", "Quayside Bakery", "Fennel & Sons Ltd", "Orchard Lane Market")
PEOPLE = ("Priya Raman", "Tomas Lindqvist", "Grace Okafor", "Daniel Weaver")
GOODS = (
    "Garden hose 20 m",
    "Oak shelf",
    "Paint, white",
    "Copper pipe",
    "Door hinge",
    "Sand 25 kg",
)
DRUGS = ("IBUPROFEN 200 mg", "METFORMIN 850 mg", "LORATADINE 10 mg", "CETIRIZINE 5 mg")


def _date(chance: random.Random) -> tuple[str, str]:
    """Return a date as printed and plainly."""
    month = chance.choice((1, 3, 5, 8, 10, 12))
    day, year = chance.randint(13, 28), chance.randint(2023, 2027)
    name = MONTHS[(1, 3, 5, 8, 10, 12).index(month)]
    printed = chance.choice(
        (
            f"{year}-{month:02}-{day:02}",
            f"{day} {name} {year}",
            f"{name[:3]} {day}, {year}",
            f"{month:02}/{day:02}/{year}",
            f"{day:02}.{month:02}.{year}",
        )
    )
    return printed, f"{year}-{month:02}-{day:02}"


def _items(chance: random.Random) -> tuple[list[tuple[str, int, float]], float]:
    bought = [
        (goods, chance.randint(1, 12), round(chance.uniform(1, 90), 2))
        for goods in chance.sample(GOODS, chance.randint(2, 4))
    ]
    return bought, round(sum(round(count * price, 2) for _, count, price in bought), 2)


def invoice(chance: random.Random) -> Paper:
    """Vendor at the top, numbers in a block on the right, a table, sums under it."""
    paper = Paper(1000, 1000)
    vendor, buyer = chance.choice(VENDORS), chance.choice(PEOPLE)
    (printed, plain), (due, due_plain) = _date(chance), _date(chance)
    number = f"{chance.choice(('INV', 'RE', 'A'))}-{chance.randint(1000, 99999)}"
    items, net = _items(chance)
    tax = round(net * 0.2, 2)
    paper.put(60, 50, vendor, 44)
    paper.put(60, 110, "7 Mill Road, Ashford", 22)
    paper.put(940, 50, "INVOICE", 40, "ra")
    for line, (label, value) in enumerate(
        (("Invoice No:", number), ("Invoice date:", printed), ("Due date:", due))
    ):
        paper.put(620, 120 + 38 * line, label, 24)
        paper.put(940, 120 + 38 * line, value, 24, "ra")
    paper.put(60, 230, "Bill to:", 22)
    paper.put(60, 262, buyer, 26)
    for x, heading in ((60, "Description"), (600, "Qty"), (760, "Price"), (940, "Amount")):
        paper.put(x, 350, heading, 24, "la" if heading == "Description" else "ra")
    y = 400.0
    for goods, count, price in items:
        paper.put(60, y, goods, 24)
        for x, value in ((600, str(count)), (760, f"{price:.2f}"), (940, f"{count * price:.2f}")):
            paper.put(x, y, value, 24, "ra")
        y += 44
    for label, amount in (("Subtotal", net), ("VAT 20%", tax), ("Total", net + tax)):
        y += 44
        paper.put(600, y, label, 26)
        paper.put(940, y, f"${amount:,.2f}", 26, "ra")
    paper.put(60, y + 90, "Payment is due within 30 days. Thank you for your custom.", 20)
    paper.fields = {
        "vendor": vendor,
        "number": number,
        "date": plain,
        "due": due_plain,
        "customer": buyer,
        "subtotal": f"{net:.2f}",
        "tax": f"{tax:.2f}",
        "total": f"{net + tax:.2f}",
    }
    return paper


def receipt(chance: random.Random) -> Paper:
    """Narrow, centred, small; the date has no label."""
    paper = Paper(520, 760)
    vendor = chance.choice(VENDORS)
    printed, plain = _date(chance)
    items, total = _items(chance)
    paper.put(260, 40, vendor.upper(), 34, "ma")
    paper.put(260, 90, "12 Harbour Street", 20, "ma")
    paper.put(260, 118, "Tel 01632 960 144", 20, "ma")
    paper.put(40, 170, f"{printed}   14:32", 22)
    y = 220.0
    for goods, count, price in items:
        paper.put(40, y, f"{count} x {goods}", 22)
        paper.put(480, y, f"{count * price:.2f}", 22, "ra")
        y += 36
    given = total + 20
    for label, amount in (("TOTAL", total), ("CASH", given), ("CHANGE", given - total)):
        y += 40
        paper.put(40, y, label, 26)
        paper.put(480, y, f"{amount:.2f}", 26, "ra")
    paper.put(260, y + 80, "THANK YOU, COME AGAIN", 20, "ma")
    paper.fields = {
        "vendor": vendor.upper(),
        "date": plain,
        "total": f"{total:.2f}",
        "change": f"{given - total:.2f}",
    }
    return paper


def label(chance: random.Random) -> Paper:
    """A label on a box of tablets."""
    paper = Paper(720, 420)
    drug, patient = chance.choice(DRUGS), chance.choice(PEOPLE)
    count, number = chance.randint(10, 90), chance.randint(1_000_000, 9_999_999)
    month, year = chance.randint(1, 12), chance.randint(2027, 2030)
    paper.put(40, 30, drug, 44)
    paper.put(40, 100, "Take one tablet twice daily with water.", 28)
    paper.put(40, 160, f"Patient: {patient}", 28)
    paper.put(40, 210, f"Qty: {count}   Refills: {chance.randint(0, 3)}", 28)
    paper.put(40, 260, f"Rx {number}   Exp {month:02}/{year}", 28)
    paper.put(40, 330, "Keep out of the reach of children", 22)
    paper.fields = {
        "patient": patient,
        "qty": str(count),
        "rx": str(number),
        "expires": f"{year}-{month:02}",
    }
    return paper


def statement(chance: random.Random) -> Paper:
    """A bill with its values under their labels."""
    paper = Paper(1000, 760)
    vendor = f"{chance.choice(('Northfield', 'Severn', 'Calder'))} Energy Ltd"
    (printed, plain), (due, due_plain) = _date(chance), _date(chance)
    number, amount = chance.randint(10_000_000, 99_999_999), round(chance.uniform(40, 2400), 2)
    paper.put(60, 50, vendor, 48)
    paper.put(60, 120, "Your bill", 30)
    for x, heading, value in (
        (60, "Bill date", printed),
        (330, "Invoice number", str(number)),
        (600, "Payment due", due),
        (800, "Amount due", f"£{amount:,.2f}"),
    ):
        paper.put(x, 200, heading, 22)
        paper.put(x, 236, value, 24)
    for line, text in enumerate(
        (
            "You have used a little less than in the same months of last year.",
            "We shall collect the amount by direct debit; you need do nothing.",
            "If you want to talk to us, call 01632 960 801 on any weekday.",
        )
    ):
        paper.put(60, 340 + 40 * line, text, 24)
    paper.fields = {
        "vendor": vendor,
        "date": plain,
        "number": str(number),
        "due": due_plain,
        "total": f"{amount:.2f}",
    }
    return paper


KINDS: tuple[Callable[[random.Random], Paper], ...] = (invoice, receipt, label, statement)


def seen(paper: Image.Image, view: View, noise: np.random.Generator) -> Picture:
    """Return what a camera would see of a paper that is held a little askew."""
    flat = np.asarray(paper)
    high, wide = flat.shape[:2]
    scale = view.fills * min(view.width / wide, view.height / high)
    x, y = view.width / 2 - wide * scale / 2, view.height / 2 - high * scale / 2
    right, bottom = x + wide * scale, y + high * scale
    corners = [
        [x + 12 * scale, y],
        [right, y + 22 * scale],
        [right - 25 * scale, bottom],
        [x, bottom - 14 * scale],
    ]
    square = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    turn = cv2.getPerspectiveTransform(square, np.array(corners, np.float32))
    table = np.full((view.height, view.width, 3), (124, 110, 96), np.uint8)
    size = (view.width, view.height)
    out = cv2.warpPerspective(
        flat, turn, size, dst=table, borderMode=cv2.BORDER_TRANSPARENT, flags=cv2.INTER_AREA
    ).astype(np.float32)
    if view.blur:
        out = cv2.blur(out, (view.blur, 1)).astype(np.float32)
    shade = np.linspace(0.75, 1.05, view.width)[None, :, None] * view.light
    lit = np.clip(out * shade + noise.normal(0, view.noise, out.shape), 0, 255)
    return lit.astype(np.uint8)


def documents(count: int = DOCUMENTS) -> Iterator[tuple[str, Paper]]:
    """Yield papers and their names; always the same ones."""
    for index in range(count):
        kind = KINDS[index % len(KINDS)]
        yield f"{kind.__name__}-{index // len(KINDS)}", kind(random.Random(index))  # noqa: S311 - the same each time


def main(arguments: list[str]) -> int:
    """Return the exit code."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0)
    known: list[tuple[str, str, str]] = []
    for name, paper in documents():
        picture = paper.drawn()
        files = [f"{name}-clean.png"]
        picture.save(folder / files[0])
        for view_name, view in VIEWS.items():
            files.append(f"{name}-{view_name}.jpg")
            looked = Image.fromarray(seen(picture, view, noise))
            looked.save(folder / files[-1], quality=view.quality)
        known += [(file, key, value) for file in files for key, value in paper.fields.items()]
    with (folder / "fields.tsv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, delimiter="\t").writerows([("file", "field", "value"), *known])
    print(f"{len(known)} fields in {len({file for file, _, _ in known})} pictures: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
