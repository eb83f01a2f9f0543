"""What can be set. A description is what config.yaml and the documentation say of a key."""

from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator


class Section(BaseModel):
    """A part of the configuration: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Stage(Section):
    """A part that a backend does: the keys beside `backend` are that backend's settings."""

    kind: ClassVar[str]
    """The first half of the backend's module name: ``stt`` of ``stt_whisper``."""

    backend: str
    settings: SerializeAsAny[BaseModel]
    """The backend's own `Config`; in the file its keys stand beside `backend`."""


class Persona(Section):
    """Who the assistant is."""

    name: str = Field(default="Ada", min_length=1, description="What it calls itself.")
    prompt_extra: str = Field(
        default="",
        description="Sentences added to its instructions, for example what it should know.",
    )


class Device(Stage):
    """Microphone and speaker."""

    kind = "device"
    backend: str = Field(
        default="auto",
        description="auto: the sound card if there is one. Or: sounddevice, file, null.",
    )


class Echo(Stage):
    """Takes its own voice out of what the microphone hears."""

    kind = "echo"
    cancel: bool = Field(
        default=False,
        description="Take it out, measure how well that works, and be interrupted on loudspeakers "
        "where it does (needs the extra echo). Young: try it where you use it.",
    )
    backend: str = Field(default="webrtc", description="Which canceller.")


class Vad(Stage):
    """Tells speech from other sound."""

    kind = "vad"
    backend: str = Field(default="silero", description="Which detector of speech.")


class Wake(Stage):
    """Listens for its name where turns.mode is wake."""

    kind = "wake"
    backend: str = Field(default="microwakeword", description="Which detector of names.")


class Stt(Stage):
    """The ears: speech to text."""

    kind = "stt"
    backend: str = Field(default="whisper", description="Which recogniser.")


class Llm(Stage):
    """The mind: text to text."""

    kind = "llm"
    backend: str = Field(
        default="llamacpp",
        description="llamacpp: in this process, offline. openai: any server that speaks its API.",
    )


class Fallback(Stage):
    """The second mouth, for when the first one fails; null: none."""

    kind = "tts"
    backend: str = Field(default="espeak", description="Which synthesizer.")


class Tts(Stage):
    """The voice: text to speech."""

    kind = "tts"
    backend: str = Field(default="piper", description="Which synthesizer.")
    fallback: Fallback | None


class Silences(NamedTuple):
    """Silences that end a turn, ms, and the probabilities that choose between them."""

    complete_ms: int
    unsure_ms: int
    hesitant_ms: int
    incomplete_ms: int
    broken_off_ms: int
    complete_above: float
    incomplete_below: float


PRESETS = {
    "quick": Silences(120, 250, 500, 900, 1200, 0.58, 0.35),
    "normal": Silences(140, 300, 600, 1100, 1600, 0.58, 0.35),
    "patient": Silences(350, 900, 1500, 2000, 3000, 0.7, 0.4),
}
"""By `patience`; what each costs and saves is measured in `docs/turn-ends.md`."""


def _presets(name: str) -> str:
    """Say what a number is when none is given."""
    quick, normal, patient = (getattr(PRESETS[preset], name) for preset in PRESETS)
    return f"null: {normal} (quick {quick}, patient {patient})."


class Judges(Section):
    """Who guesses whether you have finished, beside the words themselves."""

    sound: bool = Field(default=True, description="By your voice (Smart Turn, 8 MB).")
    words: bool = Field(
        default=True, description="By what you said: the mind, if it runs on this machine."
    )


