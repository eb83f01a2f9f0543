"""How soon `status` is answered, whatever the daemon is doing."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from time import perf_counter

import numpy as np
import pytest

from assistant.control.client import NotRunning
from assistant.ports import RATE
from assistant.testing.http_mind import HttpMind, Mode
from tests.real import virtual_audio
from tests.real.daemon import (
    EARS,
    PATIENCE,
    Terminal,
    assistant,
    environment,
    have_models,
    in_terminal,
    model_server,
    piper,
)

pytestmark = [pytest.mark.real, pytest.mark.slow]

SOON_MS = 50
STATES = ("starting", "listening", "hearing", "thinking", "speaking", "deaf", "muted")
ENOUGH = 60
"""Answers in each state."""
QUESTION = "How many legs does a spider have, and how many does a beetle have?"
STORY = "This is a story about a dog and a cat, and it goes on for a long time. " * 4


class Asking:
    """Asks all the time, from the first moment on, and sorts the answers by what they say."""

    def __init__(self, terminal: Terminal) -> None:
        self.took: dict[str, list[float]] = defaultdict(list)
        self._terminal = terminal
        self._over = Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    @contextmanager
    def meanwhile(self) -> Iterator["Asking"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join(PATIENCE)

    def enough(self, state: str) -> None:
        """Wait until there are enough answers in this state."""
        began = perf_counter()
        while len(self.took[state]) < ENOUGH:
            if perf_counter() - began > PATIENCE:
                counts = {name: len(took) for name, took in self.took.items()}
                pytest.fail(f"never long enough {state}: {counts}\n{self._terminal.shown}")
            Event().wait(0.02)

    def _ask(self) -> None:
        while not self._over.wait(0.01):
            asked = perf_counter()
            with suppress(NotRunning):
                status = self._terminal.control("status")
                state = "muted" if status["muted"] else str(status["activity"])
                self.took[state].append(perf_counter() - asked)


def test_it_is_answered_soon_in_every_state(tmp_path: Path) -> None:
    have_models()
    question = piper(QUESTION)
    peer = HttpMind(mode=Mode.SILENT)
    with (
        virtual_audio.virtual_audio(tmp_path / "audio") as audio,
        model_server(peer) as mind,
        in_terminal(
            *("run", *EARS, *mind), env=environment(tmp_path, **audio.client), columns=100
        ) as terminal,
        Asking(terminal).meanwhile() as asking,
    ):
        terminal.until("listening")
        asking.enough("listening")
        for state, do, text in (("thinking", "ask", QUESTION), ("speaking", "say", STORY)):
            busy = threading.Thread(target=lambda: terminal.control(do, text=text))  # noqa: B023
            busy.start()
            asking.enough(state)
            terminal.control("stop")
            busy.join(PATIENCE)
        saying = audio.say(question, RATE)
        asking.enough("hearing")
        terminal.control("stop")
        saying.wait(30)
        assert assistant("mute", env=terminal.env).returncode == 0
        asking.enough("muted")
        assert assistant("unmute", env=terminal.env).returncode == 0
        audio.stop()
        asking.enough("deaf")
    slow = {}
    for state in STATES:
        took = asking.took[state]
        usual, most = np.percentile(took, (50, 95)) * 1000  # the latter is as the machine is
        print(f"{state}: n {len(took)}, median {usual:.1f} ms, p95 {most:.1f} ms")  # noqa: T201
        if len(took) < ENOUGH or usual > SOON_MS:
            slow[state] = round(usual)
    assert not slow, slow
