"""WebRTC's canceller in rooms of numbers, with synthetic speech."""

import asyncio
import importlib
import importlib.util
import shutil
import subprocess
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import soxr

from assistant.backends import echo_webrtc
from assistant.backends.echo_webrtc import Config
from assistant.errors import BackendUnavailable
from assistant.ports import FRAME, RATE, EchoReport, Samples
from assistant.sound.echo import Echo
from tests.sound.room import Floats, Room, decibels, frames, noise

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        importlib.util.find_spec("livekit") is None,
        reason="needs LiveKit's library: pip install livekit",
    ),
    pytest.mark.skipif(
        shutil.which("espeak-ng") is None, reason="needs a voice: apt install espeak-ng"
    ),
]

STORY = (
    "Once upon a time there was a small house at the edge of the forest, and in it lived an old "
    "woman with seven cats. Every morning she walked down to the river, because the water was "
    "cold and clear there. One day she found a letter under a stone. It said that her brother "
    "would come home before the winter, and that he would bring a horse, two goats and a clock."
)
ORDER = "Please stop talking now, and tell me what the weather will be like tomorrow."


@cache
def said(text: str, voice: str = "en-us", level: float = -20.0) -> Floats:
    """Return speech at `RATE`, at this RMS level (dBFS)."""
    made = subprocess.run(
        ["espeak-ng", "-v", voice, "--stdout", text],  # noqa: S607 - wherever it is
        check=True,
        capture_output=True,
    ).stdout
    samples = np.frombuffer(made[44:], "<i2").astype(np.float64)
    sound = soxr.resample(samples, 22_050, RATE)
    scale = 32_768 * 10 ** (level / 20) / np.sqrt(np.mean(np.square(sound)))
    return np.asarray(np.clip(sound * scale, -32_000, 32_000))


class Run:
    """Sound that has gone through, and what came of it."""

    def __init__(self, near: Floats, played: Floats, **config: bool) -> None:
        self.left: list[Samples] = []
        """What was left of the echo."""
        self.reports: list[EchoReport] = []
        asyncio.run(self._run(near, played, echo_webrtc.Config(**config)))

    async def _run(self, near: Floats, played: Floats, config: echo_webrtc.Config) -> None:
        async with echo_webrtc.open(config) as make:
            echo = Echo(make())
            quiet = noise(1.0, -85.0)
            for heard, ahead in frames(quiet, np.zeros(len(quiet))):
                echo.hear(heard, ahead)
            for heard, ahead in frames(near, played):
                echo.hear(heard, ahead)
                self.left.append(echo.left)
                self.reports.append(echo.report)

    def after(self, seconds: float) -> Floats:
        """Return what is left from this second on."""
        return np.concatenate(self.left).astype(float)[round(seconds * RATE) :]


def lowered(run: Run, near: Floats, after: float = 3.0) -> float:
    """Return by how many decibels the sound is lower from this second on."""
    return decibels(near[round(after * RATE) :]) - decibels(run.after(after))


@pytest.mark.parametrize("delay_ms", [20.0, 80.0, 200.0])
@pytest.mark.parametrize("level", [6.0, -6.0, -20.0])
def test_echo_is_30_db_lower_after_three_seconds(delay_ms: float, level: float) -> None:
    played = said(STORY)
    near = Room(delay_ms, level).echo(played) + noise(len(played) / RATE, -85.0)
    run = Run(near, played)
    learnt = 3.0 if delay_ms < 100 else 6.0  # it is learnt once more when its delay is known
    assert lowered(run, near, learnt) >= 30
    assert run.reports[-1].state == "cancelled"
    assert run.reports[-1].delay_ms == pytest.approx(delay_ms, abs=1.1)
    shown = [report.attenuation or 0 for report in run.reports if report.state == "cancelled"]
    assert np.median(shown) >= 30


@pytest.mark.parametrize("drift_ppm", [50.0, -50.0])
def test_clocks_that_drift_apart_are_followed(drift_ppm: float) -> None:
    played = np.tile(said(STORY), 3)
    near = Room(40.0, drift_ppm=drift_ppm).echo(played) + noise(len(played) / RATE, -85.0)
    run = Run(near, played)
    assert lowered(run, near) >= 30
    states = {report.state for report in run.reports[500:]}
    assert states == {"cancelled"}


@pytest.mark.parametrize("subtract", [False, True])
def test_who_speaks_over_it_does_not_undo_it(*, subtract: bool) -> None:
    played = said(STORY)
    echo = Room(40.0).echo(played)
    theirs, order = np.zeros(len(played)), said(ORDER, "en-gb+f4")
    began = 8 * RATE
    theirs[began : began + len(order)] = order
    near = echo + theirs + noise(len(played) / RATE, -85.0)
    run = Run(near, played, subtract=subtract)
    heard = run.after(8.0)[: len(order)]
    if subtract:  # AEC3 alone takes 5 dB of their voice: see docs/echo.md
        assert decibels(heard) - decibels(order) == pytest.approx(0, abs=4)
    assert {report.state for report in run.reports[700:]} == {"cancelled"}


def test_prepared_calls_do_what_the_librarys_own_do(monkeypatch: pytest.MonkeyPatch) -> None:
    played = said(STORY)[: 4 * RATE]
    near = Room(40.0).echo(played) + noise(len(played) / RATE, -65.0)
    prepared = Run(near, played, subtract=False)

    def gone(apm: object) -> None:
        raise AttributeError(f"{apm} has no such name")

    monkeypatch.setattr(echo_webrtc, "_Prepared", gone)
    plain = Run(near, played, subtract=False)
    assert np.array_equal(prepared.after(0.0), plain.after(0.0))
    assert decibels(plain.after(2.0)) < decibels(near[2 * RATE :]) - 20


def test_a_canceller_that_is_gone_is_said_to_be() -> None:
    canceller = echo_webrtc.WebRtcCanceller(importlib.import_module("livekit.rtc"), Config())
    nobody = SimpleNamespace(_ffi_handle=SimpleNamespace(handle=999_999))
    canceller._calls = echo_webrtc._Prepared(nobody)
    with pytest.raises(BackendUnavailable, match="the canceller failed"):
        canceller.process(np.zeros(FRAME, np.int16), np.zeros(FRAME, np.int16))
