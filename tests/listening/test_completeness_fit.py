"""The fit of the judges' weights, on points whose law is known."""

import math
import random

import numpy as np
import pytest

from assistant.config.sections import PRESETS
from assistant.listening.completeness import (
    HESITATED,
    PLAIN,
    Evidence,
    Weights,
    combine,
    log_odds,
)
from scripts.completeness_data import Point
from scripts.completeness_fit import SUBSETS, cross_fitted, fit, regression, score
from scripts.completeness_page import curve, cut, ends, hesitations, wait

LAW = Weights(-0.5, 0.4, 1.0, sound=0.5, words=0.8)
NORMAL = PRESETS["normal"]


def sigmoid(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def points(count: int = 4000) -> list[Point]:
    """Return stops whose ends follow the law."""
    chance = random.Random(3)
    found = []
    for number in range(count):
        sound, words = (sigmoid(chance.gauss(0, 2)) for _ in range(2))
        cue, closed = chance.choice((0.15, PLAIN, 0.85)), chance.random() < 0.6
        odds = LAW.bias + LAW.cue * log_odds(cue) + LAW.ends_sentence * closed
        odds += LAW.sound * log_odds(sound) + LAW.words * log_odds(words)
        finished = chance.random() < sigmoid(odds)
        kind, ms = ("end", None) if finished else ("pause", chance.randrange(100, 2000))
        clip, speaker = f"clip {number}", f"speaker {number % 50}"
        found.append(
            Point(clip, speaker, kind, finished, "", cue, closed, words, sound, ms, complete="yes")
        )
    return found


def test_a_regression_finds_the_weights_and_their_errors() -> None:
    chance = np.random.default_rng(1)
    inputs = np.column_stack([np.ones(5000), chance.normal(size=(5000, 2))])
    wanted = np.array([0.3, -1.0, 2.0])
    target = (chance.random(5000) < 1 / (1 + np.exp(-inputs @ wanted))).astype(float)
    found, errors = regression(inputs, target, np.ones(5000))
    assert found == pytest.approx(wanted, abs=0.15)
    assert np.all(np.abs(found - wanted) < 3.5 * errors)
    assert np.all(errors < 0.08)


def test_the_law_is_found_again_up_to_the_share_of_ends() -> None:
    found = fit(points(), (True, True))
    for name in ("cue", "ends_sentence", "sound", "words"):
        assert getattr(found, name) == pytest.approx(getattr(LAW, name), abs=0.12)


def test_nobody_is_scored_with_weights_that_saw_them() -> None:
    honest = points(400)
    turned = [
        Point(p.clip, p.speaker, p.kind, not p.finished, *_rest(p)) if _one(p) else p
        for p in honest
    ]
    before = cross_fitted(honest, (True, True))
    after = cross_fitted(turned, (True, True))
    changed = {
        b.point.speaker for b, a in zip(before, after, strict=True) if b.complete != a.complete
    }
    assert "speaker 7" not in changed
    assert changed


def _one(point: Point) -> bool:
    return point.speaker == "speaker 7"


def _rest(p: Point) -> tuple[str, float, bool | None, float, float | None]:
    return p.words, p.cue, p.ends_sentence, p.by_words, p.by_sound


@pytest.mark.parametrize("subset", SUBSETS)
def test_what_was_measured_is_what_the_ear_will_say(
    subset: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.listening.completeness.FITTED", {subset: LAW})
    for point in points(50):
        evidence = Evidence(
            point.cue,
            bool(point.ends_sentence),
            point.hesitated,
            point.by_sound if subset[0] else None,
            point.by_words if subset[1] else None,
        )
        assert score(point, subset, LAW) == pytest.approx(combine(evidence))
    assert HESITATED > 0


def test_the_curve_falls_from_all_to_nothing() -> None:
    scored = cross_fitted(points(600), (True, True))
    for ms in (200, 500, 1200):
        shares = curve(scored, ms)
        assert shares[0][1] == 1.0
        assert shares[-1] == (0.0, 0.0)
        assert shares == sorted(shares, reverse=True)
    assert curve(scored, 1200)[0][0] < curve(scored, 200)[0][0] == 1.0


def test_a_turn_ends_in_a_pause_that_outlasts_its_wait() -> None:
    scored = cross_fitted(points(600), (True, True))
    for one in hesitations(scored):
        assert cut(one, NORMAL) == ((one.point.ms or 0) >= wait(one, NORMAL))
    assert {one.point.kind for one in ends(scored)} == {"end"}
