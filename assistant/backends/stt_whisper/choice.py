"""Which model on which device: what is asked for, or the largest that this machine runs quickly.

A GPU is used only after it has understood a spoken sentence: some builds of CTranslate2 give empty
text on some drivers, without any error.
"""

import json
import logging
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import ctranslate2
import numpy as np
import soundfile

from assistant.backends.stt_whisper.decoder import Decoder
from assistant.backends.stt_whisper.names import catalogue_name, is_english, smallest
from assistant.errors import BackendError, BackendUnavailable, ModelError
from assistant.ports import Samples

Device = Literal["auto", "cpu", "cuda"]

QUICK_S = 0.25
"""A clip of 3 s must be decoded in this time on a CPU for a model to be chosen by itself."""
LARGEST = "large-v3-turbo"
"""What a GPU gets."""
LADDER = ("tiny", "base", "small", "medium", LARGEST)
"""From quick to good; for English each with ``.en`` where there is one."""
_TRIES = 2
_TYPES: Mapping[str, tuple[str, ...]] = {
    "cpu": ("int8", "int8_float32", "float32"),
    "cuda": ("float16", "bfloat16", "float32"),
}
"""What is quickest on a device, first: on a GPU int8 saves memory, not time."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; "auto" leaves it to the machine."""

    model: str
    device: Device
    compute_type: str
    threads: int
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to choose from: models, devices, a memory of how quick they were.

    `here` and `ensure` take a catalogue name, ``hf:owner/repo`` or a path and raise `ModelError`;
    `ensure` may fetch. `load` takes directory, device and compute type. `understood` decodes a
    clip of 3 s.
    """

    here: Callable[[str], Path]
    ensure: Callable[[str], Path]
    load: Callable[[Path, str, str], Decoder]
    understood: Callable[[Decoder], str]
    gpus: Callable[[], int] = ctranslate2.get_cuda_device_count
    memory: Path | None = None
    clock: Callable[[], float] = time.perf_counter


def probe() -> Samples:
    """Return 3 s of speech ("What time is it, and what is the weather like today?")."""
    with files(__package__).joinpath("probe.ogg").open("rb") as file:
        samples, _ = soundfile.read(file, dtype="int16")
    return np.asarray(samples, np.int16)


def choose(wish: Wish, means: Means) -> Decoder:
    """Load what is wished for. Raises `ModelError`, or `BackendUnavailable` for the device."""
    if wish.device != "cpu" and (decoder := _on_gpu(wish, means)) is not None:
        return decoder
    if wish.model != "auto":
        return _load(wish, means, means.ensure(catalogue_name(wish.model)), "cpu")
    return _quickest(wish, means)


def _on_gpu(wish: Wish, means: Means) -> Decoder | None:
    """Load on the GPU if there is one that works; with `device: cuda` there must be."""
    why = "there is no GPU that CUDA can use" if means.gpus() < 1 else ""
    if not why:
        try:
            return _tested(wish, means)
        except BackendError as wrong:
            why = str(wrong)
    if wish.device == "cuda":
        raise BackendUnavailable("whisper", f"{why}; set `stt.device: cpu` or mend the driver")
    if means.gpus():
        _log.warning("the GPU is not used: %s", why)
    return None


def _tested(wish: Wish, means: Means) -> Decoder:
    """Try the GPU with the model that is wished for, or the smallest that is here."""
    small = wish.model if wish.model != "auto" else _smallest(wish, means)
    decoder = _load(wish, means, means.ensure(catalogue_name(small)), "cuda")
    if not means.understood(decoder).strip():
        raise BackendError("whisper", "the GPU gives no text for a spoken sentence")
    if wish.model != "auto":
        return decoder
    try:
        return _load(wish, means, means.ensure(catalogue_name(LARGEST)), "cuda")
    except (ModelError, BackendError) as wrong:
        _log.warning("the GPU runs a small model: %s", wrong)
        return decoder


def _quickest(wish: Wish, means: Means) -> Decoder:
    """Load the largest model that is here and quick; if none is here, the smallest is fetched."""
    chosen: Path | None = None
    for directory in _rungs(wish, means):
        if chosen is not None and _seconds(directory, wish, means) >= QUICK_S:
            break
        chosen = directory
    model = chosen or means.ensure(catalogue_name(smallest(wish.languages)))
    return _load(wish, means, model, "cpu")


def _smallest(wish: Wish, means: Means) -> str:
    here = _rungs(wish, means)
    return str(here[0]) if here else smallest(wish.languages)


def _rungs(wish: Wish, means: Means) -> list[Path]:
    """List the models that are here and know the language, from quick to good."""
    found = []
    for size in LADDER:
        names = (f"{size}.en", size) if is_english(wish.languages) else (size,)
        for name in names:
            with suppress(ModelError):
                found.append(means.here(catalogue_name(name)))
                break
    return found


def _seconds(directory: Path, wish: Wish, means: Means) -> float:
    """Return how long a clip of 3 s takes; measured once, remembered in the user's cache."""
    known = _remembered(means.memory)
    key = "|".join(
        (
            directory.name,
            _processor(),
            str(wish.threads),
            wish.compute_type,
            ctranslate2.__version__,
        )
    )
    if key not in known:
        decoder = _load(wish, means, directory, "cpu")
        means.understood(decoder)  # the first one is slow
        times = []
        for _ in range(_TRIES):
            begun = means.clock()
            means.understood(decoder)
            times.append(means.clock() - begun)
        known[key] = min(times)
        _remember(means.memory, known)
    return known[key]


def timed(wish: Wish, means: Means) -> Iterator[tuple[str, float]]:
    """Time the models that are here, from quick to good, up to the first slow one; on a CPU."""
    for directory in _rungs(wish, means):
        seconds = _seconds(directory, wish, means)
        yield directory.name, seconds
        if seconds >= QUICK_S:
            return


def _load(wish: Wish, means: Means, directory: Path, device: str) -> Decoder:
    if wish.compute_type != "auto":
        return means.load(directory, device, wish.compute_type)
    can = ctranslate2.get_supported_compute_types(device) if device == "cpu" or _cuda() else ()
    quickest = next((kind for kind in _TYPES[device] if kind in can), _TYPES[device][0])
    return means.load(directory, device, quickest)


def _cuda() -> bool:
    return bool(ctranslate2.get_cuda_device_count())


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()} x{os.cpu_count()}"
    return f"{platform.machine()} x{os.cpu_count()}"


def _remembered(memory: Path | None) -> dict[str, float]:
    if memory is None:
        return {}
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
        return {str(key): float(seconds) for key, seconds in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # it is measured again


def _remember(memory: Path | None, known: Mapping[str, float]) -> None:
    if memory is None:
        return
    with suppress(OSError):  # a cache that cannot be written costs a second at the next start
        memory.parent.mkdir(parents=True, exist_ok=True)
        fresh = memory.with_suffix(".new")
        fresh.write_text(json.dumps(known, indent=1), encoding="utf-8")
        fresh.replace(memory)
