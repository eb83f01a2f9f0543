"""Starts the command line; `assistant mute` and its like need not wait for all of it."""

import os
import signal
import sys
from typing import NoReturn

# OpenMP's threads spin for work unless this is set before its library is loaded; two engines that
# spin on two cores slow each other down forty times (measured).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# A spectrogram is too small to be shared: a second thread would only spin (24 % of a core).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# The same for what is started from here, such as `assistant doctor`'s look at each engine.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from assistant.cli import again
from assistant.cli.leaving import leave
from assistant.cli.quick import quick

SWITCH_S = 0.001
"""How long a thread may compute in Python while the event loop waits for its turn; 5 ms is usual,
and the loop should never be late by more than two of them."""


def main() -> NoReturn:
    """Run a verb and end the process with its exit code."""
    sys.setswitchinterval(SWITCH_S)
    try:
        code = quick(sys.argv[1:])
        if code is None:
            if again.wanted(sys.argv[1:], os.environ):
                again.keep()
            from assistant.cli.main import main as whole  # noqa: PLC0415 - typer takes 70 ms

            whole()
    except KeyboardInterrupt:  # before anybody could take care of it
        code = 128 + signal.SIGINT
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    leave(code)


if __name__ == "__main__":
    main()
