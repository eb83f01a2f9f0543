"""Lines for the journal of the system: each begins with its priority, ``<4>`` for a warning.

https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html
"""

import os
import sys

STDOUT, STDERR = 1, 2
_PRIORITIES = ((50, 2), (40, 3), (30, 4), (20, 6))
"""From this level of `logging` on, this one of syslog."""
_DEBUG = 7
_ERROR = 40


def goes_there(stream: int | None = None) -> bool:
    """Tell whether a stream, or what Python writes errors to, is the journal's.

    `JOURNAL_STREAM` names it.

    The variable alone says nothing: what a service starts inherits it, with streams of its own.
    """
    try:
        there = os.fstat(sys.stderr.fileno() if stream is None else stream)
    except (OSError, ValueError, AttributeError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"


def marked(text: str, level: int = _ERROR) -> str:
    """Put the priority of a level of `logging` before each line."""
    priority = next((number for least, number in _PRIORITIES if level >= least), _DEBUG)
    return "\n".join(f"<{priority}>{line}" for line in text.splitlines())
