"""The composition root: from a configuration to backends, devices and sessions.

Backends are opened once and shared; a session gets a device of its own. Nothing else in the
package knows which backends there are.
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from assistant.company import Kept
from assistant.config import Chosen, Config, resolve
from assistant.core.states import Mode, Policy
from assistant.errors import BackendUnavailable, ModelError
from assistant.hands.furnishing import open_kept
from assistant.languages.pack import load as load_pack
from assistant.listening.ear import EarBackends, EarSettings
from assistant.listening.inquiry import Judges
from assistant.listening.pauses import Pauses
from assistant.listening.segmenter import SegmenterSettings
from assistant.listening.streaming import as_transcriber
from assistant.models import store
from assistant.models.progress import Progress
from assistant.ports import Device, EndJudge, HearsItself, MindInfo
from assistant.session import Settings, Shared

_log = logging.getLogger(__name__)

STAGES = ("vad", "wake", "stt", "turn", "llm", "tts", "fallback")
"""What sessions share."""
LIVE_DEVICE = ("volume_db", "duck_db", "zeros_s")
"""Settings of a device that it takes while it is open (`ports.Tunable`)."""
FREE_DRAFTS = 8
"""Answers that a mind which costs nothing may begin before a turn is over."""
JUDGED_DRAFTS = 40
"""The same where it is judged first whether a message may end with these words."""
PRESSED_MS = 200
"""Sound before a key was pressed that belongs to the turn: people press as they begin to speak."""
ASK_MS = 64
"""Silence after which it is judged whether the speaker has finished."""
FRAMES_S = 5.0
"""Without a frame for so long, a device is taken for dead. A sound card notices after 2 s that its
streams are still, and gives silent frames from then on while it looks for others."""
STRETCHED = ("unsure_ms", "hesitant_ms", "incomplete_ms", "broken_off_ms")
"""Silences that grow for who hesitates long."""


def policy(config: Config, mind: MindInfo | None = None) -> Policy:
    """Return the core's rules as configured; answers are drafted where that costs nothing."""
    turns = config.turns
    free = mind is not None and mind.local and not mind.costs
    few = JUDGED_DRAFTS if mind is not None and mind.judges else FREE_DRAFTS
    drafts = turns.drafts if turns.drafts is not None else few * free
    return Policy(
        mode=Mode(turns.mode),
        finalize_ms=turns.finalize_ms,
        **turns.silences._asdict(),
        yield_ms=turns.overlap_ms,
        hold_ms=turns.hold_ms,
        drafts=drafts,
        words_s=turns.words_deadline_s,
        tone_s=turns.tone_after_s,
        first_sound_s=turns.first_sound_deadline_s,
        sentence_s=turns.sentence_deadline_s,
        floor_s=turns.longest_s * 1.5,
        window_s=turns.window_s,
        earcons=turns.mode == "wake" if turns.earcons is None else turns.earcons,
    )


def settings(
    config: Config, mind: MindInfo | None = None, pauses: Pauses | None = None
) -> Settings:
    """Return what a session is told to be like; `mind` answers in it, `pauses` are its user's."""
    pauses = pauses or Pauses()
    rules = policy(config, mind)
    if config.turns.adapt:
        rules = replace(
            rules,
            **{
                name: max(rules.complete_ms, round(getattr(rules, name) * pauses.factor))
                for name in STRETCHED
            },
        )
    silences = {rules.finalize_ms, ASK_MS, rules.complete_ms}
    silences |= {getattr(rules, name) for name in STRETCHED}
    segmenter = SegmenterSettings(
        voiced_ms=tuple(sorted({rules.hold_ms, rules.yield_ms} - {0})),
        silence_ms=tuple(sorted(silences)),
        longest_ms=round(config.turns.longest_s * 1000),
    )
    if rules.mode is Mode.PUSH:
        segmenter = replace(segmenter, reach_ms=0, preroll_ms=PRESSED_MS)
    return Settings(
        policy=rules,
        ear=EarSettings(segmenter=segmenter, ask_ms=ASK_MS, frames_s=FRAMES_S),
        name=config.persona.name,
        extra=config.persona.prompt_extra,
        idle_s=config.conversation.idle_minutes * 60,
        pauses=pauses,
    )


def stages(config: Config) -> dict[str, Chosen]:
    """Choose the backends that sessions share, by the name of their stage."""
    language = config.language
    chosen = {
        "vad": resolve("vad", config.vad, language=language),
        "stt": resolve("stt", config.stt, language=language),
        "llm": resolve("llm", config.llm, language=language),
        "tts": _voice(config),
    }
    if config.turns.mode == "wake":
        chosen["wake"] = resolve("wake", config.wake, language=language)
    if config.turns.judges.sound:
        smart = importlib.import_module("assistant.backends.turn_smart")
        chosen["turn"] = Chosen(smart, smart.Config())
    if config.tts.fallback is not None:
        chosen["fallback"] = resolve("tts", config.tts.fallback, language=language)
    return chosen


def _voice(config: Config) -> Chosen:
    """Choose the voice; where none was named, one that speaks the language."""
    chosen = resolve("tts", config.tts, language=config.language)
    speaks = config.language == "en" or "language" in type(chosen.config).model_fields
    if speaks or "voice" in chosen.config.model_fields_set or config.tts.fallback is None:
        return chosen
    return resolve("tts", config.tts.fallback, language=config.language)


def needed_models(chosen: Iterable[Chosen]) -> list[str]:
    """Name the models that backends will load."""
    names: list[str] = []
    for backend in chosen:
        needs: Callable[[Any], Iterable[str]] | None = getattr(backend.module, "needs", None)
        if needs is not None:
            names += needs(backend.config)
    return names


