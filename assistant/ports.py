"""The world as the stages see it, in the order of the data's path.

Every message is plain data, so that a device, ears, a mind or a voice can be on another machine.
Sound is mono int16. Positions of the microphone's clock are in samples at `RATE`; positions of
a track are in seconds.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from assistant.core.events import Event
from assistant.views import View

Samples = NDArray[np.int16]
T = TypeVar("T")

RATE = 16_000
"""Samples per second of everything that the assistant hears."""
FRAME = 160
"""Samples in a frame: 10 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Mono 16-bit sound at any rate."""

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


# ── the device: microphone and speaker, one clock ─────────────────────────────────────────────


class Track(Enum):
    """What can sound at once; the device mixes them."""

    SPEECH = "speech"
    TONE = "tone"
    MEDIA = "media"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What was heard and, sample-aligned, what was being played; both at `RATE`.

    `position` is the first sample's place on the microphone's clock. A frame holds `FRAME`
    samples, or up to three times as many while nothing happens.
    """

    near: Samples
    far: Samples
    position: int
    echo_cancelled: bool = False


Echo = Literal["unmeasured", "none", "cancelled", "reduced", "loud"]
"""What the microphone hears of the speaker, as far as that has been measured.

``none``: nothing; headphones. ``cancelled``: nothing that is louder than the room. ``reduced``:
too much to be listened to, little enough to hear a name over it. ``loud``: cancelling fails.
"""


@dataclass(frozen=True, slots=True)
class EchoReport:
    """How loud our own speech is in the microphone, measured while only we speak."""

    state: Echo = "unmeasured"
    attenuation: int | None = None
    """Decibels by which it is lowered."""
    delay_ms: int | None = None
    """From playing to hearing, beyond what the sound card itself reports."""


class EchoCanceller(Protocol):
    """Takes what we play out of what the microphone hears; has a state, so one per device."""

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side without the far side, of as many samples, in a millisecond.

        Both are at `RATE` and a multiple of `FRAME` long. What comes back may be some ms late.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device is, for people and for the choice between half and full duplex."""

    microphone: str | None
    speaker: str | None
    full_duplex: bool
    """The microphone does not hear the speaker: headphones, files, a measured canceller."""
    trouble: str = ""
    """Why it neither hears nor plays now, for people; it comes back by itself."""
    echo: EchoReport | None = None
    """What it hears of itself; `None`: it does not measure that."""


class Device(Protocol):
    """A microphone and a speaker on one clock.

    A track's clock counts the sound of that track which was really played, in seconds; sound
    that was flushed or is held does not count. A device that is lost but may come back says so
    in `info`, gives silent frames and plays on later. One that is lost for good raises
    `BackendUnavailable` from `frames`, `write` and `reached` alike.
    """

    @property
    def info(self) -> DeviceInfo:
        """Names, duplex, trouble; changes when the device is lost and found again."""
        ...

    def watch(self, told: Callable[[], None]) -> None:
        """Have `told` called in the loop whenever `info` has changed."""
        ...

    def frames(self) -> AsyncIterator[Frame]:
        """Yield frames without a gap, at the pace of life; ends when a source of files is over."""
        ...

    async def write(self, track: Track, audio: Audio) -> tuple[float, float]:
        """Queue sound; waits while 2 s are queued. Returns where on the track it will be."""
        ...

    def played(self, track: Track) -> float:
        """Seconds of this track that have left the speaker."""
        ...

    async def reached(self, track: Track, position: float) -> bool:
        """Wait until the track has played up to `position`; False if it was flushed before."""
        ...

    def gain(self, track: Track, decibels: float) -> None:
        """Change a track's loudness, with a short ramp; 0 dB is unchanged."""
        ...

    def hold(self, track: Track, *, on: bool) -> None:
        """Pause or go on with a track, within 50 ms and without a click."""
        ...

    def flush(self, track: Track) -> float:
        """Drop what is queued; silent within 50 ms. Returns the position heard."""
        ...

    async def mute(self, *, on: bool) -> None:
        """Really close (or reopen) the microphone; frames go on, silent."""
        ...


@runtime_checkable
class HearsItself(Protocol):
    """A device whose speaker may be heard by its microphone: it has use for a canceller."""

    def cancel_echo(self, make: Callable[[], EchoCanceller]) -> None:
        """Take cancellers from here, a new one whenever the hardware is another."""
        ...


