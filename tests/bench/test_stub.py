"""The stub stages at the pace of life: real detectors, speech by espeak-ng."""

import asyncio
from pathlib import Path

import pytest
import soundfile

from assistant.backends import vad_silero, vad_webrtc
from assistant.bench import barge_in, latency, manifest, stub
from assistant.bench.outside import first_audible, last_audible
from assistant.bench.spoken import spoken
from assistant.languages.pack import load
from assistant.listening.ear import EarBackends
from assistant.ports import RATE
from assistant.session import Settings, Shared

SENTENCES = ("What time is it in Tokyo?", "Please turn off the light in the kitchen.")
GAP_DBFS = -40.0

pytestmark = pytest.mark.real


async def folder_of(place: Path) -> list[manifest.Known]:
    lines = ["file\ttranscript\tspeech_start_s\tend_of_speech_s\tcomplete\twer"]
    for number, text in enumerate(SENTENCES):
        sound = await spoken(text)
        soundfile.write(place / f"{number}.wav", sound, RATE)
        starts = first_audible(sound, 0, dbfs=GAP_DBFS) or 0
        ends = last_audible(sound, 0) or len(sound)
        lines.append(f"{number}.wav\t{text}\t{starts / RATE:.3f}\t{ends / RATE:.3f}\tyes\t1")
    (place / manifest.NAME).write_text("\n".join(lines) + "\n")
    return manifest.read(place)


async def measured(place: Path) -> list[latency.Row]:
    ears = stub.KnowingEars()
    clips = await folder_of(place)
    async with (
        vad_silero.open(vad_silero.Config()) as detector,
        vad_webrtc.open(vad_webrtc.Config()) as gate,
    ):
        hearing = EarBackends(ears, detector, gate)
        shared = Shared(hearing, stub.mind(), stub.voice(), None, load("en"))
        return await latency.measure(
            shared, Settings(), clips, place / "s.wav", before=ears.expect
        )


def test_stub_stages_answer_every_clip_once_and_after_its_end(tmp_path: Path) -> None:
    rows = asyncio.run(measured(tmp_path))
    assert [row.turns for row in rows] == [1, 1]
    assert not any(row.early for row in rows)
    one = latency.summarise(rows)
    assert (one.clips, one.unanswered, one.wrong) == (2, 0, 0)
    # 200 ms of silence, 50 ms to a token, 20 ms for each word of the first clause; the machine
    # may be busy
    assert 200 <= one.p50_ms <= 1500
    for row in rows:
        inside = max(end for _, _, end in row.spans)
        assert row.latency_ms is not None
        assert abs(row.latency_ms - inside) < 150, "the recording and the program's clocks differ"


async def interrupted(place: Path) -> list[barge_in.Row]:
    ears = stub.KnowingEars()
    [first, *_] = await folder_of(place)
    ears.expect(first)
    onset = round((first.starts or 0.0) * RATE)
    trial = barge_in.Trial("stop", barge_in.WORDS, first.clip.samples, onset)
    async with vad_silero.open(vad_silero.Config()) as detector:
        hearing = EarBackends(ears, detector)
        shared = Shared(hearing, stub.mind(), stub.voice(), None, load("en"))
        return await barge_in.measure(shared, Settings(), [trial], place / "s.wav")


def test_words_over_an_answer_silence_it(tmp_path: Path) -> None:
    [row] = asyncio.run(interrupted(tmp_path))
    assert row.killed
    assert not row.lost
    assert row.silent_ms is not None
    assert 64 <= row.silent_ms <= 1500
    assert "time" in row.heard
