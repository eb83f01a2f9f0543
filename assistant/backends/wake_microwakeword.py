"""microWakeWord: small networks that each know one phrase, for a fraction of a percent of a core.

Four come inside the pymicro-wakeword wheel (2 MB, Apache-2.0, Linux and Windows). Other models in
the same form, a .json beside its .tflite, are given by path. How well each is heard, and how often
one is heard that nobody said: `docs/waking.md`.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.errors import BackendUnavailable
from assistant.ports import RATE, Called, Samples, WakeDetector

BUILT_IN = ("okay_nabu", "hey_jarvis", "alexa", "hey_mycroft")
DEAF_STEPS = 100
"""Steps of 10 ms after a phrase in which it is not heard once more: 1 s."""
CALM_STEPS = 50
"""And not before all networks have been calm for so many steps: 0.5 s."""
FILE_MARK = b"TFL3"
"""At byte 4 of a TensorFlow Lite file; the library crashes on what is none."""


@dataclass(frozen=True, slots=True)
class _Tuning:
    """What was measured of a phrase."""

    threshold: float | None
    """Mean probability over 150 ms from which on it counts as said; `None`: its author's."""
    lag_ms: int
    """How long after the end of the phrase it is recognised, by the median."""


TUNED = {
    "okay_nabu": _Tuning(0.85, 110),
    "hey_jarvis": _Tuning(0.85, 140),  # its author's 0.97 misses twice as many questions
    "alexa": _Tuning(0.9, 200),
    "hey_mycroft": _Tuning(0.85, 0),  # its author's 0.95 misses twice as many in noise
}
OTHER = _Tuning(None, 110)


def _known(name: str) -> str:
    if name not in BUILT_IN and not name.endswith(".json"):
        known = ", ".join(BUILT_IN)
        raise ValueError(f"should be one of {known}, or the path of a .json; is {name}")
    return name


class Config(BaseModel):
    """Settings of the detector."""

    model_config = ConfigDict(extra="forbid")

    names: list[Annotated[str, AfterValidator(_known)]] = Field(
        default=["okay_nabu"],
        min_length=1,
        max_length=8,
        description="what it answers to: okay_nabu, hey_jarvis, alexa, hey_mycroft, or the path "
        "of a microWakeWord model (.json)",
    )
    threshold: float | None = Field(
        default=None,
        ge=0.1,
        le=0.99,
        description="how sure it must be, 0 to 1: less hears a name more often, and more often "
        "where there was none; null: what was measured to be good for each",
    )
    stop: Path | None = Field(
        default=None,
        description="a microWakeWord model (.json) whose phrase silences it while it speaks; "
        "null: none",
    )


