"""Piper: neural voices that run on any CPU, from a file of 20 to 110 MB each.

Every voice tells how long each of its phonemes lasts, so the words' places in the sound are
known to a hundredth of a second. A sentence begins to sound before its end is made.
"""

import asyncio
import json
import logging
import math
import os
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from copy import copy
from ctypes import py_object, pythonapi
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort
from piper import PiperVoice, SynthesisConfig, espeakbridge
from piper.config import PiperConfig
from pydantic import BaseModel, ConfigDict, Field

from assistant.cores import SENSES
from assistant.errors import BackendError, ModelError
from assistant.models import store
from assistant.models.onnx import halved, with_durations
from assistant.ports import Audio, Spoken, Synthesizer, VoiceInfo
from assistant.shaping import QUIET, Floats, Shaping, pause_after
from assistant.worker import Worker

WORDS_PER_CALL = 12
FRAMES = (24, 64, 1 << 20)
"""Vocoder frames of 12 ms that are made at once: what is heard lasts until the next are ready."""
SHORTEST = 52
"""No fewer are left for the last time: a question is known as one 0.6 s before its end."""
CONTEXT = 12
"""Frames on both sides that a frame's sound depends on, by less than one part in 100000."""
_ERRORS = 3  # onnxruntime's level: no warnings
_FATAL = 4  # onnxruntime's level: stopping a run is no error to print
_PROBE = "1 2 3 4 5 6 7 8 9 10."
"""Said once, unheard: it warms the voice up, tells its loudness, and any language can read it."""
_TOKEN = re.compile(r"\S+")
_ORT_ERRORS = (
    *(ort.Fail, ort.InvalidArgument, ort.InvalidGraph, ort.InvalidProtobuf, ort.NoModel),
    *(ort.NoSuchFile, ort.NotImplemented, ort.RuntimeException, ort.EPFail),
)


class Config(BaseModel):
    """Settings of the voice."""

    model_config = ConfigDict(extra="forbid")

    voice: str = Field(
        default="en_US-joe-medium",
        description="a Piper voice by name, or the path of its .onnx file or directory",
    )
    speed: float = Field(
        default=1.0, ge=0.5, le=2.0, description="how fast it speaks; 1 is its own pace"
    )
    speaker: int | str | None = Field(
        default=None, description="of a voice with several: number or name"
    )
    noise: float | None = Field(
        default=None, ge=0.0, le=2.0, description="variation of the sound; empty: the voice's own"
    )
    noise_width: float | None = Field(
        default=None, ge=0.0, le=2.0, description="variation of the rhythm; empty: the voice's own"
    )
    level: float = Field(
        default=-20.0, ge=-40.0, le=-10.0, description="loudness of speech in dBFS (RMS)"
    )
    threads: int = Field(default=1, ge=1, le=16, description="CPU threads of the voice")


def needs(config: Config) -> list[str]:
    """Name the model that `open` will load."""
    return [] if _is_path(config.voice) else [f"piper-{config.voice}"]


def _is_path(voice: str) -> bool:
    return "/" in voice or voice.endswith(".onnx")


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Synthesizer]:
    """Load the voice in its thread; raises `ModelError` if it is not to be had or damaged."""
    logging.getLogger("piper").setLevel(logging.CRITICAL)  # it logs what it says
    await asyncio.to_thread(store.ensure, _model_name(config))
    worker = Worker("piper", nice=5, cores=SENSES, hurries=config.threads == 1)
    try:
        yield Piper(await _loaded(config, worker), worker, config)
    finally:
        worker.close()


def _model_name(config: Config) -> str:
    return config.voice if _is_path(config.voice) else f"piper-{config.voice}"


async def _loaded(config: Config, worker: Worker) -> "_Engine":
    """Load a voice that is here; in the one thread in which its phonemes may be asked for."""
    name = _model_name(config)
    directory = await asyncio.to_thread(store.path, name)
    return await worker.run(lambda: _Engine(name, directory, config))


