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
from assistant.config.sections import McpServer
from assistant.core.states import Mode, Policy
from assistant.errors import BackendUnavailable, ConfigError, ModelError
from assistant.hands.furnishing import load as load_hands
from assistant.hands.furnishing import open_kept
from assistant.house import open_household
from assistant.languages.pack import load as load_pack
from assistant.listening.ear import EarBackends, EarSettings
from assistant.listening.inquiry import Judges
from assistant.listening.pauses import Pauses
from assistant.listening.segmenter import SegmenterSettings
from assistant.listening.streaming import as_transcriber
from assistant.listening.unused import unused_ears
from assistant.looking.encoding import Quality, pillow
from assistant.looking.local_eyes import LocalEyes
from assistant.looking.sight import Lookout, SightSettings
from assistant.looking.visual import Visual
from assistant.minds import chained, mind_stages, or_nothing
from assistant.models import store
from assistant.models.progress import Progress
from assistant.ports import (
    Device,
    EndJudge,
    HearsItself,
    LanguageModel,
    MindInfo,
    TextReader,
    Tool,
)
from assistant.reasoning.hands import Hands
from assistant.reasoning.shelf import take
from assistant.reasoning.toolbox import Toolbox
from assistant.session import Settings, Shared
from assistant.speaking.plain import Plain
from assistant.speaking.unused import UnusedVoice
from assistant.worker import Worker

_log = logging.getLogger(__name__)

MINDS = ("llm", "llm.fallback", "llm.fallback.fallback")
STAGES = ("vad", "wake", "stt", "turn", *MINDS, "tts", "fallback", "camera", "screen")
"""What sessions share."""
SILENT = (*MINDS, "camera", "screen")
"""What a session needs that is only written to."""
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
        sight=sight(config),
    )


def sight(config: Config) -> SightSettings:
    """Return when to look, as configured."""
    vision = config.vision
    quality = Quality(vision.glance_px, vision.glance_quality, vision.read_px, vision.read_quality)
    return SightSettings(vision.mode, vision.opens, vision.cue, quality)


def stages(config: Config) -> dict[str, Chosen]:
    """Choose the backends that sessions share, by the name of their stage."""
    language = config.language
    chosen = {
        "vad": resolve("vad", config.vad, language=language),
        "stt": _ears_for(config),
        **mind_stages(config),
        "tts": voice(config)[1],
    }
    if config.vision.mode != "off":
        chosen["camera"] = resolve("camera", config.vision.camera)
        if config.vision.screen is not None:
            chosen["screen"] = resolve("camera", config.vision.screen)
    if config.turns.mode == "wake":
        chosen["wake"] = resolve("wake", config.wake, language=language)
    if config.turns.judges.sound:
        smart = importlib.import_module("assistant.backends.turn_smart")
        chosen["turn"] = Chosen(smart, smart.Config())
    if config.tts.fallback is not None:
        chosen["fallback"] = resolve("tts", config.tts.fallback, language=language)
    for code in config.others:
        chosen[f"tts {code}"] = voice(config, code)[1]
        if config.tts.fallback is not None:
            chosen[f"fallback {code}"] = _its_own(resolve("tts", config.tts.fallback), code)
    return chosen


def _ears_for(config: Config) -> Chosen:
    """Choose the ears. Raises `ConfigError` where they cannot tell languages apart."""
    chosen = resolve("stt", config.stt, language=config.language, others=config.others)
    if config.others and "other_languages" not in type(chosen.config).model_fields:
        raise ConfigError(
            "other_languages", f"the ears ({config.stt.backend}) cannot tell languages apart"
        )
    return chosen


def voice(config: Config, language: str | None = None) -> tuple[str, Chosen]:
    """Choose the voice of a language, of the usual one unless told, and name its section.

    Where the usual voice does not speak it, and no other is named, it is the second mouth.
    Raises `ConfigError` where nothing speaks another language than the usual one.
    """
    tts, code = config.tts, language or config.language
    usual = code == config.language
    chosen = resolve("tts", tts, language=code)
    fields = type(chosen.config).model_fields
    if code in tts.voices:
        update = {"voice": tts.voices[code]}
        return "tts", replace(chosen, config=chosen.config.model_copy(update=update))
    if "language" in fields:
        return "tts", chosen if usual else _its_own(chosen, code)
    named = "voice" in fields and getattr(chosen.config, "voice", None) != fields["voice"].default
    if usual and (code.startswith("en") or named or tts.fallback is None):
        return "tts", chosen
    if tts.fallback is None:
        raise ConfigError(
            "tts.voices", f"nothing speaks {code!r}: name its voice here, or set tts.fallback"
        )
    second = resolve("tts", tts.fallback, language=code)
    return "tts.fallback", second if usual else _its_own(second, code)


