"""How often questions are taken for visual: files of questions, one a line, by what they are.

    scripts/measure_sight.py --visual vizwiz.txt --other clinc.txt [--prefixes] [--show 20]

A file belongs to one side as a whole. `--leads` is a file of beginnings ("okay so tell me"), one
of which is drawn for each question; `--before words`: something else was talked about.
`--prefixes` also tells how many of the other questions look visual while they are being spoken,
word by word, and so would open a camera.
"""

import argparse
import random
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import get_args

from assistant.languages.pack import load
from assistant.looking.visual import Visual
from assistant.ports import Before


def main() -> None:
    """Read the command line and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--visual", type=Path, action="append", default=[])
    parser.add_argument("--other", type=Path, action="append", default=[])
    parser.add_argument("--language", default="en")
    parser.add_argument("--leads", type=Path)
    parser.add_argument("--before", choices=get_args(Before), default="nothing")
    parser.add_argument("--prefixes", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="so many that were taken wrongly")
    wanted = parser.parse_args()
    visual = Visual(load(wanted.language))
    leads = read(wanted.leads) if wanted.leads else []
    for path in (*wanted.visual, *wanted.other):
        questions = led(read(path), leads)
        expected = path in wanted.visual
        tell(visual, path, questions, wanted, expected=expected)
    for path in wanted.other:
        if wanted.prefixes:
            tell_prefixes(visual, path)


def led(questions: list[str], leads: list[str]) -> list[str]:
    """Put one of the beginnings before each question, the same in each run."""
    draw = random.Random(1)  # noqa: S311 - nothing is secret
    return [f"{draw.choice(leads)}, {text}" for text in questions] if leads else questions


def tell(
    visual: Visual,
    path: Path,
    questions: list[str],
    wanted: argparse.Namespace,
    *,
    expected: bool,
) -> None:
    """Print how often the questions of a file are taken for visual."""
    began = time.perf_counter()
    wishes = [visual.wish(question, before=wanted.before) for question in questions]
    each = (time.perf_counter() - began) / len(questions) * 1e6
    found = sum(wish is not None for wish in wishes)
    kind = "recall" if expected else "false alarms"
    sources = Counter(wish.source for wish in wishes if wish is not None)
    print(
        f"{path.name}: {kind} {found / len(questions):.1%} ({found} of {len(questions)}), "
        f"{dict(sources)}, {each:.0f} µs each"
    )
    wrong = Counter(
        question
        for question, wish in zip(questions, wishes, strict=True)
        if (wish is not None) is not expected
    )
    for question, times in wrong.most_common(wanted.show):
        print(f"    {times:4} {question}")


def tell_prefixes(visual: Visual, path: Path) -> None:
    """Count the questions that are not visual as a whole but are so somewhere on their way."""
    questions = [question for question in read(path) if visual.wish(question) is None]
    opened = sum(opens(visual, question) for question in questions)
    print(f"    on their way visual twice in a row: {opened} of {len(questions)}")


def opens(visual: Visual, question: str) -> bool:
    """Tell whether two prefixes in a row look visual: then a camera would be opened."""
    words = question.split()
    seen = [visual.wish(" ".join(words[:end])) is not None for end in range(1, len(words) + 1)]
    return any(one and two for one, two in pairwise(seen))


def read(path: Path) -> list[str]:
    """Return the lines of a file that are not empty."""
    return [line.strip() for line in path.read_text().splitlines() if line.strip()]


if __name__ == "__main__":
    main()
