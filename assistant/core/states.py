"""What the machine knows: its rules, its six states, and what they hold.

Every state but `Quiet` waits for something, so each has exactly one timer armed.
"""

from dataclasses import dataclass, replace
from enum import Enum

from assistant.core.commands import Notice
from assistant.core.events import NOTHING, Asked, Kind, Verdict, WantsFloor


class Mode(Enum):
    """When speech is meant for the assistant."""

    ALWAYS = "always"
    WAKE = "wake"
    """After its name, and for a while after each answer."""
    PUSH = "push"
    """While a key is pressed."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient and how yielding the assistant is. Plain numbers: it goes into the log."""

    mode: Mode = Mode.ALWAYS
    finalize_ms: int = 64
    """Silence after which the transcriber is asked for its last word."""
    complete_ms: int = 200
    """Silence that ends a turn whose words are complete."""
    unsure_ms: int = 500
    """The same when it is hard to tell."""
    hesitant_ms: int = 500
    """The same, of a speaker who has gone on after a pause."""
    incomplete_ms: int = 1200
    """The same when the words are incomplete."""
    broken_off_ms: int = 1200
    """The same when they break off where nothing ends: the longest wait."""
    complete_above: float = 0.6
    incomplete_below: float = 0.3
    broken_off_below: float = 0.06
    hold_ms: int = 0
    """Voiced overlap after which we pause; 0: we only lower the voice."""
    yield_ms: int = 500
    """Voiced overlap after which we yield the floor, whatever the words, unless we have paused."""
    heal_ms: int = 2000
    """Who goes on within so much silence had not finished: what was answered too early is taken
    back, and the whole is answered."""
    drafts: int = 0
    """Answers that may be begun before a turn is over; each turn has that many."""
    waiting: int = 8
    """Asked turns and announcements that may wait at once."""
    floor_s: float = 90.0
    """Deadline of a user's turn: longer than the segmenter's longest turn."""
    words_s: float = 5.0
    """Deadline of the transcriber's last word."""
    tone_s: float = 2.0
    """Silence of the mind after which a soft tone says that it works."""
    first_sound_s: float = 15.0
    """Deadline of a reply's first sound."""
    sentence_s: float = 20.0
    """Deadline of each sentence that is being spoken."""
    window_s: float = 8.0
    """In mode `wake`: how long after a reply the user may go on without the name."""
    earcons: bool = False
    """Short sounds say that it was called and listens, and that nothing came."""

    def patience(self, verdict: Verdict) -> int:
        """Return the silence, in ms, that ends a turn with this verdict."""
        if verdict.complete >= self.complete_above:
            return self.complete_ms
        if verdict.complete < self.broken_off_below:
            return self.broken_off_ms
        if verdict.complete < self.incomplete_below:
            return self.incomplete_ms
        return self.hesitant_ms if verdict.hesitant else self.unsure_ms


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that is under way, or one that nobody heard and that waits to be tried again."""

    turn: int
    text: str = ""
    """What it answers; empty for an announcement."""
    ask: int = NOTHING
    attachments: tuple[str, ...] = ()
    announces: WantsFloor | Notice | None = None
    """What it says, where it needs no mind."""


Waiting = Asked | WantsFloor | Notice | Answer


@dataclass(frozen=True, slots=True)
class Ledger:
    """Numbers that are never used twice, what waits for the floor, what runs beside it."""

    turn: int = NOTHING
    take: int = NOTHING
    draft: int = NOTHING
    arming: int = NOTHING
    waiting: tuple[Waiting, ...] = ()
    jobs: tuple[int, ...] = ()
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A draft that is under way, and the words that it answers."""

    draft: int
    digest: str


@dataclass(frozen=True, slots=True)
class Floor:
    """A user's turn that is open: what was understood of it so far."""

    turn: int
    text: str = ""
    verdict: Verdict = Verdict()
    before: str = ""
    """Words of an earlier turn of which no answer was heard yet: this turn continues it."""
    continues: int = NOTHING
    """The turn that those words are of."""
    attachments: tuple[str, ...] = ()
    """What came with them."""
    draft: Held | None = None
    drafted: int = 0
    """How many drafts this turn has had."""
    called: bool = False
    """They called us: a tone tells them when we listen no more."""

    def hears(self, text: str, verdict: Verdict) -> "Floor":
        """Return it with other words."""
        return replace(self, text=text, verdict=verdict)

    @property
    def message(self) -> str:
        """All that is to be answered."""
        ours = "" if self.verdict.kind in {Kind.NOTHING, Kind.BACKCHANNEL} else self.text
        return f"{self.before} {ours}".strip()


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nobody has the floor."""

    ledger: Ledger = Ledger()
    window: int = NOTHING
    """The arming of the time in which no name is needed."""


@dataclass(frozen=True, slots=True)
class UserSpeaking:
    """The user has the floor."""

    ledger: Ledger
    arming: int
    floor: Floor
    pressed: bool = False
    """A key is held: silence does not end the turn."""


@dataclass(frozen=True, slots=True)
class UserPaused:
    """The user fell silent: we wait for the last word and for the silence to be long enough."""

    ledger: Ledger
    arming: int
    floor: Floor
    take: int
    ms: int = 0
    settled: bool = False
    """The last word has come."""
    due: bool = False
    """The turn is over whatever the silence: a key was released, or it is full."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """We have the floor, but nothing is audible yet."""

    ledger: Ledger
    arming: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Speaking:
    """We have the floor and use it."""

    ledger: Ledger
    arming: int
    answer: Answer
    expecting: bool = False
    """Our newest sentence asked something: "yes" is a word now."""


@dataclass(frozen=True, slots=True)
class Overlapping:
    """The user speaks while we do, or while we think; what they say decides who goes on."""

    ledger: Ledger
    arming: int
    answer: Answer
    floor: Floor
    audible: bool
    held: bool
    expecting: bool = False
    take: int = NOTHING
    """The last word that we wait for, when they have fallen silent."""
    ms: int = 0
    heals: bool = False
    """They go on with the turn that we answer: we had begun too early."""


State = Quiet | UserSpeaking | UserPaused | Thinking | Speaking | Overlapping
