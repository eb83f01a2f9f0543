"""How often questions are taken for visual: files of questions, one a line, by what they are.

    scripts/measure_sight.py --visual vizwiz.txt --other clinc.txt [--prefixes] [--show 20]

A file belongs to one side as a whole. `--prefixes` also tells how many of the other questions
look visual while they are being spoken, word by word, and so would open a camera.
"""

import argparse
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

from assistant.languages.pack import load
from assistant.looking.visual import Visual


def main() -> None:
    """Read the command line and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--visual", type=Path, action="append", default=[])
    parser.add_argument("--other", type=Path, action="append", default=[])
    parser.add_argument("--language", default="en")
    parser.add_argument("--prefixes", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="so many that were taken wrongly")
    wanted = parser.parse_args()
    visual = Visual(load(wanted.language))
    for path in wanted.visual:
        tell(visual, path, wanted.show, expected=True)
    for path in wanted.other:
        tell(visual, path, wanted.show, expected=False)
        if wanted.prefixes:
            tell_prefixes(visual, path)


def tell(visual: Visual, path: Path, show: int, *, expected: bool) -> None:
    """Print how often the questions of a file are taken for visual."""
    questions = read(path)
    began = time.perf_counter()
    wishes = [visual.wish(question) for question in questions]
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
    for question, times in wrong.most_common(show):
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
