"""What sounds over an answer: words must silence it at once, noise and "mm-hmm" must not.

The answer is a long text from a script, so that it lasts; ears, judges and voice are those of
the configuration (`--stub`: the voice is free). The time is measured in the recording, from the
first voiced sample of the interruption to the first sample of silence.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.bench.manifest import Known
from assistant.bench.outside import falls_silent, first_audible
from assistant.bench.recorded import Room, Step, recorded
from assistant.bench.spoken import VOICES, spoken
from assistant.core.commands import CancelReply, Hold
from assistant.core.events import Action, Heard, Poked, ReplyEnded
from assistant.ports import RATE, Samples
from assistant.session import Settings, Shared
from assistant.testing.mind import ScriptedMind, answer

MS = 1000.0
WORDS, NOISE, BACKCHANNEL = "words", "noise", "backchannel"
PHRASES = ("no wait, that is not what I meant", "please tell me something else")
BACKCHANNELS = ("mm-hmm", "uh-huh", "okay", "right")
"""As they are written; espeak-ng spells the first: "em em hum"."""
NOISES = ("sneeze", "handling", "tap", "dog", "baby", "dishes")
"""What is taken from a directory of noises: their `kind` holds one of these."""
PEOPLE = 6
"""Recordings of people that are played over an answer."""
LONGEST_S = 5.0
"""Of a noise; the answer must outlast it."""
SPEAK_S = 1.0
"""How long it speaks before it is interrupted."""
STEP_S = 0.13
"""Each trial begins so much later than the one before, in another place of the answer."""
STEPS = 5
SETTLE_S = 2.5
"""After the sound, so long for words to be understood and for a decision."""
SILENCE_MS = 400
"""It is silent when nothing sounds for so long; gaps between its sentences are shorter."""
REACTION_MS = 64
"""Two windows of the detector: silence that begins earlier is a gap of its own."""
QUIET_S = 20.0
AUDIBLE_DBFS = -40.0
PROMPT = "Tell me a long story."
STORY = " ".join(
    f"{number} ships sailed out of the old harbour before the sun was up that morning,"
    " and all of them came back with more fish than anybody in the town could eat."
    for number in ("Seven", "Eleven", "Twenty", "Thirty", "Forty", "Fifty")
)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A sound, and where in it somebody begins to speak (samples)."""

    name: str
    kind: str
    sound: Samples
    onset: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One trial, as measured."""

    name: str
    kind: str
    killed: bool
    """The answer was given up."""
    held: bool
    """It paused, whether or not it went on."""
    silent_ms: float | None
    """Words only, and only if they silenced it; `None`, too: it was in a gap of its own."""
    lost: bool = False
    """The answer had ended by itself: nothing was measured."""
    heard: str = ""
    """What was understood of it, at last."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All trials of a kind."""

    kind: str
    trials: int
    killed: int
    held: int
    p50_ms: float
    worst_ms: float
    timed: int

    def line(self) -> str:
        """Return it as a line for people."""
        if self.kind == WORDS:
            return (
                f"{self.kind}: silent after {self.p50_ms:.0f} ms (median), {self.worst_ms:.0f} at "
                f"most, n {self.timed}; silenced it {self.killed} of {self.trials}"
            )
        return f"{self.kind}: killed the answer {self.killed} of {self.trials}, held {self.held}"


def summarise(rows: Sequence[Row]) -> list[Summary]:
    """Put rows together, a summary for each kind."""
    summaries = []
    for kind in (WORDS, NOISE, BACKCHANNEL):
        of_kind = [row for row in rows if row.kind == kind and not row.lost]
        times = [row.silent_ms for row in of_kind if row.silent_ms is not None]
        if of_kind:
            summaries.append(
                Summary(
                    kind,
                    trials=len(of_kind),
                    killed=sum(row.killed for row in of_kind),
                    held=sum(row.held for row in of_kind),
                    p50_ms=float(np.median(times)) if times else float("nan"),
                    worst_ms=max(times, default=float("nan")),
                    timed=len(times),
                )
            )
    return summaries


def people(clips: Sequence[Known]) -> list[Trial]:
    """Choose whole messages of people; the start of speech is the manifest's."""
    whole = [known for known in clips if known.group == "complete" and known.starts is not None]
    whole.sort(key=lambda known: (known.kind not in {"command", "question"}, known.name))
    return [
        Trial(known.name, WORDS, known.clip.samples, round((known.starts or 0.0) * RATE))
        for known in whole[:PEOPLE]
    ]


