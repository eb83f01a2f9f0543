"""xllamacpp's server object, called in threads; its calls release the interpreter's lock."""

import http.client
import json
import math
import re
import secrets
import socket
import tempfile
from pathlib import Path
from typing import Any

from assistant.backends.llm_llamacpp.settings import Config
from assistant.completions import Calls
from assistant.cores import MIND, threads
from assistant.errors import BackendError, BackendUnavailable, ModelError
from assistant.ports import ToolCall
from assistant.worker import Feed

_MOST_THREADS = 8
"""More do not help: reading the weights from memory is the limit."""
_JUDGE_CONTEXT = 256
"""Tokens for the examples and the longest message whose end is judged."""
_CPU_BATCH = 16
"""SmolLM2-135M reads 16 tokens in 60 ms; 128 at once would be 8 % faster."""
_GPU_BATCH = 512
_REUSED = 16
"""Tokens in a row that are moved in the cache when what stood before them is dropped: a long
conversation that loses its oldest turns goes on after 110 ms instead of 3.5 s."""
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


class Engine:
    """xllamacpp's server object, called in threads; its calls release the interpreter's lock."""

    def __init__(self, config: Config, gguf: Path, projector: Path | None = None) -> None:
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
            params = _parameters(xllamacpp, config, gguf, projector)
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
            props = local.ask("/props")
            self.sees = bool(props.get("modalities", {}).get("vision"))
            self.calls_tools = bool(props.get("chat_template_caps", {}).get("supports_tools"))

    def stream(self, request: dict[str, Any], feed: Feed[str | ToolCall]) -> None:
        """Write an answer into a feed until it ends or is not wanted."""
        failures: list[BackendError] = []
        calls = Calls()

        def take(chunk: dict[str, Any]) -> bool:
            if "choices" not in chunk:
                failures.append(self._failure(chunk))
                return True
            for choice in chunk["choices"]:
                delta = choice["delta"]
                if parts := delta.get("tool_calls"):
                    if not calls:
                        feed.put("")  # a sign of life
                    calls.add_wire(parts)
                if text := delta.get("content"):
                    feed.put(text)
            return not feed.wanted

        self._server.handle_chat_completions(request, take)
        if failures:
            raise failures[0]
        for call in calls.whole():
            feed.put(call)

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


def _parameters(xllamacpp: Any, config: Config, gguf: Path, projector: Path | None) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    if projector is not None:
        params.mmproj.path = str(projector)
        params.mmproj_use_gpu = config.gpu_layers != 0
    if config.template is not None:
        params.chat_template = _template(config.template)
    params.n_ctx = config.context * config.parallel + _JUDGE_CONTEXT
    params.n_parallel = config.parallel + 1
    params.kv_unified = True  # sequences share the window instead of a fixed part for each
    params.n_cache_reuse = _REUSED
    params.cache_ram_mib = 0  # else replaced prompts are kept, up to 8 GiB of them
    count = config.threads or min(threads(MIND), _MOST_THREADS)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = count
    params.n_batch = params.n_ubatch = config.batch or _batch(
        xllamacpp, config, sees=projector is not None
    )
    params.n_threads_http = 1
    params.verbosity = -1  # llama.cpp writes to standard error
    if config.gpu_layers is not None:
        params.n_gpu_layers = config.gpu_layers
    return params


def _template(path: Path) -> str:
    try:
        return path.expanduser().read_text()
    except (OSError, UnicodeDecodeError):
        raise ModelError(str(path), "cannot be read; check llm.template") from None


def _batch(xllamacpp: Any, config: Config, *, sees: bool) -> int:
    """Return how many tokens to read at once: a GPU is only fast with many.

    Some models (Gemma) must read a whole picture at once.
    """
    if sees:
        return _GPU_BATCH
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
