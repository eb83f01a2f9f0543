"""The machine itself: interpreter, processor, memory, disks, clock; whether it is one."""

import ctypes
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.care.findings import Finding, State

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
DISK_OTHER = 50
"""The same for state, caches and sockets: settings that are remembered are small."""
_TIME_ERROR = 5
"""What adjtimex(2) returns while nothing disciplines the clock."""
_TIMEX = 512
"""Bytes, more than its structure takes on any processor."""
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
    place = existing(models)
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


def places(folders: Mapping[str, Path]) -> Iterator[Finding]:
    """Tell whether there is room in each other place that is written to; a disk is named once."""
    seen: set[int] = set()
    for what, folder in folders.items():
        place = existing(folder)
        try:
            device = place.stat().st_dev
            free = shutil.disk_usage(place).free // MEGA
        except OSError as wrong:
            yield Finding("fail", "disk", f"{place}: {wrong.strerror}", "mend its rights")
            continue
        if device in seen:
            continue
        seen.add(device)
        detail = f"{free} MB free at {place} ({what})"
        state: State = "fail" if free < DISK_OTHER else "ok"
        yield Finding(state, "disk", detail, f"free some: at least {DISK_OTHER} MB")


def existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def synchronised(state: int | None = None) -> Finding:
    """Tell whether the kernel's clock follows a better one. `state`: what adjtimex(2) returns."""
    if state is None:
        state = _adjtimex()
    if state is None:
        return Finding("ok", "clock followed", "this system does not tell")
    if state == _TIME_ERROR:
        return Finding(
            "warn",
            "clock followed",
            "the clock is not synchronised; alarms and certificates need the right time",
            "`sudo timedatectl set-ntp true`",
        )
    return Finding("ok", "clock followed", "synchronised")


def _adjtimex() -> int | None:
    """Ask the kernel; `None` where there is no such call."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        state = int(library.adjtimex(ctypes.create_string_buffer(_TIMEX)))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state


def governor(folder: Path = Path("/sys/devices/system/cpu")) -> Finding:
    """Tell whether the processor is held at its lowest speed."""
    names: set[str] = set()
    drivers: set[str] = set()
    for core in folder.glob("cpu[0-9]*/cpufreq"):
        with suppress(OSError):
            names.add((core / "scaling_governor").read_text().strip())
            drivers.add((core / "scaling_driver").read_text().strip())
    if not names:
        return Finding("ok", "processor speed", "this system does not tell")
    detail = ", ".join(sorted(names))
    own = any("pstate" in driver for driver in drivers)  # its "powersave" speeds up when needed
    if "powersave" in names and not own:
        return Finding(
            "warn",
            "processor speed",
            f"governor {detail}: answers come later",
            "`sudo cpupower frequency-set -g schedutil`",
        )
    return Finding("ok", "processor speed", f"governor {detail}")


def container(root: Path = Path("/"), environ: Mapping[str, str] = os.environ) -> Finding:
    """Tell whether this is a container: sound, camera and GPU have to be handed into it."""
    kind = environ.get("container", "")
    if not kind:
        marks = {"docker": ".dockerenv", "podman": "run/.containerenv"}
        kind = next((name for name, mark in marks.items() if (root / mark).exists()), "")
    if not kind:
        return Finding("ok", "container", "none")
    given = (root / "dev/snd").exists() or environ.get("PULSE_SERVER")
    if given:
        return Finding("ok", "container", f"{kind}, sound is handed in")
    return Finding(
        "warn",
        "container",
        f"{kind}, and no sound is handed in",
        "start it with --device /dev/snd, or with the sound server's socket and PULSE_SERVER",
    )
