"""Where a camera is: a number, a part of its name, a path, a pattern of paths or an address."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from assistant.errors import BackendUnavailable

DEVICES = Path("/sys/class/video4linux")
SCHEMES = frozenset({"http", "https", "rtsp", "rtsps", "rtmp", "udp", "tcp"})


@dataclass(frozen=True, slots=True)
class Place:
    """Something that OpenCV can open."""

    kind: Literal["device", "file", "stream"]
    target: int | str
    name: str
    """For people: no password, no whole path."""


def find(device: int | str, devices: Path = DEVICES) -> Place:
    """Return where a camera is now: numbers change when it is plugged in again.

    Raises `BackendUnavailable` with what there is instead.
    """
    if isinstance(device, int) or device.strip().isdecimal():
        return _numbered(int(device), devices)
    if "://" in device:
        return _stream(device)
    if device.startswith("/dev/video") and device.removeprefix("/dev/video").isdecimal():
        return _numbered(int(device.removeprefix("/dev/video")), devices)
    path = Path(device).expanduser()
    if "%" in path.name or path.exists():
        return _file(path)
    if path.is_absolute() or "/" in device:
        raise BackendUnavailable("camera", "there is no such file; see vision.camera.device")
    return _named(device, devices)


def present(devices: Path = DEVICES) -> dict[int, str]:
    """Return the cameras of this machine, names by number; one of several nodes of each."""
    found: dict[int, str] = {}
    for node in sorted(devices.glob("video*")) if devices.is_dir() else []:
        number = node.name.removeprefix("video")
        if number.isdecimal() and _text(node / "index") in {"", "0"}:
            found[int(number)] = _text(node / "name") or node.name
    return dict(sorted(found.items()))


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _numbered(number: int, devices: Path) -> Place:
    cameras = present(devices)
    if devices.is_dir() and number not in cameras and not (devices / f"video{number}").exists():
        raise BackendUnavailable("camera", f"there is no camera {number}; {_there_are(cameras)}")
    if not devices.is_dir() and Path("/sys/class").is_dir():
        raise BackendUnavailable("camera", "there is no camera; plug one in")
    return Place("device", number, cameras.get(number, f"camera {number}"))


def _named(name: str, devices: Path) -> Place:
    cameras = present(devices)
    for number, known in cameras.items():
        if name.casefold() in known.casefold():
            return Place("device", number, known)
    raise BackendUnavailable(
        "camera", f"there is no camera called {name!r}; {_there_are(cameras)}"
    )


def _there_are(cameras: dict[int, str]) -> str:
    if not cameras:
        return "none is plugged in"
    return "there are: " + ", ".join(f"{number} ({name})" for number, name in cameras.items())


def _stream(address: str) -> Place:
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise BackendUnavailable(
            "camera", f"{parts.scheme}:// is no address of a camera; use http:// or rtsp://"
        )
    return Place("stream", address, f"the camera at {parts.hostname}")


def _file(path: Path) -> Place:
    if path.is_dir():
        raise BackendUnavailable("camera", "that is a directory; give a pattern: frame-%03d.jpg")
    if "%" in path.name and not any(path.parent.glob(f"*{path.suffix}")):
        raise BackendUnavailable("camera", "there is no picture of that sequence")
    return Place("file", str(path), "a recording")
