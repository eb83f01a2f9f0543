"""A language model in this process: llama.cpp through xllamacpp (MIT), any GGUF file.

It also judges whether a message has ended (`ports.EndJudge`), on a sequence of its own, so that
the conversation stays in the model's cache.
"""

import asyncio
import http.client
import json
import math
import os
import re
import secrets
import socket
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.cores import MIND, threads
from assistant.errors import BackendError, BackendUnavailable, ModelError
from assistant.models import store
from assistant.ports import Message, MindInfo, Samples, ToolSpec
from assistant.worker import Feed, Worker

# OpenMP's threads may wait for each other but briefly awake: when they spin, one other busy thread
# on two cores makes llama.cpp forty times slower (80 tokens/s become 2); when they sleep at once,
# a prompt takes 1.7 times as long. libgomp reads this when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

_NICE = 5
_MOST_THREADS = 8
"""More do not help: reading the weights from memory is the limit."""
_JUDGE_CONTEXT = 256
"""Tokens for the examples and the longest message whose end is judged."""
_SILENCE = np.zeros(0, np.int16)
_CPU_BATCH = 16
"""SmolLM2-135M reads 16 tokens in 60 ms; 128 at once would be 8 % faster."""
_GPU_BATCH = 512
_REUSED = 16
"""Tokens in a row that are moved in the cache when what stood before them is dropped: a long
conversation that loses its oldest turns goes on after 110 ms instead of 3.5 s."""
_SAID_AGAIN = 4
"""Tokens that may be said again as they were; a small mind that is told odd things else falls into
giving one answer to everything."""
_CLOSE_SECONDS = 2.0
_LOCAL_SECONDS = 5.0
_LIKELIEST = 64
"""Next tokens looked at; one that matters (p > .02) is among the 50 likeliest."""
_ENDS = frozenset({".", "?", "!", " .", " ?", " !"})
_QUANTISATION = re.compile(r"[-.](?:I?Q\d\w*|BF16|F16|F32)$", re.IGNORECASE)
_SIZE = re.compile(r"\d\s?[MB]\b", re.IGNORECASE)
_MARK = "WORDS"
# Bare words as they are judged, answered as an assistant would: they raise the area under the
# curve from .94 to .97 (65 whole messages against 151 that break off).
_JUDGED = (
    ("how many legs does a spider have", "A spider has eight legs."),
    ("tell me how to make tea", "Pour boiling water over a tea bag."),
)


class Config(BaseModel):
    """`llm: {backend: llamacpp, …}`."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(
        default="smollm2-135m-instruct-q4_1",
        description="A model of the catalogue, hf:owner/repo, or the path of a .gguf file.",
    )
    context: int = Field(
        default=2048, ge=512, description="Tokens of conversation and answer together."
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        description="CPU threads; empty: half of the cores, 8 at most.",
    )
    gpu_layers: int | None = Field(
        default=None, ge=0, description="Layers that go to a GPU; empty: as many as fit."
    )
    temperature: float = Field(
        default=0.0,
        ge=0,
        le=2,
        description="0 always says the likeliest word; more is more varied.",
    )
    top_p: float = Field(default=0.9, gt=0, le=1, description="Leave out the unlikeliest words.")
    repeat_penalty: float = Field(
        default=1.05,
        ge=1,
        le=2,
        description="Against repeating itself; above 1.1 small models ramble.",
    )
    dry: float = Field(
        default=0.8,
        ge=0,
        le=5,
        description="Against saying whole phrases of the conversation again (DRY); 0: off.",
    )
    max_tokens: int = Field(default=200, ge=1, description="Longest answer in tokens.")
    parallel: int = Field(default=1, ge=1, le=8, description="Answers that are written at once.")
    batch: int | None = Field(
        default=None,
        ge=1,
        description="Tokens read at once, which is what a cancelled prompt costs at most; empty:"
        " 16, or 512 on a GPU.",
    )


class LlamaCpp:
    """`ports.LanguageModel` and `ports.EndJudge` on one loaded model."""

    def __init__(self, config: Config, engine: "_Engine") -> None:
        self.info = MindInfo(engine.name, config.context, local=True, judges=True)
        self._config = config
        self._engine = engine
        self._slots = [_Slot(number) for number in range(config.parallel)]
        self._judge = Worker("llama.cpp judge")
        self._judge_ready = False

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[str]:
        """Yield pieces as they come; tools are not offered (`info` says so)."""
        del tools
        slot = self._slot(messages)
        slot.begin(messages)
        request = self._request(messages, slot, self._config.max_tokens)
        try:
            answers: AsyncGenerator[str] = slot.worker.feed(
                lambda feed: self._engine.stream(request, feed), urgent=True
            )
            async with aclosing(answers) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            slot.answering -= 1

    async def warm(self, messages: Sequence[Message]) -> None:
        """Read a prompt while nothing else is to do; the next answer ends that."""
        if not self._judge_ready:
            self._judge_ready = True
            await self.finished("hello", _SILENCE)
        slot = self._slot(messages)
        if slot.answering:
            return
        request = self._request(messages, slot, 0) | {"add_generation_prompt": False}

        def read(feed: Feed[str]) -> None:
            slot.warming = feed
            self._engine.stream(request, feed)

        with suppress(BackendError):  # the answer itself will say what is wrong
            async with aclosing(slot.worker.feed(read)) as nothing:
                async for _ in nothing:
                    pass

    def count(self, text: str) -> int:
        """Estimate tokens: four letters each in English, 2.4 in German, less beyond ASCII.

        The quarter of the window that a conversation keeps free covers the difference.
        """
        plain = sum(character.isascii() for character in text)
        return math.ceil(plain / 3 + (len(text.encode()) - plain) / 1.5)

    async def finished(self, words: str, sound: Samples) -> float:
        """Return the probability that a message ends after these words."""
        del sound
        bare = words.lower().strip(" .,;:!?…—-")
        if not bare:
            return 0.0
        return await self._judge.run(lambda: self._engine.end_probability(bare), urgent=True)

    async def close(self) -> None:
        """Let running calls end, which takes a token's time, and free the model."""
        for worker in (self._judge, *(slot.worker for slot in self._slots)):
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await worker.run(lambda: None)
            worker.close()
        await asyncio.to_thread(self._engine.close)

    def _slot(self, messages: Sequence[Message]) -> "_Slot":
        """Choose the idle sequence whose cache knows most of these messages."""
        return max(self._slots, key=lambda slot: (-slot.answering, slot.known(messages)))

    def _request(
        self, messages: Sequence[Message], slot: "_Slot", max_tokens: int
    ) -> dict[str, Any]:
        config = self._config
        return {
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "id_slot": slot.number,
            "max_tokens": max_tokens,
            "temperature": config.temperature,
            "top_p": config.top_p,
            "repeat_penalty": config.repeat_penalty,
            "dry_multiplier": config.dry,
            "dry_allowed_length": _SAID_AGAIN,
            "dry_penalty_last_n": config.context,
            # The usual four breakers, each looked for in the whole vocabulary, take 14 ms.
            "dry_sequence_breakers": ["\n"],
            "stream": True,
            "return_progress": True,  # a chunk for each batch that was read: a chance to stop
            "chat_template_kwargs": {"enable_thinking": False},
        }


