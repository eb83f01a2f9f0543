"""The whole program in processes of its own, as its users start it, and speech for it to hear."""

import asyncio
import functools
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
import soundfile
import soxr

from assistant.backends import stt_whisper, tts_piper
from assistant.control.client import call
from assistant.models import store
from assistant.ports import RATE, Samples
from assistant.testing.http_mind import HttpMind

PROGRAM = (sys.executable, "-m", "assistant")
EARS = ("-s", "stt.model=tiny.en", "-s", "stt.device=cpu")
"""The same everywhere: what `auto` chooses depends on the machine."""
PATIENCE = 90.0
"""Seconds; a busy machine is no error."""
ENDS_S = 5.0
"""Whoever ends it waits for no more; beside three other busy programs it took 1.5 s."""
_MODELS = (
    "whisper-tiny.en",
    "smart-turn-v3.2",
    "smollm2-135m-instruct-q4_1",
    "piper-en_US-joe-medium",
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a user who has the models, no sound, and nothing else."""
    for name in ("home", "run", "state"):
        (folder / name).mkdir(exist_ok=True, mode=0o700)
    kept = {"PATH", "LANG", "TMPDIR", "PYTHONPATH", "OMP_NUM_THREADS"}
    env = {name: value for name, value in os.environ.items() if name in kept}
    return env | {
        "HOME": f"{folder}/home",
        "XDG_RUNTIME_DIR": f"{folder}/run",
        "XDG_STATE_HOME": f"{folder}/state",
        "ASSISTANT_MODELS": str(store.default().root),
        "ASSISTANT_OFFLINE": "1",
        "PULSE_SERVER": f"unix:{folder}/no-such-server",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        **more,
    }


def without_sound_card() -> None:
    """Skip a test that is about a machine without any."""
    cards = Path("/proc/asound/cards")
    if cards.exists() and "no soundcards" not in cards.read_text():
        pytest.skip("needs a machine without a sound card, such as a container")


def have_models() -> None:
    """Fetch the models that the program needs, if they are not here."""
    for name in _MODELS:
        store.ensure(name)


def assistant(
    *arguments: object,
    env: Mapping[str, str],
    given: str | None = None,
    timeout: float = PATIENCE,
) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        env=env,
        cwd=env["HOME"],
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@dataclass
class Terminal:
    """A verb that runs in a terminal of its own."""

    process: subprocess.Popen[bytes]
    env: Mapping[str, str]
    _master: int
    _output: bytearray = field(default_factory=bytearray)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _closed: bool = False

    def read(self) -> None:
        """Collect what is written, until the terminal is closed."""
        while True:
            try:
                part = os.read(self._master, 65536)
            except OSError:  # Linux: the other side is closed
                part = b""
            with self._news:
                self._output += part
                self._closed = not part
                self._news.notify_all()
            if not part:
                return

    @property
    def shown(self) -> str:
        """All that was written, without colours and the like."""
        return _ANSI.sub("", self._output.decode(errors="replace"))

    def until(self, pattern: str, timeout: float = PATIENCE) -> str:
        """Wait until something matches, or fail with what is there instead."""
        with self._news:
            there = self._news.wait_for(
                lambda: re.search(pattern, self.shown) or self._closed, timeout
            )
        if not there or not re.search(pattern, self.shown):
            pytest.fail(f"{pattern!r} is not in what was written:\n{self.shown}")
        return self.shown

    def type(self, text: str) -> None:
        """Type on its keyboard."""
        os.write(self._master, text.encode())

    def control(self, do: str, **details: object) -> dict[str, object]:
        """Send a request to its socket."""
        place = f"{self.env['XDG_RUNTIME_DIR']}/assistant/control.sock"
        return call(place, {"do": do, **details}, PATIENCE)

    def end(self, how: signal.Signals) -> tuple[int, float]:
        """Send a signal; return its exit code, and the seconds that it took to end."""
        began = perf_counter()
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        return code, perf_counter() - began


@contextmanager
def in_terminal(
    *arguments: object,
    env: Mapping[str, str],
    columns: int = 80,
    rows: int = 40,
    program: Path | None = None,
) -> Iterator[Terminal]:
    """Start a verb in a terminal; `program`: a script that stands for the program."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    started = PROGRAM if program is None else (sys.executable, str(program))
    process = subprocess.Popen(
        [*started, *map(str, arguments)],
        env=env,
        cwd=env["HOME"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    terminal = Terminal(process, env, master)
    reader = threading.Thread(target=terminal.read, daemon=True)
    reader.start()
    try:
        yield terminal
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        reader.join(5)
        os.close(master)


@contextmanager
def model_server(mind: HttpMind) -> Iterator[tuple[str, ...]]:
    """Serve a mind from a thread; gives the options that make the program ask it."""
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with mind.serve():
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield asking(mind.base_url)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def asking(base_url: str) -> tuple[str, ...]:
    """Return the options for a mind behind a URL."""
    settings = ("llm.backend=openai", f"llm.base_url={base_url}", "llm.model=peer-1")
    return tuple(word for setting in settings for word in ("-s", setting))


# ── speech ────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def espeak(text: str) -> Samples:
    """Say a text with espeak-ng, at `RATE`."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("needs espeak-ng: apt install espeak-ng")
    made = subprocess.run(
        [program, "--stdout", "-v", "en-us", text], capture_output=True, check=True
    )
    samples = np.frombuffer(made.stdout[44:], "<i2").astype(np.float32)
    return _heard(samples, 22_050)


@functools.cache
def piper(text: str) -> Samples:
    """Say a text with the assistant's own voice, at `RATE`; without noise, so always the same."""

    async def speak() -> tuple[Samples, int]:
        async with tts_piper.open(tts_piper.Config(noise=0.0, noise_width=0.0)) as voice:
            sounds = [spoken.audio async for spoken in voice.synthesize(text)]
            return np.concatenate([sound.samples for sound in sounds]), sounds[0].rate

    samples, rate = asyncio.run(speak())
    return _heard(samples.astype(np.float32), rate)


def _heard(samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]], rate: int) -> Samples:
    heard = soxr.resample(samples, rate, RATE)
    clipped: Samples = np.clip(heard, -32768, 32767).astype(np.int16)
    return clipped


def cough(seconds: float = 0.35) -> Samples:
    """Make a sound like a cough: a burst of coloured noise that dies away; no voice in it."""
    random = np.random.default_rng(7)
    count = int(seconds * RATE)
    noise = np.convolve(random.standard_normal(count), np.ones(6) / 6, "same")
    shape = np.exp(-np.linspace(0, 6, count)) * np.minimum(1, np.linspace(0, 40, count))
    sound: Samples = (noise * shape * 14_000).astype(np.int16)
    return sound


def silence(seconds: float) -> Samples:
    """Return nothing at all for a while."""
    return np.zeros(int(seconds * RATE), np.int16)


def clip(path: Path, *pieces: Samples) -> Path:
    """Write pieces, one after another, as a recording."""
    soundfile.write(path, np.concatenate(pieces), RATE)
    return path


def transcribed(samples: Samples) -> str:
    """Return what Whisper understands, decoded as a whole."""

    async def recognise() -> str:
        config = stt_whisper.Config.model_validate({"model": "tiny.en", "device": "cpu"})
        async with stt_whisper.open(config) as ears:
            return (await ears.recognise(samples, stream=1, final=True)).text

    return asyncio.run(recognise())


def found_in(sound: Samples, whole: Samples) -> tuple[int, float]:
    """Return where in `whole` a sound is, and how much of it is there (1: exactly it)."""
    length = 1 << (len(whole) + len(sound)).bit_length()
    template, heard = sound.astype(np.float64), whole.astype(np.float64)
    product = np.fft.irfft(np.fft.rfft(heard, length) * np.conj(np.fft.rfft(template, length)))
    at = int(np.argmax(product[: len(whole)]))
    return at, float(product[at] / (template @ template))


def lines_of(output: str) -> list[dict[str, object]]:
    """Parse JSON lines."""
    return [json.loads(line) for line in output.splitlines()]


def one_line(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the only line on stderr, which is for a person."""
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("assistant: "), ended.stderr
    return lines[0]


def quiet_on(errors: str, allowed: Sequence[str] = ()) -> None:
    """Check that stderr holds nothing but some known lines."""
    for line in errors.splitlines():
        assert any(text in line for text in allowed), errors
