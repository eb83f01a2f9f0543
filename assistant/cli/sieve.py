"""Keeps the chatter of native libraries off the terminal and out of the journal.

PortAudio and ALSA write to standard error by themselves, from threads of their own, each time a
device is lost. So everything native gets a pipe there, and a small process at its other end lets
through what is no chatter: a thread would need the interpreter's lock, and would take the last
words of a crash with it. What Python writes goes past it.
"""

import faulthandler
import gc
import io
import os
import select
import signal
import sys
from time import perf_counter
from typing import NoReturn

from assistant.backends.device_sounddevice.portaudio import CHATTER
from assistant.cli import journal

_WARNING, _DEBUG = 30, 10
_MOST = 20
"""Lines let through in `_PER_SECONDS`: a library gone wild fills no disk."""
_PER_SECONDS = 10.0
_LINE = 4096
"""Bytes; what is longer comes in pieces."""
_IDLE_SECONDS = 0.2
"""After so long without more, half a line is one."""


def sift(*, chatter: bool = False) -> None:
    """Have native libraries sifted from now on, before there is any thread; once in a process.

    `chatter`: let that through, too, for who looks for what is wrong.
    """
    if sys.platform != "linux" or _fileno(sys.stderr) != journal.STDERR:
        return  # somebody has put another stream there already
    try:
        sys.stderr.flush()
        real = os.dup(journal.STDERR)
    except OSError:  # closed, or nobody reads
        return
    reading, writing = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    if not os.fork():  # all signals stay blocked: it ends when nobody is left to write
        os.close(writing)
        os.close(journal.STDERR)
        gc.disable()
        _Sieve(real, journal.goes_there(real), chatter=chatter).watch(reading)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(reading)
    os.dup2(writing, journal.STDERR)
    os.close(writing)
    # Buffered, so that a line is one write: in two, another process's lines would fall between.
    sys.stderr = io.TextIOWrapper(
        os.fdopen(real, "wb"),
        encoding=sys.stderr.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )
    if faulthandler.is_enabled():
        faulthandler.enable(sys.stderr)


def _fileno(stream: object) -> int:
    try:
        return stream.fileno()  # type: ignore[attr-defined,no-any-return]
    except (AttributeError, OSError, ValueError):
        return -1


class _Sieve:
    """The process at the other end."""

    def __init__(self, out: int, marks: bool, *, chatter: bool) -> None:  # noqa: FBT001
        """`marks`: each line gets its priority, as the journal wants it."""
        self._out, self._marks, self._chatter = out, marks, chatter
        self._dropping = False
        self._let, self._since, self._held_back = 0, perf_counter(), 0

    def watch(self, pipe: int) -> NoReturn:
        """Sift until everybody who writes has ended; never returns."""
        try:
            rest = b""
            while True:
                if not select.select([pipe], [], [], _IDLE_SECONDS if rest else None)[0]:
                    self._sift(rest + b"\n")
                    rest = b""
                    continue
                part = os.read(pipe, _LINE)
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    self._sift(line + b"\n")
                if not part or len(rest) >= _LINE:
                    if rest:
                        self._sift(rest + b"\n")
                    rest = b""
                if not part:
                    break
        finally:
            os._exit(0)

    def _sift(self, line: bytes) -> None:
        if not line[:1].isspace():  # else it belongs to the one before
            self._dropping = CHATTER.match(line) is not None
        if self._dropping:
            if self._chatter:
                self._write(line, _DEBUG)
            return
        now = perf_counter()
        if now - self._since > _PER_SECONDS:
            if self._held_back:
                self._write(b"(and %d more lines of libraries)\n" % self._held_back, _WARNING)
            self._let, self._since, self._held_back = 0, now, 0
        if self._let < _MOST:
            self._let += 1
            self._write(line, _WARNING)
        else:
            self._held_back += 1

    def _write(self, line: bytes, level: int) -> None:
        if self._marks:
            line = journal.marked(line.decode(errors="replace"), level).encode() + b"\n"
        os.write(self._out, line)
