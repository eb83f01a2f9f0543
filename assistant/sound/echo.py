"""What the microphone hears of the speaker: how late, how loud, and what is left of it.

`Echo` stands between a sound card and everybody else. While something sounds, and for some time
after, it has a canceller take the speaker's samples out of the microphone's, and measures in
half-second windows what that achieves. What it has measured decides whether we may listen while we
speak. It costs nothing while nothing sounds.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from statistics import median

import numpy as np

from assistant.ports import FRAME, RATE, EchoCanceller, EchoReport, Samples
from assistant.ports import Echo as State
from assistant.sound.clock import Played
from assistant.sound.delay import SEGMENT, Delay, Floats

LEAD = FRAME
"""What was played is wanted so many samples before it was heard: what cards say of their latency
is wrong by some milliseconds, and nothing can be cancelled that is heard before it was played."""
AWAKE = 5 * RATE
"""After the last sound the canceller works on for so long: the room has a tail."""

FULL: frozenset[State] = frozenset({"none", "cancelled"})
"""What it takes to listen while we speak."""
GOOD, FAIR = 25.0, 12.0
"""Decibels from which on echo is cancelled, or reduced."""
_SLACK = 5.0
"""So much worse it may become before that is taken back."""
_BEGIN = 6
"""Windows, three seconds, in which a canceller learns the room before it is judged."""
_JUDGED = 4
"""The newest windows that are judged."""
_UNPROVED = 16
"""So many windows in which others spoke too, or the echo is not recognisable: nothing is known."""

_CLEAR = 8.0
"""A peak that is no chance."""
_AGREE = 3 * RATE // 1000
"""Two delays that are the same."""
_ABSENT = 6
"""So many windows without a peak: the microphone does not hear us."""
_NEAREST, _FARTHEST = 4 * RATE // 1000, 100 * RATE // 1000
"""The canceller copes with an echo that comes so long after what it is told was played."""
_USUAL = 16 * RATE // 1000
"""What it is given otherwise."""

_SOUNDS = 30.0
"""RMS of what is played from which on it counts: -60 dB."""
_ACTIVE = 0.5
"""Of a window, so much must sound for it to count."""
_LOUDER = 4.0
"""Decibels above the usual echo: somebody else speaks, too."""
_OURS = 0.5
"""What is left is echo if it is so much like what was played as the echo itself was."""
_SMEARED = 30 * RATE // 1000
"""A canceller gives its sound back at most so much later."""
_ROOM = 2.0
"""What is left may be so much more than the noise of the room (power): nobody hears it."""
_CREEP = 1.005
"""Each frame: the estimate of the noise rises by 2 dB a second until a quieter frame comes."""


class Echo:
    """A canceller and what is known of it; in the thread of a card."""

    def __init__(self, canceller: EchoCanceller, *, headphones: bool = False) -> None:
        """`headphones`: by its name, the speaker is in nobody else's ears."""
        self.report = EchoReport("none" if headphones else "unmeasured")
        self._canceller = canceller
        self._played = Played()
        self._end = 0
        """Samples of what was played that it was given."""
        self._shift = 0
        """The canceller is given it so much later."""
        self._awake = 0
        self.left: Samples = np.zeros(0, np.int16)
        """What is left of the newest frame, whether others are to hear that or not."""
        self._windows = _Windows()
        self._measures = _Measures()
        self._room = _Room()

    def hear(self, near: Samples, ahead: Samples) -> tuple[Samples, bool]:
        """Take what was heard, and what was played from `LEAD` later on.

        Returns what the others are to hear, and whether echo was taken out of it.
        """
        if ahead.any():
            self._awake = AWAKE
        elif self._awake:
            self._awake = max(0, self._awake - len(near))
        if not self._awake:
            self._windows.cut()
            self._room.hear(near)
            self.left = near
            return near, False
        self._played.add(ahead)
        self._end += len(ahead)
        self.left = near
        if self.report.state != "none":
            wanted = self._end - len(near) - self._shift
            self.left = self._canceller.process(near, self._played.look_up(wanted, len(near)))
        if self._windows.add(ahead, near, self.left):
            self._judge()
        return (
            (self.left, True) if self.report.state in {"cancelled", "reduced"} else (near, False)
        )

    def _judge(self) -> None:
        """Learn from a window that is full."""
        windows = self._windows
        if not windows.sounds or not windows.near.any():
            return  # nothing was played; or the microphone is closed, which proves nothing
        measures = self._measures
        measures.take(windows, self._room.noise, working=self.report.state != "none")
        if measures.lag is not None:
            self._align(measures.lag)
        state = measures.verdict(self.report.state)
        self.report = replace(
            self.report,
            state=state,
            attenuation=None if state == "none" else measures.attenuation,
            delay_ms=None
            if state == "none" or measures.lag is None
            else round((measures.lag - LEAD) * 1000 / RATE),
        )

    def _align(self, lag: int) -> None:
        """Give the canceller what was played shortly before it is heard, however late that is."""
        if not _NEAREST <= lag - self._shift <= _FARTHEST:
            self._shift = max(0, lag - _USUAL)


