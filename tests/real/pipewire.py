"""A private PipeWire with the same virtual devices as `virtual_audio` has on PulseAudio.

Its session manager and its PulseAudio protocol run beside it, as on a desktop; programs come to it
through ALSA's plug-in for PulseAudio.
"""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from tests.real import virtual_audio
from tests.real.virtual_audio import RATE, VirtualAudio

NEEDS = "apt install pipewire pipewire-pulse wireplumber dbus"
_PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "pipewire-pulse")
_TRIES = 200
_MODULES = (
    ("module-null-sink", "sink_name=speaker", "channel_map=stereo"),
    ("module-null-sink", "sink_name=mic_in", "channel_map=mono"),
    ("module-remap-source", "source_name=microphone", "master=mic_in.monitor", "channel_map=mono"),
)


def missing() -> str:
    """Return what is to be installed, or nothing."""
    lacking = virtual_audio.missing()
    return lacking or ("" if all(map(shutil.which, _PROGRAMS)) else NEEDS)


class PipeWireAudio(VirtualAudio):
    """The server, its helpers, and what a test does with it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._run = folder / "run"
        self.client["PULSE_SERVER"] = f"unix:{self._run}/pulse/native"
        self._env |= self.client | {
            "PIPEWIRE_RUNTIME_DIR": f"{self._run}",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self._run}/bus",
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start all of it and wait until its devices are there."""
        for path in (self._run / "bus", self._run / "pipewire-0", self._run / "pulse" / "native"):
            path.unlink(missing_ok=True)
        self._begin("dbus-daemon", "--session", "--nofork", f"--address=unix:path={self._run}/bus")
        _await((self._run / "bus").exists, "its bus")
        self._begin("pipewire")
        _await((self._run / "pipewire-0").exists, "PipeWire")
        self._begin("wireplumber")
        self._begin("pipewire-pulse")
        _await(lambda: "PipeWire" in self.ask("info"), "PipeWire's PulseAudio protocol")
        for name, *settings in _MODULES:
            self.ask("load-module", name, *settings, f"rate={RATE}")
        _await(self._ready, "the microphone")
        self.ask("set-default-sink", "speaker")
        self.ask("set-default-source", "microphone")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End all of it; with SIGKILL as a crash would."""
        while self._processes:
            process = self._processes.pop()
            process.send_signal(how)
            process.wait(10)

    def _begin(self, *words: str) -> None:
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                words, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._processes.append(process)


def _await(there: Callable[[], bool], what: str) -> None:
    for _ in range(_TRIES):
        if there():
            return
        Event().wait(0.05)
    pytest.fail(f"{what} did not come up")


@contextmanager
def pipewire_audio(folder: Path) -> Iterator[PipeWireAudio]:
    """Have the server for a while, and this process's environment pointing at it."""
    if lacking := missing():
        pytest.skip(f"needs PipeWire: {lacking}")
    audio = PipeWireAudio(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in audio.client.items():
            patch.setenv(name, value)
        try:
            audio.start()
            yield audio
        finally:
            audio.stop()
