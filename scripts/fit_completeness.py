"""Fit how much each judge of an end counts, on recordings, and write docs/turn-ends.md.

    python scripts/fit_completeness.py DIRECTORY [CACHE]

DIRECTORY holds recordings and a manifest.tsv (file, speaker, lang, complete, licence). What the
models say of them takes some minutes; it is kept in CACHE, if one is named, for the next time.
"""

import csv
import sys
import tempfile
from pathlib import Path

from assistant.listening.completeness import FITTED, HESITATED
from scripts.completeness_data import measured
from scripts.completeness_fit import SUBSETS, cross_fitted, fit, hesitation
from scripts.completeness_page import draw, page

ROOT = Path(__file__).parent.parent
MESSAGES = ROOT / "scripts" / "messages.txt"


def main(folder: Path, cache: Path) -> int:
    """Return 1 when the weights in the code are not those that were fitted."""
    points = measured(folder, MESSAGES, cache)
    fitted = {subset: fit(points, subset) for subset in SUBSETS}
    scored = {subset: cross_fitted(points, subset) for subset in SUBSETS}
    hesitated = hesitation(scored[SUBSETS[0]])
    text = page(points, scored, fitted, hesitated, _licences(folder, {p.clip for p in points}))
    (ROOT / "docs" / "turn-ends.md").write_text(text, encoding="utf-8")
    draw(ROOT / "docs" / "turn-ends.png", scored)
    for subset, weights in fitted.items():
        print(subset, weights)
    print(f"hesitated: {hesitated[0]:.2f} ± {hesitated[1]:.2f}, in the code {HESITATED}")
    if fitted != FITTED:
        print("assistant/listening/completeness.py holds other weights: write these into it")
        return 1
    return 0


def _licences(folder: Path, used: set[str]) -> list[str]:
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return sorted({row["licence"] for row in rows if row["file"] in used})


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as place:
        kept = Path(sys.argv[2]) if sys.argv[2:] else Path(place) / "points.jsonl"
        sys.exit(main(Path(sys.argv[1]), kept))