@runtime_checkable
class Ducks(Protocol):
    """A device that can lower what other programs play on its speaker."""

    def duck(self, *, on: bool) -> None:
        """Lower it, or let it be as loud as it was; never blocks."""
        ...


@runtime_checkable
class Tunable(Protocol):
    """A device some of whose settings may change while it is open."""

    def tune(self, settings: Any) -> None:
        """Take them over from its backend's own `Config`."""
        ...


class Measure(NamedTuple):
    """What a part tells of its health; `limit`: beyond it, something is wrong."""

    value: float | None
    limit: float | None = None
    unit: str = ""
    counts: bool = False
    """It only grows: the limit is for what is added in ten seconds."""


@runtime_checkable
class Gauged(Protocol):
    """Something whose health can be measured."""

    def gauges(self) -> Mapping[str, Measure]:
        """Return what it measures now, in microseconds."""
        ...


# ── listening ─────────────────────────────────────────────────────────────────────────────────


class VoiceDetector(Protocol):
    """Tells speech from other sound, a window at a time; has a state, so one per stream."""

    window: int
    """Samples that a call takes, at `RATE`."""

    def probability(self, samples: Samples) -> float:
        """Return how likely this window holds speech, 0 to 1, in well under a millisecond."""
        ...

    def reset(self) -> None:
        """Forget what came before; call it in silence only."""
        ...


@dataclass(frozen=True, slots=True)
class Called:
    """A phrase was heard that is an order by itself."""

    phrase: str
    """As people say it: "Hey Jarvis"."""
    ago: int = 0
    """About so many samples before the end of the sound that was given, it ended."""
    stops: bool = False
    """It silences the assistant; else it is a name, which wakes it."""


class WakeDetector(Protocol):
    """Waits for a few phrases in all sound; has a state, so one per stream."""

    @property
    def names(self) -> tuple[str, ...]:
        """The phrases that wake, as people say them."""
        ...

    def process(self, samples: Samples) -> Called | None:
        """Take the sound that follows, of any length, in well under a millisecond.

        Tells of a phrase once, soon after its end; not again within a second.
        """
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word with its time, in seconds from the start of the audio it came from."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language that is spoken, by its code; "": the one that the ears were opened for."""

    code: str = ""
    sure: bool = False
    """It needs no more looking into: else ears that know several find out which one it is."""


UNTOLD = Tongue()
"""Nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood of some sound."""

    text: str
    shown: str = ""
    """The same for captions, where words that were stable stay; empty: the text."""
    stable: int = 0
    """So many characters at the start of what is shown will not change."""
    covers: int = 0
    """So many samples of the turn, from its first, were taken into account."""
    words: tuple[Word, ...] = ()
    logprob: float = 0.0
    """Mean log-probability of a token."""
    no_speech: float = 0.0
    """The recogniser's own probability that nobody spoke."""
    doubtful: bool = False
    """The recogniser would decode the same sound again if this were the last word on it."""
    tongue: Tongue = UNTOLD
    """The language it is in."""

    @property
    def caption(self) -> str:
        """What captions show."""
        return self.shown or self.text


@runtime_checkable
class Recogniser(Protocol):
    """Understands a piece of sound at a time (Whisper). `listening.streaming` makes it stream."""

    @property
    def name(self) -> str:
        """Which ears, for the first screen: "Whisper tiny.en (int8, 2 threads)"."""
        ...

    async def recognise(
        self, samples: Samples, *, stream: int, final: bool, tongue: Tongue = UNTOLD
    ) -> Transcript:
        """Understand it. Final calls go before partials, streams take turns.

        `tongue`: what was spoken so far, which short sound is taken for, too.

        Cancelling drops the result; the worker may stay busy for the length of one decode.
        """
        ...


class Transcription(Protocol):
    """One turn being understood."""

    def feed(self, samples: Samples, *, voiced: bool = True) -> None:
        """Take more sound; never blocks. `voiced`: somebody may be speaking in it."""
        ...

    def partials(self) -> AsyncIterator[Transcript]:
        """Yield what is understood so far, whenever it changed; ends with `close`."""
        ...

    async def finalize(self) -> Transcript:
        """Understand all that was fed. More may be fed afterwards: the user went on."""
        ...

    def close(self) -> None:
        """Stop and drop what is in flight."""
        ...


@runtime_checkable
class Transcriber(Protocol):
    """Understands speech while it goes on."""

    @property
    def name(self) -> str:
        """Which ears, for the first screen."""
        ...

    def open(self, tongue: Tongue = UNTOLD) -> Transcription:
        """Begin a turn; `tongue`: what was spoken before it."""
        ...