def _its_own(chosen: Chosen, language: str) -> Chosen:
    """Give a voice another language: the one that is named for it speaks the usual one."""
    fields = type(chosen.config).model_fields
    own = {"language": language, "voice": fields["voice"].default if "voice" in fields else ""}
    update = {name: value for name, value in own.items() if name in fields}
    return replace(chosen, config=chosen.config.model_copy(update=update))


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
    wanted = {*only, *(MINDS if "llm" in only else ())}
    for stage, backend in stages(config).items():
        if stage.partition(" ")[0] not in wanted:
            continue
        for name in needed_models([backend]):
            try:
                await asyncio.to_thread(store.ensure, name, progress)
            except ModelError as missing:
                if stage == "turn":
                    _log.warning("ends of turns are judged by the words alone: %s", missing)
                elif stage in MINDS and config.llm.fallback is not None:
                    _log.warning("%s is left out: %s", stage, missing)
                else:
                    raise


def _contexts(config: Config, only: Collection[str]) -> dict[str, Any]:
    contexts = {
        name: backend.module.open(backend.config)
        for name, backend in stages(config).items()
        if name.partition(" ")[0] in only and (name != "turn" or _here(backend))
    }
    if "vad" in only:
        gate = importlib.import_module("assistant.backends.vad_webrtc")
        contexts["gate"] = gate.open(gate.Config())
    if config.llm.fallback is not None:
        contexts |= {name: or_nothing(name, contexts[name]) for name in MINDS if name in contexts}
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
    minds = (ports.get(name) for name in MINDS)
    judge = next((mind for mind in minds if isinstance(mind, EndJudge)), None)
    words = judge if config.turns.judges.words else None
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
async def open_shared(config: Config, only: Collection[str] = STAGES) -> AsyncIterator[Shared]:
    """Load what sessions share: ears, mind, voice; all at once, since each takes its time.

    `only`: `SILENT` for sessions that nobody speaks with.
    """
    contexts = _contexts(config, only)
    fallback = contexts.pop("fallback", None)
    contexts["home"] = open_household(config)
    contexts["toolbox"] = open_toolbox(config)
    contexts["eyes"] = open_eyes(config)
    contexts["kept"] = kept_of(config)
    contexts["hands"] = _other_hands(config)
    second_voices = {name: contexts.pop(f"fallback {name}", None) for name in config.others}
    contexts |= {f"fallback {name}": _perhaps(voice) for name, voice in second_voices.items()}
    async with (
        together(contexts) as ports,
        _perhaps(fallback) as second,
        chained(config, {name: ports[name] for name in MINDS if name in ports}) as mind,
        _darkroom() as develop,
    ):
        home = ports["home"]
        if config.vision.mode != "off":
            await develop.run(pillow)  # it takes a quarter of a second, which no answer has
        pack = load_pack(config.language)
        # Their rules are compiled once in a process: 15 and 40 ms, which the loop has not.
        await develop.run(lambda: (Plain(config.language), Visual(pack)))
        shared = Shared(
            ears=_ears(config, ports) if "stt" in ports else unused_ears(),
            mind=mind,
            voice=ports.get("tts") or UnusedVoice(config.language),
            fallback=second,
            pack=pack,
            household=None if home is None else home[0],
            at_home=None if home is None else home[1],
            toolbox=ports["toolbox"],
            eyes=Lookout(ports.get("camera"), ports.get("screen"), ports["eyes"], develop.run),
            kept=ports["kept"],
        )
        yield replace(shared, others=tuple(_in(code, shared, ports) for code in config.others))


def _in(language: str, shared: Shared, ports: dict[str, Any]) -> Shared:
    """Return what sessions share when they speak another language."""
    pack, kept, eyes = load_pack(language), shared.kept, shared.eyes
    return replace(
        shared,
        voice=ports.get(f"tts {language}") or UnusedVoice(language),
        fallback=ports[f"fallback {language}"],
        pack=pack,
        at_home=None,
        eyes=replace(eyes, local=replace(ports["eyes"], pack=pack)),
        kept=None if kept is None else replace(kept, hands=ports["hands"][language]),
    )