class Piper:
    """A `Synthesizer`; yields a piece for each sentence or twelve words."""

    def __init__(self, engine: "_Engine", worker: Worker, config: Config) -> None:
        self._engine = engine
        self._worker = worker
        self._config = config

    def pace(self, factor: float) -> None:
        """Speak so many times as fast as configured, from the next text on."""
        self._engine.factor = factor

    @property
    def voice(self) -> str:
        """The voice, as it is configured."""
        return self._config.voice

    @property
    def voices(self) -> tuple[str, ...]:
        """The Piper voices of its language that have been fetched; a look at files."""
        spoken = self._engine.info.language[:2].lower()
        here = {
            one.name.removeprefix("piper-")
            for one in store.default().list()
            if one.here and one.name.startswith("piper-")
        }
        return tuple(sorted({v for v in here if v[:2].lower() == spoken} | {self.voice}))

    def held(self) -> Synthesizer:
        """Return one that keeps this voice, and follows its pace."""
        return copy(self)

    async def become(self, settings: Any) -> None:
        """Load another voice of this machine, and speak with it from the next answer on."""
        engine = await _loaded(settings, self._worker)
        engine.factor = self._engine.factor
        self._engine, self._config = engine, settings

    @property
    def info(self) -> VoiceInfo:
        """Name and limits."""
        return self._engine.info

    async def synthesize(self, text: str) -> AsyncGenerator[Spoken, None]:
        """Yield sound; closing this stops the engine between two of its operators (~10 ms)."""
        run = onnxruntime.RunOptions()
        run.log_severity_level = _FATAL
        try:
            async with aclosing(
                self._worker.iterate(lambda: self._engine.speak(text, run), urgent=True)
            ) as pieces:  # type: ignore[type-var]  # Worker's iterators are generators
                async for spoken in pieces:
                    yield spoken
        finally:
            run.terminate = True


class _Engine:
    """The voice itself; lives in its worker's thread."""

    def __init__(self, name: str, place: Path, config: Config) -> None:
        path = _model_file(name, place)
        self._run: onnxruntime.RunOptions | None = None
        self._inputs: dict[str, Any] = {}
        self._frames: Floats | None = None
        try:
            described = json.loads(Path(f"{path}.json").read_text(encoding="utf-8"))
            piper = PiperConfig.from_dict(described)
            model = with_durations(path)
            halves = halved(model)
            self._session = _session(
                halves.first if halves else model, config.threads, thorough=halves is None
            )
            self._vocoder: Any = _session(halves.second, config.threads) if halves else None
            inputs = [] if self._vocoder is None else self._vocoder.get_inputs()
            self._vocoder_inputs = [one.name for one in inputs]
        except (OSError, ValueError, KeyError, TypeError, *_ORT_ERRORS) as error:
            raise ModelError(
                name, f"this is no Piper voice or it is damaged; `assistant models check {name}`"
            ) from error
        # Piper calls only `run(None, inputs)` of its session: ours passes the options as well.
        self._voice = PiperVoice(session=self, config=piper)
        self.factor = 1.0
        """How many times as fast as configured it speaks."""
        self._length = piper.length_scale / config.speed
        self._settings = SynthesisConfig(
            speaker_id=_speaker(name, piper, config.speaker),
            length_scale=self._length,
            noise_scale=config.noise,
            noise_w_scale=config.noise_width,
            normalize_audio=False,
        )
        language = described.get("language", {}).get("code") or piper.espeak_voice
        self.info = VoiceInfo(
            f"Piper {path.stem}", language, piper.sample_rate, words_per_call=WORDS_PER_CALL
        )
        self._gain = 1.0
        self._gain = self._loudness(config.level)

    def run(self, names: Sequence[str] | None, inputs: dict[str, Any]) -> Any:
        """Stand in for the session: a run can be ended from outside, frames are no sound yet."""
        results = self._session.run(names, inputs, self._run)
        if self._vocoder is None:
            return results
        *durations, self._frames = results
        self._inputs = inputs
        return [self._frames, *durations]

    def speak(self, text: str, run: onnxruntime.RunOptions) -> Iterator[Spoken]:
        """Yield the sound of a text, a sentence or twelve words at a time."""
        self._run = run
        try:
            for start, part in _parts(text):
                yield from self._say(part, start)
        except _ORT_ERRORS as error:
            if run.terminate:
                return
            raise BackendError(
                "piper", "the voice failed on a sentence", retryable=True
            ) from error

    def _say(self, text: str, offset: int) -> Iterator[Spoken]:
        sentences = [phonemes for phonemes in self._voice.phonemize(text) if phonemes]
        starts = _word_starts(text, sentences, self._voice.phonemize)
        for number, phonemes in enumerate(sentences):
            last = number == len(sentences) - 1
            made = self._made(self._voice.phonemes_to_ids(phonemes))
            times = _times(phonemes, made, self._symbols, self.info.rate)
            marks = [
                (offset + at, times[phoneme])
                for at, sentence, phoneme in starts
                if sentence == number and phoneme < len(times)
            ]
            if last:
                marks.append((offset + len(text), math.inf))
            shaping = Shaping(self.info.rate, pause_after(text if last else "".join(phonemes)))
            yield from _pieces(made.sounds, marks, shaping, self.info.rate)

    def _made(self, ids: list[int]) -> "_Made":
        self._frames = None
        settings = replace(self._settings, length_scale=self._length / self.factor)
        result = self._voice.phoneme_ids_to_audio(ids, settings, include_alignments=True)
        sound, lengths = result if isinstance(result, tuple) else (result, None)
        if lengths is not None and np.size(lengths) != len(ids):
            lengths = None
        if self._frames is not None:
            sounds, count = self._vocoded(self._frames), self._frames.shape[2]
            return _Made(sounds, count * self._voice.config.hop_length, lengths)
        whole: Floats = np.atleast_1d(sound) * np.float32(self._gain)
        return _Made(iter([(whole, True)]), len(whole), lengths)

    def _vocoded(self, frames: Floats) -> Iterator[tuple[Floats, bool]]:
        """Yield the sound of frames: a little, more, the rest."""
        at, total = 0, frames.shape[2]
        for count in FRAMES:
            end = at + count if total - at - count >= SHORTEST else total
            low, high = max(0, at - CONTEXT), min(total, end + CONTEXT)
            inputs = {n: self._inputs.get(n, frames[:, :, low:high]) for n in self._vocoder_inputs}
            sound = self._vocoder.run(None, inputs, self._run)[0].reshape(-1) * self._gain
            hop = len(sound) // (high - low)
            yield sound[(at - low) * hop : (end - low) * hop], end == total
            if end == total:
                return
            at = end

    def _symbols(self, phoneme: str) -> int:
        """Return how many input symbols stand for a phoneme, with the pad after it."""
        ids = self._voice.config.phoneme_id_map.get(phoneme)
        return len(ids) + 1 if ids else 0

    def _loudness(self, level: float) -> float:
        """Return the gain that brings this voice to a level, from what it says unheard."""
        sound = np.concatenate(
            [
                sound
                for phonemes in self._voice.phonemize(_PROBE)
                for sound, _ in self._made(self._voice.phonemes_to_ids(phonemes)).sounds
            ]
        )
        loud = sound[np.abs(sound) > QUIET]
        if not len(loud):
            return 1.0
        return 10 ** (level / 20) / math.sqrt(float(np.mean(np.square(loud))))