class Turns(Section):
    """Who speaks when. Silence is counted in samples of what was heard."""

    mode: Literal["always", "wake", "push"] = Field(
        default="always",
        description="always: it always listens. wake: after its name, and for a while after each "
        "answer. push: while a key is held (`assistant talk --press` and `--release`).",
    )
    window_s: float = Field(
        default=8,
        gt=0,
        le=120,
        description="In mode wake: how long after an answer you may go on without the name, in "
        "seconds.",
    )
    earcons: bool | None = Field(
        default=None,
        description="A short sound when it was called, and one when nothing came. null: in mode "
        "wake only.",
    )
    finalize_ms: int = Field(
        default=64,
        ge=0,
        le=5000,
        description="Silence after which the last word is worked out, ms.",
    )
    patience: Literal["quick", "normal", "patient"] = Field(
        default="normal",
        description="How long it waits for you to go on; the seven numbers below say the same in "
        "detail. quick: answers at once and cuts in more often. patient: for who speaks slowly.",
    )
    complete_ms: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="Silence that ends a turn whose words are complete, ms; "
        + _presets("complete_ms"),
    )
    unsure_ms: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="The same when that is hard to tell, ms; " + _presets("unsure_ms"),
    )
    hesitant_ms: int | None = Field(
        default=None,
        ge=0,
        le=30_000,
        description="The same once you have paused and gone on, ms; " + _presets("hesitant_ms"),
    )
    incomplete_ms: int | None = Field(
        default=None,
        ge=0,
        le=30_000,
        description="The same when the words are incomplete, ms; " + _presets("incomplete_ms"),
    )
    broken_off_ms: int | None = Field(
        default=None,
        ge=0,
        le=30_000,
        description='The same when they break off where nothing ends ("set a timer for"), ms; '
        + _presets("broken_off_ms"),
    )
    complete_above: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="From this probability on, words count as complete; "
        + _presets("complete_above"),
    )
    incomplete_below: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Below this probability, words count as incomplete; "
        + _presets("incomplete_below"),
    )
    judges: Judges = Judges()
    adapt: bool = Field(
        default=True,
        description="Learn how long you pause in mid-sentence, and wait accordingly.",
    )
    overlap_ms: int = Field(
        default=500, ge=0, le=10_000, description="Speech over its own that makes it stop, ms."
    )
    hold_ms: int = Field(
        default=120,
        ge=0,
        le=10_000,
        description="Speech over its own at which it pauses until it knows more, ms; 0: never.",
    )
    drafts: int | None = Field(
        default=None,
        ge=0,
        le=50,
        description="Answers it may begin, unheard, before you have finished; "
        "null: 40 with a mind in this process, 8 with another that costs nothing, else none.",
    )
    longest_s: float = Field(
        default=60, gt=0, le=600, description="The longest turn of a user, in seconds."
    )
    words_deadline_s: float = Field(
        default=5,
        gt=0,
        le=60,
        description="How long the ears may take for the last word, in seconds.",
    )
    tone_after_s: float = Field(
        default=2, gt=0, le=60, description="Silence of the mind before a soft tone, in seconds."
    )
    first_sound_deadline_s: float = Field(
        default=15, gt=0, le=600, description="How long an answer may take to begin, in seconds."
    )
    sentence_deadline_s: float = Field(
        default=20, gt=0, le=600, description="How long the next sentence may take, in seconds."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for smaller, larger in (
            ("finalize_ms", "complete_ms"),
            ("complete_ms", "unsure_ms"),
            ("unsure_ms", "hesitant_ms"),
            ("hesitant_ms", "incomplete_ms"),
            ("incomplete_ms", "broken_off_ms"),
            ("incomplete_below", "complete_above"),
            ("tone_after_s", "first_sound_deadline_s"),
        ):
            low, high = (self._resolved(name) for name in (smaller, larger))
            if low > high:
                raise ValueError(f"{smaller} ({low}) should be at most {larger} ({high})")
        return self

    @property
    def silences(self) -> Silences:
        """What ends a turn: the preset of `patience`, with the numbers that are given instead."""
        return Silences(*(self._resolved(name) for name in Silences._fields))

    def _resolved(self, name: str) -> Any:
        given = getattr(self, name)
        return getattr(PRESETS[self.patience], name) if given is None else given


class Conversation(Section):
    """What it remembers while you talk."""

    idle_minutes: float = Field(
        default=5, gt=0, description="After this long without a word it begins afresh, in minutes."
    )


class Hands(Section):
    """What it does at once, without a mind: timers, alarms, lists, the time, sums."""

    enabled: bool = Field(default=True, description="Have them.")
    file: Path | None = Field(
        default=None,
        description="Where timers, lists and notes are kept; null: kept.sqlite in "
        "~/.local/state/assistant.",
    )


class Recorder(Section):
    """The flight log: what happened and what was decided, for finding faults."""

    keep: Literal["ram", "file"] = Field(
        default="ram",
        description="ram: only the newest turns, lost at the end. file: on disk, too.",
    )
    mask: bool = Field(default=True, description="Leave your words out of it.")
    ring_turns: int = Field(
        default=50, ge=1, le=10_000, description="So many turns are kept in memory."
    )
    record: Path | None = Field(
        default=None,
        description="Write a stereo WAV here: left what it heard, right what it played.",
    )


class Control(Section):
    """The local socket that `assistant status`, `mute`, `stop` and the like talk to."""

    enabled: bool = Field(default=True, description="Open it.")
    socket: Path | None = Field(
        default=None,
        description="Its path; null: assistant/control.sock in XDG_RUNTIME_DIR or ~/.local/state.",
    )


class Log(Section):
    """What it writes to stderr, or to the journal of the system."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error."
    )
    pii: bool = Field(default=False, description="Let your words and its answers into the log.")


class Config(Section):
    """The whole configuration."""

    language: str = Field(
        default="en",
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="The language that is spoken: en, de, fr, …",
    )
    persona: Persona = Persona()
    device: Device
    echo: Echo
    vad: Vad
    wake: Wake
    stt: Stt
    llm: Llm
    tts: Tts
    turns: Turns = Turns()
    conversation: Conversation = Conversation()
    hands: Hands = Hands()
    recorder: Recorder = Recorder()
    control: Control = Control()
    log: Log = Log()
