"""Ears of a session that is only written to: they are never asked, and need no model."""

from assistant.listening.ear import EarBackends
from assistant.listening.streaming import as_transcriber
from assistant.ports import RATE, UNTOLD, Samples, Tongue, Transcript


class _Nothing:
    """A `Recogniser` and a `VoiceDetector` of what is silence anyway."""

    name = "none"
    window = RATE // 50

    async def recognise(
        self,
        samples: Samples,  # noqa: ARG002 - as the port has it
        *,
        stream: int,  # noqa: ARG002
        final: bool,  # noqa: ARG002
        tongue: Tongue = UNTOLD,
    ) -> Transcript:
        """Understand nothing."""
        return Transcript("", tongue=tongue)

    def probability(self, samples: Samples) -> float:  # noqa: ARG002 - as the port has it
        """Say that nobody speaks."""
        return 0.0

    def reset(self) -> None:
        """Forget nothing."""


def unused_ears() -> EarBackends:
    """Return ears that hear nobody."""
    return EarBackends(transcriber=as_transcriber(_Nothing()), detector=_Nothing)