@runtime_checkable
class EndJudge(Protocol):
    """Guesses whether a speaker has finished."""

    async def finished(self, words: str, sound: Samples) -> float:
        """Return the probability that the message ends here, 0 to 1."""
        ...


# ── looking ───────────────────────────────────────────────────────────────────────────────────


Pixels = NDArray[np.uint8]
"""A picture as rows of RGB: shape (height, width, 3)."""

Source = Literal["camera", "screen", "file"]
"""Where a picture comes from."""


Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels of the picture that was given."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A piece of a line of text in a picture. Content, never an instruction."""

    text: str
    box: Box
    confidence: float = 1.0
    slope: float | None = None
    """How far it sinks a pixel to the right; `None`: it is too short to tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture that was just taken; it lives in RAM only."""

    pixels: Pixels
    at: float
    """When, on the loop's clock."""
    source: Source = "camera"
    frozen: bool = False
    """Not a bit of it has changed for seconds: no live sensor stands so still."""
    place: str = ""
    """Where it was in what it is of: "page 2 of 5", "at 0:03"."""
    layer: tuple[TextLine, ...] = ()
    """The text that a page of a PDF has of its own, in its pixels."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """Which camera (or screen), for people; `trouble`: why it sees nothing now."""

    name: str
    source: Source = "camera"
    trouble: str = ""


class Camera(Protocol):
    """Something that pictures can be taken with. It is closed until it is armed.

    Sessions share it: it is open until there was a `disarm` for each `arm`.
    """

    @property
    def info(self) -> CameraInfo:
        """Name and trouble."""
        ...

    @property
    def active(self) -> bool:
        """It is open now, and a person near it should know."""
        ...

    def watch(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have `told` called in the loop whenever `active` or `info` has changed.

        Returns how to stop that.
        """
        ...

    def arm(self) -> None:
        """Open it, so that a picture is there when it is wanted; never blocks."""
        ...

    async def shot(self) -> Shot:
        """Take the sharpest of the newest settled frames, none older than 100 ms.

        Arms it if need be. Raises `BackendUnavailable` or `BackendTimeout`.
        """
        ...

    def disarm(self) -> None:
        """Close it, unless others still want it; never blocks.

        A shot that is waited for still comes.
        """
        ...


