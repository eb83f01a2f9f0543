"""docs/turn-ends.md and its curve, written from what was measured."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from assistant.config.sections import PRESETS, Silences
from assistant.core.events import Verdict
from assistant.core.states import Policy
from assistant.listening.completeness import HESITATED, Weights, log_odds
from scripts.completeness_data import Point
from scripts.completeness_fit import Scored, Subset

HESITATION_MS = 300
"""Inner pauses as they are counted in the tables."""
MILESTONES = (200, 500, 1200)
KEPT = (0.95, 0.9, 0.8, 0.7, 0.6)
NAMES = {
    (True, True): "sound, words, cues",
    (True, False): "sound and cues",
    (False, True): "words and cues",
}

Rows = list[Scored]


def ends(scored: Sequence[Scored], *, apart: bool = False) -> Rows:
    """Return the ends of recordings that are one whole message."""
    return [
        s
        for s in scored
        if s.point.kind == "end"
        and s.point.complete == "yes"
        and s.point.child_or_learner is apart
    ]


def hesitations(scored: Sequence[Scored], kind: str = "pause", *, apart: bool = False) -> Rows:
    """Return the pauses inside sentences, those in digit strings and fragments left out."""
    return [
        s
        for s in scored
        if s.point.kind == kind
        and s.point.complete in {"yes", "long"}
        and s.point.child_or_learner is apart
        and (s.point.ms or 0) >= HESITATION_MS
    ]


def curve(scored: Sequence[Scored], ms: int) -> list[tuple[float, float]]:
    """Return (pauses cut, ends kept) for each threshold, if turns could end at `ms` alone."""
    kept, cut = ends(scored), hesitations(scored)
    levels = sorted({s.complete for s in (*kept, *cut)} | {0.0, 1.1})
    return [
        (
            float(np.mean([s.complete >= level and (s.point.ms or 0) >= ms for s in cut])),
            float(np.mean([s.complete >= level for s in kept])),
        )
        for level in levels
    ]


def wait(scored: Scored, rules: Silences) -> int:
    """Return the silence that ends a turn, as the core decides."""
    verdict = Verdict(complete=scored.complete, hesitant=scored.point.hesitated)
    return Policy(**rules._asdict()).patience(verdict)


def area(higher: Sequence[Scored], lower: Sequence[Scored]) -> float:
    """Return how often one of the first is above one of the second."""
    return float(
        np.mean(
            [
                (a.complete > b.complete) + 0.5 * (a.complete == b.complete)
                for a in higher
                for b in lower
            ]
        )
    )


def outcome(scored: Sequence[Scored], rules: Silences, *, apart: bool = False) -> str:
    """Return the cells of a table: what rules do to ends and to pauses."""
    waits = [wait(s, rules) for s in ends(scored, apart=apart)]
    unsure = (rules.unsure_ms, rules.hesitant_ms)
    longer = (rules.incomplete_ms, rules.broken_off_ms)
    at = [np.mean([w in those for w in waits]) for those in ((rules.complete_ms,), unsure, longer)]
    begun = hesitations(scored, apart=apart)
    sentences = hesitations(scored, "sentence", apart=apart)
    early = {
        s.point.clip
        for s in scored
        if s.point.kind == "pause"
        and s.point.complete == "yes"
        and s.point.child_or_learner is apart
        and cut(s, rules)
    }
    cells = [
        " / ".join(f"{share:.0%}" for share in at),
        f"{np.mean(waits):.0f} / {np.quantile(waits, 0.95):.0f} ms",
        f"{len(early)} of {len(waits)}",
        f"{sum(cut(s, rules) for s in begun)} of {len(begun)}",
        f"{sum(cut(s, rules) for s in sentences)} of {len(sentences)}",
    ]
    return " | ".join(cells)


def cut(scored: Scored, rules: Silences) -> bool:
    """Whether a turn would end in this pause."""
    return (scored.point.ms or 0) >= wait(scored, rules)


def draw(path: Path, scored: dict[Subset, list[Scored]]) -> None:
    """Draw the curves; matplotlib is no dependency, so it is looked for here."""
    try:
        matplotlib = importlib.import_module("matplotlib")
    except ImportError:
        print("no curve: matplotlib is not installed (pip install matplotlib)")
        return
    matplotlib.use("agg")
    plots = importlib.import_module("matplotlib.pyplot")
    figure, (left, right) = plots.subplots(1, 2, figsize=(10, 4.4), sharey=True)
    for ms in MILESTONES:
        left.plot(*zip(*curve(scored[True, True], ms), strict=True), label=f"{ms} ms")
    for subset, name in NAMES.items():
        right.plot(*zip(*curve(scored[subset], MILESTONES[0]), strict=True), label=name)
    left.set_title("all judges, by the silence at which the turn ends")
    right.set_title(f"by who is asked, at {MILESTONES[0]} ms")
    for axes in (left, right):
        axes.set(xlabel="pauses inside a sentence that are cut", xlim=(-0.02, 1.02))
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right")
    left.set(ylabel="ends of whole messages kept", ylim=(-0.02, 1.02))
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def page(
    points: Sequence[Point],
    scored: dict[Subset, list[Scored]],
    fitted: dict[Subset, Weights],
    hesitated: tuple[float, float],
    licences: Sequence[str],
) -> str:
    """Return the page."""
    everyone = scored[True, True]

    def count(*kinds: str) -> int:
        return sum(point.kind in kinds for point in points)

    def texts(known: Callable[[Point], bool]) -> int:
        return sum(point.kind == "text" and known(point) for point in points)

    recorded = [point for point in points if point.kind != "text"]
    return TEMPLATE.format(
        clips=len({point.clip for point in recorded}),
        speakers=len({point.speaker for point in recorded}),
        ends=count("end"),
        pauses=count("pause"),
        sentences=count("sentence"),
        cuts=count("cut"),
        messages=texts(lambda point: bool(point.finished)),
        beginnings=texts(lambda point: not point.finished),
        licences="; ".join(licences),
        kept=len(ends(everyone)),
        hesitations=len(hesitations(everyone)),
        curve="\n".join(_curve_rows(everyone)),
        presets="\n".join(
            f"| `{name}` ({', '.join(map(str, rules))}) | {outcome(everyone, rules)} |"
            for name, rules in PRESETS.items()
        ),
        apart=outcome(everyone, PRESETS["normal"], apart=True),
        ablation="\n".join(_ablation_rows(scored)),
        weights="\n".join(
            f"| {NAMES[subset]} | {w.bias} | {w.cue} | {w.ends_sentence} | {w.sound or 'none'} |"
            f" {w.words or 'none'} |"
            for subset, w in fitted.items()
        ),
        hesitant=HESITATED,
        hesitated=f"{hesitated[0]:.1f} ± {hesitated[1]:.1f}",
        typical=typical(points),
    )


def typical(points: Sequence[Point]) -> str:
    """Return quantiles of the pauses inside turns."""
    lengths = [p.ms for p in points if p.kind in {"pause", "sentence"} and p.ms]
    marks = np.quantile(lengths, (0.5, 0.75, 0.85, 0.95))
    return ", ".join(
        f"{share} %: {mark:.0f} ms" for share, mark in zip((50, 75, 85, 95), marks, strict=True)
    )


def _curve_rows(scored: Sequence[Scored]) -> list[str]:
    kept = [s.complete for s in ends(scored)]
    inner = hesitations(scored)
    rows = []
    for share in KEPT:
        level = float(np.quantile(kept, 1 - share))
        cells = [
            f"{np.mean([s.complete >= level and (s.point.ms or 0) >= ms for s in inner]):.0%}"
            for ms in MILESTONES
        ]
        rows.append(f"| {share:.0%} | {level:.2f} | {' | '.join(cells)} |")
    return rows


def _ablation_rows(scored: dict[Subset, list[Scored]]) -> list[str]:
    rows = []
    tried = {name: scored[subset] for subset, name in NAMES.items()}
    tried["all, earlier hesitation ignored"] = [_forgetful(s) for s in scored[True, True]]
    for name, those in tried.items():
        kept = ends(those)
        inner = [s for s in those if s.point.kind == "pause" and not s.point.child_or_learner]
        cuts = [s for s in those if s.point.kind == "cut" and not s.point.child_or_learner]
        rows.append(
            f"| {name} | {area(kept, hesitations(those)):.2f} | {area(kept, inner):.2f} |"
            f" {area(kept, cuts):.2f} | {outcome(those, PRESETS['normal'])} |"
        )
    return rows


def _forgetful(scored: Scored) -> Scored:
    odds = log_odds(scored.complete) + HESITATED * scored.point.hesitated
    return Scored(scored.point, float(1 / (1 + np.exp(-odds))))


TEMPLATE = (Path(__file__).parent / "turn-ends.template.md").read_text(encoding="utf-8")
