"""A voice that plays a script: exact in virtual time, words of equal length."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.errors import AssistantError
from assistant.ports import RATE, Audio, Spoken, Synthesizer, VoiceInfo
from assistant.testing.device import silence, voice

_GAP = 0.05
"""Seconds of quiet at the end of each word."""


@dataclass(frozen=True, slots=True)
class Call:
    """A text that was to be spoken, and when that began, in seconds of the loop's clock."""

    at: float
    text: str


class ScriptedSynthesizer:
    """A `Synthesizer` that needs `delay` seconds a call and speaks `word` seconds a word.

    `fails` holds errors by the number of the call, from 0; they are raised after `delay`, or,
    with `late`, after the sound of the first word. `marks=False` tells nothing of words.
    `split` yields each word's sound alone. `closed` counts iterators that were closed early.
    """

    def __init__(  # noqa: PLR0913 - a script has many parts, all with a default
        self,
        *,
        delay: float = 0.04,
        word: float = 0.3,
        fails: Mapping[int, AssistantError] | None = None,
        late: bool = False,
        marks: bool = True,
        split: bool = False,
        name: str = "scripted voice",
    ) -> None:
        self.calls: list[Call] = []
        self.closed = 0
        self._info = VoiceInfo(name, "en", RATE)
        self._delay, self._word = delay, word
        self._fails = dict(fails or {})
        self._late, self._marks, self._split = late, marks, split

    @property
    def info(self) -> VoiceInfo:
        """Name and limits."""
        return self._info

    @property
    def texts(self) -> list[str]:
        """All that was to be spoken."""
        return [call.text for call in self.calls]

    async def synthesize(self, text: str) -> AsyncGenerator[Spoken, None]:
        """Yield a buzz for each word."""
        number = len(self.calls)
        self.calls.append(Call(asyncio.get_running_loop().time(), text))
        error = self._fails.get(number)
        whole = False
        try:
            await asyncio.sleep(self._delay)
            if error is not None and not self._late:
                raise error
            starts = [match.start() for match in re.finditer(r"\S+", text)]
            if self._split or error is not None:
                for start in starts:
                    yield self._spoken([start])
                    if error is not None:
                        raise error
            else:
                yield self._spoken(starts)
            whole = True
        finally:
            if not whole:
                self.closed += 1

    def _spoken(self, starts: list[int]) -> Spoken:
        sound = np.concatenate([voice(self._word - _GAP), silence(_GAP)])
        marks = tuple((start, n * self._word) for n, start in enumerate(starts))
        return Spoken(Audio(np.tile(sound, len(starts)), RATE), marks if self._marks else ())


class ScriptedVoices(ScriptedSynthesizer):
    """The same with other voices, `voices`; what each has spoken is in `spoke`."""

    def __init__(self, *voices: str, delay: float = 0.04, word: float = 0.3) -> None:
        super().__init__(delay=delay, word=word)
        self.voice, self.voices = voices[0], voices
        self.spoke: list[tuple[str, str]] = []

    def held(self) -> Synthesizer:
        """Return one that keeps this voice."""
        return copy(self)

    async def become(self, settings: Any) -> None:
        """Speak with the voice that the settings name, if it is one of its own."""
        if settings.voice not in self.voices:
            raise AssistantError(f"there is no voice {settings.voice!r}")
        self.voice = settings.voice

    async def synthesize(self, text: str) -> AsyncGenerator[Spoken, None]:
        """Note with which voice it is spoken."""
        self.spoke.append((self.voice, text))
        async with aclosing(super().synthesize(text)) as pieces:
            async for piece in pieces:
                yield piece
