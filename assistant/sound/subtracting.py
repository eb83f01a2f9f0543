"""Under somebody's words our echo is subtracted, not suppressed; and where it is not, it is known.

A canceller like AEC3 suppresses what is left of our echo, and with it those who speak over us. A
linear filter leaves them as they are, but some of our echo, too. Here the one works, the other
learns, and what the other knows of our echo decides which of them is heard, or neither.
"""

from collections import deque

import numpy as np

from assistant.ports import FRAME, EchoCanceller, Samples
from assistant.sound.linear import RECALLS, Linear, power

_BLEND = 0.7
"""Of the power of sound, from frame to frame: 30 ms."""
_SURVIVES = 300.0
"""Power, at least, of what is left by suppressing where somebody speaks over us: -65 dB."""
_MORE = 3.0
"""So much more power is left, at least, where somebody speaks over us."""
_FAINT = 1_000.0
"""Power of what is worth it: -60 dB."""
_PROVES = 0.99
"""Of the power while only we speak, from frame to frame: a second."""
_PROOF = 4.0
"""The filter knows the room if it takes 6 dB of what is heard away, alone."""
_HOLDS = 0.9
"""Of the power while somebody speaks over us, from frame to frame: 100 ms."""
_EXPLAINS = 0.2
"""So much of the echo that is expected must be there, at least. Those of others' words that are
like it by chance make it vary."""
_DROWNS = 2.0
"""Where what is heard is so much louder than our echo, chance may hide the echo."""
_RECENT = 100
"""Frames: what knew the room a second ago is believed when it says that sound was lost."""
_RELEARNS = 200 * FRAME
"""So long at most nothing is heard then: the others learn anew, too, and let our echo through."""
_SURE = 10
"""Frames after which a room is known again."""
_LEARNS = 500
"""Frames that make a room known well."""
_SELDOM = 8
"""After that it is learned from one frame in so many: people move slowly."""
_SOUNDS = 300
"""Peak of what is played from which on it counts."""
_LINGERS = 30 * FRAME
_SAME = 4
"""Samples: two delays that are the same."""
_CERTAIN = 4
"""Frames that must agree: a voice is like itself at each of its periods. Nothing is heard then."""
_LEAVES = 0.06
"""Of our echo, so much the filter leaves when it has been found at another time: 12 dB less."""


