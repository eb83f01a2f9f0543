"""A small parent of `assistant run`: starts the daemon again when it crashes, or asks for that.

It is what the process was before anything large was imported: a fork, so that it costs no time
and next to no memory. Where a service manager watches over us there is none.
See docs/decisions/0010-a-parent-outside-systemd.md.
"""

import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import perf_counter
from typing import NoReturn

from assistant.cli.leaving import leave

AGAIN = 75
"""The exit code that asks for it (EX_TEMPFAIL): only a new process can have sound again."""
CRASHES = {
    *(signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL),
    *(signal.SIGTRAP, signal.SIGSYS),
}
"""Ends that nobody wished. SIGKILL is not among them: somebody did, or the memory is used up."""
LIMIT = 5
"""So many crashes in a row are enough. Code 75 is tried for ever: the sound system may return."""
STEADY_S = 60.0
"""Who has lived so long was well: it is counted from nought."""
PAUSES = (1.0, 30.0)
"""Seconds before the next start: at first, doubled each time, and at most."""
ONCE = ("--once", "--demonstrate", "--record", "--flight", "--help", "-h")
"""With one of these it is started once. A second start would write over the recording."""
_PDEATHSIG = 1


def wanted(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Tell whether these arguments start a daemon that nobody else watches over."""
    verb = next((word for word in arguments if not word.startswith("-")), "")
    once = any(word.partition("=")[0] in ONCE for word in arguments)
    linux = hasattr(signal, "sigtimedwait")
    return verb == "run" and not once and linux and "NOTIFY_SOCKET" not in environ


def keep(pause: float = PAUSES[0]) -> None:
    """Return in a child, and in another one whenever that is to be replaced.

    The process that called it ends as its last child did, by exit code or by signal. `pause`:
    seconds before the first new start.
    """
    endings = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup: we are to outlive the terminal
        endings.remove(signal.SIGHUP)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who ignores it is never told of an end
    before = signal.pthread_sigmask(signal.SIG_BLOCK, endings | {signal.SIGCHLD})
    us, crashes, wait = os.getpid(), 0, pause
    while True:
        began = perf_counter()
        child = os.fork()
        if not child:
            _follow(us)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return
        code = _end_of(child, endings)
        if perf_counter() - began > STEADY_S:
            crashes, wait = 0, pause
        crashes += code < 0
        if not (code == AGAIN or -code in CRASHES):
            _end_as(code)
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        if crashes > LIMIT:
            _say(f"it has crashed {crashes} times ({how}); see `assistant doctor`")
            _end_as(code)
        _say(f"it has ended with {how}; starting it again in {wait:g} s")
        if asked := signal.sigtimedwait(endings, wait):
            leave(0 if asked.si_signo == signal.SIGTERM else 128 + asked.si_signo)
        wait = min(2 * wait, PAUSES[1])


def _follow(parent: int) -> None:
    """See to it that the daemon is asked to end when its parent is killed."""
    import ctypes  # noqa: PLC0415 - the parent needs none

    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        leave(128 + signal.SIGTERM)


def _end_of(child: int, endings: set[signal.Signals]) -> int:
    """Wait for its end, handing on what asks for it; return its code, or minus its signal.

    Ctrl-C reaches the whole group of processes from the terminal: the daemon has it already, and
    a second SIGINT would mean: at once.
    """
    while True:
        got = signal.sigwaitinfo(endings | {signal.SIGCHLD})
        if got.si_signo == signal.SIGCHLD:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        elif got.si_signo != signal.SIGINT or got.si_code <= 0:  # sent by a process
            with suppress(ProcessLookupError):
                os.kill(child, got.si_signo)


def _end_as(code: int) -> NoReturn:
    """End as the child did."""
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # of the parent there is nothing to see
        with suppress(OSError, ValueError):  # SIGKILL has no handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {-code})
    leave(code if code >= 0 else 128 - code)


def _say(text: str) -> None:
    """Write a line below whatever the daemon has left, and have the cursor back."""
    with suppress(OSError, ValueError):  # nobody reads
        clean = "\r\n\x1b[?25h" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{clean}assistant: {text}\n")
        sys.stderr.flush()
