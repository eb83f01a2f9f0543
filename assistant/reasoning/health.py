"""How well a mind is: when it is asked again after a failure."""

import asyncio
from dataclasses import dataclass

from assistant.errors import BackendBusy, BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import LanguageModel, Probed

FIRST_REST, LONGEST_REST = 5.0, 300.0
"""Seconds until a mind that failed is asked again; doubled with each failure."""
PROBE_S = 5.0
"""How long it may take to say that it is well."""


@dataclass
class Health:
    """Whether a mind may be asked: `until` (loop's time) it is left alone."""

    until: float | None = None
    failures: int = 0
    """In a row; only an answer ends it, not a probe: some servers list models and answer none."""

    @property
    def well(self) -> bool:
        """It may be asked."""
        return self.until is None

    def answered(self) -> None:
        """It gave an answer."""
        self.until, self.failures = None, 0

    def failed(self, error: BackendError, at: float) -> None:
        """Leave it alone for a while, unless it was the request that was wrong."""
        if isinstance(error, BackendBusy):
            self.until = at + error.after
        elif error.retryable or isinstance(error, BackendUnavailable | BackendTimeout):
            rest = min(FIRST_REST * 2**self.failures, LONGEST_REST)
            self.failures += 1
            self.until = at + rest

    async def probe(self, mind: LanguageModel) -> None:
        """See whether it is well again; one that cannot be asked is tried with the next answer."""
        try:
            if isinstance(mind, Probed):
                async with asyncio.timeout(PROBE_S):
                    await mind.probe()
        except TimeoutError:
            late = BackendTimeout("llm", f"{mind.info.name} did not answer a probe; wait")
            self.failed(late, asyncio.get_running_loop().time())
        except BackendError as error:
            self.failed(error, asyncio.get_running_loop().time())
            if self.well or not (
                error.retryable or isinstance(error, BackendUnavailable | BackendTimeout)
            ):  # something else listens there
                self.until = asyncio.get_running_loop().time() + LONGEST_REST
        else:
            self.until = None
