"""PortAudio, tamed: its devices, its noise, and its calls that may never return."""

import asyncio
import ctypes
import logging
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from assistant.errors import BackendUnavailable
from assistant.worker import Worker

log = logging.getLogger(__name__)

T = TypeVar("T")
Kind = Literal["input", "output"]

NAME = "sound"
CLOSE_SECONDS = 2.0
"""`Pa_AbortStream` can hang for ever when the sound server has died."""
_CALL_SECONDS = 8.0
_PLENTIFUL_RATE = 48_000
"""ALSA's plug-ins name 44100 because they take anything; sound servers run at this."""
_STEREO = 2
_USUAL_RATES = (16_000, 22_050, 32_000, 44_100, 48_000, 96_000)
_WHAT = {"input": "microphone", "output": "speaker"}
CHATTER = re.compile(
    rb"\s|ALSA lib |Expression '|PaAlsa|Cannot connect to server|[Jj]ack|connect\(2\) call to"
)
"""How lines begin that sound libraries write to standard error, and that mean nothing."""
_LISTS = "`assistant devices` lists what there is"
_ERROR_HANDLER = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)


def _ignore(*_: object) -> None:
    """Take ALSA's messages, which name what is no error; PortAudio reports what is one."""


_be_quiet = _ERROR_HANDLER(_ignore)
"""C keeps a pointer to it, so it lives as long as the process."""


_streams: list[Any] = []
"""Open ones, and those that hang: starting PortAudio anew under them ends the process."""


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """A device of this machine, for people who choose one."""

    index: int
    name: str
    host_api: str
    inputs: int
    outputs: int
    rate: int
    default_input: bool
    default_output: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What the configuration asks for; `latency` in seconds, the microphone's `channel` from 1."""

    microphone: str | int | None
    speaker: str | int | None
    latency: float
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A device as it will be opened; `channel`: which one is heard, from 0."""

    index: int
    name: str
    channels: int
    rate: int
    latency: float
    channel: int = 0


def list_devices() -> list[SoundDevice]:
    """Return the devices of this machine; blocks for up to a second. Raises `BackendUnavailable`.

    PortAudio looks once in a process, and again when `open` is entered.
    """
    sd = _library()
    apis = sd.query_hostapis()
    inputs, outputs = _default(sd, "input"), _default(sd, "output")
    return [
        SoundDevice(
            index=found["index"],
            name=found["name"],
            host_api=apis[found["hostapi"]]["name"],
            inputs=found["max_input_channels"],
            outputs=found["max_output_channels"],
            rate=round(found["default_samplerate"]),
            default_input=found["index"] == inputs,
            default_output=found["index"] == outputs,
        )
        for found in sd.query_devices()
    ]


def offered(kind: Kind, index: int) -> list[int]:
    """Return the usual rates that a device takes; blocks. Raises `BackendUnavailable`."""
    sd = _library()
    check = sd.check_input_settings if kind == "input" else sd.check_output_settings
    found = []
    with _quiet():
        for rate in _USUAL_RATES:
            with suppress(sd.PortAudioError, ValueError):
                check(device=index, dtype="int16", samplerate=rate)
                found.append(rate)
    return found


class Wedged(BackendUnavailable):
    """A call of the library never returned, or its thread died: only a new process has sound."""

    exit_code = 75  # EX_TEMPFAIL: who watches over us starts us again

    def __init__(self, what: str = "the sound system hangs") -> None:
        super().__init__(NAME, f"{what}; start the assistant again")


class PortAudio:
    """The library is not thread-safe: one thread makes its calls, each under a deadline."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._hangs = False
        """A call has not returned in time, and has not yet."""

    @classmethod
    @asynccontextmanager
    async def session(cls) -> AsyncIterator["PortAudio"]:
        """Have the library for a while. Its list of devices is as of now."""
        worker = Worker("portaudio")
        try:
            portaudio = cls(worker)
            await portaudio.call(_refresh)
            yield portaudio
        finally:
            worker.close()

    async def call(self, call: Callable[[], T]) -> T:
        """Make a call. Raises `BackendUnavailable` if it fails, `Wedged` if it does not return.

        It never may: ALSA's plug-in for sound servers hangs about once in a thousand times when a
        stream cannot be opened while another one runs (PulseAudio 16).
        """

        def returns() -> T:
            try:
                return call()
            finally:
                self._hangs = False

        if self._hangs:
            raise Wedged
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                return await self._worker.run(returns)
        except TimeoutError:
            self._hangs = True
            raise Wedged from None

    async def look_again(self) -> None:
        """Find out which devices there are now. Raises `Wedged` if a closed stream hangs yet."""
        if _streams:
            raise Wedged
        await self.call(_refresh)

    async def choose(self, wish: Wish) -> tuple[Side, Side]:
        """Return microphone and speaker. Raises `BackendUnavailable` if one is not there."""
        return await self.call(
            lambda: (
                _choose("input", wish.microphone, wish.latency, wish.channel),
                _choose("output", wish.speaker, wish.latency),
            )
        )

    async def side(
        self, kind: Kind, wish: str | int | None, latency: float, channel: int | None = None
    ) -> Side:
        """Return a device as it will be opened. Raises `BackendUnavailable` if there is none."""
        return await self.call(lambda: _choose(kind, wish, latency, channel))

    async def open(self, make: Callable[[Any], Any], side: Side) -> Any:
        """Make a stream of the library and start it."""

        def call() -> Any:
            sd = _library()
            with _quiet():
                try:
                    stream = make(sd)
                    stream.start()
                except sd.PortAudioError as error:
                    raise _closed(side.name, error) from error
            _streams.append(stream)
            return stream

        return await self.call(call)

    async def close(self, stream: Any) -> None:
        """Close a stream, in a thread of its own: one that hangs is left behind."""

        def call() -> None:
            with _quiet():
                stream.abort(ignore_errors=True)
                stream.close(ignore_errors=True)
            _streams.remove(stream)

        worker = Worker("portaudio-close")
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await worker.run(call)
        except TimeoutError:
            log.warning("the sound system hangs; its stream is left behind")
        finally:
            worker.close()


