"""Fill the tables of docs/benchmarks.md from out/bench; what was not measured stays as it is.

A table stands between ``<!-- begin NAME -->`` and ``<!-- end -->``, where NAME is a result's path
without its suffix, such as ``tiny.en/latency``; `targets` holds all targets with what was reached.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
RESULTS = ROOT / "out" / "bench"
MARKED = re.compile(r"<!-- begin (\S+) -->\n.*?<!-- end -->", re.DOTALL)
PENDING = "not measured yet"

Results = Mapping[str, Mapping[str, Any]]
Reached = Callable[[Results], str | None]


def main(arguments: list[str]) -> int:
    """Return the exit code."""
    results = Path(arguments[0]) if arguments else RESULTS
    PAGE.write_text(filled(PAGE.read_text(), results))
    return 0


def filled(page: str, results: Path) -> str:
    """Return the page with every table that there is a result for."""
    read = {
        str(path.relative_to(results).with_suffix("")): json.loads(path.read_text())
        for path in sorted(results.rglob("*.json"))
    }

    def table(found: re.Match[str]) -> str:
        name = found[1]
        if name == "targets":
            inside = targets(read) if read else None
        else:
            inside = written(results / f"{name}.md")
        if inside is None:
            return found[0]
        return f"<!-- begin {name} -->\n{inside}\n<!-- end -->"

    return MARKED.sub(table, page)


def written(path: Path) -> str | None:
    """Return a result's first table and its circumstances; `None`: there is no such result."""
    if not path.is_file():
        return None
    blocks = path.read_text().strip().split("\n\n")
    notes = [note.removeprefix("- ") for note in blocks[-1].splitlines()]
    return "\n".join([blocks[1], "", *(f"{note}  " for note in notes[:-1]), notes[-1]])


def targets(read: Results) -> str:
    """Return the table of targets."""
    lines = ["| measured | must | aim | reached |", "| --- | --- | --- | --- |"]
    for name, must, aim, reached in TARGETS:
        try:
            value = reached(read)
        except KeyError:  # that benchmark did not run
            value = None
        lines.append(f"| {name} | {must} | {aim} | {value or PENDING} |")
    return "\n".join(lines)


def _times(name: str) -> Reached:
    def reached(read: Results) -> str:
        one = read[name]["summary"]["complete"]
        return f"{_ms(one['p50_ms'])} / {_ms(one['p95_ms'])} (n {one['clips']})"

    return reached


def _early(read: Results) -> str:
    one = read["tiny.en/latency"]["summary"]["complete"]
    return f"{one['early']} of {one['clips']}, mended {one['mended']}"


def _hesitations(read: Results) -> str:
    groups = read["tiny.en/turns"]["summary"].values()
    inside, cut = (sum(one[key] for one in groups) for key in ("inside", "ended_inside"))
    messages, mended = (sum(one[key] for one in groups) for key in ("cut", "cut_mended"))
    return f"{cut} of {inside} pauses; mended {mended} of {messages} messages"


def _longest(read: Results) -> str:
    one = read["tiny.en/latency"]["summary"]["complete"]
    return f"{_ms(one['longest_wait_ms'])} ms"


def _unanswered(read: Results) -> str:
    names = ("stub/latency-stub", "tiny.en/latency", "base/latency")
    found = [read[name]["summary"]["complete"] for name in names if name in read]
    return " · ".join(f"{one['unanswered']} of {one['clips']}" for one in found)


def _silent(read: Results) -> str:
    one = _kind(read, "words")
    return f"{_ms(one['p50_ms'])} ms, worst {_ms(one['worst_ms'])} (n {one['timed']})"


def _killed(kind: str) -> Reached:
    def reached(read: Results) -> str:
        one = _kind(read, kind)
        return f"{one['killed']} of {one['trials']}"

    return reached


def _kind(read: Results, kind: str) -> Mapping[str, Any]:
    kinds = {one["kind"]: one for one in read["tiny.en/barge-in"]["summary"]}
    found: Mapping[str, Any] = kinds[kind]
    return found


def _quiet(read: Results) -> str:
    one = read["tiny.en/quiet"]["summary"]
    return f"{one['replies']} in {one['minutes']:.0f} min"


def _words(name: str) -> Reached:
    def reached(read: Results) -> str:
        live, whole = (
            read[name][f"{way}, all"]["wer"] for way in ("followed live", "whole clips")
        )
        return f"{live - whole:+.1f} points ({live:.1f} % against {whole:.1f} %)"

    return reached


def _idle(read: Results) -> str:
    one = read["tiny.en/idle-wake"]["summary"]
    return f"{one['core']:.1f} %, {one['rss_mib']:.0f} MiB"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


TARGETS: tuple[tuple[str, str, str, Reached], ...] = (
    (
        "voice to voice, stub stages, p50 / p95 ms",
        "240 / 450",
        "200 / 350",
        _times("stub/latency-stub"),
    ),
    (
        "voice to voice, tiny.en, SmolLM2, Piper, p50 / p95 ms",
        "280 / 500",
        "200 / 350",
        _times("tiny.en/latency"),
    ),
    ("the same with base", "380 / 650", "250 / 450", _times("base/latency")),
    ("complete utterances ended early", "3 %", "1 %", _early),
    ("answers begun in a hesitation inside a sentence", "20 %, all mended", "8 %", _hesitations),
    ("longest wait after a complete utterance", "1300 ms", "1000 ms", _longest),
    ("unanswered (stub · tiny.en · base)", "0", "0", _unanswered),
    ("interruption: onset to silence", "250 ms", "180 ms", _silent),
    ("noise over an answer: killed", "1 in 10", "never", _killed("noise")),
    ("mm-hmm, uh-huh, okay, right: killed", "1 in 10", "never", _killed("backchannel")),
    ("noise without words: replies", "0", "0", _quiet),
    ("words wrong, live against whole, tiny.en", "+1", "+0.3", _words("tiny.en/asr")),
    ("words wrong, live against whole, base", "+1", "+0.3", _words("base/asr")),
    ("idle with wake word, of a core", "2 %", "1 %", _idle),
)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
