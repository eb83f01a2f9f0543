"""What the judges of an end say of recordings: at their ends, in their pauses, where they are cut.

Each recording runs through the real segmenter; wherever its silence reaches 100 ms, the judges get
what they would get in a conversation: the sound up to there, and what Whisper makes of it.
"""

import asyncio
import csv
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from assistant.backends import llm_llamacpp, stt_whisper, turn_smart, vad_silero
from assistant.languages.pack import load as load_pack
from assistant.languages.pack import normalised
from assistant.listening.completeness import cue, ends_sentence
from assistant.listening.segmenter import PER_MS, Onset, Segmenter, Silent
from assistant.listening.turn import HESITATION_MS
from assistant.ports import FRAME, RATE, EndJudge, Recogniser, Samples, Transcript, VoiceDetector
from assistant.sound.clips import load as load_clip

ASK_MS = 64
"""Silence after which the judges are asked."""
QUIET_S = 2.0
"""Silence after a recording: its last point is an end."""
CUTS = 3
"""Cuts of a recording, each with its own random place."""
CUT_FROM_S, CUT_TO_S, CUT_BEFORE_S = 0.5, 10.0, 0.4
"""Cuts lie so far behind the first voice, at most so far, and so far before the last."""
DIP_S = 0.15
"""A cut is made at the quietest place so near: in words it would be no hesitation."""
HEAD_S = 0.5
"""Sound before the first voice, as the segmenter's pre-roll."""
WORD_S = 0.05
"""The shortest word."""
BEGINNINGS = 4
"""Beginnings of a written message."""
SILENCE = np.zeros(0, np.int16)
SEED = 4
BLOCK = RATE // 50
ENDS = (".", "?", "!")
APART = "so762-"
"""speechocean762: children and adults who learn English."""
USED = {"yes", "long", "fragment"}
EARS = stt_whisper.Config.model_validate({"model": "tiny.en", "device": "cpu"})
EN = load_pack("en")


Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a recording, or a text, where somebody may have finished."""

    clip: str
    speaker: str
    kind: str
    """end, pause, cut, text; sentence: a pause behind a whole one; fragment: an end that is none.
    """
    finished: bool | None
    """`None`: that may be asked of nobody."""
    words: str
    cue: float
    ends_sentence: bool | None
    """Whether Whisper closed the words; `None`: it was not asked."""
    by_words: float
    by_sound: float | None = None
    ms: int | None = None
    """How long the silence lasts; `None`: for ever."""
    hesitated: bool = False
    """There was a pause of 200 ms in this recording before."""
    complete: str = ""
    """What the recording is, in the words of its manifest."""

    @property
    def child_or_learner(self) -> bool:
        """Whether the recording is hard to understand and is reported apart."""
        return self.clip.startswith(APART)


@dataclass(frozen=True, slots=True)
class Court:
    """Everyone who is asked."""

    detector: Callable[[], VoiceDetector]
    ears: Recogniser
    words: EndJudge
    sound: EndJudge


@asynccontextmanager
async def court() -> AsyncIterator[Court]:
    """Load the real models."""
    async with (
        vad_silero.open(vad_silero.Config()) as detector,
        stt_whisper.open(EARS) as ears,
        llm_llamacpp.open(llm_llamacpp.Config()) as mind,
        turn_smart.open(turn_smart.Config()) as smart,
    ):
        yield Court(detector, ears, mind, smart)


def measured(folder: Path, messages: Path, cache: Path) -> list[Point]:
    """Return the points of a directory's English recordings and of the written messages."""
    if cache.is_file():
        return [Point(**json.loads(line)) for line in cache.read_text().splitlines()]
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    known = [row for row in rows if row["lang"] == "en" and row["complete"] in USED]
    clips = [(row, load_clip(folder / row["file"]).samples) for row in known]
    written = messages.read_text(encoding="utf-8").splitlines()
    points = asyncio.run(_asked(clips, [line for line in written if not line.startswith("#")]))
    cache.write_text("".join(json.dumps(asdict(point)) + "\n" for point in points))
    return points


async def _asked(clips: list[tuple[Row, Samples]], messages: list[str]) -> list[Point]:
    points: list[Point] = []
    async with court() as judges:
        for row, samples in clips:
            points += [point async for point in _of_clip(row, samples, judges)]
            print(row["file"], len(points), flush=True)
        points += [point async for point in _of_texts(messages, judges)]
    return points


async def _of_clip(row: Row, samples: Samples, judges: Court) -> AsyncIterator[Point]:
    whole = await judges.ears.recognise(samples, stream=0, final=True)
    chance = random.Random(f"{SEED} {row['file']}")  # noqa: S311 - no secret
    room = _Room(samples, chance.randrange(1 << 30))
    stops = list(_pauses(room.after(samples, QUIET_S), judges.detector()))
    hesitated = False
    for stop in stops:
        heard = room.after(samples, QUIET_S)[stop.start : stop.at]
        said = await judges.ears.recognise(heard, stream=0, final=True)
        kind, finished = _label(row["complete"], whole, stop, said.text)
        what = Known(kind, finished, stop.ms, hesitated)
        yield await _point(row, judges, what, said.text, heard)
        hesitated = hesitated or (stop.ms or 0) >= HESITATION_MS
    if not stops:
        return
    last_voiced = stops[-1].at - ASK_MS * PER_MS
    for cut in _cuts(samples[:last_voiced], stops[0].start, room, chance):
        said = await judges.ears.recognise(cut, stream=0, final=True)
        if _breaks_off(said.text, whole.text):
            yield await _point(row, judges, Known("cut", finished=False, ms=0), said.text, cut)


