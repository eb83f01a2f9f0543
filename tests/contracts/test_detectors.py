import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from assistant.backends import vad_silero, vad_webrtc
from assistant.errors import BackendUnavailable
from assistant.ports import RATE, Samples, VoiceDetector
from assistant.testing.detector import ScriptedDetector, sound

Opened = AbstractAsyncContextManager[Callable[[], VoiceDetector]]


@asynccontextmanager
async def scripted() -> AsyncIterator[Callable[[], VoiceDetector]]:
    yield ScriptedDetector


def buzz(seconds: float, pitch: float = 120.0) -> Samples:
    """Return a vowel-like sound: overtones of a pitch that glides, in syllables."""
    at = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(pitch + 15 * np.sin(2 * np.pi * 1.5 * at)) / RATE
    formants = np.exp(-((np.arange(1, 30) * pitch - 600) ** 2) / 2e5) + 0.05
    wave = sum(level * np.sin(n * phase) for n, level in enumerate(formants, 1))
    syllables = np.clip(np.sin(2 * np.pi * 2 * at) + 0.6, 0, 1)
    loud: Samples = (6000 * wave * syllables).clip(-32768, 32767).astype(np.int16)
    return loud


def white(seconds: float) -> Samples:
    noise = np.random.default_rng(1).normal(0, 20, round(seconds * RATE))
    return noise.astype(np.int16)


@pytest.fixture(params=["silero", "webrtc", "scripted"])
def make(request: pytest.FixtureRequest) -> Callable[[], VoiceDetector]:
    opened: dict[str, Callable[[], Opened]] = {
        "silero": lambda: vad_silero.open(vad_silero.Config()),
        "webrtc": lambda: vad_webrtc.open(vad_webrtc.Config()),
        "scripted": scripted,
    }

    async def maker() -> Callable[[], VoiceDetector]:
        async with opened[str(request.param)]() as made:
            return made

    return asyncio.run(maker())


def judged(detector: VoiceDetector, samples: Samples) -> list[float]:
    cut = range(0, len(samples) - detector.window + 1, detector.window)
    return [detector.probability(samples[start : start + detector.window]) for start in cut]


def test_a_window_is_10_to_40_ms(make: Callable[[], VoiceDetector]) -> None:
    assert RATE * 0.01 <= make().window <= RATE * 0.04


def test_it_answers_a_probability(make: Callable[[], VoiceDetector]) -> None:
    answers = judged(make(), np.concatenate([white(0.5), buzz(1), sound(0.5)]))
    assert all(isinstance(answer, float) for answer in answers)
    assert all(0 <= answer <= 1 for answer in answers)


def test_a_voice_is_more_probable_than_a_quiet_room(make: Callable[[], VoiceDetector]) -> None:
    voice = sound(2) if isinstance(make(), ScriptedDetector) else buzz(2)
    assert max(judged(make(), voice)) > 0.5
    assert np.mean(judged(make(), white(2))[5:]) < 0.3


def test_silence_is_no_speech(make: Callable[[], VoiceDetector]) -> None:
    assert max(judged(make(), np.zeros(RATE, np.int16))) < 0.5


def test_each_stream_has_a_state_of_its_own(make: Callable[[], VoiceDetector]) -> None:
    first, second, alone = make(), make(), make()
    mixed = []
    for start in range(0, RATE, first.window):
        mixed.append(first.probability(np.resize(buzz(1)[start:], first.window)))
        second.probability(np.resize(white(1)[start:], second.window))
    assert mixed == [
        alone.probability(np.resize(buzz(1)[start:], alone.window))
        for start in range(0, RATE, alone.window)
    ]


def test_reset_is_a_new_beginning(make: Callable[[], VoiceDetector]) -> None:
    detector = make()
    first = judged(detector, buzz(1))
    detector.reset()
    assert judged(detector, buzz(1)) == first


def test_what_it_was_given_is_unchanged(make: Callable[[], VoiceDetector]) -> None:
    samples = buzz(1)
    samples.flags.writeable = False
    judged(make(), samples)


# ── Silero alone ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.real
def test_silero_answers_as_faster_whisper_has_it() -> None:
    from faster_whisper.vad import get_vad_model  # noqa: PLC0415 - it takes a second

    samples = np.concatenate([white(1), buzz(3), white(1), buzz(1, 210)])
    samples = samples[: len(samples) // 512 * 512]

    async def ours() -> list[float]:
        async with vad_silero.open(vad_silero.Config()) as make:
            return judged(make(), samples)

    theirs = get_vad_model()(samples.astype(np.float32) / 32768).ravel()
    # the last window is left out: faster-whisper wipes its end
    np.testing.assert_allclose(asyncio.run(ours())[:-1], theirs[:-1], atol=1e-5)
    assert theirs.max() > 0.5 > theirs.min()


def opening(model: Path) -> None:
    async def main() -> None:
        async with vad_silero.open(vad_silero.Config(model=model)):
            pass

    asyncio.run(main())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r"none\.onnx cannot be loaded: .* vad\.model"):
        opening(tmp_path / "none.onnx")


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVE", bytes(5000)])
def test_a_file_that_is_no_network_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(BackendUnavailable, match=r"bad\.onnx"):
        opening(tmp_path / "bad.onnx")


@pytest.mark.parametrize("config", [vad_silero.Config, vad_webrtc.Config])
def test_unknown_settings_are_refused(config: type[BaseModel]) -> None:
    with pytest.raises(ValidationError):
        config.model_validate({"thresold": 1})
