"""Behind `say`: the running assistant speaks, or a voice that is loaded for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from assistant.app import fetch_models, open_device, open_stage, together
from assistant.cli.bars import bars
from assistant.cli.live import check_writable, log_to, until_ended
from assistant.config import Config
from assistant.control.client import call, default_path, running
from assistant.errors import AssistantError, BackendUnavailable, MediaError
from assistant.ports import Device, Synthesizer
from assistant.speaking.plain import Plain
from assistant.speaking.sentences import sentences
from assistant.speaking.voice import Utterance

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

PATIENCE_S = 130.0
"""For the running assistant: a little more than it gives itself."""
SUFFIXES = (".wav", ".flac", ".ogg")
"""Of the files that it writes."""


def say(config: Config, text: str, out: Path | None) -> None:
    """Speak a text, or write its sound to a file, then end the process."""
    if not text.strip():
        raise AssistantError("there is nothing to say; give a text")
    log_to(config.log.level)
    place = config.control.socket or Path(default_path())
    if out is not None:
        check_writable(out)
        if out.suffix.lower() not in SUFFIXES:
            raise MediaError(str(out), f"should end in one of {' '.join(SUFFIXES)}")
    elif running(place) is not None:
        answer = call(place, {"do": "say", "text": text}, PATIENCE_S)
        if answer["failure"]:
            raise AssistantError(str(answer["failure"]))
        return
    until_ended(lambda _: _say(config, text, out))


async def _say(config: Config, text: str, out: Path | None) -> None:
    with bars() as progress:
        await fetch_models(config, progress, ("tts",))
    if out is not None:
        async with open_stage(config, "tts") as voice:
            await _write(voice, config.language, text, out)
        return
    opening: dict[str, AbstractAsyncContextManager[Any]] = {
        "voice": open_stage(config, "tts"),
        "device": _device(config),
    }
    async with together(opening) as opened:
        released = asyncio.Event()
        released.set()
        utterance = Utterance(opened["device"], opened["voice"], config.language)
        await utterance.run(sentences(_piece(text)), released, lambda _: None)


@asynccontextmanager
async def _device(config: Config) -> AsyncIterator[Device]:
    try:
        async with open_device(config) as device:
            yield device
    except BackendUnavailable as wrong:
        raise BackendUnavailable(
            wrong.backend, f"{str(wrong).removeprefix(f'{wrong.backend}: ')}; or give --out F.wav"
        ) from wrong


async def _write(voice: Synthesizer, language: str, text: str, out: Path) -> None:
    plain, pieces, rate = Plain(language), [np.zeros(0, np.int16)], voice.info.rate
    async for chunk in sentences(_piece(text)):
        spoken = plain.feed(chunk).spoken
        if spoken:
            async for sound in voice.synthesize(spoken):
                pieces.append(sound.audio.samples)
                rate = sound.audio.rate
    try:
        await asyncio.to_thread(soundfile.write, str(out), np.concatenate(pieces), rate)
    except (OSError, soundfile.LibsndfileError, TypeError) as wrong:
        raise MediaError(str(out), f"cannot be written: {wrong}") from wrong


async def _piece(text: str) -> AsyncIterator[str]:
    yield text
