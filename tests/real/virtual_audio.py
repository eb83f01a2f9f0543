"""A private PulseAudio with a virtual microphone and a virtual speaker.

The program under test sees the devices "microphone" and "speaker". Tests play into the first with
`say` and record what the second plays with `listen`; "monitor" is a microphone that hears the
speaker itself, with no air between. Nothing outside the given folder is touched.
"""

# ruff: noqa: S607
# (The programs are those of the sound server, wherever they are.)

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from ctypes.util import find_library
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from assistant.ports import Samples

NEEDS = "apt install pulseaudio pulseaudio-utils libasound2-plugins libportaudio2"
RATE = 48_000
_TRIES = 100

_SETUP = """
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/native
load-module module-null-sink sink_name=speaker rate={rate} channels=2 norewinds=1
load-module module-null-sink sink_name=mic_in rate={rate} channels=1 norewinds=1
load-module module-remap-source source_name=microphone master=mic_in.monitor channels=1
set-default-sink speaker
set-default-source microphone
"""

_ALSA = """
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "PulseAudio" } }
ctl.!default { type pulse }
pcm.microphone { type pulse device microphone hint { show on description "Microphone" } }
pcm.speaker { type pulse device speaker hint { show on description "Speaker" } }
pcm.monitor { type pulse device speaker.monitor hint { show on description "Monitor" } }
"""

_PULSE = [
    *("-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disallow-exit=yes"),
    *("--system=no", "--disable-shm=yes", "--realtime=no", "--high-priority=yes"),
]


def missing() -> str:
    """Return what is to be installed, or nothing."""
    programs = all(shutil.which(name) for name in ("pulseaudio", "pactl", "pacat", "parec"))
    plugin = any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so"))
    return "" if programs and plugin and find_library("portaudio") else NEEDS


class VirtualAudio:
    """The server and what a test does with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("home", "run/pulse", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "run").chmod(0o700)
        (folder / "default.pa").write_text(_SETUP.format(folder=folder, rate=RATE))
        (folder / "asound.conf").write_text(_ALSA)
        self.client = {
            "PULSE_SERVER": f"unix:{folder}/native",
            "PULSE_RUNTIME_PATH": f"{folder}/run/pulse",
            "PULSE_STATE_PATH": f"{folder}/state",
            "ALSA_CONFIG_PATH": f"{folder}/asound.conf",
        }
        """What the environment of a program that uses it must hold."""
        desktop = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        inherited = {name: value for name, value in os.environ.items() if name not in desktop}
        own = {"HOME": f"{folder}/home", "XDG_RUNTIME_DIR": f"{folder}/run"}
        self._env = inherited | self.client | own
        self._server: subprocess.Popen[bytes] | None = None
        self._sink = "mic_in"

    def start(self) -> None:
        """Start the server and wait until its devices are there."""
        (self._folder / "native").unlink(missing_ok=True)
        log = self._folder / "pulse.log"
        self._server = subprocess.Popen(
            [
                "pulseaudio",
                *_PULSE,
                "-F",
                f"{self._folder}/default.pa",
                f"--log-target=file:{log}",
            ],
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(_TRIES):
            if self._ready():
                return
            if self._server.poll() is not None:
                break
            Event().wait(0.1)
        pytest.fail(
            f"PulseAudio did not come up: {log.read_text()[-2000:] if log.exists() else ''}"
        )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server; with SIGKILL as a crash would."""
        if self._server is not None:
            self._server.send_signal(signal.SIGCONT)
            self._server.send_signal(how)
            self._server.wait(10)
            self._server = None

    def freeze(self) -> None:
        """Let the server stop answering without going away."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again."""
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def into(self, sink: str) -> "VirtualAudio":
        """Return this server as one whose `say` goes into another sink."""
        other = copy(self)
        other._sink = sink
        return other

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._folder

    def say(self, sound: Samples, rate: int = RATE, name: str = "said") -> subprocess.Popen[bytes]:
        """Play into the microphone, without waiting; what sounds at once needs names.

        `sound`: of one channel, or a row of samples for all of them at each time.
        """
        path = self._folder / f"{name}.raw"
        sound.astype("<i2").tofile(path)
        channels = sound.shape[1] if sound.ndim > 1 else 1
        with path.open("rb") as file:
            return subprocess.Popen(
                ["pacat", "--playback", f"--device={self._sink}", *_format(rate, channels)],
                env=self._env,
                stdin=file,
            )

    @contextmanager
    def listen(self) -> Iterator[list[Samples]]:
        """Record what the speaker plays; the list holds it afterwards."""
        path, heard = self._folder / "heard.raw", list[Samples]()
        with path.open("wb") as file:
            recorder = subprocess.Popen(
                ["parec", "--device=speaker.monitor", *_format(RATE)], env=self._env, stdout=file
            )
            try:
                for _ in range(_TRIES):
                    if path.stat().st_size:
                        break
                    Event().wait(0.05)
                yield heard
            finally:
                recorder.terminate()
                recorder.wait(5)
        heard.append(np.fromfile(path, "<i2").astype(np.int16))

    @contextmanager
    def fed_back(
        self, latency_ms: int = 20, percent: int = 50, *, moving: bool = False
    ) -> Iterator[None]:
        """Let the microphone hear the speaker, so much later, at this volume (100: as loud).

        PulseAudio's volumes are cubic: 50 % is -18 dB. `moving`: the delay creeps, as it does
        where two cards have clocks of their own.
        """
        module = self.ask(
            *("load-module", "module-loopback", "source=speaker.monitor", "sink=mic_in"),
            *(f"latency_msec={latency_ms}", "source_dont_move=true", "sink_dont_move=true"),
            *(() if moving else ("adjust_time=0",)),
            "sink_input_properties=media.name=feedback",
        ).strip()
        assert module, "no loopback"
        try:
            inputs = self.ask("list", "short", "sink-inputs").split("\n")
            (stream,) = (line.split()[0] for line in inputs if "module-loopback" in line)
            self.ask("set-sink-input-volume", stream, f"{percent}%")
            yield
        finally:
            self.ask("unload-module", module)

    def unload(self, what: str) -> None:
        """Unload the module in whose line this is: its devices go, as if they were unplugged."""
        lines = self.ask("list", "short", "modules").splitlines()
        (module,) = (line.split()[0] for line in lines if what in line)
        self.ask("unload-module", module)

    def recorders(self) -> int:
        """Count the programs that record now."""
        outputs = self.ask("list", "short", "source-outputs")
        return outputs.count("protocol-native")

    def _ready(self) -> bool:
        return "\tmicrophone\t" in self.ask("list", "short", "sources")

    def ask(self, *words: str) -> str:
        """Return what `pactl` says to these words."""
        done = subprocess.run(
            ["pactl", *words],
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=5,
        )
        return done.stdout


def _format(rate: int, channels: int = 1) -> list[str]:
    return [
        *("--raw", "--format=s16le", f"--channels={channels}", f"--rate={rate}"),
        "--latency-msec=20",
    ]


@contextmanager
def virtual_audio(folder: Path) -> Iterator[VirtualAudio]:
    """Have the server for a while, and this process's environment pointing at it."""
    if lacking := missing():
        pytest.skip(f"needs a sound server: {lacking}")
    audio = VirtualAudio(folder)
    before = {name: os.environ.get(name) for name in audio.client}
    os.environ.update(audio.client)
    try:
        audio.start()
        yield audio
    finally:
        audio.stop()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
