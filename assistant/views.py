"""What can be shown. Plain data; a surface is a ``match`` over `View`."""

from dataclasses import dataclass
from enum import Enum


class Activity(Enum):
    """What the assistant is doing, as a person would say it."""

    LISTENING = "listening"
    HEARING = "hearing"
    THINKING = "thinking"
    SPEAKING = "speaking"
    MUTED = "muted"
    WAITING = "waiting"
    """For its name, or for a key; the status says for what."""
    DEAF = "deaf"
    """It has no sound hardware now; the status says why. It looks for it."""


@dataclass(frozen=True, slots=True)
class Status:
    """The living state of a session.

    `text`: the words so far, what is being said, or what it waits for ("for your key").
    """

    activity: Activity
    text: str = ""


@dataclass(frozen=True, slots=True)
class Caption:
    """Words that are heard or said; the first `stable` characters will not change."""

    turn: int
    speaker: str
    text: str
    stable: int = 0
    final: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A short text that is shown and not said."""

    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image, encoded (JPEG, PNG or WebP), with what it shows in words."""

    data: bytes
    media_type: str
    alt: str


@dataclass(frozen=True, slots=True)
class Countdown:
    """A timer that runs; `seconds` are what is left, `None` when it is over."""

    name: str
    seconds: float | None
    rings: bool = False
    """It is due at this moment; alarms and reminders are told so, too."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A titled list."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job has come, 0 to 1; `None`: not known."""

    job: int
    title: str
    done: float | None = None


@dataclass(frozen=True, slots=True)
class Looking:
    """Cameras that are open now, by name; none: all are closed."""

    cameras: tuple[str, ...] = ()


View = Status | Caption | Card | Picture | Countdown | Listing | Progress | Looking
