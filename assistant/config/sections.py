"""What can be set. A description is what config.yaml and the documentation say of a key."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    SerializeAsAny,
    StringConstraints,
    field_serializer,
    field_validator,
    model_validator,
)

from assistant.home.learned import NotUnderstood, described
from assistant.home.place import is_loopback
from assistant.languages.pack import known


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
        default=True,
        description="Take it out, measure how well that works, and be interrupted on loudspeakers "
        "where it does; needs the extra echo. Without, it is deaf while it speaks.",
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


class Limits(Section):
    """What a mind may be asked for; counted here, by estimate, whatever the clock says."""

    requests_per_minute: int | None = Field(
        default=None, ge=1, description="Answers in a minute; null: as many as you like."
    )
    requests_per_day: int | None = Field(
        default=None, ge=1, description="Answers in 24 hours; null: as many as you like."
    )
    tokens_per_day: int | None = Field(
        default=None,
        ge=1000,
        description="Tokens in 24 hours, prompts and answers, by estimate; null: as many as you "
        "like.",
    )


class Mind(Stage):
    """A mind: text to text."""

    kind = "llm"
    limits: Limits = Limits()


class ThirdMind(Mind):
    """Takes over when the second one fails, too; null: none."""

    backend: str = Field(default="llamacpp", description="Which mind.")


class SecondMind(Mind):
    """Takes over when the first one is slow, broken, offline or used up; null: none."""

    backend: str = Field(default="llamacpp", description="Which mind.")
    fallback: ThirdMind | None = None


class Llm(Mind):
    """The mind: text to text."""

    backend: str = Field(
        default="llamacpp",
        description="llamacpp: in this process, offline. anthropic: Claude. openai: OpenAI, and "
        "any server that speaks its API.",
    )
    switch_after_s: float = Field(
        default=2.5,
        gt=0,
        le=60,
        description="With a fallback: how long the first word may take before that one is asked, "
        "in seconds.",
    )
    fallback: SecondMind | None = None

    @property
    def chain(self) -> list[tuple[str, Mind]]:
        """The minds in the order in which they are asked, by their keys."""
        second = self.fallback
        minds: list[tuple[str, Mind | None]] = [
            ("llm", self),
            ("llm.fallback", second),
            ("llm.fallback.fallback", second and second.fallback),
        ]
        return [(key, mind) for key, mind in minds if mind is not None]


class Fallback(Stage):
    """The second mouth, for when the first one fails; null: none."""

    kind = "tts"
    backend: str = Field(default="espeak", description="Which synthesizer.")


class Tts(Stage):
    """The voice: text to speech."""

    kind = "tts"
    backend: str = Field(default="piper", description="Which synthesizer.")
    voices: dict[str, str] = Field(
        default={},
        description="Voices of this synthesizer for other languages: {fr: fr_FR-siwis-medium}. "
        "Where none is named, the fallback speaks.",
    )
    fallback: Fallback | None


class Ocr(Stage):
    """Reads the text in pictures and documents, on this machine."""

    kind = "ocr"
    backend: str = Field(
        default="auto",
        description="auto: rapidocr if it is installed, else tesseract. Or: rapidocr, tesseract.",
    )


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


class Camera(Stage):
    """What takes the pictures."""

    kind = "camera"
    backend: str = Field(
        default="opencv", description="opencv: a camera of this machine, a file or a network one."
    )


class Screen(Stage):
    """What takes pictures of the screen; null: nothing does."""

    kind = "camera"
    backend: str = Field(default="screen", description="screen: X11, or the desktop's portal.")


class Vision(Section):
    """Its eyes. Pictures live in memory only; a camera is open while a question needs it."""

    mode: Literal["off", "tool", "auto", "always"] = Field(
        default="off",
        description="off: no camera, no screen; pictures that you hand it are looked at all the "
        "same. tool: only when the mind asks to look. auto: when your question is about something "
        "to be seen, too. always: with each question.",
    )
    opens: Literal["question", "speech", "name"] = Field(
        default="question",
        description="When the camera opens. question: when your words turn out to be about "
        "something to be seen. speech: whenever you begin to speak; quicker with slow cameras. "
        "name: when it hears its name.",
    )
    cue: bool = Field(default=True, description="A short sound when a camera opens.")
    glance_px: int = Field(
        default=1024,
        ge=64,
        le=4096,
        description="Longest side of a picture that is sent to know what is there, pixels.",
    )
    glance_quality: int = Field(default=80, ge=30, le=95, description="Its JPEG quality.")
    read_px: int = Field(
        default=1568,
        ge=64,
        le=4096,
        description="The same for a picture in which something is to be read: screen, pages.",
    )
    read_quality: int = Field(default=85, ge=30, le=95, description="Its JPEG quality.")
    camera: Camera
    screen: Screen | None


class Conversation(Section):
    """What it remembers while you talk."""

    idle_minutes: float = Field(
        default=5, gt=0, description="After this long without a word it begins afresh, in minutes."
    )


class Tools(Section):
    """What it can do for you: docs/tools.md says how to write your own."""

    enabled: Literal["auto"] | list[str] = Field(
        default="auto", description="auto: all that there are. Or a list of tools, or of files."
    )
    dirs: list[Path] = Field(
        default=[], description="Folders with tools of your own: Python files, which it runs."
    )
    consent: dict[str, Literal["ask", "allow", "deny"]] = Field(
        default={},
        description="By a tool's name, or a pattern (files.*): ask before it is run, allow it, or "
        "deny it. Not named: it asks before what cannot be undone.",
    )


class McpServer(Section):
    """One MCP server: a command that is run here, or a URL."""

    command: list[str] | None = Field(
        default=None, min_length=1, description="The program and its arguments."
    )
    url: str | None = Field(
        default=None, pattern=r"^https?://", description="Where it listens (streamable HTTP)."
    )
    env: dict[str, SecretStr] = Field(
        default={},
        description="Variables that the program gets, beside HOME, PATH and the like: nothing "
        "else of the environment is passed on.",
    )
    headers: dict[str, SecretStr] = Field(
        default={}, description="Sent with each request, for example Authorization."
    )
    folder: Path | None = Field(default=None, description="Where the program runs; null: here.")
    patience_s: float = Field(
        default=8,
        gt=0,
        le=15,
        description="So long an answer waits for one of its tools, in seconds; then it goes on "
        "beside the conversation.",
    )
    longest_s: float = Field(
        default=120, ge=0, le=3600, description="So long it may go on then, in seconds."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("give one of command and url")
        return self


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


EMBEDDED = "embedded"
"""The broker in this process."""
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@\[\]]+))(?::(\d{1,5}))?")
_PORTS = range(1, 65536)


def _host_and_port(text: str, usual: int) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    port = int(found[3] or usual or 1) if found else 0
    if found is None or port not in _PORTS:
        raise ValueError(f"should be host or host:port, is {text!r}")
    return found[1] or found[2], port


class Home(Section):
    """The home over MQTT: a device that Home Assistant finds, and devices that it commands."""

    broker: str = Field(
        default="",
        description="Address of your broker, host or host:port. embedded: one in this process. "
        "Empty: no home.",
    )
    tls: bool = Field(default=False, description="Speak TLS with the broker; its port is 8883.")
    tls_ca: Path | None = Field(
        default=None,
        description="A file with the certificate of who signed the broker's; null: the system's.",
    )
    username: str = Field(default="", description="The broker's name for the assistant.")
    password: SecretStr | None = Field(default=None, description="The password that goes with it.")
    listen: str = Field(
        default="127.0.0.1:1883",
        description="Where the embedded broker listens; elsewhere than on this machine only with "
        "username and password.",
    )
    name: str = Field(
        default="", description="The device's name in Home Assistant; empty: that of the persona."
    )
    discovery_prefix: str = Field(
        default="homeassistant",
        pattern=r"^[^/+#\s]+(/[^/+#\s]+)*$",
        description="Where Home Assistant looks for devices.",
    )
    topic: str = Field(
        default="assistant",
        pattern=r"^[^/+#\s]+(/[^/+#\s]+)*$",
        description="Where the topics of the assistant begin.",
    )
    share_words: bool = Field(
        default=False, description="Publish what was heard and said; else it stays here."
    )
    learn: bool = Field(
        default=True,
        description="Command the lights, switches, covers, thermostats and scenes that describe "
        "themselves on the broker.",
    )
    areas: dict[str, str] = Field(
        default={}, description="In which room a device is, by its name: {desk lamp: office}."
    )
    devices: tuple[dict[str, Any], ...] = Field(
        default=(),
        description="Devices that do not describe themselves, with the keys of Home Assistant's "
        "discovery: {kind: light, name: lamp, area: office, command_topic: …, state_topic: …}.",
    )

    @field_validator("devices")
    @classmethod
    def _described(cls, entries: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        for number, entry in enumerate(entries, start=1):
            try:
                described(entry)
            except NotUnderstood as wrong:
                raise ValueError(f"entry {number}: {wrong}") from None
        return entries

    @field_validator("broker", "listen")
    @classmethod
    def _places(cls, text: str) -> str:
        if text not in {"", EMBEDDED}:
            _host_and_port(text, 0)
        return text

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        host, _ = self.listens_at
        known = self.username and self.password
        if self.broker == EMBEDDED and not is_loopback(host) and not known:
            raise ValueError(
                f"listen ({host}) can be reached from elsewhere, so username and password should "
                "be set, too"
            )
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the broker."""
        if self.broker == EMBEDDED:
            return self.listens_at
        return _host_and_port(self.broker, 8883 if self.tls else 1883)

    @property
    def listens_at(self) -> tuple[str, int]:
        """Address and port of the embedded broker."""
        return _host_and_port(self.listen, 1883)


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
    other_languages: tuple[str, ...] = Field(
        default=(),
        description="Languages that may be spoken, too: [de, fr]. It hears which one a turn is "
        "in, and answers in that. Needs a Whisper that is not English alone (base, small, …).",
    )
    minds: list[str | dict[str, str]] = Field(
        default=[],
        description="Who thinks, by short names, the second if the first cannot, and a third: "
        "[claude, {ollama: qwen3}, local]. It says what llm.backend, model and fallback say, and "
        "wins over them; docs/minds.md lists the names.",
    )
    profile: str = Field(
        default="", description="Which of the profiles holds from the start; empty: none."
    )
    profiles: dict[
        Annotated[str, StringConstraints(pattern=r"^\S([^\n]{0,38}\S)?$")], dict[str, Any]
    ] = Field(
        default={},
        description="Sets of settings to be changed together while it runs, by a name of yours: "
        "{evening: {turns: {patience: patient}, tts: {speed: 0.9}}}. `assistant reload --profile` "
        "and Home Assistant choose among them.",
    )
    persona: Persona = Persona()
    device: Device
    echo: Echo
    vad: Vad
    wake: Wake
    stt: Stt
    llm: Llm
    tts: Tts
    ocr: Ocr
    turns: Turns = Turns()
    vision: Vision
    conversation: Conversation = Conversation()
    tools: Tools = Tools()
    mcp: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")], McpServer] = (
        Field(
            default={},
            description="MCP servers by a name of yours: {files: {command: [npx, …]}}. "
            "Their tools are called name.tool; docs/tools.md.",
        )
    )
    hands: Hands = Hands()
    recorder: Recorder = Recorder()
    control: Control = Control()
    home: Home = Home()
    log: Log = Log()

    @field_serializer("profiles")
    def _named(self, profiles: dict[str, dict[str, Any]]) -> dict[str, Any]:
        return {name: _without_secrets(tree) for name, tree in profiles.items()}

    @field_validator("language", mode="before")
    @classmethod
    def _one_at_first(cls, language: object) -> object:
        if language in {"auto", "any"}:
            raise ValueError(
                "name the one that is spoken most; those that it is to tell from it by itself "
                f"go into other_languages, for example [{', '.join(known())}]"
            )
        return language

    @field_validator("other_languages")
    @classmethod
    def _known(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for code in languages:
            if code not in known():
                raise ValueError(f"there is no pack for {code!r}; there are: {', '.join(known())}")
        return languages

    @property
    def others(self) -> tuple[str, ...]:
        """The languages beside the usual one."""
        return tuple(code for code in dict.fromkeys(self.other_languages) if code != self.language)


def _without_secrets(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tree as it may be shown: what is written in place of a reference is not."""
    return {
        name: _without_secrets(value)
        if isinstance(value, Mapping)
        else ("**********" if name in _SECRET and value is not None else value)
        for name, value in tree.items()
    }


_SECRET = ("api_key", "password")
"""Keys of a profile that hold a secret, if they hold no reference to one."""
