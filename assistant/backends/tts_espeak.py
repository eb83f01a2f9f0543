"""espeak-ng: a small robotic voice in a hundred languages, from the distribution's package.

It is the second mouth: it speaks where no better voice is to be had, and takes over when the
first one fails. Each text is one short-lived process, so nothing of it stays in memory.
"""

import asyncio
import shutil
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass
from typing import Any

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
_FILE = 4
"""The column of its list of voices that names their files."""
_OTHERS = ("mb/", "!v/")
"""Files of voices that need other programs, or that only change another voice."""
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
    espeak = Espeak(program, config)
    await espeak.check()
    await espeak.look()
    yield espeak


@dataclass(slots=True)
class _Manner:
    """How it speaks: one voice, at a pace that may change."""

    config: Config
    factor: float = 1.0

    @property
    def voice(self) -> str:
        of = self.config.language
        return self.config.voice or {"en": "en-us"}.get(of, of.lower())

    @property
    def options(self) -> tuple[str, ...]:
        speed = round(_WORDS_PER_MINUTE * self.config.speed * self.factor)
        return ("-v", self.voice, "-b", "1", "-s", str(speed), "-p", str(self.config.pitch))


class Espeak:
    """A `Synthesizer` that yields one piece a text; it tells nothing of where words are."""

    def __init__(self, program: str, config: Config) -> None:
        self._program, self._manner = program, _Manner(config)
        self._voices: frozenset[str] = frozenset()

    @property
    def info(self) -> VoiceInfo:
        """Name and limits."""
        manner = self._manner
        return VoiceInfo(f"espeak-ng {manner.voice}", manner.config.language, _RATE)

    @property
    def voice(self) -> str:
        """The voice, by its name on the command line."""
        return self._manner.voice

    @property
    def voices(self) -> tuple[str, ...]:
        """Those of its language that need nothing beside espeak-ng, and its own."""
        return tuple(sorted(self._voices | {self.voice}))

    def held(self) -> Synthesizer:
        """Return one that keeps this voice, and follows its pace."""
        return copy(self)

    async def become(self, settings: Any) -> None:
        """Speak with another voice from the next answer on, if it is one."""
        other = Espeak(self._program, settings)
        other.pace(self._manner.factor)
        await other.check()
        self._manner = other._manner

    def pace(self, factor: float) -> None:
        """Speak so many times as fast as configured, from the next text on."""
        self._manner.factor = factor

    async def look(self) -> None:
        """Find out which voices there are; a list that cannot be read is an empty one."""
        language = self._manner.config.language.lower().partition("-")[0]
        listed = await self._run(f"--voices={language}")
        rows = [row.split() for row in listed.decode(errors="replace").splitlines()[1:]]
        self._voices = frozenset(
            row[1]
            for row in rows
            if len(row) > _FILE and not row[_FILE].startswith(_OTHERS) and row[1] != "variant"
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
        return await self._run("--stdin", "--stdout", *self._manner.options, text=text)

    async def _run(self, *options: str, text: str = "") -> bytes:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                self._program, *options, stdin=pipe, stdout=pipe, stderr=pipe
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
                _ROBOT, f"it has no voice {self.voice!r}; `espeak-ng --voices` lists them"
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
