"""Smart Turn v3.2 (ONNX, 8 MB, BSD-2) tells whether a voice sounds as if it had finished.

The network hears the last 8 s as Whisper's log-mel spectrogram, the newest sound at its end, and
answers with a probability, after about 50 ms on one thread.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from assistant.cores import MIND
from assistant.errors import BackendUnavailable, ModelError
from assistant.models import store
from assistant.ports import RATE, Samples
from assistant.worker import Worker

HEARD = 8 * RATE
"""Samples that the network takes; what is shorter has silence before it."""
WINDOW, HOP = 400, 160
"""Samples of a spectrum and between two of them: 25 and 10 ms."""
BANDS, FRAMES = 80, HEARD // HOP
INPUT = "input_features"
QUIETEST = 1e-10
"""Power below which nothing is told apart."""
RANGE = 8.0
"""Decades below the loudest that are kept."""
EVEN = 1e-7
"""Added to the variance, so that silence can be divided by its own."""
LINEAR_TO_HZ, LINEAR_MELS, HZ_PER_MEL = 1000.0, 15.0, 200.0 / 3
"""Slaney's scale is linear up to 1 kHz, which is 15 mel."""
LOG_STEP = float(np.log(6.4)) / 27
"""Above, each mel is a factor of 6.4 ** (1 / 27)."""
FATAL = 4
"""onnxruntime's quietest log level: its warnings would land in the middle of a terminal."""

Features = NDArray[np.float32]


class Config(BaseModel):
    """Settings of the judge."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(
        default="smart-turn-v3.2",
        min_length=1,
        description="A model of the catalogue, hf:owner/repo, or the path of an .onnx file.",
    )


class SmartTurn:
    """`ports.EndJudge` by the sound alone: the melody and the pace of what was said."""

    def __init__(self, session: Any, worker: Worker) -> None:
        self._session, self._worker = session, worker

    async def finished(self, words: str, sound: Samples) -> float:
        """Return the probability that the message ends here, from its last 8 s.

        Cancelling drops the answer; a question that waits in the thread is then never worked out.
        """
        del words
        return await self._worker.run(lambda: self.judge(sound))

    def judge(self, sound: Samples) -> float:
        """Do the same in the calling thread."""
        (answers,) = self._session.run(None, {INPUT: features(sound)[np.newaxis]})
        return float(answers[0, 0])


def needs(config: Config) -> list[str]:
    """Name the models that it will load."""
    return [] if _is_file(config.model) else [config.model]


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[SmartTurn]:
    """Load the network in its own thread, fetching it if need be, and warm it up.

    Raises `ModelError` if there is no such model, `BackendUnavailable` if it is another one.
    """
    worker = Worker("smart turn", nice=5, cores=MIND, hurries=True)
    try:
        yield await worker.run(lambda: _ready(config, worker))
    finally:
        worker.close()


def features(sound: Samples) -> Features:
    """Return the log-mel spectrogram of the last 8 s, 80 bands by 800 frames.

    The loudness is that of unit variance over the whole 8 s; the last spectrum, whose middle lies
    behind the sound's end, is left out (Whisper's form, as the network was trained).
    """
    heard = np.zeros(HEARD, np.float32)
    newest = sound[-HEARD:]
    heard[HEARD - len(newest) :] = newest
    heard /= np.float32(-np.iinfo(np.int16).min)
    heard -= heard.mean()
    heard /= np.sqrt(heard.var() + np.float32(EVEN))
    around = np.pad(heard, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(around, WINDOW)[::HOP][:FRAMES]
    spectra = np.fft.rfft(frames * _window())
    power = spectra.real**2 + spectra.imag**2
    mel = _filters() @ power.T.astype(np.float32)
    decades = np.log10(np.maximum(mel, np.float32(QUIETEST)))
    kept = np.maximum(decades, decades.max() - np.float32(RANGE))
    result: Features = ((kept + 4) / 4).astype(np.float32)
    return result


@lru_cache(maxsize=1)
def _window() -> Features:
    """Return a Hann window of one period, its second zero left out."""
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@lru_cache(maxsize=1)
def _filters() -> Features:
    """Return triangles that are even in mel and of equal area: bands by frequencies."""
    edges = _hz(np.linspace(0, _mel(RATE / 2), BANDS + 2))
    low, middle, high = (edges[at : at + BANDS, np.newaxis] for at in range(3))
    frequencies = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    filters: Features = (triangles * 2 / (high - low)).astype(np.float32)
    return filters


def _mel(hertz: float) -> float:
    if hertz < LINEAR_TO_HZ:
        return hertz / HZ_PER_MEL
    return LINEAR_MELS + float(np.log(hertz / LINEAR_TO_HZ)) / LOG_STEP


def _hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    above = LINEAR_TO_HZ * np.exp(LOG_STEP * (mels - LINEAR_MELS))
    hertz: NDArray[np.float64] = np.where(mels < LINEAR_MELS, mels * HZ_PER_MEL, above)
    return hertz


def _ready(config: Config, worker: Worker) -> SmartTurn:
    judge = SmartTurn(_load(_file(config.model)), worker)
    judge.judge(np.zeros(0, np.int16))  # the first time is slow: let it be this one
    return judge


def _is_file(model: str) -> bool:
    return Path(model).suffix == ".onnx"


def _file(model: str) -> Path:
    if _is_file(model):
        return Path(model).expanduser()
    place = store.ensure(model)
    found = [place] if place.is_file() else sorted(place.rglob("*.onnx"))
    if len(found) != 1:
        message = f"{place} holds {len(found)} .onnx files; give the path of one"
        raise ModelError(model, message)
    return found[0]


def _load(path: Path) -> Any:
    import onnxruntime  # noqa: PLC0415 - 0.1 s that only who uses it should pay
    from onnxruntime.capi import onnxruntime_pybind11_state as failures  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = FATAL
    try:
        session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except (
        failures.NoSuchFile,
        failures.InvalidProtobuf,
        failures.InvalidArgument,
        failures.InvalidGraph,
        failures.Fail,
    ) as error:
        message = f"{path} cannot be loaded: is it there, and whole? `assistant models check`"
        raise BackendUnavailable("smart turn", message) from error
    found = [(entry.name, entry.shape[1:]) for entry in session.get_inputs()]
    if found != [(INPUT, [BANDS, FRAMES])]:
        message = f"{path} is another network: it takes {found}"
        raise BackendUnavailable("smart turn", message)
    return session
