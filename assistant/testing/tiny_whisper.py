"""Writes a Whisper model of 2 MB that says what it is told, whatever it hears.

It is a real CTranslate2 model: it loads, encodes and generates like any other, in milliseconds.
All weights are zero, so only the position of a token decides what comes next: the output row of
the wanted token points along the encoding of that position.
"""

import json
import math
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import whisper_spec
from numpy.typing import NDArray
from tokenizers import Tokenizer

_WIDTH, _MELS, _POSITIONS = 64, 80, 448
_PROMPT = 1
"""Tokens before the first that is generated: an English model is only told to start."""
_LANGUAGES = ("en", "de")
_TIMES = 1501
_TICK = 0.02
_STRONG, _AS_STRONG = 8.0, 7.99
_RIVALS = 5
"""So many other tokens are nearly as likely, if the model is to be unsure: log(1/6) = -1.8."""

Script = Sequence[str | float]
"""Text, and timestamps in seconds: ``[0.0, " What time is it?", 1.5]``."""


def write(
    directory: Path,
    script: Script,
    *,
    no_speech: float = 0.0,
    sure: bool = True,
    ends: bool = True,
) -> Path:
    """Write a model directory and return it.

    `no_speech`: its probability. `sure`: the text has a log-probability of about 0, else of about
    -1.8 a word. `ends`: else what follows the first timestamp is said again and again.
    """
    directory.mkdir(parents=True, exist_ok=True)
    words = [part for text in script if isinstance(text, str) for part in _parts(text)]
    tokens = _write_tokenizer(directory, words)
    ids = _ids(directory, script, tokens)
    spec = _silent()
    _teach(spec, ids, tokens, sure=sure, ends=ends, no_speech=no_speech)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [tokens.index(f"<|{code}|>") for code in _LANGUAGES]
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    spec.optimize()
    spec.save(str(directory))
    return directory


def _parts(text: str) -> list[str]:
    return re.findall(r" ?[A-Za-z']+|[^A-Za-z ]+", text)


def _letters() -> dict[int, str]:
    """Return GPT-2's printable stand-ins for bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    stands = {byte: chr(byte) for byte in plain}
    return stands | {byte: chr(256 + number) for number, byte in enumerate(others)}


def _write_tokenizer(directory: Path, words: Sequence[str]) -> list[str]:
    """Write a tokenizer that has a token for each word; return all tokens but the times."""
    letters = _letters()
    texts, merges = [letters[byte] for byte in range(256)], []
    for word in words:
        left, *rest = (letters[byte] for byte in word.encode())
        for letter in rest:
            if left + letter not in texts:
                texts.append(left + letter)
                merges.append([left, letter])
            left += letter
    control = ["endoftext", "startoftranscript", *_LANGUAGES, "translate", "transcribe"]
    control += ["startoflm", "startofprev", "nospeech", "notimestamps"]
    special = [f"<|{name}|>" for name in control]
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    content: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "normalizer": None,
        "post_processor": None,
        "pre_tokenizer": byte_level | {"use_regex": True},
        "decoder": byte_level | {"use_regex": True},
        "added_tokens": [
            {"id": len(texts) + number, "content": name, "special": True, **flags}
            for number, name in enumerate(special)
        ],
        "model": {
            "type": "BPE",
            "vocab": {text: number for number, text in enumerate(texts)},
            "merges": merges,
        },
    }
    (directory / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    return texts + special + [f"<|{number * _TICK:.2f}|>" for number in range(_TIMES)]


def _ids(directory: Path, script: Script, tokens: Sequence[str]) -> list[int]:
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    ids: list[int] = []
    for part in script:
        if isinstance(part, str):
            ids += tokenizer.encode(part, add_special_tokens=False).ids
        else:
            ids.append(tokens.index(f"<|{part:.2f}|>"))
    if len(ids) >= _WIDTH:
        raise ValueError(f"a script may have {_WIDTH - 1} tokens, this has {len(ids)}")
    return ids


def _silent() -> whisper_spec.WhisperSpec:
    """Return a model of one layer whose weights are all zero."""
    spec = whisper_spec.WhisperSpec(1, 1, 1, 1)
    encoder, decoder = spec.encoder, spec.decoder
    for convolution, channels in ((encoder.conv1, _MELS), (encoder.conv2, _WIDTH)):
        convolution.weight, convolution.bias = _zeros(_WIDTH, channels, 3), _zeros(_WIDTH)
    encoder.position_encodings.encodings = _zeros(1500, _WIDTH)
    for layer, attentions in (
        (encoder.layer[0], [encoder.layer[0].self_attention]),
        (decoder.layer[0], [decoder.layer[0].self_attention, decoder.layer[0].attention]),
    ):
        for attention in attentions:
            parts = len(attention.linear)
            for number, linear in enumerate(attention.linear):
                heads = (3, 1) if parts == 2 else (1, 2, 1)  # noqa: PLR2004 - one's own, another's
                _fill(linear, heads[number] * _WIDTH, _WIDTH)
            _normal(attention.layer_norm)
        _fill(layer.ffn.linear_0, 4 * _WIDTH, _WIDTH)
        _fill(layer.ffn.linear_1, _WIDTH, 4 * _WIDTH)
        _normal(layer.ffn.layer_norm)
    _normal(encoder.layer_norm)
    _normal(decoder.layer_norm)
    return spec


def _teach(
    spec: whisper_spec.WhisperSpec,
    ids: Sequence[int],
    tokens: Sequence[str],
    *,
    sure: bool,
    ends: bool,
    no_speech: float,
) -> None:
    """Make each position point at the token that follows it."""
    positions, rows = _zeros(_POSITIONS, _WIDTH), _zeros(len(tokens), _WIDTH)
    first = _PROMPT - 1
    for at in range(_POSITIONS):
        step = max(0, at - first)
        if step >= len(ids):
            step = len(ids) if ends else 1 + (step - 1) % (len(ids) - 1)
        positions[at, step] = 30.0
    rivals = iter(number for number in range(128, 256) if number not in ids)
    for step, token in enumerate(ids):
        rows[token, step] = _STRONG
        if not sure and token < tokens.index("<|endoftext|>"):
            rows[list(islice(rivals, _RIVALS)), step] = _AS_STRONG
    rows[tokens.index("<|endoftext|>"), len(ids)] = _STRONG
    odds = math.log(no_speech / (1 - no_speech)) if no_speech else -math.inf
    rows[tokens.index("<|nospeech|>"), 0] = max(0.0, _STRONG + odds / math.sqrt(_WIDTH - 1))
    spec.decoder.embeddings.weight = _zeros(len(tokens), _WIDTH)
    spec.decoder.position_encodings.encodings = positions
    spec.decoder.projection.weight = rows


def _zeros(*shape: int) -> NDArray[np.float32]:
    return np.zeros(shape, np.float32)


def _fill(linear: Any, outputs: int, inputs: int) -> None:
    linear.weight, linear.bias = _zeros(outputs, inputs), _zeros(outputs)


def _normal(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(_WIDTH, np.float32), _zeros(_WIDTH)
