"""The assistant shows itself: questions by its second mouth, through the whole daemon."""

import asyncio
from pathlib import Path

import numpy as np
import soxr
from rich.console import Console
from rich.text import Text

from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import open as open_card
from assistant.bench.converse import Exchange, converse
from assistant.cli.live import alongside, session_on, state_dir
from assistant.config import Config
from assistant.ports import RATE, Samples
from assistant.recorder.waterfall import Waterfall
from assistant.session import Shared
from assistant.sound.clips import Clip

QUESTIONS = (
    "Hello there. What can you do?",
    "What is the capital of France?",
    "Why is the sky blue?",
)
HOW_TO = (
    "To talk with it: attach a microphone (in a container, pass the sound server's socket in; "
    "on a server, `assistant ask` and `assistant chat` need none), see `assistant devices` "
    "and `assistant doctor`, then run it again."
)


async def demonstrate(
    config: Config,
    shared: Shared,
    console: Console,
    record: Path | None,
    missing: str,
    stop: asyncio.Event,
) -> None:
    """Ask it a few questions aloud and show what it heard, what it answered and how fast."""
    if missing:
        console.print(Text(f"There is no microphone here: {missing}", "yellow"))
    console.print("So the assistant shows itself: three spoken questions, in real time.\n")
    place = record or _place()
    questions = [await _spoken(shared, text) for text in QUESTIONS]
    async with (
        open_card(CardConfig()) as card,
        session_on(card, shared, config, record=place) as session,
    ):

        async def show() -> None:
            async for exchange in converse(session, card, questions):
                _show(exchange, console)

        await alongside(session, stop, show())
    console.print(f"The recording, what it heard left and what it said right: {place}")
    if missing:
        console.print(HOW_TO)


def _show(exchange: Exchange, console: Console) -> None:
    console.print(Text.assemble(("asked     ", "dim"), str(exchange.clip.path)))
    for turn in exchange.turns:
        console.print(Text.assemble(("heard     ", "dim"), (turn.heard, "green")))
        console.print(Text.assemble(("answered  ", "dim"), (turn.said or turn.failure, "cyan")))
        console.print(Waterfall(turn.spans))
    console.print()


def _place() -> Path:
    folder = state_dir()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "demonstration.wav"


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
