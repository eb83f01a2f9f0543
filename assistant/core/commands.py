"""What to do about it. Orders in the imperative; the conductor carries them out."""

from dataclasses import dataclass
from enum import Enum, auto

from assistant.core.events import NOTHING, Timer


class Notice(Enum):
    """What the assistant says of its own troubles; the language pack has the sentences."""

    NOT_UNDERSTOOD = auto()
    """The transcriber gave no answer."""
    NOT_LISTENING = auto()
    """The ears broke while somebody spoke."""
    MIND_SLOW = auto()
    MIND_FAILED = auto()
    VOICE_FAILED = auto()


class Tone(Enum):
    """Short sounds that are no words."""

    WAITING = auto()
    """It takes longer than a person would expect."""
    AWAKE = auto()
    """It was called, and listens."""
    ASLEEP = auto()
    """It was called, nothing came, and it listens no more."""
    LOOKING = auto()
    """It has opened a camera."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Open a turn: send what the microphone hears to the transcriber."""

    turn: int


@dataclass(frozen=True, slots=True)
class Finalize:
    """Ask the transcriber for its last word on a turn; answered by `Heard` with this take."""

    turn: int
    take: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Close a turn: it is answered, or was noise or a backchannel."""

    turn: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Begin an answer in silence: no sound, no tool, no history until it is committed."""

    turn: int
    draft: int
    text: str
    continues: int = NOTHING


@dataclass(frozen=True, slots=True)
class Commit:
    """Release a draft: from here on it is the reply to its turn."""

    turn: int
    draft: int
    text: str
    continues: int = NOTHING


@dataclass(frozen=True, slots=True)
class Discard:
    """Drop a draft; it leaves no trace."""

    turn: int
    draft: int


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer a turn: route, think, say. `continues`: the turn whose words `text` includes."""

    turn: int
    text: str
    continues: int = NOTHING
    ask: int = NOTHING
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Announce:
    """Say something that needs no mind."""

    turn: int
    utterance: str | Notice
    ask: int = NOTHING


@dataclass(frozen=True, slots=True)
class Show:
    """Show something that is not said."""

    utterance: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell a caller that too much waits already; nothing of it was done."""

    ask: int


@dataclass(frozen=True, slots=True)
class CancelReply:
    """Tear down everything between the model and the speaker; silent within 50 ms."""

    turn: int


@dataclass(frozen=True, slots=True)
class Duck:
    """Lower the voice while both speak."""

    turn: int


@dataclass(frozen=True, slots=True)
class Unduck:
    """Raise it again."""

    turn: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Pause a reply where it is, audible or not yet."""

    turn: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on from the held word."""

    turn: int


@dataclass(frozen=True, slots=True)
class Cue:
    """Play a short sound."""

    tone: Tone


@dataclass(frozen=True, slots=True)
class CancelJob:
    """End a job; what it did so far is undone where it can be."""

    job: int


@dataclass(frozen=True, slots=True)
class Arm:
    """Start a wait on a machine."""

    timer: Timer
    arming: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Disarm:
    """Stop a wait."""

    arming: int


Command = (
    Listen
    | Finalize
    | Forget
    | Draft
    | Commit
    | Discard
    | Reply
    | Announce
    | Show
    | Refuse
    | CancelReply
    | Duck
    | Unduck
    | Hold
    | Resume
    | Cue
    | CancelJob
    | Arm
    | Disarm
)