def _library() -> Any:
    """Return the module; importing it starts PortAudio."""
    try:
        with _quiet():
            import sounddevice  # noqa: PLC0415 - needs a shared library that may be missing
    except OSError as error:
        raise BackendUnavailable(
            NAME, "PortAudio is not installed; run: sudo apt install libportaudio2"
        ) from error
    return sounddevice


def _refresh() -> None:
    """Look for devices again, unless some are in use: PortAudio keeps the list of its start."""
    _hush_alsa()
    sd = _library()
    if _streams:
        return
    with _quiet():
        sd._terminate()  # noqa: SLF001 - the only way
        sd._initialize()  # noqa: SLF001


def _default(sd: Any, kind: Kind) -> int | None:
    try:
        index: int = sd.query_devices(kind=kind)["index"]
    except (sd.PortAudioError, ValueError):
        return None
    return index


def _choose(
    kind: Kind, wish: str | int | None, latency: float, channel: int | None = None
) -> Side:
    sd = _library()
    what, most = _WHAT[kind], f"max_{kind}_channels"
    found = [device for device in sd.query_devices() if device[most] > 0]
    if not found:
        raise BackendUnavailable(
            NAME,
            forbidden(os.environ)
            or f"there is no {what}; plug one in, or start the sound server (PulseAudio, "
            f"PipeWire) of this user; {_LISTS}",
        )
    if wish is None:
        default = _default(sd, kind)
        fits = [d for d in found if d["index"] == default] or found
    elif isinstance(wish, int):
        fits = [d for d in found if d["index"] == wish]
    else:
        exact = [d for d in found if d["name"].lower() == wish.lower()]
        fits = exact or [d for d in found if wish.lower() in d["name"].lower()]
    if not fits:
        names = ", ".join(device["name"] for device in found)
        raise BackendUnavailable(NAME, f"there is no {what} {wish!r}; there are: {names}")
    device = fits[0]
    with _quiet():
        channels, rate = form(sd, device, kind, channel)
    return Side(device["index"], device["name"], channels, rate, latency, (channel or 1) - 1)


def forbidden(environ: Mapping[str, str], cards: Path = Path("/dev/snd")) -> str:
    """Say which sound of this machine its user may not use; empty: none is kept from them."""
    named = environ.get("PULSE_SERVER", "").removeprefix("unix:")
    usual = Path(environ.get("XDG_RUNTIME_DIR", "/nowhere")) / "pulse" / "native"
    server = Path(named) if named.startswith("/") else usual
    try:
        kept = server.exists() and not os.access(server, os.W_OK)
    except OSError:  # not even the folder may be looked into
        kept = True
    if kept:
        return f"this user may not use the sound server at {server}; run it as the same user"
    nodes = list(cards.glob("pcm*"))
    if nodes and not any(os.access(node, os.R_OK | os.W_OK) for node in nodes):
        return (
            "this user may not use the sound cards; run: sudo usermod -aG audio $USER, and log "
            "in again"
        )
    return ""


def form(sd: Any, device: Any, kind: Kind, channel: int | None) -> tuple[int, int]:
    """Return channels and rate that a device takes, the wanted ones if it can be.

    `sd`: the library; `device`: as it describes it; `channel`: the one to be heard, from 1. A card
    itself (ALSA's `hw:`) takes its own form alone. Raises `BackendUnavailable` if it takes
    nothing: to open it would fail, too, and perhaps hang.
    """
    check = sd.check_input_settings if kind == "input" else sd.check_output_settings
    most = device[f"max_{kind}_channels"]
    own = round(device["default_samplerate"])
    alsa = sd.query_hostapis(device["hostapi"])["name"] == "ALSA"
    rates = [_PLENTIFUL_RATE, own] if alsa else [own]
    if channel is not None and channel > most:
        raise BackendUnavailable(
            NAME,
            f"{device['name']!r} has no channel {channel}: set device.channel to 1 to {most}, or "
            "to null",
        )
    # Two at least for one of them: asked for one, a sound server gives the mix of all.
    least = 1 if kind == "input" and channel is None else max(_STEREO, channel or 0)
    why: Exception | None = None
    for channels in dict.fromkeys((min(least, most), most)):
        for rate in rates:
            try:
                check(device=device["index"], channels=channels, dtype="int16", samplerate=rate)
            except (sd.PortAudioError, ValueError) as error:
                why = why or error
            else:
                return channels, rate
    raise _closed(device["name"], why or ValueError("no format")) from why


def _closed(name: str, why: Exception) -> BackendUnavailable:
    return BackendUnavailable(
        NAME,
        f"{name!r} cannot be opened ({_reason(why)}); is another program using it? {_LISTS}",
        retryable=True,
    )


def _reason(error: Exception) -> str:
    return str(error.args[0]).splitlines()[0] if error.args else type(error).__name__


def _hush_alsa() -> None:
    """Silence what ALSA writes from its own threads while sound flows."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_be_quiet)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the chatter of sound libraries off the terminal; what is none is written after."""
    with tempfile.TemporaryFile() as caught:
        sys.stderr.flush()
        saved = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            caught.seek(0)
            for line in caught.read().splitlines(keepends=True):
                if CHATTER.match(line):
                    log.debug("sound library: %s", line.decode(errors="replace").strip())
                else:
                    os.write(2, line)
