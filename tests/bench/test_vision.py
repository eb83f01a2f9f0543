"""What the comparison of visual and spoken answers makes of its rows."""

import math

from assistant.bench.latency import Row
from assistant.bench.vision import summarise


def row(latency: float | None, *, early: bool = False, looked: bool = False) -> Row:
    looking = (("capture", 0.0, 30.0), ("encode", 30.0, 45.0), ("mind", 45.0, 95.0))
    spans = looking if looked else ()
    return Row(
        name="clip",
        group="complete",
        latency_ms=latency,
        wait_ms=latency,
        early=early,
        mended=False,
        heard="what am i holding",
        said="An apple.",
        wrong=0,
        words=4,
        turns=1,
        spans=spans,
    )


def test_clips_are_compared_one_by_one_and_early_answers_left_out() -> None:
    spoken = [row(200.0), row(300.0), row(None), row(-400.0, early=True)]
    visual = [
        *(row(220.0, looked=True), row(340.0, looked=True)),
        *(row(100.0, looked=True), row(250.0, looked=True)),
    ]
    seen = summarise(spoken, visual)
    assert (seen.clips, seen.looked) == (2, 4)
    assert (seen.spoken_p50_ms, seen.visual_p50_ms, seen.later_p50_ms) == (250.0, 280.0, 30.0)
    assert (seen.capture_p50_ms, seen.encode_p50_ms, seen.mind_p50_ms) == (30.0, 15.0, 50.0)
    assert "later by 30" in seen.line()


def test_nothing_measured_is_no_figure() -> None:
    assert math.isnan(summarise([row(None)], [row(None)]).later_p50_ms)
