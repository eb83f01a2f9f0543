"""The program with a door for faults: for those that come from inside of a process.

Started as `python tests/faults/planted.py VERB …`; reads a fault a line from the pipe in `FAULTS`:

loop SECONDS    the event loop is blocked
clock SECONDS   the wall clock is set, forwards or back
busy SECONDS    another thread keeps the interpreter's lock as long as it is let
thread NAME     the thread of this name dies (blanks are written as hyphens)
"""

# ruff: noqa: TID251
# (Real time is what is broken here.)

import asyncio
import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

_real_time = time.time
_loops: list[asyncio.AbstractEventLoop] = []
_set = [0.0]


class _Noted(asyncio.SelectorEventLoop):
    """A loop that can be found again."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        _loops.append(self)


def _block(seconds: str) -> None:
    _loops[-1].call_soon_threadsafe(time.sleep, float(seconds))


def _clock(seconds: str) -> None:
    _set[0] += float(seconds)


def _busy(seconds: str) -> None:
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        pass


def _kill(name: str) -> None:
    """Raise `SystemExit` in a thread as soon as it executes Python again."""
    thread = next(one for one in threading.enumerate() if one.name.replace(" ", "-") == name)
    number = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(SystemExit))


FAULTS: dict[str, Callable[[str], None]] = {
    "loop": _block,
    "clock": _clock,
    "busy": _busy,
    "thread": _kill,
}


def _obey(path: str) -> None:
    while True:
        with open(path, encoding="utf-8") as pipe:  # noqa: PTH123 - waits for a writer
            for line in pipe:
                fault, detail = line.split()
                FAULTS[fault](detail)


if __name__ == "__main__":
    asyncio.SelectorEventLoop = _Noted  # type: ignore[assignment]
    time.time = lambda: _real_time() + _set[0]
    threading.Thread(target=_obey, args=(os.environ["FAULTS"],), daemon=True).start()
    sys.argv[0] = "assistant"
    from assistant.__main__ import main

    main()
