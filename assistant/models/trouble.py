"""What can go wrong around a model, each as one clear line."""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import ModelError
from assistant.models.terms import FetchError, Stopped

_MARGIN = 64 << 20
"""Bytes that stay free on the disk: 64 MiB, for everything else that runs."""
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ELSEWHERE = "let ASSISTANT_MODELS name a directory on another disk"


@contextmanager
def explained(name: str, root: Path) -> Iterator[None]:
    """Turn errors of disk, network and lock into a `ModelError`."""
    try:
        yield
    except Stopped:
        raise ModelError(
            name, "stopped; what has come is kept, and the next attempt goes on from it."
        ) from None
    except FetchError as problem:
        raise ModelError(name, f"{problem}.") from None
    except OSError as problem:
        if problem.errno in _NO_ROOM:
            raise ModelError(
                name,
                f"the disk of {root} is full; free some of it or {_ELSEWHERE}, then try again:"
                " what has come is kept.",
            ) from None
        reason = (problem.strerror or str(problem)).lower()
        raise ModelError(
            name,
            f"{problem.filename or root}: {reason}; make it writable, or let ASSISTANT_MODELS"
            " name another directory.",
        ) from None


def require_room(name: str, root: Path, size: int) -> None:
    """Raise unless so many bytes more fit on the disk."""
    free = shutil.disk_usage(root).free
    if size + _MARGIN > free:
        raise ModelError(
            name,
            f"it needs {(size + _MARGIN) / 1e6:.0f} MB on the disk of {root}, where"
            f" {free / 1e6:.0f} MB are free; free some of it or {_ELSEWHERE}.",
        )


def advice(problems: Sequence[FetchError], host: str, *, offline: bool) -> str:
    """Say what the user can do when no source gave a model."""
    if problems and all(problem.refused for problem in problems):
        return (
            f"Accept its terms at {host} and set HF_TOKEN, or put its files into a directory"
            " that ASSISTANT_MODEL_DIR names."
        )
    first = "Allow it the network" if offline else "Connect this machine and try again"
    return f"{first}, or put its files into a directory that ASSISTANT_MODEL_DIR names."


def is_set(variable: str) -> bool:
    """Whether a switch of the environment is on."""
    return os.environ.get(variable, "").strip().lower() in {"1", "true", "yes", "on"}