class _Room:
    """A recording's own quiet: noise as loud as its quietest 20 ms."""

    def __init__(self, samples: Samples, seed: int) -> None:
        blocks = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK).astype(np.float32)
        self.energy = np.mean(np.square(blocks), axis=1)
        self._loudness = float(np.sqrt(self.energy.min()))
        self._seed = seed

    def after(self, samples: Samples, seconds: float) -> Samples:
        noise = np.random.default_rng(self._seed).normal(0, self._loudness, round(seconds * RATE))
        return np.concatenate([samples, noise.astype(np.int16)])


@dataclass(frozen=True, slots=True)
class _Stop:
    """A silence that reached 100 ms: where, where its turn began, how long it lasts at last."""

    at: int
    start: int
    ms: int | None


def _pauses(samples: Samples, detector: VoiceDetector) -> Iterator[_Stop]:
    segmenter = Segmenter(detector)
    start: int | None = None
    at: int | None = None
    for begin in range(0, len(samples) - FRAME, FRAME):
        for result in segmenter.push(samples[begin : begin + FRAME]):
            if isinstance(result, Onset):
                if start is None:
                    start = segmenter.open_turn()
                elif at is not None:
                    yield _Stop(at, start, (result.at - at) // PER_MS + ASK_MS)
                at = None
            elif isinstance(result, Silent) and result.ms == ASK_MS:
                at = segmenter.position
    if at is not None and start is not None:
        yield _Stop(at, start, None)


def _label(complete: str, whole: Transcript, stop: _Stop, said: str) -> tuple[str, bool | None]:
    """Say what a stop is; whether a sentence ends there is read off the whole transcript.

    Whisper stretches words over the pauses behind them, so that only their starts are to be used.
    """
    if stop.ms is None:
        return ("fragment", None) if complete == "fragment" else ("end", True)
    voiced = stop.at / RATE - ASK_MS / 1000
    before = [word.text for word in whole.words if word.start < voiced - WORD_S]
    as_many = whole.text.split()[: len(said.split())]
    ends = any(words and words[-1].endswith(ENDS) for words in (before, as_many))
    return ("sentence", None) if ends and complete != "yes" else ("pause", False)


def _cuts(samples: Samples, start: int, room: _Room, chance: random.Random) -> Iterator[Samples]:
    """Yield beginnings of a recording: up to a dip in its loudness, and 100 ms of its room."""
    first, dip = start + round((HEAD_S + CUT_FROM_S) * RATE), round(DIP_S * RATE)
    last = min(len(samples) - round(CUT_BEFORE_S * RATE), start + round(CUT_TO_S * RATE))
    for _ in range(CUTS if first < last else 0):
        near = chance.randrange(first, last)
        blocks = range((near - dip) // BLOCK, (near + dip) // BLOCK)
        quietest = min(blocks, key=lambda block: float(room.energy[block]))
        yield room.after(samples[start : quietest * BLOCK], ASK_MS / 1000)


def _breaks_off(said: str, whole: str) -> bool:
    """Tell whether a text is a beginning of another one, and none that ends a sentence of it."""
    length, words = len(normalised(said)), whole.split()
    return 0 < length < len(words) and not words[length - 1].endswith(ENDS)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a point before anybody is asked."""

    kind: str
    finished: bool | None
    ms: int | None
    hesitated: bool = False


async def _point(row: Row, judges: Court, what: Known, words: str, sound: Samples) -> Point:
    return Point(
        row["file"],
        row["speaker"],
        what.kind,
        what.finished,
        words,
        cue(words, EN),
        ends_sentence(words, EN),
        await judges.words.finished(words, sound),
        await judges.sound.finished(words, sound),
        what.ms,
        what.hesitated,
        row["complete"],
    )


async def _of_texts(messages: list[str], judges: Court) -> AsyncIterator[Point]:
    """Yield whole messages and beginnings of them."""
    for number, line in enumerate(messages):
        chance = random.Random(f"{SEED} {line}")  # noqa: S311 - no secret
        for words, finished in _beginnings(line.split(), chance):
            text = f"{words.capitalize()}."
            by_words = await judges.words.finished(text, SILENCE)
            yield Point(
                line, f"message {number}", "text", finished, text, cue(text, EN), None, by_words
            )


def _beginnings(parts: list[str], chance: random.Random) -> Iterator[tuple[str, bool]]:
    words: list[str] = []
    ends: set[int] = set()
    for part in parts:
        if part == "/":
            ends.add(len(words))
        else:
            words.append(part)
    open_ends = [length for length in range(1, len(words)) if length not in ends]
    for length in sorted(chance.sample(open_ends, min(BEGINNINGS, len(open_ends)))):
        yield " ".join(words[:length]), False
    yield " ".join(words), True
