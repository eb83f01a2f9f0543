"""Talks with the whole program for a long time, and watches what it needs; see scripts/soak.

Questions of the assistant's own voice are played into a virtual microphone; ears, mind, judges and
voice are the usual real ones. Some answers are interrupted, a noise falls into others, and the
sound server dies once in a while. Memory, threads and open files are read from /proc.
"""

import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any

import numpy as np

from assistant.bench import machine
from assistant.bench.plots import MISSING, available
from assistant.ports import RATE
from scripts.bench_agreement import QUESTIONS
from tests.real import virtual_audio
from tests.real.daemon import (
    EARS,
    Terminal,
    cough,
    environment,
    have_models,
    in_terminal,
    piper,
)

ROOT = Path(__file__).parent.parent
OUT = ROOT / "out" / "soak"
PAGE = ROOT / "docs" / "reliability.md"
WARM_S = (300.0, 900.0)
"""What grows while models and caches fill is no leak: buffers reach the length of the longest
answers within some ten minutes. Both slopes are told."""
CRASH_S, CRASHES_S = 240.0, 3600.0
"""The first death of the server, and then each hour: one costs 0.4 MB in the libraries of sound,
which would hide a slope of less."""
REST_S, RESTING_S = 60.0, 12.0
"""So often nobody speaks for so long: then it gives memory back, and what is left is looked at."""
ENGINES = "memory of engines"
PATIENCE_S = 30.0
ORDER = "Stop."
MIND = ("-s", "llm.max_tokens=60")
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the process."""

    at: float
    """Seconds since it listened."""
    rss_mib: float
    asked_mib: float
    """What engines have asked for and not freed."""
    threads: int
    files: int
    turns: int
    latency: float | None
    """Seconds, of the newest answer."""


@dataclass
class Soak:
    """A conversation that does not end by itself."""

    terminal: Terminal
    audio: virtual_audio.VirtualAudio
    began: float
    samples: list[Sample]
    unanswered: int = 0
    crashes: int = 0

    def run(self, seconds: float) -> None:
        """Converse for so long."""
        chance = random.Random(5)  # noqa: S311 - no secret
        crash, rest = CRASH_S, REST_S
        while (now := perf_counter() - self.began) < seconds:
            self.turn(chance)
            if now > crash:
                crash += CRASHES_S
                self.crash()
            if now > rest:
                rest += REST_S
                Event().wait(RESTING_S)
                self.look()

    def turn(self, chance: random.Random) -> None:
        """Ask something; now and then interrupt the answer, or cough into it."""
        turns = self.turns
        self.audio.say(piper(chance.choice(QUESTIONS)), RATE).wait(PATIENCE_S)
        if not self.reached(lambda: self.activity == "speaking" or self.turns > turns):
            self.unanswered += 1
            return
        Event().wait(chance.uniform(0.3, 1.2))
        what = chance.random()
        if what < 0.2:  # noqa: PLR2004 - of all turns
            self.audio.say(piper(ORDER), RATE).wait(PATIENCE_S)
        elif what < 0.3:  # noqa: PLR2004
            self.audio.say(cough(), RATE).wait(PATIENCE_S)
        self.reached(lambda: self.activity == "listening")
        Event().wait(chance.uniform(0.5, 2.0))

    def crash(self) -> None:
        """Let the sound server die and come back."""
        self.audio.stop(signal.SIGKILL)
        self.reached(lambda: self.activity == "deaf")
        self.audio.start()
        self.reached(lambda: self.activity == "listening")
        self.crashes += 1

    def look(self) -> None:
        """Keep what it needs now."""
        status = self.terminal.control("report")
        place = Path(f"/proc/{status['pid']}")  # what was started is only its parent
        pages = int((place / "statm").read_text().split()[1])
        latency = status["last_latency"]
        self.samples.append(
            Sample(
                perf_counter() - self.began,
                pages * os.sysconf("SC_PAGE_SIZE") / MIB,
                _gauge(status, ENGINES) * 1e6 / MIB,
                len(list((place / "task").iterdir())),
                len(list((place / "fd").iterdir())),
                self.turns,
                latency if isinstance(latency, float) else None,
            )
        )

    def reached(self, there: Callable[[], bool]) -> bool:
        """Wait for something."""
        until = perf_counter() + PATIENCE_S
        while perf_counter() < until:
            if there():
                return True
            Event().wait(0.05)
        return False

    @property
    def status(self) -> dict[str, object]:
        """What it says of itself."""
        return self.terminal.control("status")

    @property
    def activity(self) -> object:
        """What it does."""
        return self.status["activity"]

    @property
    def turns(self) -> int:
        """How many it has answered."""
        return int(str(self.status["turns"]))


@contextmanager
def soaking() -> Iterator[Soak]:
    """Have a daemon that listens, on a sound server of its own."""
    have_models()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        audio = stack.enter_context(virtual_audio.virtual_audio(folder / "audio"))
        env = environment(folder, **audio.client)
        words = ("run", *EARS, *MIND, "-s", "device.duplex=full")
        terminal = stack.enter_context(in_terminal(*words, env=env))
        terminal.until("listening")
        yield Soak(terminal, audio, perf_counter(), [])


def _gauge(report: dict[str, Any], name: str) -> float:
    return next(float(one["now"] or 0) for one in report["health"] if one["name"] == name)


def slope(samples: list[Sample], memory: Callable[[Sample], float], warm_s: float) -> str:
    """Return how it grows after the warm-up, in MiB an hour, and the standard error of that."""
    late = [one for one in samples if one.at >= warm_s]
    hours = np.array([one.at for one in late]) / 3600
    taken = np.array([memory(one) for one in late])
    if len(late) < 3:  # noqa: PLR2004 - a line and its error
        return "too short to tell"
    around = hours - hours.mean()
    fit = float(around @ taken / (around @ around))
    left = taken - taken.mean() - fit * around
    error = float(np.sqrt(left @ left / (len(late) - 2) / (around @ around)))
    return f"{fit:+.1f} ± {error:.1f} MiB an hour"


def slopes(
    samples: list[Sample], name: str, memory: Callable[[Sample], float]
) -> list[tuple[str, str]]:
    """Return a row for each warm-up."""
    return [
        (f"{name}: slope after {warm_s / 60:.0f} min", slope(samples, memory, warm_s))
        for warm_s in WARM_S
    ]


def latencies(samples: list[Sample]) -> tuple[float, float]:
    """Return the median latency of the first and of the last third, in ms."""
    known = [one.latency * 1000 for one in samples if one.latency is not None]
    third = max(1, len(known) // 3)
    return float(np.median(known[:third])), float(np.median(known[-third:]))


def table(samples: list[Sample], first: Sequence[tuple[str, str]]) -> str:
    """Return a table that begins with these rows."""
    begin, end = samples[0], samples[-1]
    early, late = latencies(samples)
    rows = [
        *first,
        ("memory at the start, at the end", f"{begin.rss_mib:.0f}, {end.rss_mib:.0f} MiB"),
        *slopes(samples, "memory", lambda one: one.rss_mib),
        *slopes(samples, "of that, what engines have in use", lambda one: one.asked_mib),
        ("threads at the start, at the end", f"{begin.threads}, {end.threads}"),
        ("open files at the start, at the end", f"{begin.files}, {end.files}"),
        ("latency, median of the first and last third", f"{early:.0f}, {late:.0f} ms"),
    ]
    lines = ["| measured | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)]
    made, load = machine.described(), os.getloadavg()[1]
    where = f"On {made['processor']}, {made['cores']} cores, load {load:.1f}"
    return "\n".join([*lines, "", f"{where}; tiny.en, SmolLM2 135M, Piper."])


def rows(soak: Soak) -> list[tuple[str, str]]:
    """Return what only a run in real time has."""
    last = soak.samples[-1]
    return [
        ("length, in real time", f"{last.at / 60:.0f} min"),
        ("answers · questions without one", f"{last.turns} · {soak.unanswered}"),
        ("crashes of the sound server", str(soak.crashes)),
    ]


def draw(path: Path, samples: list[Sample]) -> None:
    """Draw memory and latency over time."""
    if not available():
        print(MISSING)
        return
    import matplotlib as mpl  # noqa: PLC0415 - an extra

    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, (upper, lower) = plt.subplots(2, 1, figsize=(9, 5), sharex=True)
    minutes = [one.at / 60 for one in samples]
    upper.plot(minutes, [one.rss_mib for one in samples])
    upper.set_ylabel("resident, MiB")
    answered = [(one.at / 60, one.latency * 1000) for one in samples if one.latency is not None]
    lower.plot(*zip(*answered, strict=True), ".", markersize=3)
    lower.set_ylabel("latency, ms")
    lower.set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(path, dpi=100, metadata={"Software": None})


def write(text: str, section: str) -> None:
    """Put a section into the page."""
    begin, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Return the exit code: 1 when a question was not answered."""
    if lacking := virtual_audio.missing():
        sys.exit(f"needs a sound server: {lacking}")
    minutes = float(arguments[0]) if arguments else 30.0
    with soaking() as soak:
        soak.look()
        soak.run(60 * minutes)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "soak.json").write_text(json.dumps([asdict(one) for one in soak.samples]))
    draw(PAGE.with_name("soak.png"), soak.samples)
    text = table(soak.samples, rows(soak)) + "\n\n![Memory and latency over time](soak.png)"
    print(text)
    write(text, "soak")
    return int(soak.unanswered > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
