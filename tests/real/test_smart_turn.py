"""Smart Turn on its real weights; its spectrogram against the definition."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.backends import turn_smart
from assistant.backends.turn_smart import HEARD, Config, SmartTurn, features, needs
from assistant.errors import BackendUnavailable, ModelError
from assistant.ports import RATE, Samples

MODEL = "smart-turn-v3.2"
Floats = NDArray[np.float64]


def during(use: Callable[[SmartTurn], Coroutine[None, None, None]], model: str = MODEL) -> None:
    async def main() -> None:
        async with asyncio.timeout(60), turn_smart.open(Config(model=model)) as judge:
            await use(judge)

    asyncio.run(main())


def noise(seconds: float, loudness: float = 3000, seed: int = 1) -> Samples:
    """Noise whose loudness rises and falls three times a second, as that of speech does."""
    at = np.arange(round(seconds * RATE)) / RATE
    hiss = np.random.default_rng(seed).normal(0, loudness, len(at))
    return (hiss * (0.55 + 0.45 * np.sin(2 * np.pi * 3 * at))).astype(np.int16)


def slaney(hertz: float) -> float:
    """Mel as Slaney's Auditory Toolbox has it: 66.7 Hz each up to 1 kHz, then logarithmic."""
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * float(np.log(hertz / 1000) / np.log(6.4))


def by_definition(sound: Samples) -> Floats:
    """Work the spectrogram out term by term in double precision, with no FFT."""
    wave = np.zeros(128_000)
    newest = sound[-128_000:]
    wave[len(wave) - len(newest) :] = newest / 32768
    wave = (wave - wave.mean()) / np.sqrt(wave.var() + 1e-7)
    mirrored = np.concatenate([wave[200:0:-1], wave, wave[-2:-202:-1]])
    n = np.arange(400)
    hann = np.sin(np.pi * n / 400) ** 2
    angles = 2 * np.pi * np.outer(np.arange(201), n) / 400
    frames = np.stack([mirrored[160 * t : 160 * t + 400] * hann for t in range(800)], axis=1)
    power = (np.cos(angles) @ frames) ** 2 + (np.sin(angles) @ frames) ** 2
    bins = np.arange(201) * 40.0
    scale = np.linspace(0, 8000, 800_001)
    mels = np.array([0.0, *(slaney(hertz) for hertz in scale[1:])])
    corners = np.interp(np.linspace(0, slaney(8000), 82), mels, scale)
    bands = np.empty((80, 800))
    for band, (low, middle, high) in enumerate(
        zip(corners, corners[1:], corners[2:], strict=False)
    ):
        triangle = np.interp(bins, [low, middle, high], [0, 2 / (high - low), 0])
        bands[band] = triangle @ power
    decades = np.log10(np.maximum(bands, 1e-10))
    result: Floats = (np.maximum(decades, decades.max() - 8) + 4) / 4
    return result


@pytest.mark.parametrize(
    "sound",
    [noise(8), noise(1.3, 90), noise(11, 9000), np.full(20_000, 500, np.int16)],
    ids=["8 s", "short and soft", "long and loud", "constant"],
)
def test_the_spectrogram_is_that_of_its_definition(sound: Samples) -> None:
    assert features(sound) == pytest.approx(by_definition(sound), abs=2e-4)
    assert features(sound).shape == (80, 800)
    assert features(sound).dtype == np.float32


def test_only_the_last_eight_seconds_are_heard() -> None:
    newest = noise(8)
    older = noise(3, seed=2)
    assert np.array_equal(features(np.concatenate([older, newest])), features(newest))
    assert not np.array_equal(features(np.concatenate([newest, older])), features(newest))
    assert len(newest) == HEARD


def test_what_is_short_has_silence_before_it() -> None:
    short = features(noise(2))
    assert np.ptp(short[:, :590]) < 1.0
    assert short[:, 610:].mean() > short[:, :590].mean() + 0.5


def test_loudness_does_not_matter() -> None:
    soft, loud = (features(noise(3, loudness)) for loudness in (200, 6000))
    assert soft == pytest.approx(loud, abs=0.2)


@pytest.mark.real
def test_it_answers_and_takes_only_its_own_network(
    model_path: Callable[[str], Path], tmp_path: Path
) -> None:
    file = next(model_path(MODEL).glob("*.onnx"))

    async def use(judge: SmartTurn) -> None:
        for seconds in (0.0, 1.0, 20.0):
            answer = await judge.finished("words are not listened to", noise(seconds))
            assert 0 <= answer <= 1
            assert answer == judge.judge(noise(seconds))

    during(use)
    during(use, str(file))
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(file.read_bytes()[:100_000])
    for wrong in (damaged, tmp_path / "missing.onnx"):
        with pytest.raises(BackendUnavailable, match="cannot be loaded"):
            during(use, str(wrong))


def unwanted(model: str) -> None:
    async def use(judge: SmartTurn) -> None:
        raise AssertionError(judge)

    during(use, model)


@pytest.mark.real
def test_another_network_is_refused(model_path: Callable[[str], Path], tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.symlink_to(next(model_path("piper-en_US-joe-medium").glob("*.onnx")))
    with pytest.raises(BackendUnavailable, match="another network"):
        unwanted(str(other))


def test_a_directory_must_hold_one_network(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"0 \.onnx files"):
        unwanted(str(tmp_path))
    with pytest.raises(ModelError, match="no such file"):
        unwanted(str(tmp_path / "nowhere"))


def test_it_names_the_model_that_it_needs() -> None:
    assert needs(Config()) == [MODEL]
    assert needs(Config(model="~/mine.onnx")) == []
