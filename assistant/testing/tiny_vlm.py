"""A language model that sees, of 300 kB and with random weights, as two GGUF files.

LLaVA's architecture, written with numpy alone: what llama.cpp does with a picture is real, only
the words mean nothing. They depend on the pixels all the same.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT = 32
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_WIDTH, _HEADS, _LAYERS, _INNER = 64, 4, 2, 128
_PICTURE, _PATCH = 56, 14
_WORDS = ("the", "a", "red", "green", "blue", "cup", "table", "is", "on", "you", "are", "I", "see")
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6
_TOOLS = "{% if tools %}tools: {{ tools | tojson }}\n{% endif %}"
_CALLS = "{% if m.tool_calls %}{{ m.tool_calls | tojson }}{% endif %}"
_TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {% if m.content is string %}{{ m.content }}"
    "{% else %}{% for part in m.content %}{{ part.text }}{% endfor %}{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)

Floats = NDArray[np.float32]


@dataclass
class _File:
    """A GGUF file: what is said of it, and its tensors."""

    said: dict[str, tuple[int, Any]] = field(default_factory=dict)
    tensors: dict[str, Floats] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        with path.open("wb") as out:
            out.write(b"GGUF" + struct.pack("<IQQ", 3, len(self.tensors), len(self.said)))
            for key, (kind, value) in self.said.items():
                _string(out, key)
                _value(out, kind, value)
            offset = 0
            for name, tensor in self.tensors.items():
                _string(out, name)
                shape = tensor.shape[::-1]
                out.write(struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset))
                offset += -(-tensor.nbytes // _ALIGNMENT) * _ALIGNMENT
            _pad(out)
            for tensor in self.tensors.values():
                out.write(tensor.tobytes())
                _pad(out)


def _string(out: BinaryIO, text: str) -> None:
    data = text.encode()
    out.write(struct.pack("<Q", len(data)) + data)


def _value(out: BinaryIO, kind: int, value: Any) -> None:
    out.write(struct.pack("<I", kind))
    if kind == _ARRAY:
        inner, items = value
        out.write(struct.pack("<IQ", inner, len(items)))
        for item in items:
            _plain(out, inner, item)
    else:
        _plain(out, kind, value)


def _plain(out: BinaryIO, kind: int, value: Any) -> None:
    if kind == _STRING:
        _string(out, value)
    else:
        out.write(
            struct.pack({_UINT32: "<I", _INT32: "<i", _FLOAT32: "<f", _BOOL: "<?"}[kind], value)
        )


def _pad(out: BinaryIO) -> None:
    out.write(b"\0" * (-out.tell() % _ALIGNMENT))


def write(folder: Path, *, seed: int = 7, tools: bool = False) -> tuple[Path, Path]:
    """Write the model and its projector, and return where they are.

    `tools`: its template knows of them.
    """
    chance = np.random.default_rng(seed)

    def random(*shape: int, scale: float = 0.3) -> Floats:
        return chance.normal(0, scale, shape).astype(np.float32)

    model, projector = folder / "tiny-llava-1M.gguf", folder / "mmproj-tiny-llava.gguf"
    _language(random, tools=tools).write(model)
    _projector(random).write(projector)
    return model, projector


def _language(random: Any, *, tools: bool) -> _File:
    pieces = [("<unk>", _UNKNOWN), ("<s>", _CONTROL), ("</s>", _CONTROL)]
    pieces += [(f"<0x{byte:02X}>", _BYTE) for byte in range(256)]
    pieces += [(f"\u2581{word}", _NORMAL) for word in _WORDS]
    file = _File(
        {
            "general.architecture": (_STRING, "llama"),
            "general.name": (_STRING, "tiny llava"),
            "llama.context_length": (_UINT32, 2048),
            "llama.embedding_length": (_UINT32, _WIDTH),
            "llama.block_count": (_UINT32, _LAYERS),
            "llama.feed_forward_length": (_UINT32, _INNER),
            "llama.rope.dimension_count": (_UINT32, _WIDTH // _HEADS),
            "llama.attention.head_count": (_UINT32, _HEADS),
            "llama.attention.head_count_kv": (_UINT32, _HEADS),
            "llama.attention.layer_norm_rms_epsilon": (_FLOAT32, 1e-5),
            "llama.vocab_size": (_UINT32, len(pieces)),
            "tokenizer.ggml.model": (_STRING, "llama"),
            "tokenizer.ggml.tokens": (_ARRAY, (_STRING, [piece for piece, _ in pieces])),
            "tokenizer.ggml.scores": (_ARRAY, (_FLOAT32, [0.0] * len(pieces))),
            "tokenizer.ggml.token_type": (_ARRAY, (_INT32, [kind for _, kind in pieces])),
            "tokenizer.ggml.bos_token_id": (_UINT32, 1),
            "tokenizer.ggml.eos_token_id": (_UINT32, 2),
            "tokenizer.chat_template": (_STRING, _template(tools=tools)),
        }
    )
    head = random(len(pieces), _WIDTH)
    head[: 3 + 256] = 0  # it says words, not bytes
    one = np.ones(_WIDTH, np.float32)
    tensors = file.tensors
    tensors["token_embd.weight"] = random(len(pieces), _WIDTH, scale=1.0)
    tensors["output.weight"], tensors["output_norm.weight"] = head, one
    for layer in range(_LAYERS):
        block = f"blk.{layer}"
        tensors[f"{block}.attn_norm.weight"] = tensors[f"{block}.ffn_norm.weight"] = one
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"{block}.{name}.weight"] = random(_WIDTH, _WIDTH)
        tensors[f"{block}.ffn_gate.weight"] = random(_INNER, _WIDTH)
        tensors[f"{block}.ffn_up.weight"] = random(_INNER, _WIDTH)
        tensors[f"{block}.ffn_down.weight"] = random(_WIDTH, _INNER)
    return file


def _template(*, tools: bool) -> str:
    if not tools:
        return _TEMPLATE
    return _TOOLS + _TEMPLATE.replace("{{ m.role }}: ", f"{{{{ m.role }}}}: {_CALLS}")


def _projector(random: Any) -> _File:
    mean, spread = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)
    said: dict[str, tuple[int, Any]] = {
        "general.architecture": (_STRING, "clip"),
        "clip.has_vision_encoder": (_BOOL, True),
        "clip.projector_type": (_STRING, "mlp"),
        "clip.use_gelu": (_BOOL, False),
        "clip.vision.image_size": (_UINT32, _PICTURE),
        "clip.vision.patch_size": (_UINT32, _PATCH),
        "clip.vision.embedding_length": (_UINT32, _WIDTH),
        "clip.vision.feed_forward_length": (_UINT32, _INNER),
        "clip.vision.projection_dim": (_UINT32, _WIDTH),
        "clip.vision.block_count": (_UINT32, _LAYERS),
        "clip.vision.attention.head_count": (_UINT32, _HEADS),
        "clip.vision.attention.layer_norm_epsilon": (_FLOAT32, 1e-5),
        "clip.vision.image_mean": (_ARRAY, (_FLOAT32, mean)),
        "clip.vision.image_std": (_ARRAY, (_FLOAT32, spread)),
    }
    file = _File(said)
    tensors = file.tensors

    def layer(name: str, outwards: int, inwards: int) -> None:
        tensors[f"{name}.weight"] = random(outwards, inwards)
        tensors[f"{name}.bias"] = random(outwards)

    def norm(name: str) -> None:
        tensors[f"{name}.weight"] = np.ones(_WIDTH, np.float32)
        tensors[f"{name}.bias"] = np.zeros(_WIDTH, np.float32)

    patches = (_PICTURE // _PATCH) ** 2
    tensors["v.class_embd"] = random(_WIDTH)
    tensors["v.patch_embd.weight"] = random(_WIDTH, 3, _PATCH, _PATCH)
    tensors["v.position_embd.weight"] = random(patches + 1, _WIDTH)
    norm("v.pre_ln")
    for number in range(_LAYERS):
        block = f"v.blk.{number}"
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            layer(f"{block}.{name}", _WIDTH, _WIDTH)
        norm(f"{block}.ln1")
        norm(f"{block}.ln2")
        layer(f"{block}.ffn_down", _INNER, _WIDTH)
        layer(f"{block}.ffn_up", _WIDTH, _INNER)
    layer("mm.0", _WIDTH, _WIDTH)
    layer("mm.2", _WIDTH, _WIDTH)
    return file
