"""Sound: the library, the server, the cards, the devices, what comes of them, the second mouth."""

import asyncio
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.backends.device_sounddevice import SoundDevice, list_devices
from assistant.backends.device_sounddevice.portaudio import Kind, offered
from assistant.care.findings import Finding
from assistant.care.levels import HARDLY_ANYTHING, NOISY, levels
from assistant.care.microphones import record
from assistant.errors import BackendUnavailable
from assistant.ports import Samples

REACH = 2.0
"""Seconds for a sound server to take a connection."""
LISTS = "`assistant devices` lists them"
RECORDED = 1.0
"""Seconds that are recorded to see whether any sound comes."""
RECORDING = 10.0
"""Seconds that opening, recording and closing may take."""


def server(environ: Mapping[str, str] = os.environ) -> Finding:
    """Tell whether a sound server answers; without one, a card serves one program at a time."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    usual = Path(f"/run/user/{os.getuid()}")
    if not runtime and usual.is_dir():
        return Finding(
            "warn",
            "sound server",
            "XDG_RUNTIME_DIR is not set, so none can be found",
            f"set XDG_RUNTIME_DIR={usual}",
        )
    for name, path in _servers(environ, runtime):
        if path.exists():
            return _reached(name, path)
    return Finding(
        "warn",
        "sound server",
        "none runs for this user",
        "log in to a desktop, or install pipewire-pulse; ALSA alone may do",
    )


def cards(folder: Path = Path("/dev/snd")) -> Finding:
    """Tell whether there are sound cards that we may use."""
    nodes = sorted(folder.glob("pcm*"))
    if not nodes:
        return Finding(
            "warn",
            "sound cards",
            "this machine shows none",
            f"plug one in; into a container, pass {folder} or the sound server's socket",
        )
    if not any(os.access(node, os.R_OK | os.W_OK) for node in nodes):
        return Finding(
            "fail",
            "sound cards",
            f"{folder} may not be used by this user",
            "`sudo usermod -aG audio $USER`, then log in again",
        )
    return Finding("ok", "sound cards", f"{len(nodes)} streams in {folder}")


def devices(
    microphone: str | int | None, speaker: str | int | None, channel: int | None = None
) -> Iterator[Finding]:
    """Tell whether PortAudio works and finds what the configuration names."""
    try:
        found = list_devices()
    except BackendUnavailable as wrong:
        yield Finding("fail", "PortAudio", str(wrong), "`sudo apt install libportaudio2`")
        return
    yield Finding("ok", "PortAudio", f"{len(found)} devices")
    inputs = [device for device in found if device.inputs]
    outputs = [device for device in found if device.outputs]
    usual = next((device for device in inputs if device.default_input), None)
    hears = chosen("microphone", microphone, inputs, usual)
    yield hears
    yield from _rates("input", _device(microphone, inputs, usual))
    usual = next((device for device in outputs if device.default_output), None)
    yield chosen("speaker", speaker, outputs, usual)
    yield from _rates("output", _device(speaker, outputs, usual))
    if hears.state == "ok":
        yield recording(microphone, channel)


def chosen(
    what: str, wish: str | int | None, found: list[SoundDevice], usual: SoundDevice | None
) -> Finding:
    """Tell which of the devices that were found it will be."""
    if wish is None:
        device = usual
        if device is None:
            detail = "none is the default" if found else "none"
            return Finding("warn", what, detail, f"plug one in, or set device.{what}; {LISTS}")
    else:
        device = next((one for one in found if _is(one, wish)), None)
        if device is None:
            detail = f"device.{what} is {wish!r}, and there is no such device"
            return Finding("fail", what, detail, f"plug it in, or name another; {LISTS}")
    return Finding("ok", what, f"{device.name} ({device.host_api}, {device.rate} Hz)")


def _device(
    wish: str | int | None, found: list[SoundDevice], usual: SoundDevice | None
) -> SoundDevice | None:
    if wish is None:
        return usual
    return next((device for device in found if _is(device, wish)), None)


def _rates(kind: Kind, device: SoundDevice | None) -> Iterator[Finding]:
    """Tell which rates a device takes; ours are made of any."""
    if device is None:
        return
    what = "microphone rates" if kind == "input" else "speaker rates"
    rates = offered(kind, device.index)
    if not rates:
        fix = f"end what uses it, or choose another; {LISTS}"
        yield Finding("fail", what, f"{device.name} takes none of the usual ones", fix)
        return
    yield Finding("ok", what, ", ".join(f"{rate} Hz" for rate in rates))


def recording(wish: str | int | None, channel: int | None = None) -> Finding:
    """Record for a moment, and tell whether any sound comes; nothing of it is kept."""

    async def recorded() -> tuple[str, Samples]:
        async with asyncio.timeout(RECORDING):
            return await record(wish, RECORDED, channel)

    try:
        name, sound = asyncio.run(recorded())
    except TimeoutError:
        detail = f"it gave nothing within {RECORDING:g} s"
        return Finding("fail", "recording", detail, "restart the sound server")
    except BackendUnavailable as wrong:
        why = str(wrong).removeprefix(f"{wrong.backend}: ")
        return Finding("fail", "recording", why, "end what uses it, or choose another; " + LISTS)
    return heard(name, sound)


def heard(name: str, sound: Samples) -> Finding:
    """Judge a second of a microphone."""
    told = levels(sound)
    if told.steady:
        detail = f"{name} gives no sound at all, not even noise"
        fix = "look for a switch on it, a privacy setting or a muted mixer; or `assistant setup`"
        return Finding("fail", "recording", detail, fix)
    detail = f"{name}: room {told.noise:.0f} dBFS, peak {told.peak:.0f} dBFS"
    if told.peak < HARDLY_ANYTHING:
        fix = "turn the microphone up in the mixer; or find another one with `assistant setup`"
        return Finding("warn", "recording", f"{detail}: hardly anything", fix)
    if told.clips:
        return Finding("warn", "recording", f"{detail}: too loud", "turn the microphone down")
    if told.noise > NOISY:
        fix = "find what is loud, turn the microphone down, or set turns.mode to wake or push"
        return Finding("warn", "recording", f"{detail}: noisy", fix)
    return Finding("ok", "recording", detail)


def second_mouth() -> Finding:
    """Tell whether espeak-ng is there: the fallback voice, the speaker of the demonstration."""
    path = shutil.which("espeak-ng")
    if path is None:
        return Finding(
            "warn",
            "second mouth",
            "espeak-ng is not installed: no fallback voice, no demonstration",
            "`sudo apt install espeak-ng`",
        )
    return Finding("ok", "second mouth", path)


def _is(device: SoundDevice, wish: str | int) -> bool:
    if isinstance(wish, int):
        return device.index == wish
    return wish.casefold() in device.name.casefold()


def _servers(environ: Mapping[str, str], runtime: str) -> Iterator[tuple[str, Path]]:
    named = environ.get("PULSE_SERVER", "").removeprefix("unix:")
    if named.startswith("/"):
        yield "PulseAudio (PULSE_SERVER)", Path(named)
    if runtime:
        yield "PipeWire", Path(runtime) / "pipewire-0"
        yield "PulseAudio", Path(runtime) / "pulse" / "native"


def _reached(name: str, path: Path) -> Finding:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(REACH)
        try:
            connection.connect(os.fspath(path))
        except OSError as wrong:
            return Finding(
                "fail",
                "sound server",
                f"{name} does not answer at {path} ({wrong.strerror or wrong})",
                "`systemctl --user restart pipewire pipewire-pulse` (or pulseaudio)",
            )
    return Finding("ok", "sound server", name)
