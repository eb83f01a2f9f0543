"""Who we are on the bus: an identifier that is drawn once and kept."""

import os
import re
import secrets
from pathlib import Path

from assistant.errors import BackendUnavailable

_KEPT = re.compile(r"[0-9a-f]{12}")


def identifier(folder: Path) -> str:
    """Return the identifier that is kept in a folder; the first time it is drawn.

    Home Assistant knows the device and all its entities by it. Raises `BackendUnavailable`.
    """
    place = folder / "home-id"
    try:
        if (kept := _read(place)) is not None:
            return kept
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = folder / f".home-id.{os.getpid()}"
        made.write_text(f"{secrets.token_hex(6)}\n")
        try:
            os.link(made, place)  # whoever comes first has drawn it
        except FileExistsError:
            if _read(place) is None:  # it was damaged
                made.replace(place)
        made.unlink(missing_ok=True)
        return _read(place) or place.read_text().strip()
    except OSError as wrong:
        raise BackendUnavailable(
            "home_mqtt", f"{place} cannot be kept ({wrong.strerror}); check the path"
        ) from None


def _read(place: Path) -> str | None:
    try:
        text = place.read_text().strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return text if _KEPT.fullmatch(text) else None
