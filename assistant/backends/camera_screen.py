"""The screen as a camera: X11 through mss; on Wayland the desktop's portal, which asks the user.

A screen is only looked at while a picture is taken, so being armed opens nothing.
"""

import asyncio
import importlib
import io
import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import BackendTimeout, BackendUnavailable
from assistant.ports import CameraInfo, Pixels, Shot
from assistant.worker import Worker

PORTAL = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
SCREENSHOT = "org.freedesktop.portal.Screenshot"
REQUEST = "org.freedesktop.portal.Request"
INSTALL = "pip install 'assistant[eyes]'"
_DENIED = 1


class Config(BaseModel):
    """Settings of the screen."""

    model_config = ConfigDict(extra="forbid")

    through: Literal["auto", "x11", "portal"] = Field(
        default="auto", description="How: auto takes the portal where the desktop is Wayland's."
    )
    monitor: int = Field(
        default=1, ge=0, le=16, description="Which monitor, on X11; 0: all of them as one picture."
    )
    shot_s: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="How long a picture may take, in seconds; the portal may ask the user.",
    )


class Screen:
    """A `Camera` that looks at the screen."""

    def __init__(self, config: Config, way: Literal["x11", "portal"], worker: Worker) -> None:
        self._config, self._way, self._worker = config, way, worker
        self._observers: list[Callable[[], None]] = []
        self._taking = 0
        self.info = CameraInfo("the screen", "screen")

    @property
    def active(self) -> bool:
        """A picture of it is being taken."""
        return self._taking > 0

    def watch(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have `told` called when a picture begins and ends; returns how to stop."""
        self._observers.append(told)
        return lambda: self._observers.remove(told)

    def arm(self) -> None:
        """Nothing has to be opened."""

    def disarm(self) -> None:
        """Nothing has to be closed."""

    async def shot(self) -> Shot:
        """Take a picture. Raises `BackendUnavailable` or `BackendTimeout`."""
        self._took(1)
        try:
            async with asyncio.timeout(self._config.shot_s):
                if self._way == "x11":
                    monitor = self._config.monitor
                    pixels = await self._worker.run(lambda: _grabbed(monitor))
                else:
                    pixels = await _asked(self._worker)
        except TimeoutError:
            raise BackendTimeout(
                "screen", f"no picture within {self._config.shot_s:g} s; did the desktop ask you?"
            ) from None
        finally:
            self._took(-1)
        return Shot(pixels, asyncio.get_running_loop().time(), "screen")

    def _took(self, more: int) -> None:
        was, self._taking = self.active, self._taking + more
        if was is not self.active:
            for observer in tuple(self._observers):
                observer()


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Screen]:
    """Yield the screen, be there one or not: that is told when it is looked at."""
    worker = Worker("screen")
    try:
        yield Screen(config, way(config.through), worker)
    finally:
        worker.close()


def way(
    through: Literal["auto", "x11", "portal"], environ: Mapping[str, str] = os.environ
) -> Literal["x11", "portal"]:
    """Return how the screen is looked at in this session of a desktop."""
    if through != "auto":
        return through
    return "portal" if environ.get("WAYLAND_DISPLAY") else "x11"


def _grabbed(monitor: int) -> Pixels:
    """Take a picture of an X11 screen, in the worker's thread."""
    if not os.environ.get("DISPLAY"):
        raise BackendUnavailable(
            "screen", "there is none: neither DISPLAY nor WAYLAND_DISPLAY is set here"
        )
    mss = _imported("mss")
    try:
        with mss.MSS() as screen:
            there = screen.monitors
            if monitor >= len(there):
                raise BackendUnavailable(
                    "screen", f"there is no monitor {monitor}; there are {len(there) - 1}"
                )
            taken = screen.grab(there[monitor])
            pixels: Pixels = np.frombuffer(taken.rgb, np.uint8).reshape(
                taken.height, taken.width, 3
            )
    except mss.exception.ScreenShotError as wrong:
        raise BackendUnavailable(
            "screen", f"it cannot be read ({str(wrong).splitlines()[0]}); is DISPLAY right?"
        ) from None
    return pixels


async def _asked(worker: Worker) -> Pixels:
    """Have the desktop's portal take a picture; it may ask the user first."""
    aio, dbus = _imported("dbus_fast.aio"), _imported("dbus_fast")
    try:
        bus = await aio.MessageBus().connect()
    except (OSError, dbus.errors.DBusError, ValueError, AttributeError) as wrong:
        raise BackendUnavailable(
            "screen", f"the session's D-Bus cannot be reached ({type(wrong).__name__})"
        ) from None
    try:
        uri = await _screenshot(bus, dbus)
    finally:
        bus.disconnect()
    return await worker.run(lambda: _decoded(uri))


async def _screenshot(bus: Any, dbus: Any) -> str:
    """Ask, and wait for the answer's signal. Returns where the desktop has put the picture."""
    token = f"assistant{secrets.token_hex(8)}"
    sender = bus.unique_name.removeprefix(":").replace(".", "_")
    request = f"{PATH}/request/{sender}/{token}"
    answered: asyncio.Future[tuple[int, Any]] = asyncio.get_running_loop().create_future()

    def hear(message: Any) -> None:
        if message.interface == REQUEST and message.path == request and not answered.done():
            answered.set_result(tuple(message.body))

    bus.add_message_handler(hear)
    rule = f"type='signal',interface='{REQUEST}',path='{request}'"
    await _call(
        bus, dbus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "AddMatch", "s", [rule]
    )
    options = {"handle_token": dbus.Variant("s", token), "interactive": dbus.Variant("b", False)}  # noqa: FBT003 - D-Bus's own form
    await _call(bus, dbus, PORTAL, PATH, "Screenshot", "sa{sv}", ["", options])
    code, results = await answered
    if code == _DENIED:
        raise BackendUnavailable("screen", "you did not allow a picture of it")
    if code or "uri" not in results:
        raise BackendUnavailable("screen", "the desktop took no picture of it")
    return str(results["uri"].value)


async def _call(  # noqa: PLR0913, PLR0917 - what a D-Bus call is made of
    bus: Any, dbus: Any, name: str, path: str, member: str, signature: str, body: list[Any]
) -> Any:
    interface = SCREENSHOT if name == PORTAL else name
    answer = await bus.call(
        dbus.Message(
            destination=name,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body,
        )
    )
    if answer.message_type is dbus.MessageType.ERROR:
        raise BackendUnavailable(
            "screen",
            "this desktop has no portal that takes pictures of it (xdg-desktop-portal); install "
            "the one of your desktop",
        )
    return answer


def _decoded(uri: str) -> Pixels:
    """Read the picture that the portal has written, and remove it: pictures live in RAM."""
    path = Path(unquote(urlsplit(uri).path))
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise BackendUnavailable(
            "screen", f"the desktop's picture cannot be read ({wrong.strerror})"
        ) from None
    finally:
        with suppress(OSError):
            path.unlink()
    with _imported("PIL.Image").open(io.BytesIO(data)) as picture:
        pixels: Pixels = np.array(picture.convert("RGB"), dtype=np.uint8)
    return pixels


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0].replace("_", "-")
        raise BackendUnavailable(
            "screen", f"it needs the Python package {package}: {INSTALL}"
        ) from None
