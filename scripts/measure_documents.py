"""How many fields and answers are right on pictures whose text is known, for each reader.

    python scripts/measure_documents.py FOLDER… [--engine rapidocr --engine tesseract]

A folder has `fields.tsv` (file, field, value: `scripts/make_documents.py`), `manifest.tsv` (file,
question, answers by |, kind: those of a kind that reading can answer) or `gt.json` (lines by the
beginning of a picture's name), or several. Counted are

- fields: what `assistant read --extract --no-mind` gives equals the known value;
- text: what is known occurs in the text, case, spaces and punctuation aside.
"""

import argparse
import asyncio
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from assistant.app import open_reader
from assistant.config import load
from assistant.languages.pack import load as load_pack
from assistant.looking.fields import extract
from assistant.looking.files import read as read_file
from assistant.looking.page import Page, read_page

KINDS = {"text on a page", "invoice", "product label", "sign", "screenshot with error"}
KINDS |= {"handwriting", "chart"}
PICTURES = {".png", ".jpg", ".jpeg", ".webp"}


@dataclass
class Known:
    """What is known of a picture."""

    fields: dict[str, str] = field(default_factory=dict)
    texts: list[tuple[str, ...]] = field(default_factory=list)
    """Each with its alternatives."""


@dataclass
class Score:
    """What a reader reached."""

    fields: list[int] = field(default_factory=lambda: [0, 0])
    texts: list[int] = field(default_factory=lambda: [0, 0])
    uncertain: int = 0
    believed: int = 0
    """Fields that are wrong and said to be found."""
    seconds: list[float] = field(default_factory=list)


def known(folder: Path) -> dict[Path, Known]:
    """Return what a folder says of its pictures."""
    found: dict[Path, Known] = defaultdict(Known)
    for row in _rows(folder / "fields.tsv"):
        found[folder / row["file"]].fields[row["field"]] = row["value"]
        if not row["field"].startswith(("date", "due", "expires")):  # written in many ways
            found[folder / row["file"]].texts.append((row["value"],))
    for row in _rows(folder / "manifest.tsv"):
        if row["kind"] in KINDS:
            found[folder / row["file"]].texts.append(tuple(row["answers"].split("|")))
    lines = folder / "gt.json"
    if lines.exists():
        for name, texts in json.loads(lines.read_text()).items():
            for picture in sorted(folder.glob(f"{name}_*")):
                if picture.suffix in PICTURES:
                    found[picture].texts += [(text,) for text in texts]
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_MINIMAL)


def plain(text: str) -> str:
    """Return letters and digits alone."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


async def measure(engine: str, pictures: dict[Path, Known]) -> Score:
    """Read all pictures with one reader; print each miss."""
    config = load(None, flags={"ocr.backend": engine})
    score = Score()
    loop = asyncio.get_running_loop()
    async with open_reader(config) as reader:
        for path, truth in sorted(pictures.items()):
            shot = read_file(path, 0.0)[0]
            began = loop.time()
            page = await read_page(reader, shot.pixels)
            score.seconds.append(loop.time() - began)
            _judge(engine, path.name, page, truth, score)
    return score


def _judge(engine: str, name: str, page: Page, truth: Known, score: Score) -> None:
    read = plain(page.text)
    found = extract([page], list(truth.fields), load_pack("en").sight)
    for key, value in truth.fields.items():
        told = found[key]
        right = plain(told.value or "") == plain(value)
        score.fields[0] += right
        score.fields[1] += 1
        score.uncertain += told.state == "uncertain"
        score.believed += not right and told.state == "found"
        if not right:
            print(f"  {engine} {name}: {key} is {value}, {told.state}: {told.value} {told.why}")
    for alternatives in truth.texts:
        right = any(plain(one) in read for one in alternatives)
        score.texts[0] += right
        score.texts[1] += 1
        if not right:
            print(f"  {engine} {name}: not in the text: {alternatives[0]}")


def main(arguments: list[str]) -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--engine", action="append")
    chosen = parser.parse_args(arguments)
    for folder in chosen.folder:
        pictures = known(folder)
        print(f"{folder.name}: {len(pictures)} pictures")
        for engine in chosen.engine or ("rapidocr", "tesseract"):
            score = asyncio.run(measure(engine, pictures))
            print(f"{engine}: text {_part(score.texts)}, fields {_part(score.fields)}", end="")
            print(f", uncertain {score.uncertain}, wrong and believed {score.believed}", end="")
            print(f", {median(score.seconds):.1f} s a picture, {max(score.seconds):.1f} at most")
    return 0


def _part(right: list[int]) -> str:
    return f"{right[0]}/{right[1]} ({100 * right[0] / right[1]:.1f} %)" if right[1] else "-"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
