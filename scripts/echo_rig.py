"""The daemon where its speaker is fed back into its microphone.

Does it hear itself, and can it be interrupted?

    .venv/bin/python -m scripts.echo_rig [SECONDS] [OUT]

For each condition the real daemon tells stories for SECONDS (60; 600 in the first condition where
that is given) with its speaker fed back into its microphone, and is then spoken to. Printed, as
rows of the table in docs/echo.md: what it measured, how often it interrupted itself, and the time
from the onset of words over it to silence, from the stereo recording, which stays in OUT beside
the flight log (without words).
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import numpy as np
import soundfile

from assistant.bench.outside import falls_silent
from assistant.ports import RATE, Samples
from assistant.testing.http_mind import HttpMind
from scripts.measure_echo import STORY
from tests.real import virtual_audio
from tests.real.daemon import (
    EARS,
    Terminal,
    environment,
    espeak,
    found_in,
    have_models,
    in_terminal,
    model_server,
)

ORDERS = (
    "Please stop talking now.",
    "What time is it?",
    "Tell me about the weather instead.",
    "How long will that take?",
    "Do you know any other story?",
    "Hold on, I have a question.",
)
"""All different: they are looked for in the recording."""
SILENCE_MS = 300
LOUD = 500
"""Peak from which on an order has begun."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How the microphone hears the speaker; -18 dB is 50 %."""

    latency_ms: int
    percent: int
    moving: bool = False
    stalls: bool = False
    """The sound server stands still now and then, and loses sound."""

    def __str__(self) -> str:
        """For the table."""
        level = round(60 * np.log10(self.percent / 100))
        more = ", creeping" * self.moving + ", server stalls" * self.stalls
        return f"{self.latency_ms} ms, {level} dB{more}"


CONDITIONS = (
    Condition(40, 65),
    Condition(20, 50),
    Condition(200, 65),
    Condition(80, 90),
    Condition(80, 65, moving=True),
    Condition(40, 65, stalls=True),
)
STALL_S, STALLS_S = 0.06, 7.0
"""So long it stands still, so often."""


def main(arguments: list[str]) -> int:
    """Return the exit code: 1 when it interrupted itself."""
    if lacking := virtual_audio.missing():
        sys.exit(f"needs a sound server: {lacking}")
    have_models()
    seconds = float(arguments[0]) if arguments else 60.0
    out = Path(arguments[1]) if len(arguments) > 1 else Path("out/echo")
    out.mkdir(parents=True, exist_ok=True)
    print(
        "| loop | measured | its own speech | interrupted itself | words over it: silent after |"
    )
    print("| --- | --- | --- | --- | --- |")
    wrong = 0
    for number, condition in enumerate(CONDITIONS):
        wrong += rehearse(condition, seconds if number == 0 else min(seconds, 60.0), out, number)
    return int(wrong > 0)


def rehearse(condition: Condition, seconds: float, out: Path, number: int) -> int:
    """Print a row; return how often it interrupted itself."""
    with tempfile.TemporaryDirectory() as name, model_server(HttpMind(text=STORY)) as mind:
        folder = Path(name)
        with virtual_audio.virtual_audio(folder / "audio") as audio:
            env = environment(folder, **audio.client)
            tape, flight = out / f"rig-{number}.wav", out.absolute() / f"rig-{number}.jsonl"
            words = ("run", *EARS, *mind, "--record", tape.absolute(), "--flight", flight)
            loop = audio.fed_back(condition.latency_ms, condition.percent, moving=condition.moving)
            with loop, in_terminal(*words, env=env, columns=100) as terminal:
                terminal.until("listening")
                Event().wait(10)  # a daemon has been there for a while
                ask(terminal)
                began, cut, told = perf_counter(), 0, 0.0
                with stalling(audio) if condition.stalls else nullcontext():
                    while perf_counter() - began < seconds:
                        at = perf_counter()
                        cut += ask(terminal) != "answered"
                        told += perf_counter() - at
                echo: Any = terminal.control("status")["echo"]
                orders = [espeak(order) for order in ORDERS]
                outcomes = [over(terminal, audio, order) for order in orders]
                terminal.control("quit")
                terminal.process.wait(20)
    delays = timed(tape, orders, outcomes)
    print(
        f"| {condition} | {echo['state']}, {echo['attenuation']} dB, {echo['delay_ms']} ms "
        f"| {told / 60:.1f} min | {cut} | {outcomes.count('interrupted')} of {len(outcomes)}: "
        f"{', '.join(delays)} ms |",
        flush=True,
    )
    return cut


@contextmanager
def stalling(audio: virtual_audio.VirtualAudio) -> Iterator[None]:
    """Let the server stand still now and then."""
    ended = Event()

    def stall() -> None:
        while not ended.wait(STALLS_S):
            audio.freeze()
            Event().wait(STALL_S)
            audio.thaw()

    thread = Thread(target=stall)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def ask(terminal: Terminal) -> object:
    """Have a story told; return how that ended."""
    return terminal.control("ask", text="Tell me a story.", speak=True)["outcome"]


def over(terminal: Terminal, audio: virtual_audio.VirtualAudio, order: Samples) -> object:
    """Speak while it tells a story; return how that ended."""
    outcomes: list[object] = []
    asking = Thread(target=lambda: outcomes.append(ask(terminal)))
    asking.start()
    while terminal.control("status")["activity"] != "speaking":
        Event().wait(0.05)
    Event().wait(2.5)
    audio.say(order, RATE).wait(20)
    asking.join(60)
    until = perf_counter() + 60
    while terminal.control("status")["activity"] != "listening" and perf_counter() < until:
        Event().wait(0.1)
    Event().wait(0.5)
    return outcomes[0] if outcomes else "unfinished"


def timed(tape: Path, orders: list[Samples], outcomes: list[object]) -> list[str]:
    """Return for each order how long after its onset the speaker fell silent, in ms."""
    near, far = soundfile.read(tape, dtype="int16")[0].T
    at, delays = 0, []
    for order, outcome in zip(orders, outcomes, strict=True):
        place, share = found_in(order, near[at:])
        onset = at + place + int(np.argmax(np.abs(order.astype(int)) > LOUD))
        silent = falls_silent(far, onset, len(far), SILENCE_MS)
        known = outcome == "interrupted" and silent is not None
        delays.append(f"{(silent - onset) * 1000 / RATE:.0f}" if known and silent else "never")
        print(f"order at {onset / RATE:.2f} s, {share:.2f} of it there", file=sys.stderr)
        at = onset + len(order)
    return delays


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
