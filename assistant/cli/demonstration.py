"""The assistant shows itself: questions by its second mouth, through the whole daemon."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soxr
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import open as open_card
from assistant.bench.converse import Exchange, converse
from assistant.cli.live import alongside, session_on, state_dir
from assistant.config import Config
from assistant.ports import RATE, Samples, Seen, TurnReport
from assistant.recorder.waterfall import Waterfall
from assistant.session import Shared
from assistant.showing.screen import Screen
from assistant.sound.clips import Clip

QUESTIONS = (
    "Hello, what is your name?",
    "What is the capital of Japan?",
    "What language do people speak in Brazil?",
)
"""Whisper tiny.en and base understand these in espeak's voice, whatever the noise; few others."""
HOW_TO_STOP = "Ctrl-C ends it."
HOW_TO_TALK = (
    "To talk with it, attach a microphone and a speaker and start it again; in a container, pass "
    "it the socket of the sound server. `assistant devices` lists what there is, `assistant "
    "doctor` says what is missing, and `assistant chat` needs no sound at all."
)
FILE = "demonstration.wav"
_LABEL = 11


async def demonstrate(
    config: Config,
    shared: Shared,
    console: Console,
    missing: str,
    *,
    record: Path | None = None,
    flight: Path | None = None,
) -> None:
    """Ask it a few questions aloud and show what it heard, what it answered and how fast.

    `missing`: why nobody can talk with it, if that is so.
    """
    turns = config.turns.model_copy(update={"mode": "always"})
    config = config.model_copy(update={"turns": turns})  # nobody is there to call it
    place = record or _place()
    questions = [await _spoken(shared, text) for text in QUESTIONS]
    async with (
        open_card(CardConfig()) as card,
        session_on(card, shared, config, record=place, flight=flight) as session,
    ):
        with Screen(console) as screen:
            screen.show(_introduction(missing))
            mouth = (shared.fallback or shared.voice).info.name
            state = replace(session.state, microphone=f"the second voice, {mouth}")
            screen.welcome(replace(state, speaker=str(place)), HOW_TO_STOP)
            unwatch = session.watch(lambda seen: _live(seen, screen))

            async def show() -> None:
                async for exchange in converse(session, card, _asked(questions, screen)):
                    screen.show(_shown(exchange))

            await alongside(session, show())
            unwatch()
            screen.show(_end(place, talk=bool(missing)))


def _introduction(missing: str) -> RenderableType:
    page = Table.grid()
    if missing:
        page.add_row(Text(f"{missing[:1].upper()}{missing[1:]}.", "yellow"))
    shows = "So the assistant" if missing else "The assistant"
    page.add_row(f"{shows} shows itself: a second voice asks it {len(QUESTIONS)} questions.")
    return Padding(page, (1, 1, 0, 1), expand=False)


def _live(seen: Seen, screen: Screen) -> None:
    """Show the living state; a turn that is over is shown with its question."""
    if not isinstance(seen, TurnReport):
        screen(seen)


def _asked(questions: Sequence[Clip], screen: Screen) -> Iterator[Clip]:
    for question in questions:
        table = _grid()
        table.add_row("asked", Text(str(question.path)))
        screen.show(Padding(table, (0, 1), expand=False))
        yield question


def _shown(exchange: Exchange) -> RenderableType:
    page = Table.grid()
    table = _grid()
    for turn in exchange.turns:
        table.add_row("heard", Text(turn.heard, "green"))
        if turn.outcome != "nothing":
            table.add_row("answered", Text(turn.said or turn.failure, "cyan"))
    if not exchange.turns:
        table.add_row("heard", Text("nothing", "yellow"))
    page.add_row(table)
    for turn in exchange.turns:
        if turn.spans:
            page.add_row("")
            page.add_row(Waterfall(turn.spans))
    page.add_row("")
    return Padding(page, (0, 1), expand=False)


def _end(place: Path, *, talk: bool) -> RenderableType:
    page = Table.grid()
    told = "The recording, left what it heard, right what it said: "
    page.add_row(Text.assemble(told, (str(place), "bold")))
    if talk:
        page.add_row("")
        page.add_row(HOW_TO_TALK)
    return Padding(page, (0, 1), expand=False)


def _grid() -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=_LABEL, style="dim")
    table.add_column(overflow="fold")
    return table


def _place() -> Path:
    """Return where the recording goes; elsewhere, if nothing can be written at home."""
    folder = state_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="assistant-")) / FILE
    if not os.access(folder, os.W_OK):
        return Path(tempfile.mkdtemp(prefix="assistant-")) / FILE
    return folder / FILE


async def _spoken(shared: Shared, text: str) -> Clip:
    """Say a question with the second mouth; with the first when there is none."""
    mouth = shared.fallback or shared.voice
    pieces: list[Samples] = []
    rate = RATE
    async for spoken in mouth.synthesize(text):
        pieces.append(spoken.audio.samples)
        rate = spoken.audio.rate
    samples = np.concatenate(pieces).astype(np.float32)
    heard = soxr.resample(samples, rate, RATE) if rate != RATE else samples
    return Clip(Path(text), np.clip(heard, -32768, 32767).astype(np.int16))