class MicroWakeWordDetector:
    """One stream's detector. About 0.1 % of a core, and as much for each phrase."""

    def __init__(self, phrases: "tuple[_Phrase, ...]", features: Any) -> None:
        self._phrases, self._features = phrases, features
        self._deaf = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The phrases that wake, as people say them."""
        return tuple(phrase.said for phrase in self._phrases if not phrase.stops)

    def process(self, samples: Samples) -> Called | None:
        """Take the sound that follows; tell which phrase was heard in it."""
        called = None
        for step in self._features.process_streaming(samples.tobytes()):
            called = self._step(step) or called
        return called

    def _step(self, step: Any) -> Called | None:
        """Take 10 ms; all phrases must see them, since their networks have a memory."""
        heard = [phrase for phrase in self._phrases if phrase.hears(step)]
        if self._deaf:  # a network may answer for more than a second, and waver
            self._deaf = max(self._deaf - 1, CALM_STEPS if heard else 0)
            return None
        if not heard:
            return None
        self._deaf = DEAF_STEPS
        return Called(heard[0].said, heard[0].lag, stops=heard[0].stops)


class _Phrase:
    """A network that knows one phrase; `threshold` is for the mean of `window` probabilities."""

    def __init__(self, model: Any, threshold: float, window: int, *, stops: bool) -> None:
        self._model, self._threshold = model, threshold
        self._steps = 0
        self._heard = False
        self._newest: deque[float] = deque([0.0] * window, maxlen=window)
        self.said: str = model.wake_word
        self.stops = stops
        self.lag = TUNED.get(model.id, OTHER).lag_ms * RATE // 1000

    def hears(self, step: Any) -> bool:
        """Take 10 ms of features; the network runs every third time."""
        probability: float | None = self._model.process_streaming_prob(step)
        self._steps = (self._steps + 1) % self._model.stride
        if not self._steps and probability is not None:
            self._newest.append(probability)
            self._heard = sum(self._newest) / len(self._newest) > self._threshold
        return self._heard


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Callable[[], WakeDetector]]:
    """Yield what makes a detector; each stream wants its own.

    Raises `BackendUnavailable` if the library or a model cannot be loaded.
    """
    yield await asyncio.to_thread(_maker, config)


def _maker(config: Config) -> Callable[[], WakeDetector]:
    try:
        import pymicro_wakeword as library  # noqa: PLC0415 - only who wants to be called loads it
    except (ImportError, OSError) as error:
        raise BackendUnavailable(
            "microwakeword",
            "pymicro-wakeword is not installed (it exists for Linux and "
            "Windows): run scripts/run, or set turns.mode to always or push",
        ) from error
    logging.getLogger(library.__name__).setLevel(logging.ERROR)
    package = Path(library.__file__).parent
    engine = next(package.glob("lib/*tensorflowlite_c.*"), package)
    described = [_described(_place(name, package)) for name in config.names]
    silences = None if config.stop is None else _described(config.stop.expanduser())

    def phrase(model: _Description, threshold: float, *, stops: bool) -> _Phrase:
        # the library's own mean is slower than its network
        network = library.MicroWakeWord(
            id=model.network.stem,
            wake_word=model.said,
            tflite_model=model.network,
            probability_cutoff=threshold,
            sliding_window_size=1,
            trained_languages=[],
            libtensorflowlite_c_path=engine,
        )
        return _Phrase(network, threshold, model.window, stops=stops)

    def make() -> MicroWakeWordDetector:
        phrases = [
            phrase(model, config.threshold or model.threshold, stops=False) for model in described
        ]
        if silences is not None:
            phrases.append(phrase(silences, silences.threshold, stops=True))
        return MicroWakeWordDetector(tuple(phrases), library.MicroWakeWordFeatures())

    try:
        make()  # what cannot be loaded is told now
    except (OSError, RuntimeError, ValueError) as error:
        raise BackendUnavailable("microwakeword", f"a model cannot be loaded: {error}") from error
    return make


@dataclass(frozen=True, slots=True)
class _Description:
    """What the .json of a model says."""

    said: str
    network: Path
    threshold: float
    window: int


def _place(name: str, package: Path) -> Path:
    return package / "models" / f"{name}.json" if name in BUILT_IN else Path(name).expanduser()


def _described(path: Path) -> _Description:
    """Read a .json, and see that its network is one."""
    problem = "is no microWakeWord model: give the path of the .json that came with its .tflite"
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        micro, network = described["micro"], path.parent / described["model"]
        tuned = TUNED.get(path.stem, OTHER).threshold or float(micro["probability_cutoff"])
        window = int(micro["sliding_window_size"])
        with network.open("rb") as file:
            mark = file.read(8)[4:]
        said = str(described["wake_word"])
    except FileNotFoundError as missing:
        message = f"{missing.filename} is not there: mend the path in the wake section"
        raise BackendUnavailable("microwakeword", message) from missing
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise BackendUnavailable("microwakeword", f"{path} {problem}") from wrong
    if mark != FILE_MARK or window < 1:
        wrong_file = path if window < 1 else network
        raise BackendUnavailable("microwakeword", f"{wrong_file} {problem}")
    return _Description(said, network, tuned, window)