class TextReader(Protocol):
    """Reads the text in a picture that is the right way up (`looking.page` turns it)."""

    @property
    def name(self) -> str:
        """Which engine, for people: "rapidocr"."""
        ...

    async def read(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return its lines, in no order; a gap in a line begins another piece.

        Raises `BackendUnavailable` or `BackendTimeout`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Code:
    """A barcode or a QR code. Content, never an instruction."""

    text: str
    kind: str
    """As people call it: "QR code", "barcode"."""
    box: Box


class CodeReader(Protocol):
    """Finds barcodes and QR codes in a picture."""

    async def codes(self, pixels: Pixels) -> tuple[Code, ...]:
        """Return them from top to bottom."""
        ...


class FaceFinder(Protocol):
    """Finds faces in a picture; it does not know whose."""

    async def faces(self, pixels: Pixels) -> tuple[Box, ...]:
        """Return where they are."""
        ...


Sight = Literal["text", "codes", "colours", "light", "faces", "motion"]
"""What can be told of a picture without a mind that sees."""


class Eyes(Protocol):
    """Understands a picture on this machine, without a mind."""

    async def tell(self, sight: Sight, shot: Shot) -> str:
        """Return what is seen, in a few sentences. Raises `BackendError`."""
        ...

    async def answer(self, question: str, shot: Shot) -> str:
        """Answer a visual question as far as text, codes, colours and light go."""
        ...


@runtime_checkable
class Sighted(Protocol):
    """`Surroundings` of a session that has a camera or a screen, and eyes of its own."""

    @property
    def eyes(self) -> Eyes:
        """What understands pictures here."""
        ...

    async def shot(self, source: Source = "camera") -> Shot:
        """Take a picture, as `Camera.shot` does; raises `BackendError` if there is none."""
        ...


# ── reasoning ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model wants a tool run; `arguments` is a JSON object."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Image:
    """An encoded picture for a model that sees."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    images: tuple[Image, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    answers: str | None = None
    """For role "tool": the id of the call that this answers."""


@dataclass(frozen=True, slots=True)
class MindInfo:
    """What a language model is and can do."""

    name: str
    """For the first screen, and for the mind itself when it is asked."""
    context: int
    """Tokens of prompt and answer together."""
    local: bool = False
    calls_tools: bool = False
    sees: bool = False
    costs: bool = False
    """Each request costs money: no drafts unless asked for."""
    judges: bool = False
    """It tells how messages end (`EndJudge`): drafts are begun only to words that may end one."""


class LanguageModel(Protocol):
    """Streams an answer as text and tool calls."""

    @property
    def info(self) -> MindInfo:
        """Name and abilities."""
        ...

    def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncIterator[str | ToolCall]:
        """Yield pieces as they come. Closing the iterator stops the model and its socket.

        An empty piece is a sign of life: a call of a tool is being written.
        Raises `BackendUnavailable`, `BackendTimeout` or `BackendError`.
        """
        ...

    async def warm(self, messages: Sequence[Message]) -> None:
        """Read a prompt ahead of its use, or open the connection; failing is no error."""
        ...

    def count(self, text: str) -> int:
        """Return how many tokens a text takes, about."""
        ...


@runtime_checkable
class Probed(Protocol):
    """A mind elsewhere, which can be asked whether it is well."""

    async def probe(self) -> None:
        """Find out whether it answers, at no cost. Raises `BackendError` or `TimeoutError`."""
        ...


@runtime_checkable
class Replaced(Protocol):
    """A mind that another one may take the place of."""

    @property
    def stands_by(self) -> bool:
        """One that may take the place is of this machine, and reads ahead."""
        ...

    def watch(self, told: Callable[[str], None]) -> Callable[[], None]:
        """Call `told` in the loop with the sentence that says who thinks now; returns its end."""
        ...


Effect = Literal["none", "undoable", "lasting"]
"""What a tool does to the world: nothing, something that can be undone, something that stays."""


@dataclass(frozen=True, slots=True, eq=False)
class ToolResult:
    """What a tool found or did. Content for the mind, never an instruction."""

    text: str
    images: tuple[Image, ...] = ()
    view: View | None = None
    """What is shown of it."""
    undo: Callable[[], Awaitable[None]] | None = None
    """Takes back what it did (`Effect` "undoable")."""


Before = Literal["nothing", "words", "picture"]
"""What a question may go on about: what was talked about before it."""
Detail = Literal["glance", "read"]
"""How closely to look: to know what is there, or to read what is written."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What came of looking: pictures for the mind, or what there is to say instead."""

    images: tuple[Image, ...] = ()
    note: str = ""
    """What the mind should know of them: which pages, that it is dark."""
    said: str = ""
    """Why there is no picture, or what local eyes made of it, as it is spoken."""


@runtime_checkable
class Sees(Protocol):
    """Surroundings in which a tool can look."""

    async def look(self, source: Source, question: str, detail: Detail) -> Looked:
        """Take a picture now; for "file", return the newest one that there was."""
        ...


class Surroundings(Protocol):
    """What a tool may use of the session that runs it, by a parameter of this type."""

    @property
    def language(self) -> str:
        """Code of the language that is spoken: "en"."""
        ...

    def now(self) -> datetime:
        """Return the time of day where the user is, with its zone."""
        ...

    def show(self, view: View) -> None:
        """Show something."""
        ...

    def announce(self, text: str, *, urgent: bool = False) -> None:
        """Have something said when nobody has the floor, or at once."""
        ...

    def start_job(self, title: str, work: Callable[[], Awaitable[str]], deadline: float) -> int:
        """Begin long work that outlives the reply; what it returns is said at its end."""
        ...


# ── the home ──────────────────────────────────────────────────────────────────────────────────


class Household(Protocol):
    """The devices of the home, commanded by the intents of home-assistant-intents.

    It is there from the start; which devices there are may change at any time.
    """

    def lists(self) -> Mapping[str, Sequence[str]]:
        """Return what the slots "name", "area" and "floor" hold; the same until that changes."""
        ...

    def kinds(self) -> Mapping[str, Sequence[str]]:
        """Return the kinds that each name has: {"lamp": ["light"]}, a sentence's context.

        Sentences ask for it as "domain"; kinds are Home Assistant's: light, switch, cover, …
        """
        ...

    async def carry_out(self, intent: str, slots: Mapping[str, str]) -> str | None:
        """Do what a sentence asks for; returns the answer to speak, in the user's language.

        Two devices of one name: the answer asks which. `None`: it is no intent for the home.
        """
        ...

    async def announce(self, text: str) -> str:
        """Have the other assistants of the home say something; returns the answer to speak."""
        ...

    @property
    def asks(self) -> bool:
        """It has just asked which one is meant."""
        ...

    async def choose(self, words: str) -> str | None:
        """Take words for the answer to "which one?", if that was just asked; else `None`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Switch:
    """Something of the assistant that is on or off, and that a surface may turn."""

    name: str
    """In one word, as part of topics and addresses: "microphone"."""
    read: Callable[[], bool]
    turn: Callable[[bool], Awaitable[None]]


@dataclass(frozen=True, slots=True, eq=False)
class Dial:
    """A number of the assistant that a surface may set."""

    name: str
    read: Callable[[], float]
    turn: Callable[[float], Awaitable[None]]
    low: float
    high: float
    step: float
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several that a surface may choose."""

    name: str
    read: Callable[[], str]
    turn: Callable[[str], Awaitable[None]]
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Button:
    """Something that the assistant does when a surface asks for it."""

    name: str
    press: Callable[[], Awaitable[None]]


Control = Switch | Dial | Choice | Button
"""What surfaces offer beside the conversation; they raise `AssistantError` when they cannot."""


@dataclass(frozen=True, slots=True)
class Started:
    """What a tool returns whose work goes on as a job, which outlives the reply."""

    job: int
    """The number that `Surroundings.start_job` gave."""
    text: str = ""
    """For the mind: what was begun."""


Consent = Literal["ask", "allow", "deny"]
"""Whether the user is asked before a tool is run."""
Needs = Literal["", "home", "camera"]
"""What a tool works with that not every assistant has."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a tool is run."""

    effect: Effect = "none"
    consent: Consent | None = None
    """`None`: the user is asked before what stays, the rest is allowed."""
    deadline: float = 10.0
    """Seconds that an answer waits for it."""
    job: float = 0.0
    """Seconds that it may go on after that, as a job; 0: it is ended."""
    foreign: bool | None = None
    """Others write what it returns: a page, a mail. `None`: so it is where it has no effect."""
    question: str = ""
    """What the user is asked, its arguments by name: "send {text} to {to}"; empty: its name."""
    needs: Needs = ""
    """What it works with; where that is not there, it is not offered. Empty: nothing else."""


F = TypeVar("F", bound=Callable[..., Any])


def tool(  # noqa: PLR0913 - the terms, one by one
    effect: Effect = "none",
    *,
    consent: Consent | None = None,
    deadline: float = 10.0,
    job: float = 0.0,
    foreign: bool | None = None,
    question: str = "",
    needs: Needs = "",
) -> Callable[[F], F]:
    """Mark an async function with its terms: they are data on it, nothing is registered."""
    terms = Terms(effect, consent, deadline, job, foreign, question, needs)

    def marked(function: F) -> F:
        function.__dict__["terms"] = terms
        return function

    return marked


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """Something that the assistant can do for the mind and the user."""

    spec: ToolSpec
    run: Callable[[str, Surroundings], Awaitable[ToolResult | Started]]
    """Do it; the arguments are a JSON object. Raises `ToolError` where they are wrong."""
    terms: Terms = Terms()
    alias: str = ""
    """Its name for people, where models accept another one only: "files.read"."""
    source: str = ""
    """Where it comes from, for people."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.alias or self.spec.name


class ToolSource(Protocol):
    """Something whose tools may change while it is open: a server, a home."""

    @property
    def name(self) -> str:
        """What it is called, for people."""
        ...

    @property
    def tools(self) -> Sequence[Tool]:
        """What it offers now; the same objects as long as nothing has changed."""
        ...

    @property
    def trouble(self) -> str:
        """Why it offers nothing now; it comes back by itself."""
        ...


@runtime_checkable
class Keeps(Protocol):
    """Surroundings in which things are kept that skills share: alarms, lists, controls."""

    def find(self, kind: type[T]) -> T | None:
        """Return the one of this type, if there is one here."""
        ...


@dataclass(frozen=True, slots=True)
class Controls:
    """What can be changed of a session by word."""

    volume: Callable[[], int]
    """Its own loudness, 0 to 100."""
    set_volume: Callable[[int], None]
    pace: Callable[[], float | None]
    """How fast its voice speaks, 1.0 is as configured; `None`: that cannot be changed."""
    set_pace: Callable[[float], None]
    said: Callable[[], str]
    """What it said last."""
    close_ears: Callable[[], None]
    """Close the microphone as soon as the answer is over."""


# ── speaking ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A piece of synthesized speech; `marks` say where in it a character of the text begins."""

    audio: Audio
    marks: tuple[tuple[int, float], ...] = ()
    """Pairs (offset of a word in the text, seconds into this audio); empty: not known."""


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """Which voice, in which language, and how many words it should get in one call."""

    name: str
    language: str
    rate: int
    words_per_call: int = 12


class Synthesizer(Protocol):
    """Turns text that is ready to be spoken into sound."""

    @property
    def info(self) -> VoiceInfo:
        """Name and limits."""
        ...

    def synthesize(self, text: str) -> AsyncIterator[Spoken]:
        """Yield sound as soon as there is some; closing the iterator stops it."""
        ...


@runtime_checkable
class Paced(Protocol):
    """A voice that can speak faster or slower while it is open."""

    def pace(self, factor: float) -> None:
        """Speak so many times as fast as configured, from the next sentence on."""
        ...


@runtime_checkable
class Voices(Protocol):
    """A `Synthesizer` that can take another voice while it is open."""

    @property
    def voice(self) -> str:
        """The one that speaks, as its setting `voice` would name it."""
        ...

    @property
    def voices(self) -> tuple[str, ...]:
        """Those of its language that are on this machine, the one that speaks among them."""
        ...

    def held(self) -> Synthesizer:
        """Return it as it is now: an answer ends with the voice with which it began."""
        ...

    async def become(self, settings: Any) -> None:
        """Be as its backend's own `Config` says. Raises `AssistantError`: it stays as it was."""
        ...


# ── the session, from outside ─────────────────────────────────────────────────────────────────


Moment = Literal[
    "last_voiced",
    "silence_reached",
    "finalized",
    "words_ready",
    "drafted",
    "committed",
    "looked",
    "captured",
    "encoded",
    "uploaded",
    "first_token",
    "first_clause",
    "first_sound_ready",
    "audible",
    "ended",
]
"""What can be noted of a turn, in the order in which it happens."""

ANSWER = "answer"
"""The name of the span from the last voiced sample to the first sound of the answer."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a turn's time: seconds of the loop's clock, and the setting that owns it."""

    turn: int
    name: str
    start: float
    end: float
    setting: str = ""


@dataclass(frozen=True, slots=True)
class TurnReport:
    """A turn that is over: what was heard and said, and where its time went.

    `continues`: the turn that was taken for ended too early and that this one mends.
    """

    turn: int
    heard: str
    said: str
    outcome: Literal["answered", "interrupted", "failed", "nothing"]
    spans: tuple[Span, ...] = ()
    continues: int = 0
    failure: str = ""
    ask: int = 0

    @property
    def latency(self) -> float | None:
        """Seconds from the last voiced sample to the first sound; `None`: nothing sounded."""
        return next((s.end - s.start for s in self.spans if s.name == ANSWER), None)


Seen = View | TurnReport
"""What an observer of a session sees."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session at this moment, for `assistant status`."""

    activity: str
    muted: bool
    turns: int
    microphone: str | None
    speaker: str | None
    ears: str
    mind: str
    voice: str
    last_latency: float | None = None
    """Seconds from the last voiced sample to the first sound of the newest answer."""
    faults: tuple[str, ...] = field(default=())
    trouble: str = ""
    """Why it is deaf now; it goes on trying to mend that."""
    echo: EchoReport | None = None
    """What the device hears of itself; `None`: it does not measure that."""
    tools: tuple[str, ...] = ()
    """A line each: how many tools there are here, and at each server that offers some."""
    looking: tuple[str, ...] = ()
    """The cameras that are open now."""


class Session(Protocol):
    """The only door to a session: for sockets, MQTT, a web face, satellites, the terminal."""

    @property
    def state(self) -> SessionState:
        """What it is doing now."""
        ...

    def inject(self, event: Event) -> None:
        """Tell it that something happened; never blocks, from the loop's thread."""
        ...

    def watch(self, observer: Callable[[Seen], None]) -> Callable[[], None]:
        """Call `observer` with all that is to be seen; returns how to stop that."""
        ...

    async def ask(
        self, text: str, attachments: tuple[str, ...] = (), *, speak: bool = True
    ) -> TurnReport:
        """Have a text answered as if it had been spoken; returns when the reply is over.

        `attachments`: paths of pictures, documents or short videos that it is about.
        """
        ...

    async def say(self, text: str) -> TurnReport:
        """Have a text spoken when nobody has the floor."""
        ...

    async def mute(self, *, on: bool) -> None:
        """Close or open the microphone."""
        ...
