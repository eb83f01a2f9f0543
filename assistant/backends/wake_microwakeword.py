"""microWakeWord: small networks that each know one phrase, for a fraction of a percent of a core.

Four come inside the pymicro-wakeword wheel (2 MB, Apache-2.0, Linux and Windows). Other models in
the same form, a .json beside its .tflite, are given by path. How well each is heard, and how often
one is heard that nobody said: `docs/waking.md`.
"""

import asyncio
import json
import logging
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
        if self._deaf:
            self._deaf -= 1
            return None
        if not heard:
            return None
        self._deaf = DEAF_STEPS
        return Called(heard[0].said, heard[0].lag, stops=heard[0].stops)


class _Phrase:
    """A network that knows one phrase."""

    def __init__(self, model: Any, threshold: float, lag: int, *, stops: bool) -> None:
        self._model, self._threshold = model, threshold
        self.said: str = model.wake_word
        self.lag, self.stops = lag, stops

    def hears(self, step: Any) -> bool:
        """Take 10 ms of features; the network runs every third time."""
        probability: float | None = self._model.process_streaming_prob(step)
        return probability is not None and probability > self._threshold


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
    shipped = Path(library.__file__).parent / "models"
    wanted = [
        (shipped / f"{name}.json" if name in BUILT_IN else Path(name).expanduser(), False)
        for name in config.names
    ]
    if config.stop is not None:
        wanted.append((config.stop.expanduser(), True))
    for path, _ in wanted:
        _check(path)

    def make() -> MicroWakeWordDetector:
        phrases = (_phrase(library, path, config, stops=stops) for path, stops in wanted)
        return MicroWakeWordDetector(tuple(phrases), library.MicroWakeWordFeatures())

    make()  # what cannot be loaded is told now
    return make


def _phrase(library: Any, path: Path, config: Config, *, stops: bool) -> _Phrase:
    try:
        model = library.MicroWakeWord.from_config(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise BackendUnavailable("microwakeword", f"{path} cannot be loaded: {error}") from error
    tuned = TUNED.get(path.stem, OTHER)
    own: float = model.probability_cutoff if tuned.threshold is None else tuned.threshold
    threshold = own if config.threshold is None or stops else config.threshold
    return _Phrase(model, threshold, tuned.lag_ms * RATE // 1000, stops=stops)


def _check(path: Path) -> None:
    """See that both files of a model are what they should be."""
    problem = "is no microWakeWord model: give the path of the .json that came with its .tflite"
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        micro = described["micro"]
        network = path.parent / described["model"]
        float(micro["probability_cutoff"]), int(micro["sliding_window_size"])
        str(described["wake_word"])
        with network.open("rb") as file:
            mark = file.read(8)[4:]
    except FileNotFoundError as missing:
        message = f"{missing.filename} is not there: mend the path in the wake section"
        raise BackendUnavailable("microwakeword", message) from missing
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise BackendUnavailable("microwakeword", f"{path} {problem}") from wrong
    if mark != FILE_MARK:
        raise BackendUnavailable("microwakeword", f"{network} {problem}")
