"""Processor cores: the senses have one half, a mind in this process the other.

Engines that may run anywhere often share one core while another idles: schedulers that pack, as
those of virtual machines do to save power, leave them there. Measured on two cores, both busy: a
decode took 48 ms instead of 70-78, and the mind wrote 150 tokens a second instead of 55-97.
"""

import os
import sys
from contextlib import suppress

Cores = frozenset[int]


def halves(cores: Cores) -> tuple[Cores, Cores]:
    """Return the halves for senses and mind; both are all cores where there is but one."""
    half = len(cores) // 2
    if not half:
        return cores, cores
    return frozenset(sorted(cores)[:half]), frozenset(sorted(cores)[half:])


def threads(cores: Cores) -> int:
    """Return how many threads an engine on these cores should have, one at least."""
    return len(cores) or max((os.cpu_count() or 1) // 2, 1)


def place(cores: Cores) -> None:
    """Let the calling thread, and those that it starts, run on these cores only (Linux)."""
    if cores and sys.platform == "linux":
        with suppress(OSError):  # they were taken from this process
            os.sched_setaffinity(0, cores)


ALL: Cores = frozenset(os.sched_getaffinity(0)) if sys.platform == "linux" else frozenset()
SENSES, MIND = halves(ALL)
