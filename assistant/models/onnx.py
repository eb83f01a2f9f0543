"""An ONNX file, read and amended as bytes, without the `onnx` package.

A protobuf message is a row of fields: a key (number and wire type), then a varint or, after its
length, bytes. A parser merges a field that comes twice, so appending amends it:
https://protobuf.dev/programming-guides/encoding/. The numbers are those of onnx.proto.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_GRAPH = 7  # of ModelProto
_NODE, _INITIALIZER, _INPUT, _OUTPUT, _VALUE = 1, 5, 11, 12, 13  # of GraphProto
_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_TYPE = 1, 2, 3, 4  # of NodeProto
_NODE_TEXTS = (_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_TYPE)
_NAME, _TYPE = 1, 2  # of ValueInfoProto
_TENSOR_NAME = 8  # of TensorProto
_NAMED = {_NODE: _NODE_OUTPUT, _INITIALIZER: _TENSOR_NAME, _INPUT: _NAME, _OUTPUT: _NAME}
"""Parts of a graph, and where each says which values it makes."""
_FLOATS = b"\x0a\x02\x08\x01"  # TypeProto: a tensor whose elements are of type 1, FLOAT
_BODIES = frozenset({"If", "Loop", "Scan"})
"""Operators that hold a graph of their own, which may use any value around it."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MORE = 0x80
_WIDTH = {_FIXED64: 8, _FIXED32: 4}


def outputs_of(model: bytes, operator: str) -> list[str]:
    """Return the names of what nodes of this operator put out; raises `ValueError` on garbage."""
    names: list[str] = []
    for graph in _fields(memoryview(model), _GRAPH):
        for node in _fields(graph, _NODE):
            if any(bytes(kind) == operator.encode() for kind in _fields(node, _NODE_TYPE)):
                names += [bytes(name).decode() for name in _fields(node, _NODE_OUTPUT)]
    return names


def with_output(model: bytes, name: str) -> bytes:
    """Return the model with one more output, which must be the name of an inner value."""
    return model + _field(_GRAPH, _field(_OUTPUT, _field(_NAME, name.encode())))


def with_durations(path: Path) -> bytes:
    """Return a VITS model that also tells how long each input symbol lasts, if it can.

    Its only rounding up is that of the durations, in frames of its vocoder.
    """
    model = path.read_bytes()
    names = outputs_of(model, "Ceil")
    return with_output(model, names[0]) if len(names) == 1 else model


@dataclass(frozen=True, slots=True)
class Halves:
    """A VITS voice in two models: text becomes frames, frames become sound."""

    first: bytes
    """Its last output are the frames: float32 of shape (1, channels, frames)."""
    second: bytes
    """Its inputs are the frames and, of some voices, inputs of the whole; its output is sound."""


def halved(model: bytes, sound: str = "output", vocoder: str = "/dec/conv_pre/") -> Halves | None:
    """Cut a VITS voice before its vocoder; `None` if it is not built as Piper builds them.

    A frame's sound depends on its neighbours only, so a sentence can sound before its end is made
    (HiFi-GAN, arXiv:2010.05646).
    """
    nodes = [
        _Node.read(node)
        for graph in _fields(memoryview(model), _GRAPH)
        for node in _fields(graph, _NODE)
    ]
    cuts = {node.inputs[0] for node in nodes if node.name.startswith(vocoder) and node.inputs}
    if len(cuts) != 1 or any(node.kind in _BODIES for node in nodes):
        return None
    (frames,) = cuts
    outputs = {
        bytes(name).decode()
        for graph in _fields(memoryview(model), _GRAPH)
        for output in _fields(graph, _OUTPUT)
        for name in _fields(output, _NAME)
    }
    before = _needed(nodes, (outputs - {sound}) | {frames})
    after = _needed(nodes, {sound}, given=frames)
    if sound not in outputs or frames in outputs or not after:
        return None
    new = _field(_NAME, frames.encode()) + _field(_TYPE, _FLOATS)
    first, second = _parts(model, ((before, outputs - {sound}), (after, {sound})))
    return Halves(
        first + _field(_GRAPH, _field(_OUTPUT, new)),
        second + _field(_GRAPH, _field(_INPUT, new)),
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """A step of a graph: names of values."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def read(cls, node: memoryview) -> "_Node":
        texts: dict[int, list[str]] = {number: [] for number in _NODE_TEXTS}
        for number, content, _ in _all_fields(node):
            if number in texts:
                texts[number].append(str(content, "utf-8"))
        inputs, outputs, name, kind = texts.values()
        return cls("".join(name), "".join(kind), tuple(inputs), tuple(outputs))


def _needed(nodes: list[_Node], values: set[str], given: str = "") -> set[str]:
    """Return the names of all values that these are made of; `given` is there already."""
    makers = {name: node for node in nodes for name in node.outputs}
    known: set[str] = set()
    wanted = list(values)
    while wanted:
        value = wanted.pop()
        if value in known or value == given:
            continue
        known.add(value)
        if value in makers:
            wanted += makers[value].inputs
    return known


def _parts(model: bytes, wanted: Sequence[tuple[set[str], set[str]]]) -> list[bytes]:
    """Return models of the nodes, weights and inputs that make values, each with its outputs."""
    graphs = [bytearray() for _ in wanted]
    rest = bytearray()
    for number, content, raw in _all_fields(memoryview(model)):
        if number != _GRAPH:
            rest += raw
            continue
        for inner, field, whole in _all_fields(content):
            if inner == _VALUE:
                continue
            names = _names(field, _NAMED[inner]) if inner in _NAMED else None
            for graph, (values, outputs) in zip(graphs, wanted, strict=True):
                if names is None or names & (outputs if inner == _OUTPUT else values):
                    graph.extend(whole)
    return [bytes(rest) + _field(_GRAPH, graph) for graph in graphs]


def _names(message: memoryview, number: int) -> set[str]:
    return {bytes(name).decode() for name in _fields(message, number)}


def _fields(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """Yield the contents of all fields with this number."""
    for number, content, _ in _all_fields(message):
        if number == wanted:
            yield content


def _all_fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Yield number, content and encoding of each field; a number's content is left empty."""
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        content = message[at:at]
        if wire == _BYTES:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a field is longer than its message")
            content = message[at : at + length]
            at += length
        elif wire == _VARINT:
            _, at = _varint(message, at)
        elif wire in _WIDTH:
            at += _WIDTH[wire]
        else:
            raise ValueError(f"unknown wire type {wire}")
        yield number, content, message[start:at]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    if at < len(message) and message[at] < _MORE:  # nearly all, and there are 100 000 of them
        return message[at], at + 1
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & ~_MORE) << shift
        at, shift = at + 1, shift + 7
        if byte < _MORE:
            return value, at
    raise ValueError("a number does not end")


def _field(number: int, content: bytes | bytearray) -> bytes:
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _encoded(value: int) -> bytes:
    encoded = bytearray()
    while value >= _MORE:
        encoded.append(value & ~_MORE & 0xFF | _MORE)
        value >>= 7
    return bytes([*encoded, value])