def _session(model: bytes, threads: int, *, thorough: bool = True) -> Any:
    options = onnxruntime.SessionOptions()
    if not thorough:  # of the half that makes frames, half the time, and it runs as quickly
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS
    # Sentences differ in length, so kept memory is not used again: off, they save 50 MB.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # A thread that spins while it waits takes its core from the ears and the mind.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = ["CPUExecutionProvider"]
    if sys.platform != "linux":
        return onnxruntime.InferenceSession(model, options, providers=providers)
    # Given bytes, it keeps them for ever beside its own copy; a file in memory can be closed.
    file = os.memfd_create("voice")
    try:
        path = Path(f"/proc/self/fd/{file}")
        path.write_bytes(model)
        return onnxruntime.InferenceSession(path, options, providers=providers)
    finally:
        os.close(file)


def _model_file(name: str, place: Path) -> Path:
    if place.is_file():
        return place
    files = sorted(place.glob("*.onnx"))
    if len(files) != 1:
        raise ModelError(name, f"{place} holds {len(files)} .onnx files; name one of them")
    return files[0]


def _speaker(name: str, piper: PiperConfig, wanted: int | str | None) -> int | None:
    if wanted is None:
        return None
    number = piper.speaker_id_map.get(wanted) if isinstance(wanted, str) else wanted
    if number is None or not 0 <= number < max(1, piper.num_speakers):
        known = ", ".join(piper.speaker_id_map) or f"0 to {max(1, piper.num_speakers) - 1}"
        raise ModelError(name, f"it has no speaker {wanted!r}; it has {known}")
    return number


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Split a text into even parts of at most twelve words, each with its offset."""
    words = list(_TOKEN.finditer(text))
    count = max(1, math.ceil(len(words) / WORDS_PER_CALL))
    for n in range(count):
        part = words[len(words) * n // count : len(words) * (n + 1) // count]
        if part:
            yield part[0].start(), text[part[0].start() : part[-1].end()]


def _word_starts(
    text: str,
    sentences: list[list[str]],
    phonemize: Callable[[str], list[list[str]]],
) -> list[tuple[int, int, int]]:
    """Return for each word: its offset, its sentence, and its first phoneme in that.

    Usually there are as many groups of phonemes as words; where the phonemizer joined or split
    some, a word's place is told by the phonemes of the words before it, said alone.
    """
    words = [m for m in _TOKEN.finditer(text) if any(c.isalnum() for c in m.group())]
    groups: list[tuple[int, int]] = []
    for number, phonemes in enumerate(sentences):
        fresh = True
        for index, phoneme in enumerate(phonemes):
            if phoneme == " ":
                fresh = True
            elif fresh and phoneme.isalpha():
                groups.append((number, index))
                fresh = False
    if len(groups) == len(words):
        return [(m.start(), *group) for m, group in zip(words, groups, strict=True)]
    places = [(n, i) for n, phonemes in enumerate(sentences) for i in range(len(phonemes))]
    sizes = [sum(map(len, phonemize(m.group()))) + 1 for m in words]
    total = max(1, sum(sizes))
    before = [sum(sizes[:n]) for n in range(len(sizes))]
    return [
        (m.start(), *places[min(len(places) - 1, at * len(places) // total)])
        for m, at in zip(words, before, strict=True)
        if places
    ]


@dataclass(frozen=True, slots=True)
class _Made:
    """A sentence as the network makes it."""

    sounds: Iterator[tuple[Floats, bool]]
    """Piece by piece; true with the last."""
    length: int
    """Samples of all of them."""
    symbols: NDArray[np.int64] | None
    """How many of those each input symbol lasts, if the voice tells it."""


def _pieces(
    sounds: Iterator[tuple[Floats, bool]],
    marks: list[tuple[int, float]],
    shaping: Shaping,
    rate: int,
) -> Iterator[Spoken]:
    """Yield shaped pieces, each with the marks that lie in it; an endless one is the end."""
    for sound, last in sounds:
        start = shaping.given / rate
        samples = shaping.feed(sound, last=last)
        if not len(samples):
            continue
        end = math.inf if last else shaping.given / rate
        inside: list[tuple[int, float]] = []
        while marks and (last or marks[0][1] - shaping.cut < end):
            offset, at = marks.pop(0)
            inside.append((offset, max(0.0, min(at - shaping.cut, shaping.ends) - start)))
        yield Spoken(Audio(samples, rate), tuple(inside))


def _times(
    phonemes: list[str], made: _Made, symbols: Callable[[str], int], rate: int
) -> list[float]:
    """Return when each phoneme begins, in seconds of the sound as it was made."""
    if made.symbols is None:
        step = made.length / rate / max(1, len(phonemes))
        return [n * step for n in range(len(phonemes))]
    ends = np.concatenate([[0], np.cumsum(made.symbols)]) / rate
    at, times = 2, []  # after the mark of the beginning and its pad
    for phoneme in phonemes:
        times.append(float(ends[min(at, len(ends) - 1)]))
        at += symbols(phoneme)
    return times


def _references(clauses: Sequence[object]) -> list[int]:
    return [sys.getrefcount(clause) for clause in clauses]


def _mend(bridge: Any) -> None:
    """Stop what Piper's bridge to espeak-ng loses (1.8.0), some 10 KB an answer.

    Naming a voice loses 1.3 KB, and it is named for each text: here, when it is another one.
    Each clause has a reference too many, and stays for ever: it is taken away where it is seen.
    """
    begin, name, spell = bridge.initialize, bridge.set_voice, bridge.get_phonemes
    (usual,) = _references([tuple([""])])  # noqa: C409 - a literal is kept by the code, too
    named: list[str] = []

    def initialize(place: str) -> None:
        named.clear()
        begin(place)

    def set_voice(voice: str) -> None:
        if named != [voice]:
            named.clear()
            name(voice)
            named.append(voice)

    def get_phonemes(text: str) -> list[tuple[str, str, bool]]:
        clauses: list[tuple[str, str, bool]] = spell(text)
        for clause, references in zip(clauses, _references(clauses), strict=True):
            if references > usual:
                pythonapi.Py_DecRef(py_object(clause))
        return clauses

    bridge.initialize, bridge.set_voice, bridge.get_phonemes = initialize, set_voice, get_phonemes


_mend(espeakbridge)
