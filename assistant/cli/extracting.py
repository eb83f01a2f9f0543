"""Behind `read`, and `see --extract`: pages become text, fields or tables; then it ends."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.app import open_reader, open_stage
from assistant.cli.live import log_to, until_ended
from assistant.config import Config
from assistant.errors import AssistantError
from assistant.languages.pack import load as load_pack
from assistant.languages.sight import SightWords
from assistant.looking.extraction import extract_with
from assistant.looking.fields import Found, extract
from assistant.looking.files import read as read_file
from assistant.looking.page import Page, has_text, page_in
from assistant.looking.paragraphs import paragraphs
from assistant.looking.tables import tables
from assistant.ports import LanguageModel, MindInfo, Shot
from assistant.reasoning.persona import is_tiny
from assistant.worker import Worker

MOST_FIELDS = 50
PAGES = 30
"""Pages of a document that are read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a document."""

    fields: tuple[str, ...] = ()
    tables: bool = False
    mind: bool = True

    @classmethod
    def of(cls, fields: str, *, tables: bool, mind: bool) -> "Wanted":
        """Understand the options; raises `AssistantError`."""
        names = tuple(dict.fromkeys(name.strip() for name in fields.split(",") if name.strip()))
        if fields and not names:
            raise AssistantError("--extract: name the fields, for example vendor,total,date")
        if len(names) > MOST_FIELDS:
            raise AssistantError(f"--extract: {len(names)} fields are too many ({MOST_FIELDS})")
        odd = [name for name in names if not any(map(str.isalnum, name))]
        if odd:
            raise AssistantError(f"--extract: {odd[0]!r} is no field; give words")
        return cls(names, tables, mind)


def read(config: Config, document: Path, wanted: Wanted) -> None:
    """Print what is wanted of a document, then end the process."""
    log_to(config.log.level)
    until_ended(lambda _: _read(config, document, wanted))


async def _read(config: Config, document: Path, wanted: Wanted) -> None:
    words = load_pack(config.language).sight
    loader = Worker("pages")
    try:
        loaded = await loader.run(lambda: read_file(document.expanduser(), 0.0, PAGES))
    finally:
        loader.close()
    pages = await _pages_of(config, loaded)
    found = None
    if wanted.fields and wanted.mind and mind_can(config) and any(page.lines for page in pages):
        async with open_stage(config, "llm") as mind:
            found = await fields_of(pages, wanted.fields, words, mind)
    elif wanted.fields:
        found = await fields_of(pages, wanted.fields, words, None)
    print(written(pages, wanted, found), end="")  # noqa: T201 - this is its output


async def _pages_of(config: Config, shots: Sequence[Shot]) -> list[Page]:
    """Return pages with their text; a reader is opened only if one has none of its own."""
    if all(map(has_text, shots)):
        return [await page_in(shot, None) for shot in shots]
    async with open_reader(config) as reader:
        return [await page_in(shot, reader) for shot in shots]


async def fields_of(
    pages: Sequence[Page], names: Sequence[str], words: SightWords, mind: LanguageModel | None
) -> dict[str, Found]:
    """Return fields; by their labels alone where there is no mind, or one that is of no use."""
    if mind is None:
        return extract(pages, names, words)
    found, trouble = await extract_with(mind, pages, names, words)
    if trouble:
        print(f"assistant: by the labels alone: {trouble}", file=sys.stderr)  # noqa: T201
    return found


def written(pages: Sequence[Page], wanted: Wanted, found: dict[str, Found] | None) -> str:
    """Return what is printed: JSON of fields, CSV of tables, else paragraphs."""
    parts = []
    if found is not None:
        told = {name: one.as_json() for name, one in found.items()}
        parts.append(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    if wanted.tables:
        parts.append("\n".join(table.csv() for table in tables(pages)))
    if found is None and not wanted.tables:
        parts.append("".join(f"{text}\n\n" for text in paragraphs(pages)))
    text = "".join(parts)
    if not text.strip():
        what = "table" if wanted.tables else "text"
        raise AssistantError(f"no {what} is to be found on it; is it sharp, and lit?")
    return text


def mind_can(config: Config) -> bool:
    """Tell whether the configured mind is worth asking: a tiny one makes things up."""
    model = getattr(config.llm.settings, "model", "")
    return bool(model) and not is_tiny(MindInfo(str(model), 0))
