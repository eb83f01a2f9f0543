"""What was measured on: figures mean nothing without it."""

import os
import platform
from pathlib import Path

_GIB = 1024**3


def described() -> dict[str, str | int | float]:
    """Return processor, cores, memory, system, and how busy the machine is (load, 1 min)."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores(),
        "memory_gib": round(_memory() / _GIB, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(load(), 2),
    }


def load() -> float:
    """Return how many processes wanted to run, on average, in the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def line(machine: dict[str, str | int | float]) -> str:
    """Return a description as a line for people."""
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {machine['python']}; load before {machine['load']}, "
        f"after {machine.get('load_after', machine['load'])}"
    )


def _cores() -> int:
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    names = [text.partition(":")[2].strip() for text in lines if text.startswith("model name")]
    return next(iter(names), platform.processor() or platform.machine())


def _memory() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # not a POSIX that tells
        return float("nan")
