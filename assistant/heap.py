"""The memory of this process: what is in use, and giving back what is not.

Engines take large pieces for each turn, in threads of their own, and glibc keeps for each thread
what it has freed: up to 190 MB after some minutes of conversation, of which nothing was in use.
"""

import ctypes
import functools
import gc
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

_FIELDS = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)
"""Of malloc.h; all are numbers of the size of an address."""


class _Info(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and later."""

    _fields_: ClassVar[Sequence[Any]] = [(name, ctypes.c_size_t) for name in _FIELDS]


def settle() -> None:
    """Let the collector of cycles pass over all that is there now; blocks for some 0.2 s.

    With everything loaded, looking through it takes 0.2 s, in which no thread runs Python: nor do
    the callbacks of sound.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # it is done again when a quarter more is there than now: next to nothing


def give_back() -> None:
    """Hand memory that was freed back to the system; up to some 50 ms (glibc, else nothing)."""
    with suppress(AttributeError):
        _library().malloc_trim(0)


def in_use() -> float | None:
    """Return the bytes that native code has asked for and not freed; `None`: not told here."""
    try:
        ask = _library().mallinfo2
    except AttributeError:
        return None
    ask.restype = _Info
    info = ask()
    return float(info.uordblks + info.hblkhd)


def objects() -> float:
    """Return how many pieces of memory Python itself has in use."""
    return float(sys.getallocatedblocks())


@functools.cache
def _library() -> Any:
    return ctypes.CDLL(None)