@asynccontextmanager
async def _other_hands(config: Config) -> AsyncIterator[dict[str, Hands]]:
    """Load the hands of the languages that may be spoken beside the usual one."""
    wanted = config.others if config.hands.enabled else ()
    yield {code: await asyncio.to_thread(load_hands, code) for code in wanted}


@asynccontextmanager
async def open_mind(config: Config) -> AsyncIterator[LanguageModel]:
    """Load the mind alone, with those that may take its place."""
    async with together(_contexts(config, MINDS)) as ports, chained(config, ports) as mind:
        yield mind


@asynccontextmanager
async def open_toolbox(config: Config, *, patience: float = 0.0) -> AsyncIterator[Toolbox]:
    """Find the tools, and start the servers that offer more; they are waited for so long.

    A file or a server that is no good costs one line in the log.
    """
    wanted = None if config.tools.enabled == "auto" else config.tools.enabled
    dirs = [folder.expanduser() for folder in config.tools.dirs]
    shelf = await asyncio.to_thread(take, wanted, dirs)
    for problem in shelf.problems:
        _log.warning("%s", problem)
    async with AsyncExitStack() as stack:
        servers = []
        for name, server in config.mcp.items():
            try:
                servers.append(await stack.enter_async_context(open_server(name, server)))
            except BackendUnavailable as missing:
                _log.warning("the MCP server %s is left out: %s", name, missing)
        deadline = asyncio.get_running_loop().time() + patience
        for server in servers:
            await server.settled(deadline - asyncio.get_running_loop().time())
        tools = [one for one in shelf.tools if _is_of_use(one, config)]
        yield Toolbox(tools, servers, config.tools.consent)


def _is_of_use(one: Tool, config: Config) -> bool:
    """Tell whether there is what a tool works with: a home, a camera."""
    match one.terms.needs:
        case "camera":
            return config.vision.mode != "off"
        case "home":
            return bool(config.home.broker)
        case "":
            return True


def open_server(name: str, server: McpServer) -> AbstractAsyncContextManager[Any]:
    """Begin to talk to an MCP server. Entering raises `BackendUnavailable`."""
    backend = importlib.import_module("assistant.backends.tools_mcp")
    config = backend.Config.model_validate(server, from_attributes=True)
    opened: AbstractAsyncContextManager[Any] = backend.open(name, config)
    return opened


@asynccontextmanager
async def _darkroom() -> AsyncIterator[Worker]:
    """Yield the thread in which pictures are read and encoded."""
    worker = Worker("pictures")
    try:
        yield worker
    finally:
        worker.close()


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
async def open_reader(config: Config) -> AsyncIterator[TextReader]:
    """Open what reads text in pictures: `auto` takes the other one where the first is not there.

    Raises `BackendUnavailable` where none is.
    """
    chosen = resolve("ocr", config.ocr, language=config.language)
    async with AsyncExitStack() as stack:
        try:
            reader = await stack.enter_async_context(chosen.module.open(chosen.config))
        except BackendUnavailable as missing:
            if config.ocr.backend != "auto":
                raise
            other = importlib.import_module("assistant.backends.ocr_tesseract")
            how = other.Config(language=config.language)
            try:
                reader = await stack.enter_async_context(other.open(how))
            except BackendUnavailable as second:
                raise BackendUnavailable(
                    "ocr", f"nothing reads here. {missing}. {second}"
                ) from None
        yield reader


@asynccontextmanager
async def open_eyes(config: Config) -> AsyncIterator[LocalEyes]:
    """Open what understands pictures without a mind; a part that is not there is left out."""
    codes, faces = (
        importlib.import_module(f"assistant.backends.{name}")
        for name in ("codes_zxing", "faces_yunet")
    )
    contexts = {
        "reader": open_reader(config),
        "codes": codes.open(codes.Config()),
        "faces": faces.open(faces.Config()),
    }
    async with AsyncExitStack() as stack:
        parts = {}
        for name, context in contexts.items():
            try:
                parts[name] = await stack.enter_async_context(context)
            except (BackendUnavailable, ModelError) as missing:
                _log.debug("eyes without %s: %s", name, missing)
        yield LocalEyes(load_pack(config.language), **parts)


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
