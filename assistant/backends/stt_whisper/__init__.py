"""Whisper on CTranslate2, through faster-whisper: ears for 99 languages, on a CPU or a GPU.

`names` says how models are called, `choice` finds the model and the device, `decoder` turns one
window of sound into timed segments, `guard` says what of them to believe, `recogniser` puts it
together. The decoding options were chosen by measurement: `docs/listening.md`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Literal

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, Field

from assistant.backends.stt_whisper.names import catalogue_name, is_english, smallest
from assistant.cores import SENSES
from assistant.cores import threads as threads_on
from assistant.models import store
from assistant.ports import Recogniser
from assistant.worker import Worker

if TYPE_CHECKING:
    from assistant.backends.stt_whisper.choice import Means, Wish
    from assistant.backends.stt_whisper.decoder import Decoder
    from assistant.backends.stt_whisper.recogniser import Whisper

_FREEING_S = 2.0
"""How long the end may take: a decode that has begun runs to its end."""
_MOST_THREADS = 4
"""More threads than this make a short decode no quicker. On two cores, two are slower than one
(tiny.en 65 against 60 ms, base 153 against 128): they wait for each other and for the voice."""


class Config(BaseModel):
    """Settings of the ears."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(
        default="auto",
        min_length=1,
        description="tiny.en, base, small, large-v3-turbo, …, hf:owner/repository, a directory; "
        "auto: the best that is quick enough here",
    )
    language: str = Field(default="en", description="the language that is spoken: en, de, fr, …")
    other_languages: tuple[str, ...] = Field(
        default=(), description="others that may be spoken, too, filled in from the assistant's"
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="where it runs; auto: a GPU if it passes a test at the start"
    )
    compute_type: str = Field(
        default="auto",
        description="precision: int8, float16, float32, …; auto: the device's quickest",
    )
    threads: int = Field(
        default=0, ge=0, le=64, description="CPU threads; 0: half of the cores, four at most"
    )
    beam: int = Field(
        default=1,
        ge=1,
        le=5,
        description="alternatives that are followed; 2 hears better, 15 % slower",
    )
    pad_s: float = Field(
        default=6.0,
        ge=1.0,
        le=30.0,
        description="silence added after the speech, in seconds; less is quicker and worse",
    )
    doubtful_beam: int = Field(
        default=2, ge=1, le=5, description="the same when a doubtful text is decoded again"
    )

    @property
    def languages(self) -> tuple[str, ...]:
        """All that may be spoken, the usual one first."""
        return tuple(dict.fromkeys((self.language, *self.other_languages)))


def needs(config: Config) -> list[str]:
    """Name the model that `open` will load; "auto" takes what is here, or the smallest."""
    if config.model == "auto":
        return [] if _any_here(config.languages) else [catalogue_name(smallest(config.languages))]
    return [catalogue_name(config.model)]


def _any_here(languages: Sequence[str]) -> bool:
    """Tell whether there is a model that knows them: those of English know no other."""
    every = (listed for listed in store.default().list() if listed.kind == "stt" and listed.here)
    return any(is_english(languages) or not listed.name.endswith(".en") for listed in every)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Recogniser]:
    """Load and warm up the model in its own thread, fetching it if need be.

    Raises `ModelError` if there is no such model, `BackendUnavailable` if the device that is asked
    for does not work, `ConfigError` if the model does not know the language.
    """
    worker = Worker("whisper", cores=SENSES)
    try:
        ready = await worker.run(lambda: _ready(config, worker))
        try:
            yield ready
        finally:
            # A thread that still is in the engine's code when Python ends takes the process down.
            with suppress(TimeoutError):
                async with asyncio.timeout(_FREEING_S):
                    await worker.run(ready.free, urgent=True)
    finally:
        worker.close()


async def timed(config: Config) -> list[tuple[str, float]]:
    """Return how many seconds 3 s of speech take the models that are here, from quick to good.

    The first one that is too slow to be chosen by itself is the last. Takes seconds.
    """
    worker = Worker("whisper", cores=SENSES)

    def measured() -> list[tuple[str, float]]:
        from assistant.backends.stt_whisper import choice  # noqa: PLC0415 - 1 s to import

        wish, means, _ = _choosing(config, worker)
        return list(choice.timed(wish, means))

    try:
        return await worker.run(measured)
    finally:
        worker.close()


def _ready(config: Config, worker: Worker) -> "Whisper":
    from assistant.backends.stt_whisper import choice  # noqa: PLC0415 - see below

    wish, means, whisper = _choosing(config, worker)
    ready = whisper(choice.choose(wish, means))
    ready.understand(choice.probe())  # the first decode is slow: let it be this one
    return ready


def _choosing(
    config: Config, worker: Worker
) -> "tuple[Wish, Means, Callable[[Decoder], Whisper]]":
    """Return what is wished for, what there is to choose from, and what makes ears of it."""
    # Here, in the thread: the libraries take most of a second to import.
    from assistant.backends.stt_whisper import choice  # noqa: PLC0415 - see above
    from assistant.backends.stt_whisper.decoder import Decoder  # noqa: PLC0415 - see above
    from assistant.backends.stt_whisper.recogniser import Effort, Whisper  # noqa: PLC0415

    threads = config.threads or min(threads_on(SENSES), _MOST_THREADS)
    effort = Effort(config.pad_s, config.beam, max(config.beam, config.doubtful_beam))
    clip = choice.probe()

    def whisper(decoder: Decoder) -> Whisper:
        place = "GPU" if decoder.device == "cuda" else f"{threads} thread{'s' * (threads > 1)}"
        size = decoder.name.removeprefix("whisper-")
        return Whisper(
            decoder, worker, effort, f"Whisper {size} ({decoder.compute_type}, {place})"
        )

    wish = choice.Wish(config.model, config.device, config.compute_type, threads, config.languages)
    means = choice.Means(
        here=store.path,
        ensure=store.ensure,
        load=lambda directory, device, compute_type: Decoder(
            directory,
            device=device,
            compute_type=compute_type,
            threads=threads,
            languages=config.languages,
        ),
        understood=lambda decoder: whisper(decoder).understand(clip),
        memory=user_cache_path("assistant") / "whisper.json",
    )
    return wish, means, whisper
