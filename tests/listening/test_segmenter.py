import asyncio
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from assistant.backends import vad_silero, vad_webrtc
from assistant.listening.segmenter import (
    PER_MS,
    Filled,
    Onset,
    Result,
    Segmenter,
    SegmenterSettings,
    Silent,
    Voiced,
)
from assistant.ports import RATE, Samples, VoiceDetector
from assistant.testing.detector import ScriptedDetector, sound

WINDOW = 512


def windows(count: float, probability: float = 1.0) -> Samples:
    return sound(count * WINDOW / RATE, probability)


def played(
    segmenter: Segmenter, *pieces: Samples, frame: int = 160, open_at_onset: bool = True
) -> list[tuple[int, Result]]:
    """Push it all in frames; return what was told, and after how many samples."""
    told: list[tuple[int, Result]] = []
    everything = np.concatenate(pieces)
    for start in range(0, len(everything), frame):
        for result in segmenter.push(everything[start : start + frame]):
            if open_at_onset and isinstance(result, Onset):
                segmenter.open_turn()
                open_at_onset = False
            told.append((segmenter.position, result))
    return told


def frame_after(sample: int, frame: int = 160) -> int:
    return -(-sample // frame) * frame


def test_every_decision_comes_at_its_exact_sample() -> None:
    segmenter = Segmenter(ScriptedDetector())
    told = played(segmenter, windows(16, 0), windows(20), windows(50, 0))
    onset, end = 16 * WINDOW, 36 * WINDOW
    assert told == [
        (frame_after(onset + 2 * WINDOW), Onset(onset)),
        (frame_after(onset + 4 * WINDOW), Voiced(120)),
        (frame_after(onset + 16 * WINDOW), Voiced(500)),
        *((frame_after(end + ms * PER_MS), Silent(ms)) for ms in (64, 100, 200, 500, 1200)),
    ]


@pytest.mark.parametrize("frame", [160, 320, 480, 512, 1000])
def test_the_length_of_frames_changes_only_when_it_is_told(frame: int) -> None:
    pieces = [windows(9.7, 0), windows(7.2), windows(4.3, 0), windows(5), windows(60, 0)]
    fine = played(Segmenter(ScriptedDetector()), *pieces)
    coarse = played(Segmenter(ScriptedDetector()), *pieces, frame=frame)
    assert [result for _, result in coarse] == [result for _, result in fine]
    late = [a - b for (a, _), (b, _) in zip(coarse, fine, strict=True)]
    assert all(abs(samples) < max(frame, 160) for samples in late)


def test_thresholds_have_a_hysteresis() -> None:
    quiet = played(Segmenter(ScriptedDetector()), windows(20, 0.45))
    assert quiet == []
    segmenter = Segmenter(ScriptedDetector())
    told = played(segmenter, windows(4), windows(6, 0.4), windows(10, 0.3))
    assert (frame_after(10 * WINDOW + 64 * PER_MS), Silent(64)) in told


def test_a_single_voiced_window_is_no_speech() -> None:
    clicks = [windows(5, 0), windows(1), windows(5, 0), windows(1), windows(5, 0)]
    assert played(Segmenter(ScriptedDetector()), *clicks) == []


def test_more_windows_can_be_wanted() -> None:
    segmenter = Segmenter(ScriptedDetector(), settings=SegmenterSettings(onset_windows=3))
    told = played(segmenter, windows(4, 0), windows(2), windows(3, 0), windows(4))
    assert told[0] == (frame_after(12 * WINDOW), Onset(9 * WINDOW))


def test_who_goes_on_in_a_pause_is_heard_at_once_and_silence_begins_anew() -> None:
    segmenter = Segmenter(ScriptedDetector())
    told = played(segmenter, windows(4), windows(5, 0), windows(1), windows(8, 0))
    again = 9 * WINDOW
    assert told[:1] == [(frame_after(2 * WINDOW), Onset(0))]
    assert [entry for entry in told if isinstance(entry[1], Onset)][1] == (
        frame_after(again + WINDOW),
        Onset(again, silent=5 * WINDOW),
    )
    silences = [(at, result.ms) for at, result in told if isinstance(result, Silent)]
    assert silences == [
        *((frame_after(4 * WINDOW + ms * PER_MS), ms) for ms in (64, 100)),
        *((frame_after(10 * WINDOW + ms * PER_MS), ms) for ms in (64, 100, 200)),
    ]


def test_a_window_that_may_become_speech_holds_the_silence_back() -> None:
    settings = SegmenterSettings(resume_windows=2, silence_ms=(64, 200, 400))
    segmenter = Segmenter(ScriptedDetector(), settings=settings)
    # 5 silent windows are 160 ms; 200 ms would come in the window after the voiced one
    told = played(segmenter, windows(4), windows(5, 0), windows(2), windows(9, 0))
    assert 200 not in [r.ms for at, r in told if isinstance(r, Silent) and at <= 11 * WINDOW]
    assert Onset(9 * WINDOW, silent=5 * WINDOW) in [result for _, result in told]
    segmenter = Segmenter(ScriptedDetector(), settings=settings)
    told = played(segmenter, windows(4), windows(5, 0), windows(1), windows(9, 0))
    assert (frame_after(11 * WINDOW), Silent(200)) in told  # it was only a click


def test_a_gap_that_was_not_told_is_no_new_onset() -> None:
    told = played(Segmenter(ScriptedDetector()), windows(4), windows(1, 0), windows(4))
    assert [result for _, result in told] == [Onset(0), Voiced(120)]


def test_voice_counts_what_came_before_the_turn_was_opened() -> None:
    segmenter = Segmenter(ScriptedDetector())
    played(segmenter, windows(10, 0), windows(6), open_at_onset=False)
    assert segmenter.open_turn() == 0  # less than 500 ms came before
    told = played(segmenter, windows(1), open_at_onset=False)
    assert [result for _, result in told] == [Voiced(120)]


def test_preroll_goes_back_before_the_onset() -> None:
    segmenter = Segmenter(ScriptedDetector())
    played(segmenter, windows(40, 0), windows(4), open_at_onset=False)
    start = segmenter.open_turn()
    assert start == 40 * WINDOW - 500 * PER_MS
    heard = segmenter.sound(start, segmenter.position)
    assert len(heard) == 500 * PER_MS + 4 * WINDOW
    assert not heard[: 500 * PER_MS].any()
    assert heard[500 * PER_MS :].all()


def test_speech_of_long_ago_belongs_to_no_turn_that_is_opened_now() -> None:
    segmenter = Segmenter(ScriptedDetector())
    played(segmenter, windows(100), open_at_onset=False)
    assert segmenter.open_turn() == segmenter.position - 500 * PER_MS
    told = played(segmenter, windows(3), open_at_onset=False)
    assert told == []  # 96 ms since it was opened


def test_a_turn_without_a_word_is_silent_only_after_a_while() -> None:
    segmenter = Segmenter(ScriptedDetector())
    segmenter.open_turn()
    told = played(segmenter, sound(7, 0))
    assert told == [
        (frame_after((5000 + ms) * PER_MS), Silent(ms)) for ms in (64, 100, 200, 500, 1200)
    ]
    segmenter = Segmenter(ScriptedDetector())
    segmenter.open_turn()
    told = played(segmenter, windows(50, 0), windows(4), windows(10, 0), open_at_onset=False)
    assert (frame_after(54 * WINDOW + 200 * PER_MS), Silent(200)) in told


def test_a_turn_fills_and_then_nothing_more_is_told_of_it() -> None:
    segmenter = Segmenter(ScriptedDetector(), settings=SegmenterSettings(longest_ms=1000))
    told = played(segmenter, windows(10, 0), windows(60), windows(60, 0))
    assert told[-1] == (frame_after(10 * WINDOW + RATE), Filled())
    assert [result for _, result in told].count(Filled()) == 1


def test_a_closed_turn_tells_only_onsets() -> None:
    segmenter = Segmenter(ScriptedDetector())
    played(segmenter, windows(3))
    segmenter.close_turn()
    told = played(segmenter, windows(20), windows(30, 0), windows(4), open_at_onset=False)
    assert [result for _, result in told] == [Onset(53 * WINDOW)]


def test_sound_that_may_become_speech_is_voiced() -> None:
    segmenter = Segmenter(ScriptedDetector())
    segmenter.push(windows(4, 0))
    assert not segmenter.voiced
    assert segmenter.push(windows(1)) == []
    assert segmenter.voiced


def test_the_newest_sound_is_voiced_until_a_window_was_silent() -> None:
    segmenter = Segmenter(ScriptedDetector())
    segmenter.push(windows(4)[:1600])
    assert segmenter.voiced
    segmenter.push(np.zeros(1600 - 1, np.int16))  # the window at the edge was half voiced
    assert not segmenter.voiced


@pytest.mark.parametrize(
    "wrong", [{"silence_ms": (200, 100)}, {"silence_ms": ()}, {"memory_ms": 1000}]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"milestones|memory"):
        SegmenterSettings(**wrong)


# ── the gate ──────────────────────────────────────────────────────────────────────────────────


class Deaf(ScriptedDetector):
    """A gate that calls nothing speech, as WebRTC's does with quiet voices."""

    def probability(self, samples: Samples) -> float:
        super().probability(samples)
        return 0.0


def room(seconds: float, decibels: float, seed: int = 1) -> Samples:
    noise = np.random.default_rng(seed).normal(
        0, 32768 * 10 ** (decibels / 20), round(seconds * RATE)
    )
    return noise.round().astype(np.int16)


def test_digital_silence_asks_nobody() -> None:
    detector, gate = ScriptedDetector(), ScriptedDetector(480)
    played(Segmenter(detector, gate), sound(60, 0))
    assert detector.calls == gate.calls == 0


def test_a_steady_room_asks_only_the_gate() -> None:
    detector, gate = ScriptedDetector(), Deaf(480)
    segmenter = Segmenter(detector, gate)
    played(segmenter, room(1, -60))  # the room is new to it
    before = detector.calls
    played(segmenter, room(20, -60))
    assert detector.calls == before < 20
    assert gate.calls == pytest.approx(21 * RATE / 480, abs=2)


def test_what_stands_out_of_the_room_is_judged_whatever_the_gate_says() -> None:
    segmenter = Segmenter(ScriptedDetector(), Deaf(480))
    speech = windows(10) // 16 * 16
    told = played(segmenter, room(2, -60)[: 62 * WINDOW], speech, room(2, -60))
    assert told[0] == (frame_after(64 * WINDOW), Onset(62 * WINDOW))
    assert (frame_after(72 * WINDOW + 64 * PER_MS), Silent(64)) in told


def test_what_the_closed_gate_kept_away_is_judged_when_it_opens() -> None:
    detector = ScriptedDetector()
    segmenter = Segmenter(detector, Deaf(480))
    # 0.6 is speech, but not much louder than what was before
    told = played(segmenter, windows(40, 0.49), windows(20, 0.6), windows(4))
    assert told[0] == (frame_after(61 * WINDOW), Onset(40 * WINDOW))


def test_the_detector_is_reset_only_when_it_missed_something() -> None:
    detector = ScriptedDetector()
    played(
        Segmenter(detector, Deaf(480)), windows(200), windows(10, 0), windows(60), windows(90, 0)
    )
    assert detector.resets == 0
    played(Segmenter(detector, Deaf(480)), room(3, -60), windows(4))
    assert detector.resets == 1


def test_opening_costs_no_more_after_a_long_silence() -> None:
    detector = ScriptedDetector()
    segmenter = Segmenter(detector, Deaf(480))
    played(segmenter, room(30, -60))
    before = detector.calls
    told = played(segmenter, windows(3), open_at_onset=False)
    assert [type(result) for _, result in told] == [Onset]
    assert detector.calls - before <= 3 + 31


def test_a_room_that_grows_louder_is_a_quiet_room_again() -> None:
    detector = ScriptedDetector()
    segmenter = Segmenter(detector, Deaf(480))
    played(segmenter, room(2, -60), room(12, -50))
    before = detector.calls
    assert before > 100  # it was worth a look
    played(segmenter, room(10, -50, seed=2))
    assert detector.calls == before


def test_the_gate_stays_open_while_somebody_speaks() -> None:
    segmenter = Segmenter(ScriptedDetector(), Deaf(480))
    told = played(segmenter, windows(2, 0), windows(300), windows(30, 0))
    assert next(at for at, result in told if isinstance(result, Silent)) == frame_after(
        302 * WINDOW + 64 * PER_MS
    )


# ── real detectors on real sound ──────────────────────────────────────────────────────────────

real = pytest.mark.real


@pytest.fixture
def detectors() -> tuple[VoiceDetector, VoiceDetector]:
    async def made() -> tuple[VoiceDetector, VoiceDetector]:
        async with (
            vad_silero.open(vad_silero.Config()) as silero,
            vad_webrtc.open(vad_webrtc.Config()) as webrtc,
        ):
            return silero(), webrtc()

    return asyncio.run(made())


@pytest.fixture(scope="module")
def phrases(tmp_path_factory: pytest.TempPathFactory) -> list[Samples]:
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs espeak-ng: apt install espeak-ng")
    folder = tmp_path_factory.mktemp("phrases")
    texts = ("What time is it", "Is it raining", "Good morning", "Add milk to the list")
    return [synthesized(folder / f"{number}.wav", text) for number, text in enumerate(texts)]


def synthesized(path: Path, text: str) -> Samples:
    """Return speech of espeak-ng without the silence around it."""
    subprocess.run(["espeak-ng", "-w", str(path), text], check=True, timeout=20)  # noqa: S607
    samples, rate = soundfile.read(path, dtype="float32")
    speech = soxr.resample(samples, rate, RATE)
    loud = np.nonzero(np.abs(speech) > 0.02 * np.abs(speech).max())[0]
    trimmed: Samples = (speech[loud[0] : loud[-1] + 1] * 32767).astype(np.int16)
    return trimmed


def ends_and_onsets(
    segmenter: Segmenter, phrases: Iterable[Samples], noise: float, gain: float
) -> Iterator[tuple[int, int, int, int]]:
    """Yield for each phrase (true start, told at, true end, silence of 500 ms counted from)."""
    for phrase in phrases:
        spoken = (phrase * 10 ** (gain / 20)).astype(np.int16)
        quiet = np.zeros(RATE * 3 // 2, np.int16)
        mixed = np.concatenate([quiet, spoken, quiet])
        mixed += room(len(mixed) / RATE, noise)[: len(mixed)]
        start = segmenter.position + len(quiet)
        told = played(segmenter, mixed)
        segmenter.close_turn()
        heard = next(at for at, result in told if isinstance(result, Onset))
        ended = [at for at, result in told if result == Silent(500)][-1] - 500 * PER_MS
        yield start, heard, start + len(spoken), ended


@real
@pytest.mark.parametrize(("noise", "gain", "late"), [(-90, 0, 3), (-60, 0, 3), (-70, -26, 4)])
def test_speech_is_found_where_it_is(
    detectors: tuple[VoiceDetector, VoiceDetector],
    phrases: list[Samples],
    noise: float,
    gain: float,
    late: int,
) -> None:
    segmenter = Segmenter(*detectors)
    for start, heard, end, ended in ends_and_onsets(segmenter, phrases, noise, gain):
        assert 0 < heard - start <= 3 * WINDOW + 160  # two windows are asked for
        assert -WINDOW <= ended - end <= late * WINDOW  # the detector rings on a little


@real
@pytest.mark.parametrize("decibels", [-70, -50, -30, -20])
def test_noise_is_no_speech(
    detectors: tuple[VoiceDetector, VoiceDetector], decibels: float
) -> None:
    assert played(Segmenter(*detectors), room(20, decibels)) == []
