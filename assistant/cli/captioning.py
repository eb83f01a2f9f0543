"""Behind `captions`: ears alone, and what they understand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from assistant.app import fetch_models, open_device, open_ears
from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import open as open_card
from assistant.cli.bars import bars
from assistant.cli.live import log_to, until_ended
from assistant.cli.sieve import sift
from assistant.config import Config
from assistant.core.events import (
    Event,
    Heard,
    ListeningFailed,
    SilenceReached,
    SpeechStarted,
    TurnFilled,
)
from assistant.languages.pack import load as load_pack
from assistant.listening.ear import Ear, EarSettings
from assistant.listening.segmenter import SegmenterSettings
from assistant.ports import RATE, Device
from assistant.showing.screen import Screen
from assistant.sound.clips import Clip, load_all
from assistant.views import Activity, Caption, Status

PAUSE_MS = 500
"""Silence after which a caption is finished."""
LONGEST_MS = 30_000
"""Where nobody pauses, a caption ends after so long."""
AFTER_S = 2.0
"""Silence behind each recording: its last caption is over, and its words have time to come."""

Tell = Callable[[Caption, float], None]
"""Shows a caption, which began so many seconds after the start."""


def captions(config: Config, clips: Sequence[Path], *, as_json: bool) -> None:
    """Show captions until the sound is over, or Ctrl-C; then end the process."""
    sift()
    until_ended(lambda _: _captions(config, clips, as_json=as_json))


async def _captions(config: Config, paths: Sequence[Path], *, as_json: bool) -> None:
    console = Console(highlight=False)
    log_to(config.log.level)
    clips = await asyncio.to_thread(load_all, paths)
    with bars() as progress:
        await fetch_models(config, progress, ("vad", "stt"))
    async with (
        open_ears(config) as backends,
        _device(config, clips) as device,
    ):
        with Screen(console) as screen:
            captioner = _Captioner(_as_json(screen) if as_json else _as_text(screen))
            captioner.ear = Ear(
                device, backends, load_pack(config.language), captioner.take, _settings()
            )
            await captioner.ear.run()


def _settings() -> EarSettings:
    silences = (SegmenterSettings().silence_ms[0], PAUSE_MS)
    return EarSettings(SegmenterSettings(silence_ms=silences, longest_ms=LONGEST_MS))


@asynccontextmanager
async def _device(config: Config, clips: Sequence[Clip]) -> AsyncIterator[Device]:
    """Open the microphone, or one that hears recordings."""
    if not clips:
        async with open_device(config) as device:
            yield device
        return
    async with open_card(CardConfig()) as card:
        for number, clip in enumerate(clips):
            card.play(clip.samples, after=AFTER_S if number else 0.0)
        card.end(after=AFTER_S)
        yield card


def _as_text(screen: Screen) -> Tell:
    """Show finished captions as lines, and the one that is being spoken below them."""

    def tell(caption: Caption, _: float) -> None:
        if not caption.final:
            screen(Status(Activity.HEARING))
            screen(caption)
            return
        if caption.text:
            screen.show(Text(caption.text))
        screen(Status(Activity.LISTENING))

    screen(Status(Activity.LISTENING))
    return tell


def _as_json(screen: Screen) -> Tell:
    """Write a line at each change."""

    def tell(caption: Caption, began: float) -> None:
        line = {
            "caption": caption.turn,
            "start": round(began, 2),
            "text": caption.text,
            "stable": caption.stable,
            "final": caption.final,
        }
        screen.show(Text(json.dumps(line, ensure_ascii=False)))

    return tell


class _Captioner:
    """Opens a turn at each onset and closes it when its last word has come."""

    ear: Ear

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._turn = self._take = 0
        self._began: dict[int, float] = {}
        """When the turns began that are open, in seconds."""
        self._resumed = False

    def take(self, event: Event) -> None:
        """Take an event of the ear."""
        match event:
            case SpeechStarted() if self._turn in self._began:
                self._resumed = True
            case SpeechStarted(at):
                self._open(at / RATE)
            case SilenceReached(ms=ms) if ms >= PAUSE_MS:
                self._finalize()
            case TurnFilled():  # nobody pauses for so long: the words go on in another one
                self._finalize()
                self._open(self._began[self._turn] + LONGEST_MS / 1000)
            case Heard(turn=turn) if turn in self._began:
                self._heard(event)
            case ListeningFailed(turn=turn) if turn in self._began:
                self._close(turn, "")
            case _:
                pass

    def _open(self, began: float) -> None:
        self._turn += 1
        self._began[self._turn], self._resumed = began, False
        self.ear.listen(self._turn)

    def _finalize(self) -> None:
        self._resumed = False
        self._take += 1
        self.ear.finalize(self._turn, self._take)

    def _heard(self, event: Heard) -> None:
        goes_on = event.turn == self._turn and (self._resumed or event.take != self._take)
        if event.final and not goes_on:
            self._close(event.turn, event.text.strip())
        else:
            caption = Caption(event.turn, "user", event.caption, event.stable)
            self._tell(caption, self._began[event.turn])

    def _close(self, turn: int, text: str) -> None:
        self.ear.forget(turn)
        self._tell(Caption(turn, "user", text, len(text), final=True), self._began.pop(turn))
