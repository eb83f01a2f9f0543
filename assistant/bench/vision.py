"""A question about what can be seen against the same one answered blind: what looking costs.

The clips are played twice with stages of known cost, whose ears hear the same visual question in
each: once nothing may look, once the camera is opened as the words turn visual, and a picture is
taken, encoded and handed over. The difference is measured on the stereo recordings.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.backends import camera_opencv
from assistant.bench import latency, stub
from assistant.bench.manifest import Known
from assistant.looking.sight import Lookout, SightSettings
from assistant.ports import MindInfo
from assistant.session import Settings, Shared

QUESTION = "what am i holding in my hand"
SEEING = MindInfo("a stub that sees", context=8192, local=True, sees=True)
RATE = 30.0
FRAMES = 90
WIDTH, HEIGHT = 1280, 720
BOUND_MS = 120.0
"""So much later a visual answer may be."""


@dataclass(frozen=True, slots=True)
class Vision:
    """What was measured; times in ms, to the first audible sample."""

    clips: int
    spoken_p50_ms: float
    spoken_p95_ms: float
    visual_p50_ms: float
    visual_p95_ms: float
    later_p50_ms: float
    """Clip by clip."""
    later_p95_ms: float
    looked: int
    """Clips whose answer came with a picture,"""
    capture_p50_ms: float
    encode_p50_ms: float
    mind_p50_ms: float
    """To its first token; a mind of this process has nothing to upload."""

    def line(self) -> str:
        """Return it as a line for people."""
        return (
            f"spoken p50 {self.spoken_p50_ms:.0f} ms, p95 {self.spoken_p95_ms:.0f}; visual "
            f"{self.visual_p50_ms:.0f}, {self.visual_p95_ms:.0f}; later by "
            f"{self.later_p50_ms:.0f} (p95 {self.later_p95_ms:.0f}, bound {BOUND_MS:.0f}); "
            f"looked {self.looked} of {self.clips}, capture {self.capture_p50_ms:.0f}, "
            f"encode {self.encode_p50_ms:.0f}, first token {self.mind_p50_ms:.0f}"
        )


async def measure(
    shared: Shared,
    settings: Settings,
    clips: Sequence[Known],
    out: Path,
    told: Callable[[latency.Row], None] = lambda _: None,
) -> Vision:
    """Play the clips blind and seeing."""
    asked = [replace(known, transcript=QUESTION) for known in clips]
    ears = stub.KnowingEars()
    shared = stub.staged(shared, ears)
    mind = stub.mind()
    mind.info = SEEING
    shared = replace(shared, mind=mind)
    blind = replace(settings, sight=SightSettings("off"))
    seeing = replace(settings, sight=SightSettings("auto", cue=False))
    place = await shared.eyes.offload(lambda: made(out / "vision-camera.avi"))
    async with camera_opencv.open(camera_opencv.Config(device=str(place))) as camera:
        eyes = Lookout(camera, offload=shared.eyes.offload)
        before = ears.expect
        spoken = await latency.measure(
            shared, blind, asked, out / "vision-spoken.wav", before=before, told=told
        )
        visual = await latency.measure(
            replace(shared, eyes=eyes),
            seeing,
            asked,
            out / "vision-seen.wav",
            before=before,
            told=told,
        )
    return summarise(spoken, visual)


def made(path: Path) -> Path:
    """Write a short recording for the camera: noise, so that it is as hard to encode as any."""
    cv2 = importlib.import_module("cv2")
    random = np.random.default_rng(5)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (WIDTH, HEIGHT))
    for number in range(FRAMES):
        rough = random.integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
        frame = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        frame[:, : WIDTH // 4] = number
        writer.write(frame)
    writer.release()
    return path


def summarise(spoken: Sequence[latency.Row], visual: Sequence[latency.Row]) -> Vision:
    """Compare the two, clip by clip; early answers are left out."""
    pairs = [
        (one.latency_ms, other.latency_ms)
        for one, other in zip(spoken, visual, strict=True)
        if one.latency_ms is not None and other.latency_ms is not None
        if not one.early and not other.early
    ]
    one, other = np.array(pairs or [(np.nan, np.nan)]).T
    return Vision(
        clips=len(pairs),
        spoken_p50_ms=float(np.percentile(one, 50)),
        spoken_p95_ms=float(np.percentile(one, 95)),
        visual_p50_ms=float(np.percentile(other, 50)),
        visual_p95_ms=float(np.percentile(other, 95)),
        later_p50_ms=float(np.percentile(other - one, 50)),
        later_p95_ms=float(np.percentile(other - one, 95)),
        looked=sum(any(name == "encode" for name, _, _ in row.spans) for row in visual),
        capture_p50_ms=_median(visual, "capture"),
        encode_p50_ms=_median(visual, "encode"),
        mind_p50_ms=_median(visual, "mind"),
    )


def _median(rows: Sequence[latency.Row], wanted: str) -> float:
    found = [end - start for row in rows for name, start, end in row.spans if name == wanted]
    return float(np.median(found)) if found else float("nan")
