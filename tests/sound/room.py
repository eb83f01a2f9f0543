"""A loudspeaker and a microphone in a room of numbers, and sound that is like speech."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.ports import FRAME, RATE, Samples
from assistant.sound.echo import LEAD

Floats = NDArray[np.float64]


def talk(seconds: float, seed: int = 1, level: float = -20.0) -> Floats:
    """Return syllables with a pitch, formants, hisses and gaps, at this RMS level (dBFS)."""
    random = np.random.default_rng(seed)
    made: list[Floats] = []
    while sum(map(len, made)) < seconds * RATE:
        made.append(_syllable(random))
        if random.uniform() < 0.2:
            made.append(np.zeros(int(random.uniform(0.05, 0.25) * RATE)))
    sound = np.concatenate(made)[: round(seconds * RATE)]
    scale = 32_768 * 10 ** (level / 20) / np.sqrt(np.mean(np.square(sound)))
    return np.asarray(np.clip(sound * scale, -32_000, 32_000))


def _syllable(random: np.random.Generator) -> Floats:
    at = np.arange(int(random.uniform(0.12, 0.3) * RATE)) / RATE
    if random.uniform() < 0.25:  # a hiss
        sound = np.diff(random.standard_normal(len(at) + 1)) * 0.3
    else:
        pitch = random.uniform(95, 190) * (1 + random.uniform(-0.5, 0.5) * at)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        formants = random.uniform([250, 800, 2200], [800, 2200, 3400])
        sound = np.zeros(len(at))
        for harmonic in range(1, int(7_500 / pitch.max())):
            distance = harmonic * pitch.mean() - formants
            loud = float(np.sum([1, 0.5, 0.25] / (1 + (distance / 90) ** 2))) + 0.003
            sound += loud * np.sin(harmonic * phase + random.uniform(0, 6))
    return sound * np.hanning(len(at)) ** 0.3


def noise(seconds: float, level: float, seed: int = 9) -> Floats:
    """Return the hiss of a room at this RMS level (dBFS)."""
    random = np.random.default_rng(seed)
    return random.standard_normal(round(seconds * RATE)) * 32_768 * 10 ** (level / 20)


@dataclass(frozen=True)
class Room:
    """What a microphone hears of a loudspeaker."""

    delay_ms: float = 20.0
    level: float = -6.0
    """Of the echo against what is played, dB."""
    tail_s: float = 0.15
    """In which its reverberation falls by 30 dB."""
    drift_ppm: float = 0.0
    seed: int = 4

    def echo(self, played: Floats) -> Floats:
        """Return what comes back of it."""
        random = np.random.default_rng(self.seed)
        at = np.arange(int(2 * self.tail_s * RATE)) / RATE
        tail = random.standard_normal(len(at)) * 10 ** (-1.5 * at / self.tail_s) * 0.08
        response = np.concatenate(([1.0], tail))
        response *= 10 ** (self.level / 20) / np.sqrt(np.sum(np.square(response)))
        size = 1 << (len(played) + len(response)).bit_length()
        spectrum = np.fft.rfft(played, size) * np.fft.rfft(response, size)
        heard = np.fft.irfft(spectrum)[: len(played)]
        places = np.arange(len(played)) * (1 + self.drift_ppm / 1e6)
        late = np.interp(
            places - self.delay_ms * RATE / 1000, np.arange(len(played)), heard, left=0, right=0
        )
        return np.asarray(late)


def as_samples(sound: Floats) -> Samples:
    return np.clip(np.rint(sound), -32_768, 32_767).astype(np.int16)


def frames(near: Floats, played: Floats) -> list[tuple[Samples, Samples]]:
    """Cut what was heard, and what was played `LEAD` later, into frames."""
    ahead = as_samples(np.concatenate((played[LEAD:], np.zeros(LEAD))))
    heard = as_samples(near)
    starts = range(0, len(heard) - FRAME + 1, FRAME)
    return [(heard[at : at + FRAME], ahead[at : at + FRAME]) for at in starts]


def decibels(sound: Floats) -> float:
    """Return its RMS level, dBFS."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(sound))) / 32_768 + 1e-9))
