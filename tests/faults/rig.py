"""A daemon on a real sound server, with a noise in its room: where that is missing, it is deaf."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import perf_counter
from types import MappingProxyType
from typing import Self

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.control.client import NotRunning
from assistant.ports import RATE, Samples
from assistant.testing.http_mind import HttpMind
from tests.real import virtual_audio
from tests.real.daemon import (
    EARS,
    PATIENCE,
    Terminal,
    environment,
    have_models,
    in_terminal,
    model_server,
    piper,
)
from tests.real.virtual_audio import VirtualAudio

QUESTION = "How many legs does a spider have?"
ANSWER = "A spider has eight legs."
BACK_S = 4.0
"""From the return of a device or server until it hears: 3 s, and one for the noise to begin again,
and for the recording, which is written each half second."""
SMALL = 256 * 1024
ROWS = "FAULT_ROWS"
"""Names a file in the environment to which each fault's row is added, a line of JSON."""
_HEADER = 44
_BYTES = 4
"""Of a sample on both channels."""
_WRITTEN_S = 0.8
"""The recording is behind by no more than this."""
_BLOCK = RATE // 100
_PROGRAM = Path(__file__).with_name("planted.py")


class Noise:
    """Plays a soft noise into the room, from a new player whenever the server has ended one."""

    def __init__(self, audio: VirtualAudio) -> None:
        random = np.random.default_rng(3)
        self._sound: Samples = random.normal(0, 60, 60 * RATE).astype(np.int16)
        self._audio = audio
        self._over, self._still = Event(), Event()
        self._thread = threading.Thread(target=self._play, daemon=True)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Have no noise for a while: a virtual microphone gives zeros then."""
        self._still.set()
        yield
        self._still.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _play(self) -> None:
        while not self._over.wait(0.05):
            if self._still.is_set():
                continue
            player = self._audio.say(self._sound, RATE, name="noise")
            while player.poll() is None and not self._over.wait(0.05) and not self._still.is_set():
                pass
            player.kill()
            player.wait()


@dataclass
class Rig:
    """What a fault happens to."""

    terminal: Terminal
    audio: VirtualAudio
    peer: HttpMind
    recording: Path
    pipe: Path
    noise: Noise
    start: Callable[[], None]
    """Starts another process in place of the one that has ended."""
    away: float = 0.0
    """Seconds for which the fault itself lasted."""

    def status(self) -> dict[str, object]:
        """Return what it says that it does."""
        try:
            return self.terminal.control("status")
        except NotRunning:
            pytest.fail(f"it has ended: {self.terminal.process.poll()}\n{self.terminal.shown}")

    def until(self, seconds: float = PATIENCE, **wanted: object) -> float:
        """Wait until its status is as wanted; return how long that took."""
        began = perf_counter()
        while (took := perf_counter() - began) < seconds:
            status = self.status()
            if all(
                bool(status[name]) is value or status[name] == value
                for name, value in wanted.items()
            ):
                return took
            Event().wait(0.05)
        pytest.fail(f"not within {seconds} s: {wanted}\n{self.terminal.shown}")

    def plant(self, fault: str, detail: object) -> None:
        """Break something inside of it."""
        self.pipe.write_text(f"{fault} {detail}\n")

    def answers(self) -> None:
        """Check that it hears, understands and speaks."""
        before = int(str(self.status()["turns"]))
        self.audio.say(piper(QUESTION), RATE).wait(30)
        for _ in range(int(PATIENCE * 20)):
            if int(str(self.status()["turns"])) > before:
                break
            Event().wait(0.05)
        else:
            pytest.fail(f"it did not answer\n{self.terminal.shown}")
        self.until(activity="listening")

    @contextmanager
    def fault(self, name: str, lost: str, back: float = BACK_S) -> Iterator[None]:
        """Let something break and be mended inside; measure how long it heard nothing.

        The time is measured in its recording: silence between two pieces of the noise, less
        `away`, for which there was nothing to hear. `lost`: what a user loses, for the table.
        """
        self.away = 0.0
        start = self._recorded()
        yield
        self.hears()
        deaf = self._silence(start) - self.away
        assert deaf <= back, f"deaf for {deaf:.1f} s more than the fault lasted"
        self.answers()
        assert "Traceback" not in self.terminal.shown, self.terminal.shown
        row(name, max(deaf, 0.0), lost)

    @contextmanager
    def again(self, name: str, lost: str, code: int, then: str = "listening") -> Iterator[None]:
        """Let it end inside, with this code, and start it again as a service manager would."""
        yield
        began = perf_counter()
        assert self.ended(10.0) == code, self.terminal.shown
        self.start()
        self.terminal.until(then)
        took = perf_counter() - began
        if then == "listening":
            self.answers()
        assert "Traceback" not in self.terminal.shown, self.terminal.shown
        row(name, took, lost)

    def ended(self, seconds: float) -> int:
        """Return its exit code, when it has ended."""
        return self.terminal.process.wait(seconds)

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """Count this time as the fault's own."""
        began = perf_counter()
        yield
        self.away += perf_counter() - began

    def _recorded(self) -> int:
        return max(0, self.recording.stat().st_size - _HEADER) // _BYTES

    def _near(self, start: int) -> Samples:
        sound = np.fromfile(self.recording, "<i2", offset=_HEADER + start * _BYTES)
        near: Samples = sound[: len(sound) // 2 * 2 : 2]
        return near

    def hears(self) -> None:
        """Wait until the newest half second that was recorded holds the noise."""
        for _ in range(int(PATIENCE * 10)):
            newest = self._near(max(0, self._recorded() - RATE // 2))
            if len(newest) >= RATE // 4 and _heard(newest).mean() > 0.9:
                break
            Event().wait(0.1)
        else:
            pytest.fail(f"it hears nothing any more\n{self.terminal.shown}")
        Event().wait(_WRITTEN_S)

    def _silence(self, start: int) -> float:
        """Return the seconds of the longest silence since `start`."""
        longest = now = 0
        for heard in _heard(self._near(start)):
            now = 0 if heard else now + 1
            longest = max(longest, now)
        return longest * _BLOCK / RATE


def row(name: str, deaf: float | None, lost: str) -> None:
    """Add a fault to the table, if one is wanted."""
    place = os.environ.get(ROWS)
    if place:
        with Path(place).open("a", encoding="utf-8") as table:
            table.write(json.dumps({"fault": name, "deaf": deaf, "lost": lost}) + "\n")


@contextmanager
def rig(
    folder: Path, *more: str, variables: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Rig]:
    """Have a daemon that listens; `more`: options of its own; `variables` of its environment."""
    have_models()
    pipe, recording = folder / "faults", folder / "heard.wav"
    os.mkfifo(pipe)
    peer = HttpMind(text=ANSWER)
    with ExitStack() as stack:
        server = stack.enter_context(virtual_audio.virtual_audio(folder / "audio"))
        mind = stack.enter_context(model_server(peer))
        env = environment(folder, **server.client, FAULTS=str(pipe)) | dict(variables)
        words = ("run", *EARS, *mind, *more, "--record", recording)

        def start() -> None:
            one.terminal = stack.enter_context(
                in_terminal(*words, env=env, columns=100, program=_PROGRAM)
            )

        terminal = stack.enter_context(in_terminal(*words, env=env, columns=100, program=_PROGRAM))
        noise = Noise(server)
        one = Rig(terminal, server, peer, recording, pipe, noise, start)
        stack.enter_context(noise)
        terminal.until("listening")
        one.hears()  # what was recorded before there was anything to hear is no deafness
        yield one


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """Have a disk of `SMALL` bytes, which takes root to make."""
    place.mkdir()
    mount, umount = shutil.which("mount") or "mount", shutil.which("umount") or "umount"
    words = [mount, "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", f"{place}"]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small tmpfs: run as root")
    try:
        yield place
    finally:
        subprocess.run([umount, "-l", f"{place}"], check=True)


def fill(disk: Path) -> None:
    """Leave no byte on it."""
    with (disk / "filling").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 512)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process as a lack of memory does."""
    process.kill()
    process.wait(10)


def _heard(near: Samples) -> NDArray[np.bool_]:
    blocks = near[: len(near) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return np.asarray(blocks.any(axis=1))
