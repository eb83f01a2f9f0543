"""Makes frames of a microphone and a speaker that have clocks of their own.

Each sound card says when its samples pass the converter. A frame's far side is what passed the
speaker's while its near side passed the microphone's. What the card says is all that is known:
a latency that it does not report (Bluetooth, a television) is missing in the alignment too.
"""

import numpy as np

from assistant.ports import FRAME, RATE, Frame, Samples
from assistant.sound.clock import Line, Played
from assistant.sound.resample import Live

_STEADY = 8 * RATE // 1000
"""What a canceller is told was played may be off by so much: with one clock for both sides it is
never moved then, and each sample that it moves costs what was learned of the high tones."""


class Ring:
    """The newest seconds of sound: one thread puts, one takes, neither waits."""

    def __init__(self, size: int) -> None:
        self._sound = np.zeros(size, np.int16)
        self.written = 0
        self._read = 0

    @property
    def waiting(self) -> int:
        """Samples that have not been taken."""
        return self.written - self._read

    def put(self, sound: Samples) -> None:
        """Copy sound in; what nobody took in time is overwritten."""
        size = len(self._sound)
        at = self.written % size
        first = min(len(sound), size - at)
        self._sound[at : at + first] = sound[:first]
        self._sound[: len(sound) - first] = sound[first:]
        self.written += len(sound)

    def take(self) -> Samples:
        """Copy out all that is new; overwritten samples come as silence."""
        end, size = self.written, len(self._sound)
        count = end - self._read
        taken = np.zeros(count, np.int16)
        kept = min(count, size // 2)
        places = np.arange(end - kept, end) % size
        taken[count - kept :] = self._sound[places]
        self._read = end
        return taken


class _Stream:
    """Sound of one side on its way to `RATE`."""

    def __init__(self, rate: int) -> None:
        self.line = Line(rate)
        self._live = Live(rate, RATE)
        self._scale = RATE / rate

    def feed(self, sound: Samples) -> Samples:
        made = self._live.feed(sound.astype(np.float32))
        return np.clip(np.rint(made), -32_768, 32_767).astype(np.int16)

    def time(self, position: float) -> float:
        return self.line.time(position / self._scale)

    def position(self, at: float) -> float:
        return self.line.position(at) * self._scale


class Pairing:
    """Takes what the two sides did; gives frames."""

    def __init__(self, input_rate: int, output_rate: int) -> None:
        self._input = _Stream(input_rate)
        self._output = _Stream(output_rate)
        self._near = np.zeros(0, np.int16)
        self._played, self._ahead = Played(), Played()
        self._leads = False
        """Somebody asks for `ahead`, so that what is played is kept for it, too."""
        self._position = 0
        self._base = 0
        """Position at which the microphone was opened."""
        self._closed_lag: float | None = None
        """Seconds that frames are behind their sound; None while the microphone is open."""

    @property
    def input(self) -> Line:
        """When the microphone's samples passed; follow its stamps with it."""
        return self._input.line

    @property
    def output(self) -> Line:
        """When the speaker's samples pass."""
        return self._output.line

    def hear(self, sound: Samples) -> None:
        """Take what the microphone heard next."""
        if len(sound):
            if self._closed_lag is not None:
                self._base = self._position + len(self._near)
                self._closed_lag = None
            self._near = np.concatenate((self._near, self._input.feed(sound)))

    def play(self, sound: Samples) -> None:
        """Take what the speaker was given next."""
        if len(sound):
            made = self._output.feed(sound)
            self._played.add(made)
            if self._leads:
                self._ahead.add(made)

    def close(self, now: float) -> None:
        """The microphone is closed; `wait` goes on in its place."""
        self._near = np.zeros(0, np.int16)
        self._closed_lag = max(0.0, now - self._time(self._position))

    def reopen(self, rate: int, now: float) -> None:
        """The microphone is opened; its first sound ends the silence."""
        lag = self._closed_lag or 0.0
        self._input = _Stream(rate)
        self._input.line.start = now - lag
        self._base = self._position

    def replay(self, rate: int) -> None:
        """Another speaker plays from now on."""
        self._output = _Stream(rate)
        self._played, self._ahead = Played(), Played()

    def shift(self, seconds: float) -> None:
        """The clock that `now` is told by has been set: a wait goes on where it was."""
        self._input.line.shift(seconds)

    def wait(self, now: float) -> None:
        """Let silence stand for what a closed microphone would have heard until now."""
        if self._closed_lag is None:
            return
        due = self._base + self._input.position(now - self._closed_lag)
        missing = int(due) - self._position - len(self._near)
        if missing > 0:
            self._near = np.concatenate((self._near, np.zeros(missing, np.int16)))

    def frames(self, ticks: int) -> list[Frame]:
        """Return the frames that are whole, of `ticks` times 10 ms."""
        made: list[Frame] = []
        count = ticks * FRAME
        while len(self._near) >= count:
            near, self._near = self._near[:count], self._near[count:]
            far = self._far(self._position, count)
            made.append(Frame(near, far, self._position))
            self._position += count
        return made

    def ahead(self, frame: Frame, lead: int) -> Samples:
        """Return what is played `lead` samples after a frame; to be asked for each, in order."""
        if not self._leads:
            self._leads, self._ahead = True, self._played.copy()
        heard, sounds = self._input.line, self._output.line
        count = len(frame.near)
        if not (sounds.known and heard.known):
            return np.zeros(count, np.int16)
        # from here the calm lines count: what a canceller learns must stay where it was
        between = (heard.calm - heard.start) - (sounds.calm - sounds.start)
        wanted = self._output.position(self._time(frame.position) + between) + lead
        steady = sounds.steady and heard.steady
        return self._ahead.look_up(wanted, count, _STEADY if steady else 1)

    def _far(self, position: int, count: int) -> Samples:
        if not (self.output.known and self.input.known):
            return np.zeros(count, np.int16)
        return self._played.look_up(self._output.position(self._time(position)), count)

    def _time(self, position: int) -> float:
        return self._input.time(position - self._base)