class _Slot:
    """One sequence of the model with its cache, and the thread that waits for it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker = Worker(f"llama.cpp {number}")
        self.answering = 0
        self.warming: Feed[str] | None = None
        self._messages: tuple[Message, ...] = ()

    def begin(self, messages: Sequence[Message]) -> None:
        self.answering += 1
        self._messages = tuple(messages)
        if self.warming is not None:
            self.warming.wanted = False

    def known(self, messages: Sequence[Message]) -> int:
        pairs = enumerate(zip(self._messages, messages, strict=False))
        return next((n for n, (old, new) in pairs if old != new), len(self._messages))


class _Engine:
    """xllamacpp's server object, called in threads; its calls release the interpreter's lock."""

    def __init__(self, config: Config, gguf: Path) -> None:
        try:
            import xllamacpp  # noqa: PLC0415 - heavy, and loaded in a thread
        except ImportError:
            message = "the engine is not installed; run: pip install xllamacpp"
            raise BackendUnavailable("llm", message) from None
        self._judge_slot = config.parallel
        self._context = config.context
        _read(gguf)
        # The engine always opens a door for HTTP. This one is a socket in a private directory,
        # which is removed as soon as the model's template has been asked for.
        with tempfile.TemporaryDirectory(prefix="assistant-") as private:
            address, key = f"{private}/llama.sock", secrets.token_hex()
            params = _parameters(xllamacpp, config, gguf)
            params.hostnames, params.api_keys = [address], [key]
            try:
                self._server: Any = xllamacpp.Server(params)
            except RuntimeError:
                message = (
                    f"llama.cpp cannot load {gguf}: it is damaged, too large for the memory, or"
                    " of a kind that it does not know; pull it again or choose another"
                )
                raise ModelError(config.model, message) from None
            local = _Local(address, key)
            self.name = _name(gguf, local.ask("/v1/models"))
            self._before, self._end = _marks(local)

    def stream(self, request: dict[str, Any], feed: Feed[str]) -> None:
        """Write an answer into a feed until it ends or is not wanted."""
        failures: list[BackendError] = []

        def take(chunk: dict[str, Any]) -> bool:
            if "choices" not in chunk:
                failures.append(self._failure(chunk))
                return True
            for choice in chunk["choices"]:
                if text := choice["delta"].get("content"):
                    feed.put(text)
            return not feed.wanted

        self._server.handle_chat_completions(request, take)
        if failures:
            raise failures[0]

    def end_probability(self, words: str) -> float:
        """Return how likely the message ends next, or a sentence does."""
        result = self._server.handle_completions(
            {
                "prompt": self._before + words,
                "max_tokens": 1,
                "logprobs": _LIKELIEST,
                "temperature": 0,
                "id_slot": self._judge_slot,
            }
        )
        if "choices" not in result:
            raise self._failure(result)
        content = result["choices"][0]["logprobs"]["content"]
        return math.fsum(
            math.exp(token["logprob"])
            for token in content[0]["top_logprobs"]
            if token["id"] == self._end or token["token"] in _ENDS
        )

    def close(self) -> None:
        """Free the model."""
        self._server = None

    def _failure(self, chunk: dict[str, Any]) -> BackendError:
        error = chunk.get("error", chunk)
        if error.get("type") == "exceed_context_size_error":
            message = f"this does not fit its {self._context} tokens; raise llm.context"
        else:
            message = f"llama.cpp refused: {error.get('message', 'it does not say why')}"
        return BackendError("llm", message)


class _Local(http.client.HTTPConnection):
    """The engine's own HTTP interface, on a socket of the file system."""

    def __init__(self, address: str, key: str) -> None:
        super().__init__("localhost", timeout=_LOCAL_SECONDS)
        self._address = address
        self._key = key

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._address)

    def ask(self, path: str, body: object = None) -> dict[str, Any]:
        """Return the answer to a question; an error's, too."""
        headers = {"Authorization": f"Bearer {self._key}", "Connection": "close"}
        self.request("GET" if body is None else "POST", path, json.dumps(body), headers)
        answer: dict[str, Any] = json.load(self.getresponse())
        return answer


