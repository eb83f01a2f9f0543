"""Behind `captions`: ears alone, and what they understand."""

from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from assistant.app import fetch_models, open_device, open_ears, settings
from assistant.backends.device_file import Config as CardConfig
from assistant.backends.device_file import open as open_card
from assistant.cli.bars import bars
from assistant.cli.live import log_to, until_ended
from assistant.config import Config
from assistant.core.events import Event, Heard, ListeningFailed, SilenceReached, SpeechStarted
from assistant.languages.pack import load
from assistant.listening.ear import Ear
from assistant.showing.screen import Screen
from assistant.views import Activity, Caption, Card, Status

PAUSE_MS = 500
"""Silence after which a caption is finished."""


def captions(config: Config, clips: list[Path]) -> None:
    """Show captions until the sound is over, or Ctrl-C; then end the process."""
    until_ended(lambda _: _captions(config, clips))


async def _captions(config: Config, clips: list[Path]) -> None:
    console = Console()
    log_to(config.log.level)
    with bars() as progress:
        await fetch_models(config, progress, ("vad", "stt"))
    async with AsyncExitStack() as stack:
        backends = await stack.enter_async_context(open_ears(config))
        device = await stack.enter_async_context(
            open_card(CardConfig(clips=clips)) if clips else open_device(config)
        )
        screen = stack.enter_context(Screen(console))
        captioner = _Captioner(screen)
        ear = Ear(device, backends, load(config.language), captioner.take, settings(config).ear)
        captioner.ear = ear
        await ear.run()


class _Captioner:
    """Opens a turn at each onset and closes it when its last word has come."""

    ear: Ear

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._turn = 0
        self._open = False
        self._last = ""

    def take(self, event: Event) -> None:
        """Take an event of the ear."""
        match event:
            case SpeechStarted() if not self._open:
                self._turn += 1
                self._open = True
                self.ear.listen(self._turn)
                self._screen(Status(Activity.HEARING))
            case SilenceReached(turn, ms) if ms >= PAUSE_MS:
                self.ear.finalize(turn, 1)
            case Heard(turn=turn, text=text) if event.final:
                self.ear.forget(turn)
                self._open = False
                if text.strip():
                    self._screen(Card(text.strip()))
                self._screen(Status(Activity.LISTENING))
            case Heard(turn=turn, text=text, stable=stable):
                self._screen(Caption(turn, "user", text, stable))
            case ListeningFailed(turn=turn):
                self.ear.forget(turn)
                self._open = False
            case _:
                pass
