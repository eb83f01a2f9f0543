"""Frames to speech and silence, in sample time: the same sound, the same decisions, at any pace.

Sound is judged in the detector's windows (32 ms). While nothing stirs, a gate saves even that:
it opens when a window is louder than the room has been, or when the cheap detector calls it
speech, and the windows just before are judged then too, so nothing at the start is lost. A digital
silence costs next to nothing.

Onset       enough voiced windows in a row
Voiced      the open turn holds so much voiced sound
Silent      so long since its last voiced sample
Filled      it has reached its longest length
"""

from dataclasses import dataclass

import numpy as np

from assistant.listening.ring import Ring
from assistant.ports import RATE, Samples, VoiceDetector

PER_MS = RATE // 1000
"""Samples in a millisecond."""
LOOKBACK = 31
"""Windows before the gate opened that are judged when it opens, 1 s: the detector is recurrent
and needs this much to answer as if it had run all the time (measured; about 2 ms of work)."""
HOLD = 16
"""Windows that the gate stays open after something stirred: 0.5 s."""
STIR = 1.6
"""A window stirs at so many times the energy of the room (2 dB); steady noise varies by 1.3."""
FLOOR_RISE = 1.01
"""The estimate of the room's energy rises so much a window (1.4 dB/s), and falls at once."""
QUIETEST = 1.0
"""The least mean square that a room is thought to have: one step of the converter."""


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """Thresholds (probabilities) and lengths (milliseconds of sound)."""

    on: float = 0.5
    """A window in silence is voiced from here on."""
    off: float = 0.35
    """A window in speech stays voiced down to here."""
    onset_windows: int = 2
    """So many voiced windows in a row begin speech."""
    resume_windows: int = 1
    """The same within a turn that is open and holds voice already."""
    voiced_ms: tuple[int, ...] = (120, 500)
    silence_ms: tuple[int, ...] = (64, 100, 200, 500, 1200)
    """The first also ends the speech: what comes after it begins with another `Onset`."""
    unspoken_ms: int = 5000
    """A turn that was opened in silence (a key, the name) waits so long for its first voice before
    its silence begins to count."""
    name_ms: int = 300
    """Less voice than this behind the name, in one breath with it, is the end of the name, which
    is taken for so much too early (measured: 190 at most, the detector's echo included)."""
    edge_ms: int = 50
    """The detector calls so much behind a voice voiced still; a soft consonant may be in it."""
    longest_ms: int = 60_000
    """A turn that lasts longer is full: a television must not keep it open."""
    preroll_ms: int = 500
    """Sound before the onset that belongs to the turn: soft first consonants."""
    reach_ms: int = 2000
    """Speech that began longer ago than this belongs to no turn that is opened now."""
    memory_ms: int = 8000
    """How much sound is kept; at least what the above need, and what judges of an end want."""

    def __post_init__(self) -> None:
        """Raise `ValueError` when the milestones are in no order or the memory is too short."""
        for milestones in (self.voiced_ms, self.silence_ms):
            if list(milestones) != sorted(set(milestones)):
                raise ValueError(f"milestones must rise: {milestones}")
        if not self.silence_ms or self.memory_ms < self.reach_ms + self.preroll_ms:
            raise ValueError("there must be a silence, and memory for the reach and the pre-roll")


@dataclass(frozen=True, slots=True)
class Onset:
    """Speech began; `at`: its first sample.

    `silent`: so many samples after the last voice of the turn that is open; `None`: it is its
    first.
    """

    at: int
    silent: int | None = None


@dataclass(frozen=True, slots=True)
class Voiced:
    """The open turn holds this much voiced sound."""

    ms: int


