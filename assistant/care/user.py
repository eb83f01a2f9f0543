"""What this user may do: directories of their own, priority, camera."""

import grp
import os
import resource
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from assistant.care.findings import Finding
from assistant.care.machine import existing

NICENESS = 11
"""How far the sound threads go before others, as those of sound servers do."""
_NICE_ZERO = 20
"""What RLIMIT_NICE is counted from: 20 is a niceness of 0, 31 one of -11."""


def runtime(environ: Mapping[str, str] = os.environ) -> Finding:
    """Tell whether there is a runtime directory: sound servers and our socket live there."""
    what = "runtime folder"
    named = environ.get("XDG_RUNTIME_DIR", "")
    usual = Path(f"/run/user/{os.getuid()}")
    if not named:
        return Finding(
            "warn",
            what,
            "XDG_RUNTIME_DIR is not set; the control socket goes to ~/.local/state",
            f"`export XDG_RUNTIME_DIR={usual}`, or log in instead of using su",
        )
    place = Path(named)
    if not place.is_dir():
        fix = f"log in again, or `sudo loginctl enable-linger {_me()}`"
        return Finding("fail", what, f"{place} (XDG_RUNTIME_DIR) is not there", fix)
    found = place.stat()
    if found.st_uid != os.getuid():
        fix = f"`export XDG_RUNTIME_DIR={usual}`; after su, log in instead"
        return Finding("fail", what, f"{place} belongs to another user", fix)
    if found.st_mode & 0o077:
        return Finding("warn", what, f"{place} is open to others", f"`chmod 700 {place}`")
    return Finding("ok", what, str(place))


def writable(what: str, folder: Path, fix: str) -> Finding:
    """Tell whether something can really be written there: quotas and full disks count."""
    place = existing(folder)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as wrong:
        return Finding("fail", what, f"{place} cannot be written to ({wrong.strerror})", fix)
    return Finding("ok", what, str(folder))


def priority(limit: int | None = None) -> Finding:
    """Tell whether the sound threads may go first. `limit`: RLIMIT_NICE."""
    if limit is None:
        limit, _ = resource.getrlimit(resource.RLIMIT_NICE)
    first = os.geteuid() == 0 or limit == resource.RLIM_INFINITY
    if first or limit >= _NICE_ZERO + NICENESS:
        return Finding("ok", "priority", "the sound threads go first")
    return Finding(
        "warn",
        "priority",
        "the sound threads wait their turn: crackles on a busy machine",
        f"`echo '@audio - nice -{NICENESS}' | sudo tee /etc/security/limits.d/audio.conf`, "
        f"`sudo usermod -aG audio {_me()}`, then log in again",
    )


def cameras(folder: Path = Path("/dev"), *, wanted: bool = False) -> Finding:
    """Tell whether there is a camera that may be used. `wanted`: it is to look through one."""
    nodes = sorted(folder.glob("video[0-9]*"))
    if not nodes:
        if wanted:
            fix = "plug one in, or set vision.mode to off"
            return Finding("warn", "camera", "none, and it is to look through one", fix)
        return Finding("ok", "camera", "none, and none is needed")
    if not any(os.access(node, os.R_OK | os.W_OK) for node in nodes):
        fix = f"`sudo usermod -aG video {_me()}`, then log in again"
        return Finding("warn", "camera", f"{nodes[0]} may not be used by this user", fix)
    names = ", ".join(node.name for node in nodes)
    if wanted and find_spec("cv2") is None:
        fix = f"`{sys.executable} -m pip install opencv-python-headless`"
        return Finding("fail", "camera", f"{names}, and OpenCV is not installed", fix)
    return Finding("ok", "camera", names)


def groups(folder: Path = Path("/dev")) -> Finding:
    """Tell whether this process is in the groups that own sound cards and cameras, if any."""
    owners: set[str] = set()
    for pattern in ("snd/pcm*", "video[0-9]*"):
        for node in folder.glob(pattern):
            with suppress(OSError, KeyError):
                owners.add(grp.getgrgid(node.stat().st_gid).gr_name)
    mine = set()
    for number in {os.getegid(), *os.getgroups()}:
        with suppress(KeyError):
            mine.add(grp.getgrgid(number).gr_name)
    lacking = sorted(owners - mine - {"root"})
    if not lacking or os.geteuid() == 0:
        return Finding("ok", "groups", ", ".join(sorted(owners & mine)) or "none is needed")
    detail = f"not in {', '.join(lacking)}; a desktop session gives access without, a service not"
    fix = f"`sudo usermod -aG {','.join(lacking)} {_me()}`, then log in again"
    return Finding("warn", "groups", detail, fix)


def _me() -> str:
    return os.environ.get("USER") or "$USER"