async def fetch_models(
    config: Config, progress: Progress | None = None, only: Collection[str] = STAGES
) -> None:
    """Have the models of these stages here before a backend loads them. Raises `ModelError`."""
    for stage, backend in stages(config).items():
        if stage not in only:
            continue
        for name in needed_models([backend]):
            try:
                await asyncio.to_thread(store.ensure, name, progress)
            except ModelError as missing:
                if stage != "turn":
                    raise
                _log.warning("ends of turns are judged by the words alone: %s", missing)


def _contexts(config: Config, only: Collection[str]) -> dict[str, Any]:
    contexts = {
        name: backend.module.open(backend.config)
        for name, backend in stages(config).items()
        if name in only and (name != "turn" or _here(backend))
    }
    if "vad" in only:
        gate = importlib.import_module("assistant.backends.vad_webrtc")
        contexts["gate"] = gate.open(gate.Config())
    return contexts


def _here(backend: Chosen) -> bool:
    """Tell whether the models of a backend that can be done without are on this machine."""
    try:
        for name in needed_models([backend]):
            store.path(name)
    except ModelError:
        return False
    return True


def _ears(config: Config, ports: dict[str, Any]) -> EarBackends:
    """Put the ears together; a mind that knows how messages end judges ends, too."""
    mind = ports.get("llm")
    words = mind if config.turns.judges.words and isinstance(mind, EndJudge) else None
    return EarBackends(
        transcriber=as_transcriber(ports["stt"]),
        detector=ports["vad"],
        gate=ports["gate"],
        judges=Judges(sound=ports.get("turn"), words=words),
        wake=ports.get("wake"),
    )


@asynccontextmanager
async def open_ears(config: Config) -> AsyncIterator[EarBackends]:
    """Load the ears alone."""
    async with together(_contexts(config, ("vad", "stt"))) as ports:
        yield _ears(config, ports)


@asynccontextmanager
async def open_shared(config: Config) -> AsyncIterator[Shared]:
    """Load what sessions share: ears, mind, voice; all at once, since each takes its time."""
    contexts = _contexts(config, STAGES)
    fallback = contexts.pop("fallback", None)
    contexts["kept"] = kept_of(config)
    async with together(contexts) as ports, _perhaps(fallback) as second:
        yield Shared(
            ears=_ears(config, ports),
            mind=ports["llm"],
            voice=ports["tts"],
            fallback=second,
            pack=load_pack(config.language),
            kept=ports["kept"],
        )


@asynccontextmanager
async def kept_of(config: Config) -> AsyncIterator[Kept | None]:
    """Open the hands and what they keep, if they are wanted."""
    if not config.hands.enabled:
        yield None
        return
    async with open_kept(config.language, config.hands.file) as kept:
        yield kept


@asynccontextmanager
async def open_stage(
    config: Config, stage: str, progress: Progress | None = None
) -> AsyncIterator[Any]:
    """Open the backend of one stage alone ("stt", "llm", "tts", "fallback"), models and all."""
    chosen = stages(config)[stage]
    for name in needed_models([chosen]):
        await asyncio.to_thread(store.ensure, name, progress)
    async with chosen.module.open(chosen.config) as port:
        yield port


@asynccontextmanager
async def open_device(
    config: Config, *, waits: bool = False, cancels: bool = False
) -> AsyncIterator[Device]:
    """Open microphone and speaker as configured. Raises `BackendUnavailable`.

    `waits`: not if there is no sound hardware yet, where the backend can wait for some.
    `cancels`: it is to be talked with, so that it must not hear itself.
    """
    chosen = resolve("device", config.device)
    how = chosen.config
    if waits and "wait" in type(how).model_fields:
        how = how.model_copy(update={"wait": True})
    async with AsyncExitStack() as stack:
        device = await stack.enter_async_context(chosen.module.open(how))
        if cancels and config.echo.cancel and isinstance(device, HearsItself):
            try:
                device.cancel_echo(await stack.enter_async_context(_canceller(config)))
            except BackendUnavailable as missing:
                _log.warning("on loudspeakers it is deaf while it speaks: %s", missing)
        yield device


def _canceller(config: Config) -> AbstractAsyncContextManager[Any]:
    chosen = resolve("echo", config.echo)
    opened: AbstractAsyncContextManager[Any] = chosen.module.open(chosen.config)
    return opened


@asynccontextmanager
async def open_null() -> AsyncIterator[Device]:
    """Open no sound hardware: for conversations in writing."""
    null = importlib.import_module("assistant.backends.device_null")
    async with null.open(null.Config()) as device:
        yield device


@asynccontextmanager
async def _perhaps(
    context: AbstractAsyncContextManager[Any] | None,
) -> AsyncIterator[Any]:
    """Open the second mouth; an assistant with one mouth is better than none."""
    if context is None:
        yield None
        return
    try:
        port = await context.__aenter__()
    except BackendUnavailable:
        yield None
        return
    try:
        yield port
    finally:
        await context.__aexit__(None, None, None)


@asynccontextmanager
async def together(
    contexts: dict[str, AbstractAsyncContextManager[Any]],
) -> AsyncIterator[dict[str, Any]]:
    """Enter several contexts at once, each in a task of its own that leaves it, too."""
    closing = asyncio.Event()
    loop = asyncio.get_running_loop()
    ready = {name: loop.create_future() for name in contexts}

    async def keep(name: str) -> None:
        async with contexts[name] as port:
            if not ready[name].done():  # cancelled: nobody waits for it any more
                ready[name].set_result(port)
            await closing.wait()

    async with asyncio.TaskGroup() as tasks:
        for name in contexts:
            tasks.create_task(keep(name), name=f"open {name}")
        try:
            yield {name: await future for name, future in ready.items()}
        finally:
            closing.set()