@dataclass(frozen=True, slots=True)
class Silent:
    """The open turn's last voiced sample is so long ago."""

    ms: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The open turn has reached its longest length."""


Result = Onset | Voiced | Silent | Filled


@dataclass(slots=True)
class _Turn:
    """The turn that is open: where it began, and which milestones were told."""

    start: int
    voiced: int
    quiet_since: int
    waits_until: int = 0
    """So long it may be silent at its start."""
    heard_from: int = 0
    """Of what was before, it is not known whether it was voiced."""
    name: int = 0
    """So much voice may still be the end of the name that opened it; 0: it is over."""
    told_voiced: int = 0
    told_silence: int = 0
    filled: bool = False


class Segmenter:
    """One stream. Positions count the samples that were pushed, from 0."""

    def __init__(
        self,
        detector: VoiceDetector,
        gate: VoiceDetector | None = None,
        settings: SegmenterSettings | None = None,
    ) -> None:
        self._settings = settings or SegmenterSettings()
        self._ring = Ring(self._settings.memory_ms * PER_MS)
        self._windows = _Windows(detector, gate, self._ring)
        self._speaking = False
        self._last_voiced = self._onset_at = self._run = 0
        self._rising = 0
        self._turn: _Turn | None = None

    @property
    def position(self) -> int:
        """How many samples were pushed."""
        return self._ring.end

    @property
    def stirs(self) -> bool:
        """Something may be going on: the newest sound was judged, not taken for silence."""
        return self._windows.open > 0

    @property
    def last_voiced(self) -> int:
        """The end of the newest voiced window."""
        return self._last_voiced

    @property
    def voiced(self) -> bool:
        """The newest sound may be speech: no window since the last voiced one was silent.

        While a turn waits for its first voice, a single window is none.
        """
        since = self._ring.end - self._last_voiced
        rising = self._rising > 0 and (self._turn is None or self._turn.voiced > 0)
        return rising or (self._speaking and since < self._windows.length)

    @property
    def begins(self) -> int | None:
        """The first sample of the turn; `None`: there is none, or the name may still sound."""
        turn = self._turn
        return None if turn is None or turn.name else max(turn.start, self._ring.start)

    def sound(self, start: int, end: int) -> Samples:
        """Return a copy of the sound between two positions, as far as it is remembered."""
        return self._ring.view(start, end).copy()

    def retune(self, settings: SegmenterSettings) -> None:
        """Have other settings; to be called while no turn is open. What is remembered stays."""
        self._settings = settings

    def push(self, samples: Samples) -> list[Result]:
        """Take a frame, 100 ms at most; tell what it decided, in order."""
        results: list[Result] = []
        self._ring.write(samples)
        for end, probability in self._windows.judged(keep_open=self._speaking):
            self._window(end, probability, results)
            self._milestones(end, results)
        if self._speaking or self._turn is not None:
            self._milestones(self._ring.end, results)
        return results

    def open_turn(self, named: int | None = None, *, deaf: bool = False) -> int:
        """Begin to count for a turn; returns the position of its first sample.

        Speech that goes on belongs to it from its onset; milestones that are behind it already
        come with the next frame. `named`: there the name ended that the user called; what was
        said before is not part of the turn, and where it `begins` is known when the name is over.
        `deaf`: what was pushed until now was not what the room sounded like.
        """
        settings, now = self._settings, self._ring.end
        silent_until = now + settings.unspoken_ms * PER_MS
        if named is not None:
            turn = _Turn(named, 0, silent_until, silent_until, now if deaf else 0)
            self._turn = turn
            if self._speaking or deaf:
                turn.name = settings.name_ms * PER_MS
            if self._speaking:
                turn.voiced = max(0, self._last_voiced - max(named, self._onset_at))
                self._count(turn, self._last_voiced)
            elif not deaf:
                self._end_name(turn)
            return max(named, self._ring.start)
        preroll = settings.preroll_ms * PER_MS
        if self._speaking and now - self._onset_at <= settings.reach_ms * PER_MS:
            self._turn = _Turn(self._onset_at, self._run, self._last_voiced)
            start = self._onset_at
        else:
            self._turn = _Turn(now, 0, silent_until, silent_until)
            start = now
        return max(start - preroll, self._ring.start, 0)

    def wait_on(self) -> None:
        """What was voiced so far held no words: the turn waits for its first ones still."""
        turn = self._turn
        if turn is not None and turn.quiet_since < turn.waits_until:
            turn.quiet_since, turn.voiced, turn.told_silence = turn.waits_until, 0, 0

    def close_turn(self) -> None:
        """Stop counting; onsets are told still."""
        self._turn = None

    def _window(self, end: int, probability: float, results: list[Result]) -> None:
        settings = self._settings
        length = self._windows.length
        if self._speaking:
            if probability >= settings.off:
                self._voice(end, length)
            return
        if probability < settings.on:
            self._rising = 0
            return
        self._rising += 1
        going_on = self._turn is not None and self._turn.voiced > 0
        wanted = settings.resume_windows if going_on else settings.onset_windows
        if self._rising >= wanted:
            voiced = self._rising * length
            self._speaking, self._rising = True, 0
            self._onset_at, self._run = end - voiced, 0
            results.append(Onset(self._onset_at, self._silent()))
            self._voice(end, voiced)

    def _silent(self) -> int | None:
        turn = self._turn
        return self._onset_at - turn.quiet_since if turn is not None and turn.voiced else None

    def _voice(self, end: int, voiced: int) -> None:
        self._last_voiced = end
        self._run += voiced
        turn = self._turn
        if turn is not None:
            turn.voiced += voiced
            self._count(turn, end)

    def _count(self, turn: _Turn, end: int) -> None:
        """Take voice up to `end` for the turn's, unless it may still be the name's."""
        if turn.voiced > turn.name:
            turn.quiet_since, turn.name, turn.told_silence = end, 0, 0

    def _end_name(self, turn: _Turn) -> None:
        """What was voiced so far was the end of the name: the turn begins behind it."""
        over = max(turn.heard_from, self._last_voiced) - self._settings.edge_ms * PER_MS
        turn.start = max(turn.start, over)
        turn.voiced = turn.name = 0

    def _milestones(self, now: int, results: list[Result]) -> None:
        """Tell what has become true by `now`."""
        settings, turn = self._settings, self._turn
        breath = now - settings.silence_ms[0] * PER_MS
        if self._speaking and self._last_voiced <= breath:
            self._speaking = False
        quiet = not (self._speaking or self._rising)
        if turn is not None and turn.name and quiet and turn.heard_from <= breath:
            self._end_name(turn)
        if turn is None or turn.filled:
            return
        while (
            turn.told_voiced < len(settings.voiced_ms)
            and turn.voiced >= settings.voiced_ms[turn.told_voiced] * PER_MS
        ):
            results.append(Voiced(settings.voiced_ms[turn.told_voiced]))
            turn.told_voiced += 1
        # a voiced window that may yet become an onset holds the silence back
        while (
            not self._rising
            and turn.told_silence < len(settings.silence_ms)
            and now - turn.quiet_since >= settings.silence_ms[turn.told_silence] * PER_MS
        ):
            results.append(Silent(settings.silence_ms[turn.told_silence]))
            turn.told_silence += 1
        if now - turn.start >= settings.longest_ms * PER_MS:
            turn.filled = True
            results.append(Filled())


class _Windows:
    """Cuts the stream into the detector's windows and judges those behind an open gate."""

    def __init__(self, detector: VoiceDetector, gate: VoiceDetector | None, ring: Ring) -> None:
        self.length = detector.window
        self._detector, self._gate, self._ring = detector, gate, ring
        self._next = self._judged = self._gated = 0
        self.open = 0
        """So many windows more are judged even if nothing stirs."""
        self._floor = 0.0

    def judged(self, *, keep_open: bool) -> list[tuple[int, float]]:
        """Return (end, probability of speech) of the windows that are complete now.

        When the gate opens, the windows just before come once more.
        """
        found: list[tuple[int, float]] = []
        while self._next + self.length <= self._ring.end:
            self._next += self.length
            if self._stirs():
                self.open = HOLD
            elif self.open and not keep_open:
                self.open -= 1
            if self.open:
                self._judge(found)
            else:
                found.append((self._next, 0.0))
        return found

    def _judge(self, found: list[tuple[int, float]]) -> None:
        """Judge the newest window, and first those before it that the closed gate kept away."""
        oldest = self._next - (LOOKBACK + 1) * self.length
        if self._judged < oldest:
            self._detector.reset()
            self._judged = oldest
        for start in range(self._judged, self._next, self.length):
            end = start + self.length
            found.append((end, self._detector.probability(self._ring.view(start, end))))
        self._judged = self._next

    def _stirs(self) -> bool:
        samples = self._ring.view(self._next - self.length, self._next)
        if not samples.any():  # digital silence; it says nothing of the room
            return False
        if self._gate is None:
            return True
        sound = samples.astype(np.float32)
        energy = float(sound @ sound) / self.length
        if not self._floor:  # the first sound of all: nothing is known of the room yet
            self._floor = max(energy, QUIETEST)
            return True
        self._floor = max(min(energy, self._floor * FLOOR_RISE), QUIETEST)
        return energy > STIR * self._floor or self._says_speech(self._gate)

    def _says_speech(self, gate: VoiceDetector) -> bool:
        """Ask the cheap detector for all that came since it was asked last."""
        says = False
        # its view of the noise may have a hole; it recovers at once
        self._gated = max(self._gated, self._next - 2 * self.length)
        while self._gated + gate.window <= self._next:
            sound = self._ring.view(self._gated, self._gated + gate.window)
            says = gate.probability(sound) > 0 or says
            self._gated += gate.window
        return says
