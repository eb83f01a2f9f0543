"""espeak-ng: a small robotic voice in a hundred languages, from the distribution's package.

It is the second mouth: it speaks where no better voice is to be had, and takes over when the
first one fails. Each text is one short-lived process, so nothing of it stays in memory.
"""

import asyncio
import shutil
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import Audio, Spoken, Synthesizer, VoiceInfo
from assistant.shaping import Shaping, pause_after

_PROGRAM = "espeak-ng"
_RATE = 22_050
"""Samples per second of all its voices; the header of each answer is believed, though."""
_WORDS_PER_MINUTE = 175
"""Its own pace, which `speed` multiplies."""
_DEADLINE = 5.0
"""Seconds for one text; a sentence takes about 20 ms."""
_ROBOT = "espeak-ng"
_LEVEL = 10 ** (-20 / 20)
"""RMS of full scale that its speech is brought to; it comes at about -17 dBFS."""
_PHONEMES = "[["
"""Begins phonemes instead of text."""


class Config(BaseModel):
    """Settings of the voice."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field(default="en", description="the language, filled in from the assistant's")
    voice: str = Field(
        default="", description="an espeak-ng voice such as en-us+f3; empty: the language's own"
    )
    speed: float = Field(
        default=1.0, ge=0.5, le=2.5, description="how fast it speaks; 1 is its own pace"
    )
    pitch: int = Field(default=50, ge=0, le=99, description="how high it speaks")


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Synthesizer]:
    """Find the program and try the voice; raises `BackendUnavailable` or `BackendError`."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise BackendUnavailable(
            _ROBOT, "the program is not installed; `sudo apt install espeak-ng` does that"
        )
    voice = config.voice or {"en": "en-us"}.get(config.language, config.language.lower())
    espeak = Espeak(program, voice, config)
    await espeak.check()
    yield espeak


class Espeak:
    """A `Synthesizer` that yields one piece a text; it tells nothing of where words are."""

    def __init__(self, program: str, voice: str, config: Config) -> None:
        self._voice = voice
        self._info = VoiceInfo(f"espeak-ng {voice}", config.language, _RATE)
        self._program, self._config = program, config
        self.pace(1.0)

    @property
    def info(self) -> VoiceInfo:
        """Name and limits."""
        return self._info

    def pace(self, factor: float) -> None:
        """Speak so many times as fast as configured, from the next text on."""
        speed = round(_WORDS_PER_MINUTE * self._config.speed * factor)
        self._command = (
            *(self._program, "--stdin", "--stdout", "-v", self._voice, "-b", "1"),
            *("-s", str(speed), "-p", str(self._config.pitch)),
        )

    async def check(self) -> None:
        """Raise `BackendError` if it cannot speak with this voice."""
        await self._speak("1")

    async def synthesize(self, text: str) -> AsyncGenerator[Spoken, None]:
        """Yield sound; closing or cancelling this kills the process."""
        if any(character.isalnum() for character in text):
            yield _spoken(text, await self._speak(text.replace(_PHONEMES, "")))

    async def _speak(self, text: str) -> bytes:
        """Return a WAV file. The text goes through a pipe: arguments are for all to see."""
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=pipe
            )
        except OSError as error:
            raise BackendUnavailable(
                _ROBOT, f"the program cannot be run ({error.strerror}); reinstall espeak-ng"
            ) from error
        try:
            async with asyncio.timeout(_DEADLINE):
                sound, complaint = await process.communicate(text.encode())
        except TimeoutError as error:
            raise BackendTimeout(
                _ROBOT, f"no sound within {_DEADLINE:g} s; is the machine busy?", retryable=True
            ) from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()  # a killed process ends at once
        if process.returncode != 0 or not sound:
            self._explain(complaint)
        return sound

    def _explain(self, complaint: bytes) -> None:
        if b"voice" in complaint:
            raise BackendError(
                _ROBOT, f"it has no voice {self._voice!r}; `espeak-ng --voices` lists them"
            )
        raise BackendError(_ROBOT, "it gave no sound; try `espeak-ng hello`", retryable=True)


def _spoken(text: str, wav: bytes) -> Spoken:
    rate, samples = _decoded(wav)
    sound = samples.astype(np.float32) / 32768.0
    loud = sound[np.abs(sound) > 0.01]  # noqa: PLR2004 - -40 dBFS: speech, not its gaps
    if len(loud):
        sound *= _LEVEL / float(np.sqrt(np.mean(np.square(loud))))
    return Spoken(Audio(Shaping(rate, pause_after(text)).feed(sound, last=True), rate))


def _decoded(wav: bytes) -> tuple[int, "np.ndarray[tuple[int], np.dtype[np.int16]]"]:
    """Return rate and samples of a WAV that was written to a pipe: its lengths are not true."""
    at = 12  # RIFF, a length, WAVE
    rate = 0
    while wav[:4] == b"RIFF" and at + 8 <= len(wav):
        name, length = struct.unpack_from("<4sI", wav, at)
        at += 8
        if name == b"fmt ":
            _, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", wav, at)
            if (channels, bits) != (1, 16):
                break
        elif name == b"data" and rate:
            content = wav[at : at + length]
            return rate, np.frombuffer(content[: len(content) // 2 * 2], "<i2").astype(np.int16)
        at += length
    raise BackendError(_ROBOT, "it gave something that is no sound; reinstall espeak-ng")
