"""The machine itself: interpreter, processor, memory, disk, clock."""

import os
import platform
import shutil
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.care.findings import Finding

OLDEST = (3, 11)
"""The oldest Python that this runs on."""
MEMORY_ALL = 1000
"""Megabytes with which the three default models and everything else run well (800 measured)."""
MEMORY_LEAST = 500
"""Megabytes below which loading them would push the machine into its swap."""
DISK_ROOM = 1000
"""Megabytes for other models, recordings and logs."""
DISK_LEAST = 100
"""Megabytes below which even the flight log soon has no room."""
MEGA = 1_000_000
SETUP = "`./scripts/run` makes one"


def python() -> Finding:
    """Tell whether the interpreter is new enough."""
    version = platform.python_version()
    if sys.version_info < OLDEST:
        least = ".".join(map(str, OLDEST))
        return Finding(
            "fail", "Python", f"{version}, at least {least} is needed", f"install {least}"
        )
    return Finding("ok", "Python", version)


def environment() -> Finding:
    """Tell whether we have an environment that no other program's packages change."""
    if sys.prefix == sys.base_prefix:
        return Finding("warn", "environment", "the system's own packages are used", SETUP)
    return Finding("ok", "environment", sys.prefix)


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Finding:
    """Tell whether it has the vector instructions that make real time possible."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = platform.machine()
    detail = f"{machine}, {cores} core{'' if cores == 1 else 's'}"
    if machine in {"x86_64", "AMD64"}:
        try:
            flags = cpuinfo.read_text(errors="replace").split()
        except OSError:
            return Finding("ok", "processor", detail)
        if "avx2" not in flags:
            return Finding(
                "warn",
                "processor",
                f"{detail}, without AVX2: ears and mind are several times slower",
                "choose small models, or a model server (llm.backend: openai)",
            )
        detail += ", AVX2"
    if cores == 1:
        return Finding("warn", "processor", detail, "two cores answer much sooner")
    return Finding("ok", "processor", detail)


def memory(
    meminfo: Path = Path("/proc/meminfo"), limit: Path = Path("/sys/fs/cgroup/memory.max")
) -> Finding:
    """Tell whether there is room for the models."""
    try:
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return Finding("ok", "memory", "this system does not tell")
    with suppress(OSError, ValueError):  # no limit for this container or service
        free = min(free, int(limit.read_text()))
    mega = free // MEGA
    detail = f"{mega} MB available"
    if mega < MEMORY_LEAST:
        return Finding("fail", "memory", f"{detail}, {MEMORY_LEAST} are needed", _LESS_MEMORY)
    if mega < MEMORY_ALL:
        return Finding("warn", "memory", f"{detail}, {MEMORY_ALL} are better", _LESS_MEMORY)
    return Finding("ok", "memory", detail)


_LESS_MEMORY = "close other programs, or choose smaller models (stt.model, llm.model)"


def disk(models: Path) -> Finding:
    """Tell whether there is room where the models are kept."""
    place = models
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        free = shutil.disk_usage(place).free // MEGA
    except OSError as wrong:
        return Finding("fail", "disk", f"{place}: {wrong.strerror}", "set ASSISTANT_MODELS")
    detail = f"{free} MB free at {place}"
    fix = "free some, or set ASSISTANT_MODELS to a directory on another disk"
    if free < DISK_LEAST:
        return Finding("fail", "disk", detail, fix)
    if free < DISK_ROOM:
        return Finding("warn", "disk", detail, fix)
    return Finding("ok", "disk", detail)


def clock(now: datetime | None = None) -> Finding:
    """Tell whether it is later than when this program came here: else no certificate is valid."""
    now = now or datetime.now(UTC)
    installed = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    detail = f"{now.astimezone():%Y-%m-%d %H:%M %Z}"
    if now < installed - timedelta(days=1):
        return Finding(
            "fail",
            "clock",
            f"{detail}, before this program was installed",
            "set it: `timedatectl set-ntp true`",
        )
    return Finding("ok", "clock", detail)
