"""What happened. Facts in the past tense; everything in flight carries its number.

Numbers of turns, takes, drafts and timer armings are never used twice, so that late news of
something that is over can be told from news of its successor.
"""

from dataclasses import dataclass
from enum import Enum, auto

NOTHING = 0
"""The number of no turn, no take, no draft and no arming: real ones start at 1."""


class Timer(Enum):
    """The waits on machines; waits on the user's silence are counted in samples."""

    FLOOR = auto()
    """The user holds the floor: frames stopped, or the segmenter never said that they ended."""
    WORDS = auto()
    """The transcriber's last word on a turn."""
    MIND = auto()
    """The first sound of a reply, before it is worth a tone."""
    FIRST_SOUND = auto()
    """The first sound of a reply, at all."""
    VOICE = auto()
    """The next sentence of a reply that is being spoken."""
    WINDOW = auto()
    """The time after a reply in which the user may go on without the name."""


class Kind(Enum):
    """What words do to the floor."""

    NOTHING = auto()
    """No words: noise, or a hallucination."""
    BACKCHANNEL = auto()
    """ "Mm-hmm": go on, I am listening."""
    ASSENT = auto()
    """ "Okay", "yes", "no": a backchannel while we speak, unless we had asked."""
    STOP = auto()
    """ "Stop", "be quiet": fall silent; it wants no answer."""
    CANCEL = auto()
    """ "Cancel that": ends the newest job."""
    WORDS = auto()
    """Anything else: a turn."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the words of a turn amount to; judged outside of the core, so plain data."""

    kind: Kind = Kind.NOTHING
    complete: float = 1.0
    """Probability that the speaker has finished, 0 to 1."""
    ends_sentence: bool = False
    """The words end as a sentence does, and a message may: a draft is worth while."""
    digest: str = ""
    """Keyed digest of the normalised words: equal words have equal digests."""
    hesitant: bool = False
    """The speaker has paused in this message before, and gone on."""
    speaker: str | None = None
    """Who spoke, when that is known."""


class Urgency(Enum):
    """How soon the assistant wants to speak first."""

    NOW = auto()
    """As soon as the user does not speak; ends a reply that is being spoken (an alarm)."""
    POLITE = auto()
    """When nobody has the floor."""
    SILENT = auto()
    """Never: it is only shown."""


class Cause(Enum):
    """Why the assistant woke."""

    NAME = auto()
    KEY = auto()
    MOTION = auto()
    REMOTE = auto()


class Action(Enum):
    """What a user can do without words."""

    PRESS = auto()
    """Press the key to talk."""
    RELEASE = auto()
    """Release it: the turn ends here."""
    STOP = auto()
    """Fall silent and go back to listening."""


class Failure(Enum):
    """Which part failed."""

    EARS = auto()
    MIND = auto()
    VOICE = auto()
    SPEAKER = auto()


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user began to make speech sounds; `at` in samples of the microphone's clock.

    `pause_ms`: how long ago they were last heard, in samples counted; `None`: not lately.
    """

    at: int
    pause_ms: int | None = None

    def follows(self, ms: int) -> bool:
        """Tell whether they go on after a pause of at most so many milliseconds."""
        return self.pause_ms is not None and self.pause_ms <= ms


@dataclass(frozen=True, slots=True)
class VoiceLasted:
    """The open turn holds this much voiced sound, counted in samples."""

    turn: int
    ms: int


@dataclass(frozen=True, slots=True)
class SilenceReached:
    """The open turn's user has been silent for this long, counted in samples."""

    turn: int
    ms: int


@dataclass(frozen=True, slots=True)
class TurnFilled:
    """The open turn has reached its longest length; nothing more is heard in it."""

    turn: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The transcriber understood the turn so far as `text` (the whole of it, not a part).

    `take` is the number of the `Finalize` that this answers, `NOTHING` for a partial. `shown` is
    for captions (empty: the text); its first `stable` characters will stay as they are.
    """

    turn: int
    text: str
    verdict: Verdict
    take: int = NOTHING
    shown: str = ""
    stable: int = 0

    @property
    def caption(self) -> str:
        """What captions show."""
        return self.shown or self.text

    @property
    def final(self) -> bool:
        """The words will not change unless the user goes on."""
        return self.take != NOTHING


@dataclass(frozen=True, slots=True)
class ListeningFailed:
    """The ear cannot go on with a turn: the device is gone or the transcriber broke."""

    turn: int
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn without ears: typed, from a socket, MQTT; `ask` is the caller's number for it."""

    ask: int
    text: str
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WantsFloor:
    """The assistant wants to speak first: an alarm, an announcement, a finished job."""

    utterance: str
    urgency: Urgency = Urgency.POLITE
    ask: int = NOTHING


@dataclass(frozen=True, slots=True)
class DraftReady:
    """The first sound of a draft is ready and held."""

    turn: int
    draft: int


@dataclass(frozen=True, slots=True)
class DraftFailed:
    """A draft came to nothing; its turn is answered as if there had been none."""

    turn: int
    draft: int


@dataclass(frozen=True, slots=True)
class ReplyAudible:
    """The first sound of a reply left the speaker."""

    turn: int


@dataclass(frozen=True, slots=True)
class ReplySaid:
    """A sentence of a reply was played to its end.

    `asks`: it asked the user something, or is about to have asked: people answer a little early.
    """

    turn: int
    sentence: int
    asks: bool = False


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """A reply was said, shown, or found to be empty, in full."""

    turn: int


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """A reply broke; what was heard of it stays heard."""

    turn: int
    reason: Failure


@dataclass(frozen=True, slots=True)
class JobStarted:
    """Long work began; it outlives the reply that asked for it."""

    job: int


@dataclass(frozen=True, slots=True)
class JobEnded:
    """Long work ended, in whatever way; what there is to say of it is a `WantsFloor`."""

    job: int


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A wait that the core asked for is over."""

    timer: Timer
    arming: int


@dataclass(frozen=True, slots=True)
class Woken:
    """The user called the assistant."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Muted:
    """The microphone was closed or opened by the user."""

    on: bool


@dataclass(frozen=True, slots=True)
class Poked:
    """The user did something without words."""

    action: Action


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """Other rules hold from here on; `policy` is plain data (`Policy` of `turns`)."""

    policy: object


Event = (
    SpeechStarted
    | VoiceLasted
    | SilenceReached
    | TurnFilled
    | Heard
    | ListeningFailed
    | Asked
    | WantsFloor
    | DraftReady
    | DraftFailed
    | ReplyAudible
    | ReplySaid
    | ReplyEnded
    | ReplyFailed
    | JobStarted
    | JobEnded
    | TimerFired
    | Woken
    | Muted
    | Poked
    | PolicyChanged
)
