"""How a process ends: at once, whatever its worker threads are in the middle of.

A normal end of the interpreter tears engines down under the threads that load or run them, and
they abort with noise of their own.
"""

import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process now; what was printed is written, nothing else is waited for."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # who read it is gone
            stream.flush()
    os._exit(code)