def _marks(local: _Local) -> tuple[str, int | None]:
    """Return what stands before a user's words in this model's template, and the token after."""
    messages = [
        {"role": role, "content": text}
        for pair in _JUDGED
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    messages.append({"role": "user", "content": _MARK})
    prompt = str(local.ask("/apply-template", {"messages": messages}).get("prompt", ""))
    before, mark, after = prompt.rpartition(_MARK)
    if not mark:  # a template of an unknown form: only the punctuation is judged
        return "", None
    tokens = local.ask("/tokenize", {"content": after, "parse_special": True}).get("tokens")
    return before, tokens[0] if tokens else None


def _parameters(xllamacpp: Any, config: Config, gguf: Path) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_ctx = config.context * config.parallel + _JUDGE_CONTEXT
    params.n_parallel = config.parallel + 1
    params.kv_unified = True  # sequences share the window instead of a fixed part for each
    params.n_cache_reuse = _REUSED
    params.cache_ram_mib = 0  # else replaced prompts are kept, up to 8 GiB of them
    count = config.threads or min(threads(MIND), _MOST_THREADS)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = count
    params.n_batch = params.n_ubatch = config.batch or _batch(xllamacpp, config)
    params.n_threads_http = 1
    params.verbosity = -1  # llama.cpp writes to standard error
    if config.gpu_layers is not None:
        params.n_gpu_layers = config.gpu_layers
    return params


def _batch(xllamacpp: Any, config: Config) -> int:
    """Return how many tokens to read at once: a GPU is only fast with many."""
    kinds = {device["type"].name for device in xllamacpp.get_device_info()}
    on_gpu = config.gpu_layers != 0 and any("GPU" in kind for kind in kinds)
    return _GPU_BATCH if on_gpu else _CPU_BATCH


def _read(path: Path) -> None:
    """Bring a file into memory: the engine loads it while it holds the interpreter's lock."""
    buffer = bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def _name(gguf: Path, models: dict[str, Any]) -> str:
    """Return a name for people, always with the size: "SmolLM2 135M Instruct"."""
    name = re.sub(r"[-_.]+", " ", _QUANTISATION.sub("", gguf.stem))
    if _SIZE.search(name):
        return name
    size = float(models["data"][0]["meta"]["n_params"])
    return f"{name} {size / 1e9:.1f}B" if size >= 1e9 else f"{name} {size / 1e6:.0f}M"  # noqa: PLR2004 - a billion


def _gguf(model: str) -> Path:
    """Return the file of a model, fetched first if need be."""
    place = Path(model).expanduser()
    if place.suffix != ".gguf":
        place = store.ensure(model)
    if place.is_file():
        return place
    if not place.exists():
        raise ModelError(model, f"there is no file {place}; check llm.model")
    found = sorted(p for p in place.rglob("*.gguf") if not p.name.startswith("mmproj"))
    whole = [p for p in found if "-of-" not in p.stem or "-00001-of-" in p.stem]
    if len(whole) != 1:
        message = f"{place} holds {len(whole)} models; set llm.model to one .gguf file"
        raise ModelError(model, message)
    return whole[0]


def needs(config: Config) -> list[str]:
    """Name the model that `open` will load."""
    return [] if Path(config.model).expanduser().suffix == ".gguf" else [config.model]


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[LlamaCpp]:
    """Load the model in a thread, fetching it first if need be. Raises `ModelError`."""
    gguf = await asyncio.to_thread(_gguf, config.model)
    # The engine's threads inherit this thread's niceness: words that are being understood and
    # sound that is being made go before an answer that may only be a draft.
    loader = Worker("llama.cpp", nice=_NICE, cores=MIND)
    try:
        mind = LlamaCpp(config, await loader.run(lambda: _Engine(config, gguf)))
    finally:
        loader.close()
    try:
        yield mind
    finally:
        await mind.close()
