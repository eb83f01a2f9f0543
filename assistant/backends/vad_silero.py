"""Silero's voice activity detector (v6, ONNX): 32 ms windows, about 50-100 µs each on one thread.

The weights (1.2 MB, MIT) come inside the faster-whisper wheel. The network is recurrent: it takes
a window of 512 samples behind the last 64 of the window before, and two state vectors.
"""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import BackendUnavailable
from assistant.ports import Samples, VoiceDetector

WINDOW = 512
"""Samples in a window, at 16 kHz; the network was trained on this length only."""
CONTEXT = 64
"""Samples of the window before that the network sees again."""
HIDDEN = 128
"""Length of each of the two state vectors."""
INPUTS = {"input", "h", "c"}
"""What version 6 takes; older files have other names and another state."""
FULL_SCALE = np.float32(1 / 32768)
FATAL = 4
"""onnxruntime's quietest log level: its warnings would land in the middle of a terminal."""


class Config(BaseModel):
    """Settings of the detector."""

    model_config = ConfigDict(extra="forbid")

    model: Path | None = Field(
        default=None,
        description="Path of another Silero v6 ONNX file; empty: faster-whisper's own.",
    )


class SileroDetector:
    """One stream's detector: its own state on a shared session."""

    window = WINDOW

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = np.zeros((1, CONTEXT + WINDOW), np.float32)
        self._h: Any
        self._c: Any
        self.reset()

    def probability(self, samples: Samples) -> float:
        """Return how likely these 512 samples hold speech."""
        sound = self._input[0]
        sound[:CONTEXT] = sound[WINDOW:]
        np.multiply(samples, FULL_SCALE, out=sound[CONTEXT:])
        speech, self._h, self._c = self._session.run(
            None, {"input": self._input, "h": self._h, "c": self._c}
        )
        return float(speech[0])

    def reset(self) -> None:
        """Forget what came before; in speech this would cost the next windows."""
        self._h = self._c = np.zeros((1, 1, HIDDEN), np.float32)
        self._input.fill(0)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Callable[[], VoiceDetector]]:
    """Load the network once and yield what makes a detector; each stream wants its own.

    Raises `BackendUnavailable` if the file is not there or is not Silero v6.
    """
    path = config.model or _bundled()
    session = await asyncio.to_thread(_load, path)
    yield lambda: SileroDetector(session)


def _bundled() -> Path:
    """Find the file without importing faster-whisper, which takes a second."""
    package = importlib.util.find_spec("faster_whisper")
    if package is None or package.origin is None:
        raise BackendUnavailable(
            "silero", "faster-whisper, which brings its weights, is not installed: run scripts/run"
        )
    return Path(package.origin).parent / "assets" / "silero_vad_v6.onnx"


def _load(path: Path) -> Any:
    import onnxruntime  # noqa: PLC0415 - 0.1 s that only who uses it should pay
    from onnxruntime.capi import onnxruntime_pybind11_state as failures  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
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
        raise BackendUnavailable(
            "silero", f"{path} cannot be loaded: reinstall faster-whisper or mend vad.model"
        ) from error
    found = {entry.name for entry in session.get_inputs()}
    if found != INPUTS:
        raise BackendUnavailable(
            "silero", f"{path} is not Silero v6 (it takes {', '.join(sorted(found))})"
        )
    return session
