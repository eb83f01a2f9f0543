"""Shows that the sound card made of files measures what a real sound server does.

The same spoken questions go to the whole program twice: by `converse`, whose recording is
measured, and by `run` on a private PulseAudio, where what enters its microphone and what leaves
its speaker is recorded from outside. The medians of the two should agree within 20 ms.

    .venv/bin/python -m scripts.bench_agreement [CLIP…]

Without clips it says twelve questions with the assistant's own voice. The mind is a server on
loopback that answers at once: what thinking takes is the same in both, and only adds noise.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import numpy as np
import soxr

from assistant.bench.outside import channels, first_audible, last_audible
from assistant.ports import RATE, Samples
from assistant.sound.clips import load_all
from assistant.testing.http_mind import HttpMind
from tests.real import virtual_audio
from tests.real.daemon import (
    EARS,
    Terminal,
    assistant,
    clip,
    environment,
    found_in,
    have_models,
    in_terminal,
    model_server,
    piper,
)

QUESTIONS = (
    "How many legs does a spider have?",
    "What is the capital of France?",
    "Who invented the telephone?",
    "How tall is the highest mountain?",
    "What should I eat for breakfast?",
    "Can you tell me something about the moon?",
    "How can I sleep better at night?",
    "What is the largest ocean on earth?",
    "Please tell me how bread is made.",
    "Why do birds fly south in winter?",
    "What does a gardener do in spring?",
    "How long does it take to boil an egg?",
)
ANSWER = "That is a good question."
AGREES_MS = 20
GAP_S = 1.0
MS = 1000.0
STRETCH = RATE // 2
"""A sound server that is late plays a clip so much longer, at most."""
PATIENCE_S = 20.0
_READ = 65536


@dataclass
class Monitor:
    """What passes a sink, and when its first sample did, by this machine's clock."""

    process: subprocess.Popen[bytes]
    sound: bytearray = field(default_factory=bytearray)
    began: float = float("inf")

    def read(self) -> None:
        """Collect; the earliest of all arrivals tells when the first sample was there."""
        if self.process.stdout is None:
            return
        while part := os.read(self.process.stdout.fileno(), _READ):
            now = perf_counter()
            self.sound += part
            self.began = min(self.began, now - len(self.sound) / 2 / virtual_audio.RATE)

    def at_rate(self) -> Samples:
        """Return the sound at `RATE`."""
        whole = np.frombuffer(bytes(self.sound[: len(self.sound) // 2 * 2]), "<i2")
        heard = soxr.resample(whole.astype(np.float32), virtual_audio.RATE, RATE)
        clipped: Samples = np.clip(heard, -32768, 32767).astype(np.int16)
        return clipped


@contextmanager
def monitors(env: dict[str, str], *sinks: str) -> Iterator[list[Monitor]]:
    """Record what passes some sinks, all at once."""
    form = ["--raw", "--format=s16le", "--channels=1", f"--rate={virtual_audio.RATE}"]
    recorders = [
        Monitor(
            subprocess.Popen(  # noqa: S603 - a program of the sound server, constant arguments
                ["parec", f"--device={sink}.monitor", "--latency-msec=10", *form],  # noqa: S607
                env=env,
                stdout=subprocess.PIPE,
            )
        )
        for sink in sinks
    ]
    threads = [Thread(target=recorder.read) for recorder in recorders]
    for thread in threads:
        thread.start()
    try:
        yield recorders
    finally:
        for recorder, thread in zip(recorders, threads, strict=True):
            recorder.process.terminate()
            thread.join()
            recorder.process.wait()


def latencies(near: Samples, far: Samples, clips: Sequence[Samples], ahead: int) -> list[float]:
    """Measure from outside, in ms; `far` began `ahead` samples before `near`.

    Where a clip ended is looked up in what was recorded of it: on a busy machine a sound server
    plays with gaps.
    """
    measured = []
    after = 0
    for sound in clips:
        start = after + found_in(sound, near[after:])[0]
        after = start + len(sound)
        spoken = last_audible(near, start, after + STRETCH) or after
        answered = first_audible(far, start + ahead)
        measured.append(
            float("nan") if answered is None else (answered - ahead - spoken) / RATE * MS
        )
    return measured


def by_files(folder: Path, clips: Sequence[Path], mind: Sequence[str]) -> list[float]:
    """Measure with `converse`."""
    wav = folder / "files.wav"
    options = ("--out", wav, "--gap", GAP_S, *EARS, *mind)
    ended = assistant("converse", *clips, *options, env=environment(folder), timeout=600)
    if ended.returncode:
        sys.exit(ended.stderr)
    near, far = channels(wav)
    return latencies(near, far, [known.samples for known in load_all(clips)], 0)


def by_server(folder: Path, clips: Sequence[Path], mind: Sequence[str]) -> list[float]:
    """Measure with `run`, on a sound server."""
    with ExitStack() as stack:
        audio = stack.enter_context(virtual_audio.virtual_audio(folder / "audio"))
        env = environment(folder, **audio.client)
        terminal = stack.enter_context(in_terminal("run", *EARS, *mind, env=env))
        terminal.until("listening")
        near, far = stack.enter_context(monitors(env, "mic_in", "speaker"))
        Event().wait(GAP_S)
        sounds = [known.samples for known in load_all(clips)]
        for sound in sounds:
            turns = int(str(terminal.control("status")["turns"]))
            audio.say(sound, RATE).wait()
            _answered(terminal, turns)
            Event().wait(GAP_S)
    ahead = round((near.began - far.began) * RATE)
    return latencies(near.at_rate(), far.at_rate(), sounds, ahead)


def _answered(terminal: Terminal, turns: int) -> None:
    deadline = perf_counter() + PATIENCE_S
    while perf_counter() < deadline:
        status = terminal.control("status")
        if status["turns"] != turns and status["activity"] == "listening":
            return
        Event().wait(0.05)


def main(arguments: list[str]) -> int:
    """Return the exit code: 1 when the two disagree."""
    if lacking := virtual_audio.missing():
        sys.exit(f"needs a sound server: {lacking}")
    have_models()
    with tempfile.TemporaryDirectory() as name, model_server(HttpMind(text=ANSWER)) as mind:
        folder = Path(name)
        said = [clip(folder / f"{n:02}.wav", piper(text)) for n, text in enumerate(QUESTIONS)]
        clips = [Path(argument) for argument in arguments] or said
        server = by_server(folder, clips, mind)
        files = by_files(folder, clips, mind)
    for path, one, other in zip(clips, server, files, strict=True):
        print(f"{path.stem:24} server {one:5.0f} ms   files {other:5.0f} ms")
    pairs = [(a, b) for a, b in zip(server, files, strict=True) if a == a and b == b]  # noqa: PLR0124
    by_one, by_other = (statistics.median(values) for values in zip(*pairs, strict=True))
    apart = statistics.median(a - b for a, b in pairs)
    print(
        f"of {len(pairs)}: server {by_one:.0f} ms, files {by_other:.0f} ms (medians), clip by "
        f"clip {apart:+.0f} ms (median); load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    return int(abs(by_one - by_other) > AGREES_MS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
