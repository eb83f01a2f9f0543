"""A directory of recordings with what is known of each.

``manifest.tsv`` is tab separated, with a header; used are `file`, and where they are there
`transcript`, `end_of_speech_s`, `speech_start_s`, `pauses_s` (``1.20-1.75;3.1-3.6``), `complete`,
`lang`, `wer`, `kind`. Without a manifest, every sound file is a clip of which nothing is known.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import MediaError
from assistant.sound.clips import Clip, expand, load

NAME = "manifest.tsv"
APART = ("so762",)
"""Clips whose names begin so are a group of their own: children and learners."""
GROUPS = {"yes": "complete", "fragment": "fragments", "long": "long", "": "clips"}


@dataclass(frozen=True, slots=True)
class Known:
    """A recording, and what is known of it."""

    clip: Clip
    transcript: str | None = None
    starts: float | None = None
    """Seconds to the first speech."""
    ends: float | None = None
    """Seconds to the last speech."""
    complete: str = ""
    """``yes``: one whole message."""
    scored: bool = False
    """The transcript is exact enough to count words that are wrong."""
    pauses: tuple[tuple[float, float], ...] = ()
    """Silences inside the message: seconds of their beginnings and ends."""
    kind: str = ""
    inside: tuple[bool, ...] = ()
    """Of each pause: it lies inside a sentence (`pausing` finds that out); empty: not known."""

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.clip.path.stem

    @property
    def group(self) -> str:
        """With which other clips it is counted."""
        apart = next((name for name in APART if self.name.startswith(name)), None)
        return apart or GROUPS.get(self.complete, "others")


def read(folder: Path, *, language: str = "en", only: str | None = None) -> list[Known]:
    """Read a directory; `only`: the clips whose `complete` is this. Raises `MediaError`."""
    manifest = folder / NAME
    if not manifest.is_file():
        return [Known(load(path)) for path in expand([folder])]
    with manifest.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    known = [
        _known(folder, row)
        for row in rows
        if row.get("lang", language) == language and (only is None or row.get("complete") == only)
    ]
    if not known:
        raise MediaError(str(manifest), f"names no recordings in {language!r} that fit")
    return known


def _known(folder: Path, row: Mapping[str, str]) -> Known:
    try:
        return Known(
            load(folder / row["file"]),
            row.get("transcript"),
            _seconds(row.get("speech_start_s")),
            _seconds(row.get("end_of_speech_s")),
            row.get("complete", ""),
            row.get("wer") == "1",
            _pauses(row.get("pauses_s") or ""),
            row.get("kind") or "",
        )
    except (KeyError, ValueError) as wrong:
        raise MediaError(str(folder / NAME), f"a line is damaged: {wrong}") from wrong


def _seconds(text: str | None) -> float | None:
    return float(text) if text else None


def _pauses(text: str) -> tuple[tuple[float, float], ...]:
    spans = (span.partition("-") for span in text.split(";") if span.strip())
    return tuple((float(start), float(end)) for start, _, end in spans)


def spread(clips: Sequence[Known], limit: int | None) -> list[Known]:
    """Return at most so many clips, evenly spread over all of them."""
    if limit is None or limit >= len(clips):
        return list(clips)
    return [clips[number * len(clips) // limit] for number in range(limit)]