class Subtracting:
    """An `EchoCanceller`: another suppresses the echo; under somebody's words it is subtracted.

    Who speaks over us survives the suppressing, weakened; what is left of our echo does not. And
    where only we speak, the filter leaves a share of the echo that it expects, which is known. So
    where something survives and much more is left, what is heard is the sound that was not
    suppressed; where something survives and no more is left, it is our echo, and nothing is heard.
    This holds if the filter has proved while only we spoke that it knows the room. Else it is as
    if there were none.

    When sound is lost on the way, our echo comes earlier or later all at once. The suppressing has
    to learn anew then, and lets it through; the filter looks where it is now, and knows it again.
    """

    def __init__(self, suppress: EchoCanceller) -> None:
        self._linear, self._suppress = Linear(), suppress
        self._worth = _Worth()
        self._kept = _Power(_BLEND)
        self._open = self._deaf = 0
        """Samples for which the subtracted sound is heard still; for which nothing is."""
        self._weight = 0.0
        """Of the sound that is not suppressed."""
        self._since = 0
        """Frames since the filter has learned."""
        self._heard: deque[Samples] = deque(maxlen=RECALLS)
        self._suspected, self._agreed = 0, 0
        """By so much later, or earlier, our echo seems to come; so many frames say so."""

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side without the far side."""
        suppressed = self._suppress.process(near, far)
        self._heard.extend(near.reshape(-1, FRAME))
        self._kept.add(power(suppressed))
        survives = self._kept.mean > _SURVIVES
        self._since += 1
        learn = self._worth.learnt < _LEARNS or self._since >= _SELDOM
        if not (learn or survives or self._open):
            self._linear.follow(far)
            return suppressed
        subtracted = self._linear.process(near, far, learn=learn)
        if self._worth.recent and (survives or self._open) and self._leaps():
            self._open = 0
            return self._nothing(near)
        self._worth.see(power(near), self._linear.expected, power(subtracted))
        if learn:
            if self._kept.mean < _FAINT and np.abs(far).max(initial=0) > _SOUNDS:
                self._worth.prove(self._since)
            self._since = 0
        if self._worth.lost:
            self._lose()
        known = self._worth.learnt > _SURE
        self._deaf = 0 if known else max(0, self._deaf - len(near))
        if self._deaf or not self._worth.explains:
            self._open = 0
        elif survives and self._worth.more:
            self._open = _LINGERS
        else:
            self._open = max(0, self._open - len(near))
        ours = known and self._worth.sounds
        if survives and not self._open and (ours or self._deaf):
            return self._nothing(near)
        return self._mixed(subtracted, suppressed)

    def _nothing(self, near: Samples) -> Samples:
        self._weight = 0.0
        return np.zeros_like(near)

    def _lose(self) -> None:
        """Learn the room anew; until it is known, nothing is heard."""
        self._worth.forget()
        self._linear = Linear()
        self._deaf = _RELEARNS

    def _leaps(self) -> bool:
        """Tell whether our echo is where it is not expected; if that is sure, expect it there."""
        late = self._linear.late(self._heard) if len(self._heard) == RECALLS else 0
        same = late and abs(late - self._suspected) <= _SAME
        self._suspected, self._agreed = late, self._agreed + 1 if same else 1
        if late and self._agreed >= _CERTAIN:
            self._suspected = 0
            if self._linear.shift(late):
                self._worth.leap()
            else:
                self._lose()
        return late != 0

    def _mixed(self, subtracted: Samples, suppressed: Samples) -> Samples:
        """Return one of them; where it changes which, the one fades into the other."""
        weight = 1.0 if self._open else 0.0
        if weight == self._weight:
            return subtracted if self._open else suppressed
        slope = np.linspace(self._weight, weight, len(subtracted), dtype=np.float32)
        self._weight = weight
        mixed = slope * subtracted + (1 - slope) * suppressed
        return np.rint(mixed).astype(np.int16)


class _Worth:
    """A filter's worth, by the power of what is heard, of the echo expected, of the rest."""

    def __init__(self) -> None:
        self.learnt = 0
        """Frames from which it has learned since it is proved; 0: it is not."""
        self.recent = 0
        self._newest = (0.0, 0.0, 0.0)
        self._expected, self._left = _Power(_BLEND), _Power(_BLEND)
        self._loud, self._explained, self._promised = (_Power(_HOLDS) for _ in range(3))
        self._alone = (_Power(_PROVES), _Power(_PROVES), _Power(_PROVES))
        """The three, where only we speak."""

    def see(self, heard: float, expected: float, left: float) -> None:
        """Take a frame."""
        self._newest = heard, expected, left
        self.recent = _RECENT if self.learnt else max(0, self.recent - 1)
        self._expected.add(expected)
        self._left.add(left)
        self._explained.add((heard + expected - left) / 2)
        self._promised.add(expected)
        self._loud.add(heard)

    def prove(self, frames: int) -> None:
        """Take it for one of so many frames in which only we spoke, and from which was learned."""
        for mean, newest in zip(self._alone, self._newest, strict=True):
            mean.add(newest, frames)
        heard, _, left = (mean.mean for mean in self._alone)
        self.learnt = self.learnt + 1 if heard > _PROOF * left else 0

    def leap(self) -> None:
        """What came last was not where it was expected; from now on it is."""
        for mean in (self._expected, self._left, self._loud, self._explained, self._promised):
            mean.mean = 0.0
        heard, _, left = self._alone
        left.mean = _LEAVES * heard.mean
        self.learnt = max(self.learnt, _SURE + 1)

    def forget(self) -> None:
        """Be proved anew."""
        self.learnt = self.recent = 0
        for mean in self._alone:
            mean.mean = 0.0

    @property
    def sounds(self) -> bool:
        """Our echo is so loud that it may be what survives; in its pauses soft words are, too."""
        return self._expected.mean > _SURVIVES

    @property
    def explains(self) -> bool:
        """The echo that is expected is there, whoever speaks over it.

        Not where the room has changed, or sound was lost: then its power is added, not taken.
        """
        return self._explained.mean >= _EXPLAINS * self._promised.mean

    @property
    def lost(self) -> bool:
        """It knew the room, nobody is louder than our echo, and the echo is not there."""
        alone = self._loud.mean < _DROWNS * self._promised.mean
        return self.recent > 0 and alone and not self.explains

    @property
    def more(self) -> bool:
        """It knows the room, and more is left than it leaves of our echo: somebody speaks."""
        _, expected, left = (mean.mean for mean in self._alone)
        ours = self._expected.mean * left / max(expected, _FAINT)
        return self.learnt > 0 and self._left.mean > max(_FAINT, _MORE * ours)


class _Power:
    """A mean over the newest sound."""

    def __init__(self, stays: float) -> None:
        self.mean = 0.0
        self._stays = stays

    def add(self, power: float, frames: int = 1) -> None:
        """Take a frame's; `frames`: for how many it stands."""
        stays = self._stays**frames
        self.mean = stays * self.mean + (1 - stays) * power
