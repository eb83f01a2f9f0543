"""Logistic regression of the judges, on some speakers, tested on others."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.listening.completeness import HESITATED, Weights, log_odds, within
from scripts.completeness_data import Point

FOLDS = 5
RIDGE = 1.0
"""Strength of the pull of each weight towards 0, in units of one point."""
ROUNDS = 50
HESITATION_MS = 250
"""Shorter pauses decide nothing: no turn ends in them."""
Subset = tuple[bool, bool]
"""(sound, words): which judges were heard."""
SUBSETS: tuple[Subset, ...] = ((True, True), (True, False), (False, True))
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """A point, and what the combination says of it with weights that never saw its speaker."""

    point: Point
    complete: float


def fit(points: Sequence[Point], subset: Subset) -> Weights:
    """Fit weights to the points whose answer is known; both answers weigh the same."""
    known = [point for point in points if _usable(point, subset)]
    closed = [float(point.ends_sentence) for point in known if point.ends_sentence is not None]
    inputs = np.array([_inputs(point, subset, float(np.mean(closed))) for point in known])
    target = np.array([float(bool(point.finished)) for point in known])
    found, _ = regression(inputs, target, _balance(known), RIDGE)
    if found[2] < 0:  # that a sentence was closed never speaks against an end
        inputs[:, 2] = 0.0
        found, _ = regression(inputs, target, _balance(known), RIDGE)
    bias, cue, ends, *judges = (round(float(weight), 2) for weight in found)
    sound = judges.pop(0) if subset[0] else 0.0
    return Weights(bias, cue, ends, sound, judges.pop(0) if subset[1] else 0.0)


def regression(
    inputs: Floats, target: Floats, balance: Floats, ridge: float = 0.0
) -> tuple[Floats, Floats]:
    """Return the weights of a logistic regression and their standard errors; Newton's method."""
    found = np.zeros(inputs.shape[1])
    pull = np.diag([0.0, *[ridge] * (len(found) - 1)])
    curve = pull
    for _ in range(ROUNDS):
        said = 1 / (1 + np.exp(-inputs @ found))
        curve = (inputs * (balance * said * (1 - said))[:, np.newaxis]).T @ inputs + pull
        found = found + np.linalg.solve(
            curve, inputs.T @ (balance * (target - said)) - pull @ found
        )
    return found, np.sqrt(np.diag(np.linalg.inv(curve)))


def cross_fitted(points: Sequence[Point], subset: Subset) -> list[Scored]:
    """Score each recorded point with weights that were fitted on the other speakers."""
    parts = [[p for p in points if _fold(p) != part] for part in range(FOLDS)]
    fitted = [fit(part, subset) for part in parts]
    recorded = [point for point in points if point.by_sound is not None]
    return [Scored(p, score(p, subset, fitted[_fold(p)])) for p in recorded]


def score(point: Point, subset: Subset, weights: Weights) -> float:
    """Return the probability that weights give a point, hesitation included."""
    bias, cue, ends, sound, words = astuple(weights)
    used = [bias, cue, ends, *([sound] if subset[0] else []), *([words] if subset[1] else [])]
    total = float(np.dot(_inputs(point, subset, 0.0), used)) - HESITATED * point.hesitated
    probability = float(1 / (1 + np.exp(-total)))
    return within(probability, point.cue)


def hesitation(scored: Sequence[Scored]) -> tuple[float, float]:
    """Return how many log-odds an earlier hesitation takes, and the error of that.

    Here a pause between two sentences counts as no end, since the speaker went on.
    """
    used = [
        s
        for s in scored
        if s.point.kind in {"end", "sentence", "pause"}
        and (s.point.ms is None or s.point.ms >= HESITATION_MS)
        and not s.point.child_or_learner
    ]
    said = [log_odds(s.complete) + HESITATED * s.point.hesitated for s in used]
    inputs = np.array(
        [[1.0, odds, float(s.point.hesitated)] for odds, s in zip(said, used, strict=True)]
    )
    target = np.array([float(s.point.kind == "end") for s in used])
    found, errors = regression(inputs, target, np.ones(len(used)))
    return -float(found[2]), float(errors[2])


def _fold(point: Point) -> int:
    """Return the part of the data that a speaker belongs to."""
    return zlib.crc32(point.speaker.encode()) % FOLDS


def _usable(point: Point, subset: Subset) -> bool:
    return point.finished is not None and (point.by_sound is not None or not subset[0])


def _inputs(point: Point, subset: Subset, unknown: float) -> list[float]:
    ends = unknown if point.ends_sentence is None else float(point.ends_sentence)
    inputs = [1.0, log_odds(point.cue), ends]
    if subset[0] and point.by_sound is not None:
        inputs.append(log_odds(point.by_sound))
    if subset[1]:
        inputs.append(log_odds(point.by_words))
    return inputs


def _balance(points: Sequence[Point]) -> Floats:
    """Weigh points so that neither long recordings nor a kind of point nor an answer dominates."""
    alike = Counter((point.clip, point.kind) for point in points)
    balance = np.array([alike[point.clip, point.kind] ** -0.5 for point in points])
    groups = {(point.finished, point.kind) for point in points}
    for answer, kind in groups:
        those = np.array([(p.finished, p.kind) == (answer, kind) for p in points])
        kinds = sum(other == answer for other, _ in groups)
        balance[those] *= len(points) / 2 / kinds / balance[those].sum()
    return balance
