"""Starts the command line; `assistant mute` and its like need not wait for all of it."""

import os
import signal
import sys

# OpenMP's threads spin for work unless this is set before its library is loaded; two engines that
# spin on two cores slow each other down forty times (measured).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from assistant.cli.quick import quick


def main() -> None:
    """Run a verb and end the process with its exit code."""
    try:
        code = quick(sys.argv[1:])
        if code is None:
            from assistant.cli.main import main as whole  # noqa: PLC0415 - typer takes 70 ms

            whole()
    except KeyboardInterrupt:  # before anybody could take care of it
        code = 128 + signal.SIGINT
    sys.exit(code)


if __name__ == "__main__":
    main()