class _Measures:
    """What the windows have shown."""

    def __init__(self) -> None:
        self.lag: int | None = None
        """Samples from what is played ahead to what is heard; `None`: never found."""
        self._delay = Delay()
        self._last_lag = -RATE
        self._absent = 0
        self._present = 0
        self._unproved = 0
        self._worked = 0
        self._usual: deque[float] = deque(maxlen=32)
        """Decibels of the echo over what is played."""
        self._attenuations: deque[float] = deque(maxlen=_JUDGED)
        self._judged: deque[float] = deque(maxlen=_JUDGED)
        """The same, but good where nothing is left that could be heard."""

    @property
    def attenuation(self) -> int | None:
        """Decibels, as the newest windows show; `None`: not known yet."""
        return round(median(self._attenuations)) if self._attenuations else None

    def take(self, windows: "_Windows", noise: float, *, working: bool) -> None:
        """Take a window in which we spoke. `working`: echo was taken out of it."""
        peak = self._delay.add(windows.far, windows.near)
        if peak.clear < _CLEAR:
            self._absent += 1
            self._present = 0
            return
        same = abs(peak.lag - self._last_lag) <= _AGREE
        self._last_lag = peak.lag
        self._present = self._present + 1 if same else 0
        if not self._present:
            return
        self._absent, self.lag = 0, peak.lag
        if not working:
            return
        self._worked += 1
        near, left = _power(windows.near), _power(windows.left)
        attenuation = _decibels(near / left)
        inaudible = left <= _ROOM * noise
        if not self._alone(windows, near, attenuation, inaudible=inaudible):
            self._unproved += 1
            return
        self._unproved = 0
        self._attenuations.append(attenuation)
        self._judged.append(max(attenuation, GOOD) if inaudible else attenuation)

    def verdict(self, now: State) -> State:
        """Return what is to be thought of the echo."""
        if self._absent >= _ABSENT:
            self._forget()
            return "none"
        if now == "none":
            return "unmeasured" if self._present else now
        if self._unproved >= _UNPROVED:
            self._forget()
            return "unmeasured"
        if self._worked < _BEGIN or len(self._judged) < _JUDGED:
            return now
        value = median(self._judged)
        if now == "cancelled" and self._judged[-1] < GOOD - 2 * _SLACK:
            value = self._judged[-1]  # it hears itself now: that cannot wait
        if value >= GOOD - _SLACK * (now == "cancelled"):
            return "cancelled"
        return "reduced" if value >= FAIR - _SLACK * (now in {"cancelled", "reduced"}) else "loud"

    def _forget(self) -> None:
        self._worked = self._unproved = 0
        self._attenuations.clear()
        self._judged.clear()
        self._usual.clear()

    def _alone(
        self, windows: "_Windows", near: float, attenuation: float, *, inaudible: bool
    ) -> bool:
        """Tell whether only we spoke: only then, what is left says how good the canceller is."""
        loudness = _decibels(near / _power(windows.far[SEGMENT:]))
        usual = median(self._usual) if self._usual else loudness
        self._usual.append(loudness)
        if attenuation >= GOOD or inaudible:
            return True
        if loudness > usual + _LOUDER:
            return False
        near_lag = max(0, self._last_lag - _AGREE)
        far_lag = self._last_lag + _SMEARED
        echo = self._delay.share(windows.near, near_lag, far_lag)
        return self._delay.share(windows.left, near_lag, far_lag) >= _OURS * echo


class _Windows:
    """The newest sound: a window of what was heard and of what is left, two of what was played."""

    def __init__(self) -> None:
        self.far: Floats = np.zeros(2 * SEGMENT, np.float32)
        self.near: Floats = np.zeros(SEGMENT, np.float32)
        self.left: Floats = np.zeros(SEGMENT, np.float32)
        self._newest: list[tuple[Samples, Samples, Samples]] = []
        self._filled = 0

    @property
    def sounds(self) -> bool:
        """Enough was played in this window."""
        blocks = self.far[SEGMENT : SEGMENT + SEGMENT // FRAME * FRAME].reshape(-1, FRAME)
        loud = np.mean(np.square(blocks), axis=1) > _SOUNDS**2
        return bool(np.mean(loud) >= _ACTIVE)

    def cut(self) -> None:
        """Begin a new window: what comes next does not follow what came last."""
        if self._newest:
            self._take()

    def add(self, far: Samples, near: Samples, left: Samples) -> bool:
        """Take sound; tell whether the window is full, and a new one will begin."""
        self._newest.append((far, near, left))
        self._filled += len(near)
        if self._filled < SEGMENT:
            return False
        self._take()
        return True

    def _take(self) -> None:
        """Move what is new into the windows: all at once, since nobody looks before."""
        for number, kept in enumerate((self.far, self.near, self.left)):
            new = np.concatenate([frame[number] for frame in self._newest])[-len(kept) :]
            kept[: len(kept) - len(new)] = kept[len(new) :]
            kept[len(kept) - len(new) :] = new
        self._newest, self._filled = [], 0


class _Room:
    """The noise of the room, from its quietest moments."""

    def __init__(self) -> None:
        self.noise = 0.0
        """Its power; 0: nothing is known."""

    def hear(self, near: Samples) -> None:
        """Take what was heard while nothing was played."""
        power = float(np.mean(np.square(near, dtype=np.float32)))
        if power:
            self.noise = min(power, self.noise * _CREEP) if self.noise else power


def _power(sound: Iterable[float]) -> float:
    """Return the mean square, never zero."""
    return float(np.mean(np.square(np.asarray(sound, np.float32)))) + 1e-3


def _decibels(ratio: float) -> float:
    return 10 * math.log10(ratio)