def noises(clips: Sequence[Known]) -> list[Trial]:
    """Choose noises that happen while somebody listens."""
    return [
        Trial(known.name, NOISE, known.clip.samples[: round(LONGEST_S * RATE)])
        for known in clips
        if any(kind in known.kind for kind in NOISES)
    ]


async def made() -> list[Trial]:
    """Have espeak-ng say interruptions and backchannels, each in several voices."""
    wanted = [(WORDS, text) for text in PHRASES] + [(BACKCHANNEL, text) for text in BACKCHANNELS]
    trials = []
    for kind, text in wanted:
        for voice in VOICES:
            sound = await spoken(text, voice)
            onset = await asyncio.to_thread(_onset, sound)
            trials.append(Trial(f"{text} ({voice})", kind, sound, onset))
    return trials


def _onset(sound: Samples) -> int:
    return first_audible(sound, 0, dbfs=AUDIBLE_DBFS) or 0


async def measure(
    shared: Shared,
    settings: Settings,
    trials: Sequence[Trial],
    recording: Path,
    *,
    told: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """Play each sound over an answer of its own, in one session."""
    talking = replace(shared, mind=ScriptedMind(answer(STORY, first=0.05, each=0.02)))
    spans: list[tuple[int, int]] = []
    async with recorded(talking, settings, recording) as room:
        await asyncio.sleep(0.5)
        for number, trial in enumerate(trials):
            spans.append(await _interrupted(room, trial, SPEAK_S + number % STEPS * STEP_S))
            told(_row(trial, room.steps.between(*spans[-1]), None))
    _, far = await room.sound()
    return [
        _row(trial, room.steps.between(*span), far, span)
        for trial, span in zip(trials, spans, strict=True)
    ]


async def _interrupted(room: Room, trial: Trial, after: float) -> tuple[int, int]:
    """Let it speak, play the sound; returns where it began, and where the trial was over."""
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(room.session.ask(PROMPT))
        await room.speaks()
        await asyncio.sleep(after)
        playing = room.card.play(trial.sound)
        await playing.over()
        await asyncio.sleep(SETTLE_S)
        end = room.now
        await _hushed(room)
        await asked
    return room.place(playing.first), end


async def _hushed(room: Room) -> None:
    """Have it stop whatever it says, until nothing is left."""
    async with asyncio.timeout(QUIET_S):
        while True:
            room.session.inject(Poked(Action.STOP))
            await asyncio.sleep(0.5)
            if room.session.quiet:
                return


def _row(
    trial: Trial, steps: Sequence[Step], far: Samples | None, span: tuple[int, int] = (0, 0)
) -> Row:
    orders = [order for step in steps for order in step.commands]
    row = Row(
        trial.name,
        trial.kind,
        killed=any(isinstance(order, CancelReply) for order in orders),
        held=any(isinstance(order, Hold) for order in orders),
        silent_ms=None,
        lost=any(isinstance(step.event, ReplyEnded) for step in steps),
        heard=next((text for text in reversed(_texts(steps)) if text), ""),
    )
    return row if far is None else timed(row, far, span[0], span[0] + trial.onset, span[1])


def _texts(steps: Sequence[Step]) -> list[str]:
    return [step.event.text for step in steps if isinstance(step.event, Heard)]


def timed(row: Row, far: Samples, start: int, onset: int, end: int) -> Row:
    """Add what the recording tells of a trial between `start` and `end`, in samples."""
    if row.lost or first_audible(far, max(0, start - _SPOKE), start) is None:
        return replace(row, lost=True)
    if not row.killed and first_audible(far, end - round(SETTLE_S * RATE), end) is None:
        return replace(row, killed=True)  # it never went on
    if row.kind != WORDS or not row.killed:
        return row
    silent = falls_silent(far, onset, end, SILENCE_MS)
    ms = None if silent is None else (silent - onset) / RATE * MS
    return replace(row, silent_ms=None if ms is None or ms < REACTION_MS else ms)


_SPOKE = round(0.6 * RATE)
"""It spoke within so many samples before the sound: in a gap between sentences, at most."""
