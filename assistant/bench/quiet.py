"""Noise in which nobody speaks must not be answered: a long, seeded mixture of it and silence."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.bench.manifest import Known
from assistant.bench.recorded import Step, ended, recorded
from assistant.core.commands import Listen
from assistant.core.events import Heard, SpeechStarted
from assistant.errors import MediaError
from assistant.listening.streaming import StreamingTranscriber
from assistant.ports import RATE, UNTOLD, Recogniser, Samples, Tongue, Transcript
from assistant.session import Settings, Shared

LEVELS_DB = (0.0, -6.0, -12.0, -18.0)
"""How much softer than recorded a clip is played."""
GAPS_S = (0.3, 5.0)
LONGEST_S = 8.0
SHORTEST_S = 0.7
SPEECH = ("conversation", "impulse response")
"""Kinds that hold words, or that are no sound of a room."""
SEED = 4
LEAD_S = 1.0
ENDING_S = 3.0
"""After the last sound, so long for an answer to begin."""


@dataclass(frozen=True, slots=True)
class Played:
    """A clip in the mixture: its name and its place in samples."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """What so much noise led to."""

    minutes: float
    clips: int
    replies: int
    onsets: int
    """Noise that the detector took for a voice."""
    turns: int
    """Times that the recogniser was woken."""
    decodes: int
    texts: int
    """Turns in which words were understood."""
    causes: tuple[str, ...]
    """What was playing when it answered."""

    def line(self) -> str:
        """Return it as a line for people."""
        causes = f" ({', '.join(self.causes)})" if self.causes else ""
        return (
            f"{self.minutes:.1f} min, {self.clips} noises: {self.replies} replies{causes}, "
            f"{self.onsets} false onsets, {self.decodes} decodes in {self.turns} turns, "
            f"{self.texts} with words"
        )


def wordless(clips: Sequence[Known]) -> list[Known]:
    """Choose the noises in which nobody says anything. Raises `MediaError`: there are none."""
    chosen = [known for known in clips if not any(kind in known.kind for kind in SPEECH)]
    if not chosen:
        raise MediaError("manifest.tsv", "names no noise without words; give another directory")
    return chosen


def mixture(
    clips: Sequence[Known], minutes: float, seed: int = SEED
) -> tuple[Samples, list[Played]]:
    """Put noises behind one another, at chance levels, from chance places on, with gaps."""
    chance = np.random.default_rng(seed)
    whole = np.zeros(round(minutes * 60 * RATE), np.int16)
    played: list[Played] = []
    at = 0
    while True:
        for known in (clips[n] for n in chance.permutation(len(clips))):
            at += round(chance.uniform(*GAPS_S) * RATE)
            sound = _piece(known.clip.samples, chance)
            end = min(at + len(sound), len(whole))
            if at >= end:
                return whole, played
            whole[at:end] = sound[: end - at]
            played.append(Played(known.name, at, end))
            at = end


def _piece(sound: Samples, chance: np.random.Generator) -> Samples:
    room = max(0, len(sound) - round(SHORTEST_S * RATE))
    start = int(chance.integers(0, room // 2 + 1))
    piece = sound[start : start + round(LONGEST_S * RATE)]
    level = 10 ** (float(chance.choice(LEVELS_DB)) / 20)
    softer: Samples = np.rint(piece * level).astype(np.int16)
    return softer


class Counted:
    """A recogniser whose calls are counted."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.calls = 0

    @property
    def name(self) -> str:
        """Which ears."""
        return self._recogniser.name

    async def recognise(
        self, samples: Samples, *, stream: int, final: bool, tongue: Tongue = UNTOLD
    ) -> Transcript:
        """Pass it on."""
        self.calls += 1
        return await self._recogniser.recognise(samples, stream=stream, final=final, tongue=tongue)


async def measure(
    shared: Shared,
    settings: Settings,
    clips: Sequence[Known],
    recording: Path,
    *,
    minutes: float = 10.0,
    told: Callable[[str], None] = lambda _: None,
) -> Quiet:
    """Play the mixture at the pace of life: what is heard depends on what decodes take."""
    sound, played = mixture(clips, minutes)
    ears = shared.ears.transcriber
    counted = None
    if isinstance(ears, StreamingTranscriber):
        counted = Counted(ears.recogniser)
        ears = StreamingTranscriber(counted)
    heard = replace(shared, ears=replace(shared.ears, transcriber=ears))
    async with recorded(heard, settings, recording) as room:
        playing = room.card.play(sound, after=LEAD_S)
        told(f"{len(played)} noises in {minutes:g} min …")
        await room.card.heard(playing.last + round(ENDING_S * RATE))
    steps, first = room.steps.kept, room.place(playing.first)
    replies = ended(steps)
    return Quiet(
        minutes=len(sound) / RATE / 60,
        clips=len(played),
        replies=len(replies),
        onsets=sum(isinstance(step.event, SpeechStarted) for step in steps),
        turns=sum(isinstance(order, Listen) for step in steps for order in step.commands),
        decodes=counted.calls if counted else 0,
        texts=len(set(_worded(steps))),
        causes=tuple(_cause(place - first, played) for place in replies),
    )


def _worded(steps: Sequence[Step]) -> Iterator[int]:
    for step in steps:
        if isinstance(step.event, Heard) and step.event.text.strip():
            yield step.event.turn


def _cause(place: int, played: Sequence[Played]) -> str:
    before = [one.name for one in played if one.start <= place]
    return before[-1] if before else "silence"
