"""The voice of a session that only writes: nothing is spoken with it, and it needs no model."""

from collections.abc import AsyncIterator

from assistant.errors import BackendUnavailable
from assistant.ports import RATE, Spoken, VoiceInfo


class UnusedVoice:
    """A `Synthesizer` that cannot speak."""

    def __init__(self, language: str) -> None:
        self.info = VoiceInfo("none", language, RATE)

    async def synthesize(self, text: str) -> AsyncIterator[Spoken]:  # noqa: ARG002 - as the port has it
        """Raise `BackendUnavailable`."""
        raise BackendUnavailable("tts", "no voice was loaded: this conversation is in writing")
        yield
