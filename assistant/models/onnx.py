"""An ONNX file, read and amended as bytes, without the `onnx` package.

A protobuf message is a row of fields: a key (number and wire type), then a varint or, after its
length, bytes. A parser merges a field that comes twice, so appending amends it:
https://protobuf.dev/programming-guides/encoding/. The numbers are those of onnx.proto.
"""

from collections.abc import Iterator
from pathlib import Path

_GRAPH = 7  # of ModelProto
_NODE, _OUTPUT = 1, 12  # of GraphProto
_NODE_OUTPUT, _NODE_TYPE = 2, 4  # of NodeProto
_NAME = 1  # of ValueInfoProto
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


def _fields(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """Yield the contents of all fields with this number."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _BYTES:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a field is longer than its message")
            if number == wanted:
                yield message[at : at + length]
            at += length
        elif wire == _VARINT:
            _, at = _varint(message, at)
        elif wire in _WIDTH:
            at += _WIDTH[wire]
        else:
            raise ValueError(f"unknown wire type {wire}")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & ~_MORE) << shift
        at, shift = at + 1, shift + 7
        if byte < _MORE:
            return value, at
    raise ValueError("a number does not end")


def _field(number: int, content: bytes) -> bytes:
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _encoded(value: int) -> bytes:
    encoded = bytearray()
    while value >= _MORE:
        encoded.append(value & ~_MORE & 0xFF | _MORE)
        value >>= 7
    return bytes([*encoded, value])
